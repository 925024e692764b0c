// Adds rows in place and completes names while one types. Without it the forms work all the same.
"use strict";

const WAIT = 150; // milliseconds after the last key

// ---- rows

function renumber(row, key, number) {
  const old = new RegExp("^" + key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") + "\\.\\d+");
  const put = (element, name) => {
    const value = element.getAttribute(name);
    if (value) element.setAttribute(name, value.replace(old, key + "." + number));
  };
  for (const element of [row, ...row.querySelectorAll("*")])
    for (const name of ["id", "name", "for"]) put(element, name);
}

function addRow(field) {
  const rows = field.querySelectorAll(":scope > [data-row]");
  const last = rows[rows.length - 1];
  if (!last) return false;
  const copy = last.cloneNode(true);
  renumber(copy, field.dataset.many, rows.length);
  copy.querySelectorAll(".wrong, .help, .suggested, select[id$='-pick'], label[for$='-pick']").forEach((old) => old.remove());
  copy.querySelectorAll("input, textarea, select").forEach((input) => {
    ["aria-invalid", "aria-describedby", "aria-activedescendant", "aria-controls"].forEach((name) => input.removeAttribute(name));
    if (input.tagName === "SELECT") {
      if (!input.querySelector("option[value='']")) input.add(new Option("choose", ""), 0);
      input.value = "";
    } else if (!input.classList.contains("lang")) input.value = "";
  });
  const legend = copy.querySelector("legend");
  if (legend) legend.textContent = legend.textContent.replace(/\d+.*/, rows.length + 1 + " (new)");
  const label = copy.querySelector("label");
  if (label && !legend) label.textContent = label.textContent.replace(/\d+.*/, String(rows.length + 1));
  last.after(copy);
  copy.querySelectorAll("[data-suggest]").forEach(complete);
  copy.querySelector("input:not([type=hidden]), textarea, select").focus();
  return true;
}

document.querySelectorAll("[data-add]").forEach((button) => {
  button.addEventListener("click", (event) => {
    if (addRow(button.closest("[data-many]"))) event.preventDefault();
  });
});

// ---- names (the combobox pattern of the ARIA practices: the focus stays in the field)

let lists = 0;

function complete(input) {
  const hidden = input.parentElement.querySelector('input[type=hidden][name$="iri"]');
  const list = document.createElement("ul");
  list.id = "suggested-" + (lists += 1);
  list.className = "suggested";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Things of this name");
  list.hidden = true;
  input.after(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  let timer = 0;
  let asked = 0;
  let active = -1;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (item) => {
    input.value = item.dataset.label;
    if (hidden) hidden.value = item.dataset.iri;
    close();
  };
  const point = (index) => {
    const items = list.children;
    active = (index + items.length) % items.length;
    for (const [number, item] of [...items].entries()) item.setAttribute("aria-selected", String(number === active));
    input.setAttribute("aria-activedescendant", items[active].id);
    items[active].scrollIntoView({ block: "nearest" });
  };
  const show = (results) => {
    list.replaceChildren(
      ...results.map((found, number) => {
        const item = document.createElement("li");
        item.id = list.id + "-" + number;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.dataset.iri = found.iri;
        item.dataset.label = found.label;
        const kind = document.createElement("span");
        kind.className = "kind";
        kind.textContent = " " + found.kind;
        item.append(found.label, kind);
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(item);
        });
        return item;
      }),
    );
    active = -1;
    list.hidden = !results.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };
  const ask = async () => {
    const mine = (asked += 1);
    const query = new URLSearchParams({ q: input.value, kind: input.dataset.suggest });
    try {
      const answer = await fetch("/edit/suggest?" + query, { headers: { Accept: "application/json" } });
      if (mine === asked && answer.ok && document.activeElement === input) show((await answer.json()).results);
    } catch {
      close(); // no network: the field takes names without suggestions
    }
  };

  input.addEventListener("input", () => {
    if (hidden) hidden.value = "";
    clearTimeout(timer);
    if (input.value.trim().length < 2) close();
    else timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) {
      if (event.key === "ArrowDown" && input.value.trim()) ask();
      return;
    }
    if (event.key === "ArrowDown") point(active + 1);
    else if (event.key === "ArrowUp") point(active < 0 ? -1 : active - 1);
    else if (event.key === "Enter" && active >= 0) take(list.children[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", close);
}

document.querySelectorAll("[data-suggest]").forEach(complete);

// ---- what the server found is where reading goes on

document.querySelector("#problems, #checked")?.focus();
