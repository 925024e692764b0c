import { EditorView, basicSetup } from "codemirror";
import { sparql } from "codemirror-lang-sparql";

const textarea = document.querySelector("#query");
if (textarea) console.assert(EditorView && basicSetup && sparql);
