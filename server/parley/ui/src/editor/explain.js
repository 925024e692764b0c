// What a name in the query stands for, when one points at it: its label and its note.
import { hoverTooltip } from "@codemirror/view";
import { element, post } from "./page.js";

const NAME = /<[^<>"{}|^`\\\s]+>|[\w-]*:[\w.-]*\w/g;
const NOTES = "<http://www.w3.org/2004/02/skos/core#definition>|<http://www.w3.org/2004/02/skos/core#scopeNote>|<http://www.w3.org/2000/01/rdf-schema#comment>";

// The name at a place of the text, with its IRI in brackets; null for none and in a comment.
function at(doc, position) {
  const line = doc.lineAt(position);
  for (const found of line.text.matchAll(NAME)) {
    const from = line.from + found.index;
    const to = from + found[0].length;
    if (position < from || position > to || /(^|\s)#/.test(line.text.slice(0, found.index))) continue;
    if (found[0].startsWith("<")) return { from, to, iri: found[0] };
    const [prefix, local] = found[0].split(/:(.*)/s);
    for (const [, name, start] of doc.toString().matchAll(/\bPREFIX\s+([^\s:]*):\s*<([^<>"{}|^`\\\s]*)>/gi))
      if (name === prefix) return { from, to, iri: `<${start}${local}>` };
  }
  return null;
}

export function explain(version) {
  const known = new Map();

  async function look(iri) {
    const query = `SELECT ?label ?note { ${iri} <http://www.w3.org/2000/01/rdf-schema#label> ?label OPTIONAL { ${iri} ${NOTES} ?note } } LIMIT 1`;
    const reply = await post("/sparql", query, version, { headers: { Accept: "application/sparql-results+json" } }).catch(() => null);
    return reply?.ok ? ((await reply.json()).results.bindings[0] ?? null) : null;
  }

  return hoverTooltip(async (view, position) => {
    const found = at(view.state.doc, position);
    if (!found) return null;
    if (!known.has(found.iri)) known.set(found.iri, look(found.iri));
    const said = await known.get(found.iri);
    if (!said) return null;
    const dom = element("div", { className: "explained" }, element("strong", { textContent: said.label.value }));
    if (said.note) dom.append(element("br", {}), said.note.value);
    return { pos: found.from, end: found.to, above: true, create: () => ({ dom }) };
  });
}
