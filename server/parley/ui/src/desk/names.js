// Things to choose from while one types a name. `take` is given the one that is chosen, as the search
// describes it. It is the combobox of the ARIA practices: the focus stays in the field, and Enter
// without a choice does what it did before.
const WAIT = 150; // milliseconds after the last key
const LEAST = 2; // letters
const ASKED = 20; // some of them only hold the words in a quote
const SHOWN = 8;

let fields = 0;

export function offerNames(input, take) {
  const list = document.createElement("ul");
  list.id = `names-${(fields += 1)}`;
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
  let chosen = -1;

  function close() {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    const items = [...list.children];
    chosen = (index + items.length) % items.length;
    items.forEach((item, number) => item.setAttribute("aria-selected", String(number === chosen)));
    input.setAttribute("aria-activedescendant", items[chosen].id);
    items[chosen].scrollIntoView({ block: "nearest" });
  }

  function item(hit, number) {
    const made = document.createElement("li");
    made.id = `${list.id}-${number}`;
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", "false");
    const kind = document.createElement("span");
    kind.className = "kind";
    kind.textContent = ` ${hit.kindLabel}`;
    made.append(hit.label, kind);
    made.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    made.addEventListener("click", () => (close(), take(hit)));
    return made;
  }

  async function ask() {
    const words = input.value.trim();
    const fields = new URLSearchParams({ q: words, format: "json", limit: String(ASKED) });
    const reply = await fetch(`/search?${fields}`).catch(() => null);
    if (!reply?.ok || input.value.trim() !== words || document.activeElement !== input) return;
    const named = (await reply.json()).results.filter((hit) => hit.href && !hit.quote);
    const hits = named.slice(0, SHOWN);
    close();
    list.replaceChildren(...hits.map(item));
    list.hidden = !hits.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (input.value.trim().length < LEAST) close();
    else timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) list.children[chosen].click();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", close);
}
