// Beside the editor: what was asked before in this browser, and the saved questions.
import { element, keep, recall } from "./page.js";

const KEY = "parley.history";
const KEPT = 50;
const KEYS = [
  "Ctrl-Enter runs the query, Ctrl-Space completes a name, Ctrl-/ turns a line into a comment.",
  "A name in quotes, or after id:, finds a thing however it is spelt.",
  "Pointing at a name shows what it stands for.",
  "Escape, then Tab, leaves the text.",
];

function choice(label, title, chosen) {
  const button = element("button", { type: "button", textContent: label, title });
  button.addEventListener("click", chosen);
  return element("li", {}, button);
}

function closed(summary, list) {
  return element("details", {}, element("summary", { textContent: summary }), list);
}

export function makeLists(open) {
  const asked = element("ul", {});
  const saved = element("ul", {});
  const keys = element("ul", {}, ...KEYS.map((words) => element("li", { textContent: words })));
  const history = closed("Asked before", asked);
  const questions = closed("Saved questions", saved);
  let entries = recall(KEY, []);
  if (!Array.isArray(entries)) entries = [];

  function draw() {
    const items = entries.map((entry) => {
      const rows = entry.rows === "" ? "" : `${entry.rows} rows, `;
      const first = entry.text.replace(/^\s*PREFIX\s.*$/gim, "").trim().replace(/\s+/g, " ").slice(0, 90);
      return choice(first, `${rows}version ${entry.version}, ${entry.time}`, () => open(entry.text));
    });
    asked.replaceChildren(...(items.length ? items : [element("li", { textContent: "Nothing yet." })]));
  }

  let loaded = false;
  questions.addEventListener("toggle", async () => {
    if (loaded || !questions.open) return;
    loaded = true;
    const reply = await fetch("/queries.json").catch(() => null);
    if (!reply?.ok) {
      loaded = false;
      saved.replaceChildren(element("li", { textContent: "The list cannot be had now." }));
      return;
    }
    const found = (await reply.json()).queries;
    saved.replaceChildren(...found.map((one) => choice(one.question, one.summary, () => open(`# ${one.question}\n${one.query}`))));
  });
  draw();

  return {
    box: element("div", { className: "lists" }, questions, history, closed("Keys", keys)),
    remember({ text, rows, version }) {
      const time = new Date().toISOString().slice(0, 16).replace("T", " ");
      entries = [{ text, rows, version, time }, ...entries.filter((entry) => entry.text !== text)].slice(0, KEPT);
      keep(KEY, entries);
      draw();
    },
  };
}
