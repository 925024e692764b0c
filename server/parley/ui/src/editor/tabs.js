// Several queries side by side, kept in this browser.
import { element, keep, recall } from "./page.js";

const KEY = "parley.tabs";

function nameOf(text, number) {
  const comment = /^\s*#\+?\s*(?:summary:|question:)?\s*(.+)$/m.exec(text);
  return comment ? comment[1].slice(0, 40) : `Query ${number}`;
}

export function makeTabs({ sample, sent, panel, keep: stateNow, show }) {
  const known = recall(KEY, { texts: [sample], active: 0 });
  const texts = Array.isArray(known.texts) && known.texts.length ? known.texts.map(String) : [sample];
  const states = texts.map(() => null);
  let active = Math.min(Math.max(Number(known.active) || 0, 0), texts.length - 1);

  const list = element("div", { role: "tablist", ariaLabel: "Queries" });
  const more = element("button", { type: "button", textContent: "+", ariaLabel: "New query" });
  const less = element("button", { type: "button", textContent: "×", ariaLabel: "Close this query" });
  const bar = element("div", { className: "tabs" }, list, more, less);

  const save = () => keep(KEY, { texts, active });

  function draw() {
    const buttons = texts.map((text, index) => {
      const chosen = index === active;
      const button = element("button", { type: "button", role: "tab", textContent: nameOf(text, index + 1), tabIndex: chosen ? 0 : -1, ariaSelected: String(chosen) });
      button.setAttribute("aria-controls", panel);
      button.addEventListener("click", () => choose(index));
      return button;
    });
    list.replaceChildren(...buttons);
    less.disabled = texts.length === 1;
    save();
  }

  function choose(index) {
    if (index === active) return;
    states[active] = stateNow();
    active = index;
    show(states[active], texts[active]);
    draw();
  }

  function open(text) {
    const there = texts.indexOf(text);
    if (there >= 0) return choose(there);
    states[active] = stateNow();
    texts.push(text);
    states.push(null);
    active = texts.length - 1;
    show(null, text);
    draw();
  }

  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    choose((active + step + texts.length) % texts.length);
    list.children[active].focus();
  });
  more.addEventListener("click", () => open(""));
  less.addEventListener("click", () => {
    texts.splice(active, 1);
    states.splice(active, 1);
    active = Math.max(0, active - 1);
    show(states[active], texts[active]);
    draw();
    list.children[active].focus();
  });

  return {
    bar,
    open,
    changed(text) {
      texts[active] = text;
      const label = nameOf(text, active + 1);
      const button = list.children[active];
      if (button && button.textContent !== label) button.textContent = label;
      save();
    },
    start() {
      show(null, texts[active]);
      draw();
      if (sent) open(sent);
    },
  };
}
