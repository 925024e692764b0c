"""What live writes rest on and never alter: declared terms, shapes, and rules, read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from parley.check.followed import FollowedShapes
from parley.check.shapes import read_shapes
from parley.check.terms import Terms, read_terms
from parley.files import Dataset
from parley.model.derivation import Rule, read_rules
from parley.model.renewal import FollowedRules
from parley.rdf import Namespaces
from parley.sparql.patterns import Unbounded

_GRAPHS = ("ontology", "vocab")
_FOLDERS = ("alignments/", "shapes/")
_Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Ground:
    """Terms and rules; and what follows shapes and rules, None where they cannot be followed.

    `stamp` tells whether the files of the rules are still those that were read.
    """

    terms: Terms
    rules: tuple[Rule, ...]
    followed: tuple[FollowedRules, FollowedShapes] | None
    stamp: _Stamp

    @classmethod
    def read(cls, dataset: Dataset, store: ox.Store) -> Ground:
        """What a version says, or a store with the quads of `ground_quads`. Raises BadInput."""
        names = dataset.names
        stamp = stamped(dataset)
        rules = read_rules(dataset.rules())
        start = names.graph("shapes/").value
        shapes = read_shapes(
            quad
            for graph in store.named_graphs()
            if isinstance(graph, ox.NamedNode) and graph.value.startswith(start)
            for quad in store.quads_for_pattern(None, None, None, graph)
        )
        try:
            followed = (FollowedRules.of(rules, names), FollowedShapes(shapes))
        except Unbounded:
            return cls(read_terms(store, names), rules, None, stamp)
        if shapes.is_empty:  # the whole check says so
            return cls(read_terms(store, names), rules, None, stamp)
        return cls(read_terms(store, names), rules, followed, stamp)


def stamped(dataset: Dataset) -> _Stamp:
    """The names, times and sizes of the files with rules."""
    found = ((path, path.stat()) for path in dataset.rules())
    return tuple((str(path), status.st_mtime_ns, status.st_size) for path, status in found)


def is_ground(graph: str, names: Namespaces) -> bool:
    """Whether the graph of this IRI is one that live writes rest on."""
    name = graph.removeprefix(names.graph("").value)
    return name in _GRAPHS or name.startswith(_FOLDERS)


def ground_quads(store: ox.Store, names: Namespaces) -> Iterator[ox.Quad]:
    """The quads of those graphs."""
    for graph in store.named_graphs():
        if isinstance(graph, ox.NamedNode) and is_ground(graph.value, names):
            yield from store.quads_for_pattern(None, None, None, graph)
