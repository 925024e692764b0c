"""The classes of things with all that they are kinds of."""

from __future__ import annotations

import pyoxigraph as ox

from parley.rdf import PARLEY, RDF_TYPE
from parley.translating.reading import Source
from parley.translating.records import Node, described, named

_BROADER = named("rdfs:subClassOf")


class Kinds:
    """Answers from what it has read; there are about a hundred classes."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[ox.NamedNode, frozenset[ox.NamedNode]] = {}

    def of(self, thing: Node) -> frozenset[str]:
        """The names of its classes in our ontology, and of those above them."""
        found: set[str] = set()
        for kind in thing.nodes(RDF_TYPE):
            found |= {one.value[len(PARLEY) :] for one in self._above(kind)}
        return frozenset(found)

    def _above(self, kind: ox.NamedNode) -> frozenset[ox.NamedNode]:
        if kind not in self._known:
            found, todo = set(), {kind}
            while todo:
                found |= todo
                nodes = described(self._source, todo, (_BROADER,))
                todo = {above for node in nodes.values() for above in node.nodes(_BROADER)} - found
            self._known[kind] = frozenset(one for one in found if one.value.startswith(PARLEY))
        return self._known[kind]
