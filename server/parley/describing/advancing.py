"""Brings figures from one version to another by what changed between them.

What a subject adds depends on its own quads and on the classes of what they point at. So the
subjects to look at are those of the change, and those that point at things whose types it changes:
their part before is taken off, and their part after is added. Objects are distinct over all
subjects; of each that the change names, the store is asked whether it was and is there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from typing import NamedTuple

import pyoxigraph as ox

from parley.describing.kinds import (
    add_subjects,
    add_triples,
    add_users,
    end_of,
    iri_of,
    side_of,
)
from parley.describing.statistics import Counts, Key, Space
from parley.rdf import RDF_TYPE

MOST = 20_000  # quads that changed, and subjects to look at; for more the whole is counted anew
_Graph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph
_Subject = ox.NamedNode | ox.BlankNode | ox.Triple
_Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def advance(
    counts: Counts, store: ox.Store, added: Set[ox.Quad], removed: Set[ox.Quad], space: Space
) -> bool:
    """Changes figures to those of `store`, which has got `added` and lost `removed`.

    False when so much changed that counting anew is better; then the figures are as they were.
    """
    changed = added | removed
    subjects = _affected(store, changed)
    if subjects is None:
        return False
    before, after = _View(store, added, removed), _View(store, frozenset(), frozenset())
    for subject in subjects:
        _add(counts, before, subject, space, -1)
        _add(counts, after, subject, space, 1)
    for value in {value for quad in changed for value in _values(quad)}:
        counts[value.key] += after.has(value) - before.has(value)
    return True


def _affected(store: ox.Store, changed: Set[ox.Quad]) -> set[_Subject] | None:
    """The subjects whose part may change; None when they are too many."""
    if len(changed) > MOST:
        return None
    found: set[_Subject] = {quad.subject for quad in changed}
    for typed in {quad.subject for quad in changed if quad.predicate == RDF_TYPE}:
        for quad in store.quads_for_pattern(None, None, typed, None):
            found.add(quad.subject)
            if len(found) > MOST:
                return None
    return found


class _Value(NamedTuple):
    """A figure of distinct objects, and the object, property and graph that it counts as one."""

    key: Key
    value: _Node
    predicate: ox.NamedNode | None = None
    graph: _Graph | None = None


def _values(quad: ox.Quad) -> Iterable[_Value]:
    yield _Value(("objects",), quad.object)
    yield _Value(("values", quad.predicate.value), quad.object, predicate=quad.predicate)
    key = ("graph-objects", _name(quad.graph_name))
    yield _Value(key, quad.object, graph=quad.graph_name)


class _View:
    """A store without what was `added` to it and with what it lost."""

    def __init__(self, store: ox.Store, added: Set[ox.Quad], removed: Set[ox.Quad]) -> None:
        self._store = store
        self._added = added
        self._removed = removed
        self._lost: defaultdict[_Subject, list[ox.Quad]] = defaultdict(list)
        for quad in removed:
            self._lost[quad.subject].append(quad)
        self._classes: dict[_Node, tuple[str, ...]] = {}

    def quads(self, subject: _Subject) -> list[ox.Quad]:
        """The quads of a subject."""
        there = self._store.quads_for_pattern(subject, None, None, None)
        return [quad for quad in there if quad not in self._added] + self._lost.get(subject, [])

    def classes(self, node: _Node) -> tuple[str, ...]:
        """The classes of a node."""
        if isinstance(node, ox.Literal | ox.Triple):
            return ()
        if node not in self._classes:
            there = self._store.quads_for_pattern(node, RDF_TYPE, None, None)
            kept = [quad for quad in there if quad not in self._added]
            lost = [quad for quad in self._lost.get(node, []) if quad.predicate == RDF_TYPE]
            found = {iri_of(str(quad.object)) for quad in (*kept, *lost)}
            self._classes[node] = tuple(sorted(found - {""}))
        return self._classes[node]

    def has(self, value: _Value) -> bool:
        """Whether a quad has this value."""
        there = self._store.quads_for_pattern(None, value.predicate, value.value, value.graph)
        return any(quad not in self._added for quad in there) or any(
            quad.object == value.value
            and value.predicate in {None, quad.predicate}
            and value.graph in {None, quad.graph_name}
            for quad in self._removed
        )


def _add(counts: Counts, view: _View, subject: _Subject, space: Space, times: int) -> None:
    """Adds a subject's part so many times."""
    quads = view.quads(subject)
    if not quads:
        return
    side = side_of(str(subject), view.classes(subject), space)
    add_subjects(counts, side, times)
    for predicate in {quad.predicate.value for quad in quads}:
        add_users(counts, side, predicate, times)
    for predicate, value in {(quad.predicate.value, quad.object) for quad in quads}:
        end = end_of(str(value), view.classes(value), space)
        add_triples(counts, side, predicate, end, times)
    for graph in {_name(quad.graph_name) for quad in quads}:
        counts["graph-subjects", graph] += times
    for quad in quads:
        graph = _name(quad.graph_name)
        counts["graph", graph] += times
        counts["graph-uses", graph, quad.predicate.value] += times
        if quad.predicate == RDF_TYPE and (kind := iri_of(str(quad.object))):
            counts["graph-class", graph, kind] += times


def _name(graph: _Graph) -> str:
    if isinstance(graph, ox.DefaultGraph):
        return ""
    text = str(graph)
    return iri_of(text) or text
