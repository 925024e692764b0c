"""Triples for descriptions, collected with prefixed names for properties."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pyoxigraph as ox

from parley.formats import Format
from parley.rdf import COMMON_PREFIXES, XSD, expand

DESCRIBING = {
    "formats": "http://www.w3.org/ns/formats/",
    "pav": "http://purl.org/pav/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "spdx": "http://spdx.org/rdf/terms#",
    "void-ext": "http://ldf.fi/void-ext#",
}
PREFIXES = {**COMMON_PREFIXES, **DESCRIBING}
Node = ox.NamedNode | ox.BlankNode
Value = Node | ox.Literal | int | float | str


class Statements:
    """Triples in the order they were said, none twice."""

    def __init__(self) -> None:
        self._said: dict[ox.Triple, None] = {}

    def say(self, subject: Node, predicate: str, *values: Value) -> None:
        """Says `subject predicate value` of each value; texts are in no language."""
        property_ = name(predicate)
        for value in values:
            term = value if isinstance(value, Node | ox.Literal) else ox.Literal(value)
            self.add(subject, property_, term)

    def add(self, subject: Node, predicate: ox.NamedNode, value: Node | ox.Literal) -> None:
        """Says one triple."""
        self._said[ox.Triple(subject, predicate, value)] = None

    def things(self, subject: Node, predicate: str, kind: str, *iris: str) -> None:
        """Says `subject predicate iri` of each IRI, and of what class it is."""
        for iri in iris:
            self.say(subject, predicate, ox.NamedNode(iri))
            self.a(ox.NamedNode(iri), kind)

    def a(self, subject: Node, *classes: str) -> None:
        """Says of what classes a thing is."""
        self.say(subject, "rdf:type", *(name(kind) for kind in classes))

    def bytes(self, form: Format, prefixes: Mapping[str, str]) -> bytes:
        """All of it in a format."""
        assert isinstance(form.engine, ox.RdfFormat)
        body = ox.serialize(self._said, None, form.engine, prefixes={**prefixes, **DESCRIBING})
        assert body is not None
        return body


@cache
def name(curie: str) -> ox.NamedNode:
    """The term with this prefixed name."""
    return expand(curie, PREFIXES)


def term(cell: Mapping[str, str]) -> ox.NamedNode | ox.Literal:
    """An IRI or a literal from the JSON results format."""
    if cell["type"] == "uri":
        return ox.NamedNode(cell["value"])
    if "xml:lang" in cell:
        return ox.Literal(cell["value"], language=cell["xml:lang"])
    if "datatype" in cell:
        return ox.Literal(cell["value"], datatype=ox.NamedNode(cell["datatype"]))
    return ox.Literal(cell["value"])


def text(value: str) -> ox.Literal:
    """A text in English."""
    return ox.Literal(value, language="en")


def typed(value: object, kind: str) -> ox.Literal:
    """A value of an XSD datatype."""
    return ox.Literal(str(value), datatype=ox.NamedNode(XSD + kind))
