// The text itself: CodeMirror in a shadow root, whose style sheets need no exception from the
// page's content policy. Colours are the page's, so light and dark follow.
import { basicSetup } from "codemirror";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import { sparql } from "codemirror-lang-sparql";

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--paper)", fontSize: "0.9rem" },
  "&.cm-focused": { outline: "3px solid var(--link)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "ui-monospace, monospace", lineHeight: "1.5", maxHeight: "60vh" },
  ".cm-content": { minHeight: "14rem", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { color: "var(--soft)", backgroundColor: "var(--panel)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--panel) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--line)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--link) 30%, transparent) !important",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--mark)" },
  ".cm-selectionMatch": { backgroundColor: "var(--mark)" },
  ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--panel)", border: "1px solid var(--line)", maxWidth: "min(34rem, 92vw)" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "0.2rem 0.4rem" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { color: "var(--paper)", backgroundColor: "var(--link)" },
  ".cm-tooltip .explained": { padding: "0.3rem 0.6rem", fontFamily: "system-ui, sans-serif" },
  ".cm-completionDetail": { color: "inherit", fontStyle: "normal", opacity: 0.85 },
  ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--panel)" },
  ".cm-panel input, .cm-panel button": { color: "var(--ink)", background: "var(--paper)", border: "1px solid var(--soft)" },
  // Instead of the library's pictures, which are data: addresses that the page's policy refuses.
  ".cm-lint-marker-error": { content: "normal", width: "0.7em", height: "0.7em", margin: "0.3em 0.1em", borderRadius: "50%", backgroundColor: "var(--contested)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--contested)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--contested)" },
});

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword, tags.definitionKeyword], color: "var(--link)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--confirmed)" },
  { tag: [tags.number, tags.bool], color: "var(--reported)" },
  { tag: [tags.variableName, tags.special(tags.variableName)], color: "var(--contested)" },
  { tag: [tags.namespace, tags.typeName, tags.propertyName, tags.url, tags.atom], color: "var(--ink)" },
]);

export function makeEditor(host, { extensions, run, changed }) {
  const keys = Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => (run(), true), preventDefault: true }]));
  const language = sparql();
  const all = [
    keys,
    basicSetup,
    language,
    language.language.data.of({ commentTokens: { line: "#" } }), // what Ctrl-/ puts before lines
    look,
    syntaxHighlighting(colours),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": "Query", "aria-keyshortcuts": "Control+Enter", spellcheck: "false" }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) changed(update.state.doc.toString());
    }),
    ...extensions,
  ];
  const root = host.attachShadow({ mode: "open" });
  const stateOf = (doc) => EditorState.create({ doc, extensions: all });
  const view = new EditorView({ state: stateOf(""), parent: root, root });
  return {
    view,
    // Another query: where it was left, with its undo history, or a text not opened before.
    show: (state, text) => view.setState(state ?? stateOf(text)),
  };
}
