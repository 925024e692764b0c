"""Saved queries as RDF, in the vocabulary of SIB's sparql-examples: one graph of a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyoxigraph as ox

from parley.errors import BadInput
from parley.queries import SavedQuery, read_text
from parley.rdf import CATALOGUE_GRAPH, COMMON_PREFIXES, RDF_TYPE, Namespaces

_SH, _SPEX, _SCHEMA = (COMMON_PREFIXES[name] for name in ("sh", "spex", "schema"))
_COMMENT = ox.NamedNode(COMMON_PREFIXES["rdfs"] + "comment")
# The class of each kind of query and the property that holds its text (SHACL, section 5.2;
# sparql-examples has a DESCRIBE of its own).
_KINDS = {
    "select": (_SH + "SPARQLSelectExecutable", _SH + "select"),
    "ask": (_SH + "SPARQLAskExecutable", _SH + "ask"),
    "construct": (_SH + "SPARQLConstructExecutable", _SH + "construct"),
    "describe": (_SPEX + "SPARQLDescribeExecutable", _SPEX + "describe"),
}


def described(queries: Iterable[SavedQuery], names: Namespaces, endpoint: str) -> list[ox.Triple]:
    """A node for each query: question, tags, the whole text of its file, and the endpoint."""
    return [triple for query in queries for triple in _triples(query, names, endpoint)]


def catalogue_quads(queries: Mapping[str, SavedQuery], names: Namespaces) -> list[ox.Quad]:
    """What the graph of a version holds; the endpoint is where the dataset's base IRI leads."""
    graph = names.graph(CATALOGUE_GRAPH)
    return [
        ox.Quad(triple.subject, triple.predicate, triple.object, graph)
        for triple in described(queries.values(), names, f"{names.base}sparql")
    ]


def name_in(node: object, names: Namespaces) -> str | None:
    """The name of the saved query with this IRI, None for any other node."""
    space = names.query("").value
    if not isinstance(node, ox.NamedNode) or not node.value.startswith(space):
        return None
    return node.value.removeprefix(space)


def text_in(quads: Iterable[ox.Quad]) -> str:
    """The text of the file of the query that these quads describe. Raises BadInput."""
    properties = {text for _, text in _KINDS.values()}
    found = [quad.object for quad in quads if quad.predicate.value in properties]
    if len(found) != 1 or not isinstance(found[0], ox.Literal):
        raise BadInput(f"a saved query has one text, and this has {len(found)}")
    return found[0].value


def saved_in(store: ox.Store, names: Namespaces) -> dict[str, SavedQuery]:
    """The saved queries that a store holds by name, in the order of their names.

    Raises BadInput for a text that is no saved query.
    """
    quads: dict[str, list[ox.Quad]] = {}
    for quad in store.quads_for_pattern(None, None, None, names.graph(CATALOGUE_GRAPH)):
        name = name_in(quad.subject, names)
        if name is not None:
            quads.setdefault(name, []).append(quad)
    return {name: read_text(name, text_in(quads[name]), names) for name in sorted(quads)}


def _triples(query: SavedQuery, names: Namespaces, endpoint: str) -> Iterator[ox.Triple]:
    node = names.query(query.name)
    kind, text = _KINDS[query.kind]
    yield ox.Triple(node, RDF_TYPE, ox.NamedNode(_SH + "SPARQLExecutable"))
    yield ox.Triple(node, RDF_TYPE, ox.NamedNode(kind))
    yield ox.Triple(node, _COMMENT, ox.Literal(query.question, language="en"))
    yield ox.Triple(node, ox.NamedNode(text), ox.Literal(query.text))
    yield ox.Triple(node, ox.NamedNode(_SCHEMA + "target"), ox.NamedNode(endpoint))
    for tag in query.tags:
        yield ox.Triple(node, ox.NamedNode(_SCHEMA + "keywords"), ox.Literal(tag))
