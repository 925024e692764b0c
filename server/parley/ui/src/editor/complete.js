// Completion: prefixes, classes and properties of the data, variables of the query, words of
// SPARQL, and things by their name, which the server finds.
import { autocompletion, pickedCompletion, startCompletion } from "@codemirror/autocomplete";
import { Prec } from "@codemirror/state";
import { keymap } from "@codemirror/view";

const WORDS = `ASK BASE BIND CONSTRUCT COUNT DESC DESCRIBE DISTINCT EXISTS FILTER FROM GRAPH GROUP BY
  HAVING LANG LIMIT MINUS NAMED NOT EXISTS OFFSET OPTIONAL ORDER BY PREFIX REGEX SAMPLE SELECT STR
  STRSTARTS CONTAINS UNION VALUES WHERE`.split(/\s+(?!BY|EXISTS)/);
const AFTER_TYPE = /(?:\ba|rdf:type)\s+$/;
const LETTERS = 2; // of a name, before it is looked up

const declared = (doc) => new Map([...doc.matchAll(/\bPREFIX\s+([^\s:]*):\s*<([^>]*)>/gi)].map((m) => [m[1], m[2]]));

// Puts a name in place, and the PREFIX line before everything when it is not there.
function insert(view, completion, name, from, to, prefixes) {
  const text = view.state.doc.toString();
  const prefix = name.startsWith("<") ? null : name.split(":")[0];
  const changes = [{ from, to, insert: name }];
  let ahead = 0;
  if (prefix !== null && prefixes[prefix] && !declared(text).has(prefix)) {
    const line = `PREFIX ${prefix}: <${prefixes[prefix]}>\n`;
    changes.push({ from: 0, insert: line });
    ahead = line.length;
  }
  view.dispatch({ changes, selection: { anchor: from + ahead + name.length }, userEvent: "input.complete", annotations: pickedCompletion.of(completion) });
}

function shorten(iri, prefixes) {
  let best = null;
  for (const [prefix, start] of Object.entries(prefixes))
    if (iri.startsWith(start) && (!best || start.length > best[1].length)) best = [prefix, start];
  const local = best && iri.slice(best[1].length);
  return best && /^\w(?:[\w.-]*[\w-])?$/.test(local) ? `${best[0]}:${local}` : `<${iri}>`;
}

export function complete(version) {
  const pinned = version ? `?version=${encodeURIComponent(version)}` : "";
  let asked = null;
  const terms = () => (asked ??= fetch("/sparql/terms.json" + pinned).then((reply) => (reply.ok ? reply.json() : Promise.reject(reply.status))).catch(() => ((asked = null), { prefixes: {}, classes: [], properties: [] })));

  const option = (used, type, prefixes, boost) => ({
    label: used.name,
    detail: [used.label, used.count?.toLocaleString()].filter(Boolean).join(" · "),
    type,
    boost,
    apply: (view, completion, from, to) => insert(view, completion, used.name, from, to, prefixes),
  });

  async function names(context) {
    const word = context.matchBefore(/[?$]?[\w-]*(?::[\w.-]*)?/);
    if (!word || (word.from === word.to && !context.explicit)) return null;
    const doc = context.state.doc.toString();
    const before = doc.slice(Math.max(0, word.from - 40), word.from);
    if (/^[?$]/.test(word.text)) {
      const found = new Set([...doc.matchAll(/[?$]\w+/g)].map((m) => m[0]));
      found.delete(word.text);
      return { from: word.from, options: [...found].map((label) => ({ label, type: "variable" })), validFor: /^[?$]\w*$/ };
    }
    if (inString(context)) return null;
    const { prefixes, classes, properties } = await terms();
    const typed = AFTER_TYPE.test(before);
    const spaces = Object.entries(prefixes).map(([prefix, iri]) => ({
      label: `${prefix}:`,
      detail: iri,
      type: "namespace",
      boost: -10,
      apply: (view, completion, from, to) => {
        insert(view, completion, `${prefix}:`, from, to, prefixes);
        startCompletion(view);
      },
    }));
    const own = [
      ...classes.map((one) => option(one, "class", prefixes, typed ? 20 : 0)),
      ...(typed ? [] : properties.map((one) => option(one, "property", prefixes, 1))),
    ];
    const words = word.text.includes(":") ? [] : WORDS.map((label) => ({ label, type: "keyword", boost: 5 }));
    return { from: word.from, options: [...own, ...spaces, ...words], validFor: /^[\w-]*(?::[\w.-]*)?$/ };
  }

  // Things by name: inside quotes, after `id:`, or wherever one asks for it with Ctrl-Space.
  async function things(context) {
    const quoted = inString(context);
    const word = quoted ?? context.matchBefore(/(?:id:)?[\p{L}\p{N}][\p{L}\p{N}_-]*/u);
    if (!word) return null;
    const name = word.text.replace(/^(?:["']|id:)/, "").trim();
    if (name.length < LETTERS || !(context.explicit || quoted || word.text.startsWith("id:"))) return null;
    await new Promise((wait) => setTimeout(wait, 120));
    if (context.aborted) return null;
    const fields = new URLSearchParams({ q: name.replaceAll("-", " "), format: "json", limit: "12" });
    if (version) fields.set("version", version);
    const reply = await fetch(`/search?${fields}`).catch(() => null);
    if (!reply?.ok || context.aborted) return null;
    const { results } = await reply.json();
    const { prefixes } = await terms();
    const from = word.from;
    const after = context.state.sliceDoc(context.pos, context.pos + 1);
    const close = quoted && after === quoted.text[0] ? 1 : 0;
    return {
      from,
      to: context.pos + close,
      filter: false,
      options: results.map((hit) => ({
        label: hit.label || hit.curie,
        detail: shorten(hit.iri, prefixes),
        type: "constant",
        boost: quoted ? 50 : 30,
        apply: (view, completion, start, end) => insert(view, completion, shorten(hit.iri, prefixes), start, end, prefixes),
      })),
    };
  }

  return [
    autocompletion({ override: [names, things], icons: false, maxRenderedOptions: 60 }),
    Prec.high(keymap.of([{ key: "Alt-Space", run: startCompletion }])),
  ];
}

// The beginning of a string on this line that the cursor stands in, null elsewhere.
function inString(context) {
  const line = context.state.doc.lineAt(context.pos);
  const text = line.text.slice(0, context.pos - line.from);
  const found = /^(?:[^"'#<]|<[^>\s]*>|<|"[^"]*"|'[^']*')*(["'][^"']*)$/.exec(text);
  return found ? { from: context.pos - found[1].length, to: context.pos, text: found[1] } : null;
}
