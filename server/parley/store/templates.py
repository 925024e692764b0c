"""The templates of an update filled with the solutions of its WHERE (SPARQL 1.1 Update, 4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox


def filled(template: Iterable[ox.Quad], values: dict[str, object]) -> Iterator[ox.Quad]:
    """The template's quads for one solution: fresh blank nodes, what is not legal left out."""
    blanks: dict[ox.BlankNode, ox.BlankNode] = {}
    for quad in template:
        triple = _triple(quad, values, blanks)
        graph = _fill(quad.graph_name, values, blanks)
        if triple is not None and isinstance(graph, ox.NamedNode | ox.DefaultGraph):
            yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def _triple(
    pattern: ox.Quad | ox.Triple,
    values: dict[str, object],
    blanks: dict[ox.BlankNode, ox.BlankNode],
) -> ox.Triple | None:
    subject = _fill(pattern.subject, values, blanks)
    predicate = _fill(pattern.predicate, values, blanks)
    value = _fill(pattern.object, values, blanks)
    if (
        isinstance(subject, ox.NamedNode | ox.BlankNode)
        and isinstance(predicate, ox.NamedNode)
        and isinstance(value, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple)
    ):
        return ox.Triple(subject, predicate, value)
    return None


def _fill(
    node: object, values: dict[str, object], blanks: dict[ox.BlankNode, ox.BlankNode]
) -> object:
    if isinstance(node, ox.BlankNode):
        return blanks.setdefault(node, ox.BlankNode())
    if isinstance(node, ox.NamedNode):
        return values.get(node.value, node)
    if isinstance(node, ox.Triple):
        return _triple(node, values, blanks)
    return node


def nodes(statement: ox.Quad | ox.Triple) -> Iterator[object]:
    """The terms of a quad or a triple term, those inside triple terms included."""
    yield from (statement.subject, statement.predicate)
    if isinstance(statement.object, ox.Triple):
        yield from nodes(statement.object)
    else:
        yield statement.object
    if isinstance(statement, ox.Quad):
        yield statement.graph_name
