// The editor at /sparql. It works on the form that the page has without it: the same address
// answers, and the answer is the page's own part for it.
import { forceLinting } from "@codemirror/lint";
import { makeEditor } from "./editor/text.js";
import { complete } from "./editor/complete.js";
import { check } from "./editor/check.js";
import { explain } from "./editor/explain.js";
import { makeTabs } from "./editor/tabs.js";
import { makeLists } from "./editor/lists.js";
import { element, report } from "./editor/page.js";
import { run } from "./editor/run.js";
import { drawInPage } from "./editor/views.js";

const LONGEST_ADDRESS = 8000;
const form = document.querySelector("#ask");
const textarea = form.querySelector("textarea");
const version = form.elements.version?.value ?? "";

const fromAddress = new URLSearchParams(location.hash.slice(1)).get("query");
const sent = new URLSearchParams(location.search).has("query") ? textarea.value : fromAddress;

const host = element("div", { className: "text" });
const status = element("p", { role: "status" });
const saving = form.querySelector("[data-save]"); // there for curators
const save = element("button", { type: "button", className: "quiet", textContent: saving?.textContent ?? "", hidden: !saving });
const go = element("button", { type: "button", textContent: "Run", title: "Ctrl-Enter" });
const stop = element("button", { type: "button", textContent: "Stop", hidden: true });
const share = element("button", { type: "button", className: "quiet", textContent: "Link to this query" });
const link = element("input", { className: "share", readOnly: true, hidden: true, ariaLabel: "Link to this query" });
const controls = element("div", { className: "controls" }, go, stop, share, save, status, link);

const tabs = makeTabs({
  sample: textarea.value,
  sent,
  panel: "desk-text",
  keep: () => editor.view.state,
  show: (state, text) => editor.show(state, text),
});
const lists = makeLists((text) => tabs.open(text));
const desk = element("section", { className: "desk", ariaLabel: "Query editor" }, tabs.bar, host, controls, lists.box);
host.id = "desk-text";
host.setAttribute("role", "tabpanel");
form.before(desk);
form.hidden = true;

const editor = makeEditor(host, {
  extensions: [complete(version), check(version), explain(version)],
  run: start,
  changed: (text) => tabs.changed(text),
});
tabs.start();

let running = null;

async function start() {
  if (running) return;
  const text = editor.view.state.doc.toString();
  running = new AbortController();
  go.hidden = true;
  stop.hidden = false;
  stop.focus();
  const began = performance.now();
  const elapsed = () => ((performance.now() - began) / 1000).toFixed(1) + " s";
  const ticking = setInterval(() => (status.textContent = elapsed()), 200);
  try {
    const found = await run(text, version, running.signal);
    document.querySelector("#answer").replaceWith(found.section);
    report(found.section);
    lists.remember({ text, rows: found.rows, version: found.version });
    const rows = found.rows === "" ? "" : `${Number(found.rows).toLocaleString()} ${found.rows === "1" ? "row" : "rows"}, `;
    status.textContent = found.ok ? `${rows}version ${found.version}, ${elapsed()}` : `Not answered, ${elapsed()}`;
    if (!found.ok) forceLinting(editor.view);
  } catch (error) {
    status.textContent = error.name === "AbortError" ? `Stopped after ${elapsed()}` : "The server cannot be reached.";
  } finally {
    clearInterval(ticking);
    running = null;
    const focused = document.activeElement === stop;
    stop.hidden = true;
    go.hidden = false;
    if (focused) editor.view.focus();
  }
}

drawInPage(status);
go.addEventListener("click", start);
stop.addEventListener("click", () => running?.abort());
save.addEventListener("click", () => {
  textarea.value = editor.view.state.doc.toString();
  form.requestSubmit(saving);
});
share.addEventListener("click", async () => {
  const fields = new URLSearchParams({ query: editor.view.state.doc.toString() });
  if (version) fields.set("version", version);
  const mark = String(fields).length > LONGEST_ADDRESS ? "#" : "?";
  link.value = `${location.origin}/sparql${mark}${fields}`;
  link.hidden = false;
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
    status.textContent = "The link is copied.";
  } catch {
    status.textContent = "Copy the link below."; // a browser may refuse
  }
});
