"""Where a curator may write: findings about quads in other graphs, and about blank nodes."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from parley.check.report import Finding
from parley.errors import BadInput
from parley.files import LAYOUT, Dataset, path_of
from parley.rdf import CATALOGUE_GRAPH
from parley.store.change import Change

CHECK = "graphs"
_SHARED = "propositions"
_Graph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph


def misplaced(change: Change, dataset: Dataset) -> Iterator[Finding]:
    """A finding for each graph that the change may not write, and for each blank node."""
    wrong = {quad.graph_name for quad in change.added | change.removed}
    for graph in sorted(wrong, key=str):
        if not _may_be_written(graph, dataset):
            yield _wrong_graph(graph, dataset)
    for quad in change.added:
        if isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode):
            yield Finding(
                CHECK,
                "violation",
                "A blank node stands here, which no diff and no citation can name.",
                f"Give the node an IRI of its own, such as <{dataset.names.base}id/…>.",
                path=quad.predicate,
            )


def _may_be_written(graph: _Graph, dataset: Dataset) -> bool:
    space = dataset.names.graph("").value
    if not isinstance(graph, ox.NamedNode) or not graph.value.startswith(space):
        return False
    name = graph.value.removeprefix(space)
    try:
        return name in {_SHARED, CATALOGUE_GRAPH} or path_of(name).parts[0] == "data"
    except BadInput:
        return False


def _wrong_graph(graph: _Graph, dataset: Dataset) -> Finding:
    names = dataset.names
    if graph in dataset.derived():
        what = "This graph is derived from claims and never written by hand."
    elif isinstance(graph, ox.NamedNode):
        what = "This graph is not among those a curator may write."
    else:
        what = "The default graph of this dataset stays empty: every triple has its graph."
    writable = [name for pattern, name in LAYOUT if pattern.startswith("data/")]
    listed = ", ".join(
        str(names.graph(n.format("…"))) for n in (*writable, _SHARED, CATALOGUE_GRAPH)
    )
    return Finding(
        CHECK,
        "violation",
        what,
        f"Write in one of these, inside GRAPH or with WITH: {listed}. Ontology, shapes and "
        "rules are changed in their files.",
        focus=graph if isinstance(graph, ox.NamedNode) else None,
    )
