// Marks the first error of a query where it is; the server reads it without carrying it out.
import { lintGutter, linter } from "@codemirror/lint";
import { post } from "./page.js";

function at(doc, line, column) {
  const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
  const units = [...found.text].slice(0, column - 1).join("").length; // columns count code points
  return found.from + Math.min(units, found.length);
}

function diagnostic(doc, { line, column, message }) {
  const from = line ? at(doc, line, column ?? 1) : 0;
  const word = /^[^\s{}();,]+/.exec(doc.sliceString(from, Math.min(from + 80, doc.length)));
  const to = Math.min(doc.length, from + (word ? word[0].length : 1));
  return { from: from === to ? Math.max(0, from - 1) : from, to, severity: "error", message: line ? `Line ${line}, column ${column}: ${message}` : message };
}

export function check(version) {
  const ask = async (view) => {
    const { doc } = view.state;
    if (!doc.toString().trim()) return [];
    const reply = await post("/sparql/check", doc.toString(), version).catch(() => null);
    if (!reply?.ok) return []; // busy or gone: running the query will say what there is to say
    return (await reply.json()).errors.map((error) => diagnostic(doc, error));
  };
  return [linter(ask, { delay: 600 }), lintGutter()];
}
