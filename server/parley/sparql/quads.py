"""Quads of a store looked up node by node, whatever their graph, and remembered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

import pyoxigraph as ox

from parley.sparql.patterns import Pattern, Term, Unbounded

_WIDE = 128  # quads at one node from which its exact number does not matter; 64 led astray


class Quads:
    """The quads of a store, whatever their graph, and `more` besides; remembers what was asked.

    Who changes the store says so with `forget`. `most` quads are looked at, then Unbounded is
    raised.
    """

    def __init__(self, store: ox.Store, more: Iterable[ox.Quad] = (), most: int = 500_000) -> None:
        self._store = store
        self._left = most
        self._known: dict[tuple[bool, Term, ox.NamedNode | None], list[ox.Quad]] = {}
        self._widths: dict[tuple[bool, Term, ox.NamedNode | None], int] = {}
        self._more: dict[tuple[bool, Term], list[ox.Quad]] = defaultdict(list)
        for quad in more:
            self._more[True, quad.subject].append(quad)  # type: ignore[index]  # no triple terms
            self._more[False, quad.object].append(quad)  # type: ignore[index]  # the same

    def at(
        self, node: Term, predicates: frozenset[ox.NamedNode] | None, out: bool
    ) -> list[ox.Quad]:
        """The quads with this subject (`out`) or object, and with one of these predicates."""
        if out and isinstance(node, ox.Literal):
            return []
        if predicates is None:
            return self._with(node, None, out)
        if len(predicates) == 1:
            return self._with(node, next(iter(predicates)), out)
        return [quad for predicate in predicates for quad in self._with(node, predicate, out)]

    def forget(self, changed: Iterable[ox.Quad]) -> None:
        """Looks again at what stands with the nodes of these quads."""
        nodes = {(out, beyond(quad, not out)) for quad in changed for out in (True, False)}
        if nodes:
            self._known = {key: v for key, v in self._known.items() if key[:2] not in nodes}
            self._widths = {key: v for key, v in self._widths.items() if key[:2] not in nodes}

    def _with(self, node: Term, predicate: ox.NamedNode | None, out: bool) -> list[ox.Quad]:
        key = (out, node, predicate)
        found = self._known.get(key)
        if found is None:
            found = list(islice(self._asked(node, predicate, out), self._left + 1))
            self._left -= len(found)
            if self._left < 0:
                raise Unbounded("too many quads hang together with the change")
            self._known[key] = found
        return found

    def _asked(self, node: Term, predicate: ox.NamedNode | None, out: bool) -> Iterator[ox.Quad]:
        if out:
            assert not isinstance(node, ox.Literal)
            yield from self._store.quads_for_pattern(node, predicate, None)
        else:
            yield from self._store.quads_for_pattern(None, predicate, node)
        for quad in self._more.get((out, node), ()):
            if predicate is None or quad.predicate == predicate:
                yield quad

    def width(self, node: Term, pattern: Pattern, out: bool) -> int:
        """How many quads a step from a node leads over; not counted past some."""
        if out and isinstance(node, ox.Literal):
            return 0
        return sum(self._width(node, p, out) for p in pattern.predicates or (None,))

    def _width(self, node: Term, predicate: ox.NamedNode | None, out: bool) -> int:
        key = (out, node, predicate)
        width = self._widths.get(key)
        if width is None:
            found = self._known.get(key)
            if found is None:
                found = list(islice(self._asked(node, predicate, out), _WIDE))
                if len(found) < _WIDE:
                    self._known[key] = found
            width = self._widths[key] = len(found)
        return width

    def everywhere(self, pattern: Pattern) -> list[ox.Quad]:
        """All quads with the pattern's predicates."""
        found: list[ox.Quad] = []
        for predicate in pattern.predicates or (None,):
            quads = self._store.quads_for_pattern(None, predicate, None)
            found += islice(quads, self._left + 1 - len(found))
        self._left -= len(found)
        if self._left < 0:
            raise Unbounded("a part of the query has no bound node near the change")
        return found

    def chain(
        self, start: Term, predicates: frozenset[ox.NamedNode] | None, out: bool
    ) -> dict[Term, list[ox.Quad]]:
        """The nodes that chains of such quads lead to, the start among them, and the quads."""
        found: dict[Term, list[ox.Quad]] = {start: []}
        waiting = [start]
        while waiting:
            node = waiting.pop()
            for quad in self.at(node, predicates, out):
                other = beyond(quad, out)
                if other not in found:
                    found[other] = []
                    waiting.append(other)
                found[other].append(quad)
        return found

    def steps(self, node: Term, pattern: Pattern, out: bool) -> Iterator[tuple[Term, ox.Quad]]:
        """Where a pattern leads from a node: the nodes at its other end, and the last quads.

        A chain of no length has no quad, and is left to the caller.
        """
        if pattern.closure:
            for other, quads in self.chain(node, pattern.predicates, out).items():
                yield from ((other, quad) for quad in quads)
        else:
            for quad in self.at(node, pattern.predicates, out):
                yield beyond(quad, out), quad


def beyond(quad: ox.Quad, out: bool) -> Term:
    """The node that a quad leads to, from its subject (`out`) or back from its object."""
    node = quad.object if out else quad.subject
    assert not isinstance(node, ox.Triple)
    return node
