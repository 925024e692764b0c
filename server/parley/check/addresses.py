"""The addresses of propositions: each is the hash of what the proposition says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from parley.check.report import Finding
from parley.rdf import RDF_TYPE, Namespaces, term

CHECK = "addresses"


def check_addresses(
    store: ox.Store, names: Namespaces, nodes: Iterable[ox.NamedNode] | None = None
) -> Iterator[Finding]:
    """A finding for every complete proposition whose IRI is not its content address.

    Only those among `nodes` are looked at, if given.
    """
    for quad in typed(store, term("Proposition"), nodes):
        iri = quad.subject
        subjects, predicates, objects, values = (
            [q.object for q in store.quads_for_pattern(iri, term(name), None)]
            for name in ("subject", "predicate", "object", "value")
        )
        said = objects + values
        if not len(subjects) == len(predicates) == len(said) == 1:
            continue  # the shapes say so already
        subject, predicate, value = subjects[0], predicates[0], said[0]
        if (
            not isinstance(iri, ox.NamedNode)
            or not isinstance(subject, ox.NamedNode)
            or not isinstance(predicate, ox.NamedNode)
            or not isinstance(value, ox.NamedNode | ox.Literal)
        ):
            continue
        right = names.proposition(subject, predicate, value)
        if iri != right:
            yield Finding(
                CHECK,
                "violation",
                "The address of a proposition is not the hash of what it says.",
                f"Rename it to id:{right.value.rpartition('/')[2]} wherever it is used; "
                "changed words make another proposition.",
                focus=iri,
            )


def typed(
    store: ox.Store, kind: ox.NamedNode, nodes: Iterable[ox.NamedNode] | None
) -> Iterator[ox.Quad]:
    """The quads that say of a node, or of one of these nodes, that it is of a class."""
    if nodes is None:
        yield from store.quads_for_pattern(None, RDF_TYPE, kind)
    else:
        for node in nodes:
            yield from store.quads_for_pattern(node, RDF_TYPE, kind)
