"""What a search finds things by: their names, and the words that were said with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from parley.rdf import PARLEY, RDF_TYPE, RDFS_LABEL, term

_SKOS = "http://www.w3.org/2004/02/skos/core#"
_OA = "http://www.w3.org/ns/oa#"
_OWL = "http://www.w3.org/2002/07/owl#"
_SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
_NAMES = {
    f"{_SKOS}altLabel",
    f"{_SKOS}prefLabel",
    f"{PARLEY}nomDeGuerre",
    "http://purl.org/dc/terms/title",
}
_NOTES = {f"{_SKOS}scopeNote", f"{_SKOS}definition", f"{PARLEY}selfDescription"}
_EVIDENCE, _SELECTOR = term("evidence"), ox.NamedNode(f"{_OA}hasSelector")
_EXACT = ox.NamedNode(f"{_OA}exact")
_CLAIMS = {f"{PARLEY}Claim", f"{PARLEY}Assessment"}
# Parts of other things, which nobody looks for by name.
_PARTS = {
    f"{PARLEY}{name}" for name in ("Proposition", "Evidence", "Relay", "TimeSpan", "Omission")
}
_TERMS = (PARLEY, _SKOS, _OWL)


@dataclass(frozen=True)
class Text:
    """Words that a thing is found by; `field` is label, name, gloss, quote or note."""

    field: str
    text: str


@dataclass(frozen=True)
class Document:
    """One thing with the class it is shown as, its names first."""

    iri: str
    kind: str
    label: str
    texts: tuple[Text, ...]


class Classes:
    """The classes of a version: their labels and which are narrower than which."""

    def __init__(self, store: ox.Store) -> None:
        self._above: dict[str, set[str]] = {}
        for quad in store.quads_for_pattern(None, _SUBCLASS, None, None):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
                self._above.setdefault(quad.subject.value, set()).add(quad.object.value)

    def broader(self, kind: str) -> set[str]:
        """A class and all it is a subclass of."""
        found, waiting = {kind}, [kind]
        while waiting:
            for above in self._above.get(waiting.pop(), ()):
                if above not in found:
                    found.add(above)
                    waiting.append(above)
        return found

    def narrowest(self, kinds: Iterable[str]) -> str:
        """The class with most above it: what a thing is called."""
        return max(sorted(kinds), key=lambda kind: len(self.broader(kind)))


def document(store: ox.Store, node: ox.NamedNode, classes: Classes) -> Document | None:
    """What a version says of a thing that words may find; None for what has no name."""
    said: dict[str, list[str]] = {}
    kinds: set[str] = set()
    evidence: set[ox.NamedNode] = set()
    for quad in store.quads_for_pattern(node, None, None, None):
        value = quad.object
        if isinstance(value, ox.Literal):
            said.setdefault(quad.predicate.value, []).append(value.value)
        elif isinstance(value, ox.NamedNode):
            if quad.predicate == RDF_TYPE and value.value.startswith(_TERMS):
                kinds.add(value.value)
            elif quad.predicate == _EVIDENCE:
                evidence.add(value)
    labels = sorted(said.get(RDFS_LABEL.value, ()))
    if not labels or not kinds or kinds & _PARTS:
        return None
    named = labels[1:] + sorted(n for key in _NAMES for n in said.get(key, ()))
    texts = [Text("gloss" if kinds & _CLAIMS else "label", labels[0])]
    texts += [Text("name", name) for name in dict.fromkeys(named) if name != labels[0]]
    texts += [Text("quote", quote) for quote in sorted(_quotes(store, evidence))]
    texts += [Text("note", note) for key in sorted(_NOTES) for note in sorted(said.get(key, ()))]
    return Document(node.value, classes.narrowest(kinds), labels[0], tuple(texts))


def _quotes(store: ox.Store, evidence: Iterable[ox.NamedNode]) -> set[str]:
    return {
        words.object.value
        for piece in evidence
        for selected in store.quads_for_pattern(piece, _SELECTOR, None, None)
        if isinstance(selected.object, ox.NamedNode)
        for words in store.quads_for_pattern(selected.object, _EXACT, None, None)
        if isinstance(words.object, ox.Literal)
    }


def named(store: ox.Store) -> Iterator[ox.NamedNode]:
    """All that have a label, each once for each of its labels."""
    for quad in store.quads_for_pattern(None, RDFS_LABEL, None, None):
        if isinstance(quad.subject, ox.NamedNode):
            yield quad.subject


def affected(store: ox.Store, touched: Iterable[ox.NamedNode]) -> set[ox.NamedNode]:
    """The things whose words a change of these may change: themselves, and claims that quote."""
    found = set(touched)
    for step in (_SELECTOR, _EVIDENCE):
        for node in list(found):
            for quad in store.quads_for_pattern(None, step, node, None):
                if isinstance(quad.subject, ox.NamedNode):
                    found.add(quad.subject)
    return found
