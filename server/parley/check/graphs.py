"""Graphs: no blank nodes, every triple in one graph, facts only where claims put them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

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
            yield _finding(
                quad,
                "A fact about the world stands in a file without anybody claiming it.",
                "State it as a proposition with a claim, and remove the triple.",
            )
    known = [iri for iri in described if iri.startswith(things)]
    for iri, quad in mentioned.items():
        if iri not in described:
            yield _finding(
                quad,
                f"{short(iri, names)} is mentioned but nowhere described.",
                "Correct its name, or describe it with a type and a label in data/entities."
                + did_you_mean(iri, known, names),
            )
    for iri, quad in untyped.items():
        if iri not in described:
            yield _finding(
                quad,
                f"{short(iri, names)} has no class.",
                "Give it an rdf:type from the ontology.",
            )
    for triple, places in graphs.items():
        if len(places) > 1:
            listed = ", ".join(sorted(p.removeprefix(names.graph("").value) for p in places))
            yield _finding(
                triple,
                f"The same triple stands in several graphs ({listed}) and would count twice.",
                "Keep it in one of them.",
            )


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
