"""Graphs: no blank nodes, every triple in one graph, facts only where claims put them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

import pyoxigraph as ox

from parley.check.report import Finding
from parley.check.terms import Terms, did_you_mean, short
from parley.files import Dataset
from parley.rdf import DERIVED_GRAPHS, RDF_TYPE, Namespaces

CHECK = "graphs"


def check_graphs(quads: Iterable[ox.Quad], terms: Terms, names: Namespaces) -> Iterator[Finding]:
    """Findings about where triples stand and whether what they mention is described."""
    described: set[str] = set()
    mentioned: dict[str, ox.Quad] = {}
    untyped: dict[str, ox.Quad] = {}
    graphs: dict[ox.Triple, set[str]] = defaultdict(set)
    things, entities = names.thing("x").value[:-1], names.graph("entities/").value
    derived = {names.graph(name).value for name in DERIVED_GRAPHS}
    for quad in quads:
        graph = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
        subject = quad.subject.value if isinstance(quad.subject, ox.NamedNode) else ""
        graphs[quad.triple].add(graph)
        if quad.predicate == RDF_TYPE:
            described.add(subject)
        elif subject and graph.startswith(entities):
            untyped.setdefault(subject, quad)
        if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(things):
            mentioned.setdefault(quad.object.value, quad)
        if isinstance(quad.object, ox.BlankNode) or not subject:
            yield _finding(
                quad,
                "A blank node stands here, which no diff and no citation can name.",
                "Give the node an IRI of its own.",
            )
        if quad.predicate.value in terms.statements and graph not in derived:
            yield _unclaimed(quad)
    known = [iri for iri in described if iri.startswith(things)]
    for iri, quad in mentioned.items():
        if iri not in described:
            yield _undescribed(quad, iri, names, did_you_mean(iri, known, names))
    for iri, quad in untyped.items():
        if iri not in described:
            yield _classless(quad, iri, names)
    for triple, places in graphs.items():
        if len(places) > 1:
            yield _twice(triple, places, names)


def check_graphs_near(
    store: ox.Store,
    added: Iterable[ox.Quad],
    removed: Iterable[ox.Quad],
    terms: Terms,
    names: Namespaces,
) -> Iterator[Finding]:
    """The same for what a change, already in the store, adds and leaves; not for blank nodes.

    What a node that is described nowhere might be called instead is not looked for.
    """
    added = list(added)
    things, entities = names.thing("x").value[:-1], names.graph("entities/").value
    derived = {names.graph(name) for name in DERIVED_GRAPHS}
    mentioned: dict[ox.NamedNode, ox.Quad] = {}
    untyped: dict[ox.NamedNode, ox.Quad] = {}
    losing = {quad.subject for quad in removed if quad.predicate == RDF_TYPE}
    for node in (n for n in losing if isinstance(n, ox.NamedNode)):
        added += islice(store.quads_for_pattern(None, None, node), 1)
        added += (q for q in store.quads_for_pattern(node, None, None))
    for quad in added:
        if quad.predicate.value in terms.statements and quad.graph_name not in derived:
            yield _unclaimed(quad)
        graph, subject, value = quad.graph_name, quad.subject, quad.object
        assert isinstance(graph, ox.NamedNode)
        if isinstance(value, ox.NamedNode) and value.value.startswith(things):
            mentioned.setdefault(value, quad)
        if isinstance(subject, ox.NamedNode) and graph.value.startswith(entities):
            untyped.setdefault(subject, quad)
        places = {
            str(same.graph_name.value) if isinstance(same.graph_name, ox.NamedNode) else ""
            for same in store.quads_for_pattern(subject, quad.predicate, value)
        }
        if len(places) > 1:
            yield _twice(quad.triple, places, names)
    for node, quad in mentioned.items():
        if not _is_described(store, node):
            yield _undescribed(quad, node.value, names)
    for node, quad in untyped.items():
        if not _is_described(store, node):
            yield _classless(quad, node.value, names)


def check_stray(dataset: Dataset) -> Iterator[Finding]:
    """A finding for each RDF file of the dataset that no graph is made from."""
    for path in dataset.stray():
        yield Finding(
            CHECK,
            "violation",
            "The file fills no graph, so nobody will ever see what it says.",
            "Move it to data/entities, data/articles or data/claims, or remove it.",
            source=str(path),
        )


def _is_described(store: ox.Store, node: ox.NamedNode) -> bool:
    return next(store.quads_for_pattern(node, RDF_TYPE, None), None) is not None


def _unclaimed(quad: ox.Quad) -> Finding:
    return _finding(
        quad,
        "A fact about the world stands in a file without anybody claiming it.",
        "State it as a proposition with a claim, and remove the triple.",
    )


def _undescribed(quad: ox.Quad, iri: str, names: Namespaces, hint: str = "") -> Finding:
    return _finding(
        quad,
        f"{short(iri, names)} is mentioned but nowhere described.",
        f"Correct its name, or describe it with a type and a label in data/entities.{hint}",
    )


def _classless(quad: ox.Quad, iri: str, names: Namespaces) -> Finding:
    return _finding(
        quad, f"{short(iri, names)} has no class.", "Give it an rdf:type from the ontology."
    )


def _twice(triple: ox.Triple, places: Iterable[str], names: Namespaces) -> Finding:
    listed = ", ".join(sorted(p.removeprefix(names.graph("").value) for p in places))
    return _finding(
        triple,
        f"The same triple stands in several graphs ({listed}) and would count twice.",
        "Keep it in one of them.",
    )


def _finding(place: ox.Quad | ox.Triple, message: str, fix: str) -> Finding:
    return Finding(
        CHECK,
        "violation",
        message,
        fix,
        focus=place.subject if isinstance(place.subject, ox.NamedNode) else None,
        path=place.predicate,
        value=place.object if isinstance(place.object, ox.NamedNode | ox.Literal) else None,
    )
