"""What is said, apart from who says it: subject, predicate, and an object or a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from parley.rdf import RDF_TYPE, Namespaces, Object, canonical, term


@dataclass(frozen=True)
class Proposition:
    """A sentence about the world; equal propositions share one IRI, whoever says them."""

    subject: ox.NamedNode
    predicate: ox.NamedNode
    object: Object

    def iri(self, names: Namespaces) -> ox.NamedNode:
        """Its content address (see `Namespaces.proposition`)."""
        return names.proposition(self.subject, self.predicate, self.object)

    def quads(self, names: Namespaces) -> Iterator[ox.Quad]:
        """The proposition as it is stored, in the graph all articles share."""
        iri, graph = self.iri(names), names.graph("propositions")
        value = canonical(self.object)
        last = term("object") if isinstance(value, ox.NamedNode) else term("value")
        yield ox.Quad(iri, RDF_TYPE, term("Proposition"), graph)
        yield ox.Quad(iri, term("subject"), self.subject, graph)
        yield ox.Quad(iri, term("predicate"), self.predicate, graph)
        yield ox.Quad(iri, last, value, graph)
