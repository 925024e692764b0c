// What every page gains from a script: tables that sort by a column, drawings that can be enlarged,
// names to choose from in search fields. Without it they stand as sent.
import { movable } from "./desk/drawing.js";
import { offerNames } from "./desk/names.js";

const number = /^[-+]?\d[\d,]*(\.\d+)?$/;

function key(cell) {
  const text = (cell?.dataset.sort ?? cell?.textContent ?? "").trim();
  return number.test(text) ? Number(text.replaceAll(",", "")) : text;
}

function compare(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  if (one === "" || other === "") return (one === "") - (other === "");
  return String(one).localeCompare(String(other), undefined, { numeric: true });
}

function sortable(table) {
  const body = table.tBodies[0];
  const heads = table.tHead ? [...table.tHead.rows[0].cells] : [];
  if (!body || body.rows.length < 2) return;
  heads.forEach((head, column) => {
    if (head.colSpan > 1 || !head.textContent.trim() || head.querySelector("button, a")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [key(row.cells[column]), row]);
      rows.sort(([one], [other]) => (down ? -compare(one, other) : compare(one, other)));
      body.append(...rows.map(([, row]) => row));
    });
  });
}

function all(part) {
  part.querySelectorAll(".scroll table:not(.record)").forEach(sortable);
  part.querySelectorAll("[data-drawing]").forEach(movable);
}
all(document);
document
  .querySelectorAll("[role=search] input[type=search]")
  .forEach((input) => offerNames(input, (hit) => location.assign(hit.href)));
document.querySelectorAll("input[data-names]").forEach((input) => offerNames(input, (hit) => (input.value = hit.curie)));
document.addEventListener("parley:shown", (event) => all(event.target));
