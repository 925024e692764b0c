"""Derived graphs brought up to date after a change: only the triples that it can touch.

From the patterns of the rules follows which triples a changed quad can bring about or take away,
and on which quads each of these triples depends. The rules themselves, unchanged, then run on just
those quads, and what they say of those triples takes the place of what was there. The result is
that of `derived_quads`, which a property test holds it to, for rules such that

- the first reads nothing that is derived, and the others read what the first yields;
- what only a later rule yields (such as `linked`) has a predicate that no rule reads.

Rules that are not like that, or have a part that cannot be followed (see `sparql.patterns`), and a
change that too much hangs on, raise Unbounded: then everything is derived again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from parley.model.derivation import Rule
from parley.rdf import Namespaces
from parley.sparql.neighbours import Dependence
from parley.sparql.patterns import Term, Unbounded, read_head, read_patterns
from parley.sparql.quads import Quads


class FollowedRule:
    """A rule with what its triples depend on. Raises Unbounded when that cannot be told."""

    def __init__(self, rule: Rule, graph: ox.NamedNode) -> None:
        self.text = rule.text
        self.graph = graph
        self.depends = Dependence(read_patterns(rule.text), read_head(rule.text))

    def touched(self, changed: Iterable[ox.Quad], quads: Quads) -> set[ox.Triple]:
        """The triples that these quads may bring about or take away."""
        return {
            ox.Triple(subject, predicate, value)
            for subject, predicate, value in self.depends.touched(changed, quads)
            if isinstance(subject, ox.NamedNode | ox.BlankNode)
            and isinstance(predicate, ox.NamedNode)  # else the rule yields nothing either
        }

    def holds(
        self, triples: Collection[ox.Triple], quads: Quads, leave_out: Collection[ox.NamedNode]
    ) -> set[ox.Triple]:
        """Those of the triples that the rule yields, whatever stands in graphs left out."""
        if not triples:
            return set()
        given: dict[ox.Variable, set[Term]] = {variable: set() for variable in self.depends.wanted}
        for triple in triples:
            nodes = (triple.subject, triple.predicate, triple.object)
            for variable, node in zip(self.depends.wanted, nodes, strict=True):
                assert not isinstance(node, ox.Triple)
                given[variable].add(node)
        near = ox.Store()
        near.extend(q for q in self.depends.gather(given, quads) if q.graph_name not in leave_out)
        found = near.query(self.text, use_default_graph_as_union=True)
        assert isinstance(found, ox.QueryTriples)
        return set(triples).intersection(found)


@dataclass(frozen=True)
class FollowedRules:
    """The rules of a dataset in their order; `reads` are the predicates that any of them reads."""

    rules: tuple[FollowedRule, ...]
    reads: frozenset[ox.NamedNode]

    @classmethod
    def of(cls, rules: Iterable[Rule], names: Namespaces) -> FollowedRules:
        """Raises Unbounded when a rule cannot be followed."""
        followed = tuple(FollowedRule(rule, names.graph(rule.name)) for rule in rules)
        if any(p.predicates is None for r in followed for c in r.depends.combinations for p in c):
            raise Unbounded("a rule reads quads of any predicate")
        return cls(followed, frozenset(p for rule in followed for p in rule.depends.predicates))

    def renew(
        self,
        store: ox.Store,
        added: Collection[ox.Quad],
        removed: Collection[ox.Quad],
        quads: Quads | None = None,
    ) -> tuple[frozenset[ox.Quad], frozenset[ox.Quad]]:
        """The derived quads that a change, already in the store, adds and removes.

        `quads` looks the store up, and remembers what it found for who comes next.
        Afterwards the store holds them or does not. Raises Unbounded and leaves what was there.
        """
        changed = {*added, *removed}
        quads = quads or Quads(store)
        around = Quads(store, removed) if removed else quads
        touched = {triple for rule in self.rules for triple in rule.touched(changed, around)}
        placed = {triple: self._places(store, triple) for triple in touched}
        try:
            return self._placed_anew(store, removed, placed, quads)
        except Unbounded:
            self._put(store, placed, frozenset(q for quads in placed.values() for q in quads))
            raise

    def _placed_anew(
        self,
        store: ox.Store,
        removed: Collection[ox.Quad],
        placed: dict[ox.Triple, frozenset[ox.Quad]],
        quads: Quads,
    ) -> tuple[frozenset[ox.Quad], frozenset[ox.Quad]]:
        """Moves the triples to where they belong; `placed` gains those that follow from that."""
        touched = set(placed)
        moved = self._first(store, touched, quads)
        if moved:
            around = Quads(store, {*removed, *moved})
            for rule in self.rules[1:]:
                for triple in rule.touched(moved, around) - touched:
                    placed[triple] = self._places(store, triple)
        wanted = self._wanted(placed.keys(), quads)
        before = frozenset(quad for quads in placed.values() for quad in quads)
        self._put(store, placed, wanted)
        quads.forget(wanted ^ before)
        quads.forget(moved)
        return wanted - before, before - wanted

    def _put(
        self, store: ox.Store, triples: Iterable[ox.Triple], wanted: frozenset[ox.Quad]
    ) -> None:
        """Lets these triples stand where `wanted` says, and nowhere else."""
        for triple in triples:
            for quad in self._places(store, triple) - wanted:
                store.remove(quad)
        store.extend(wanted)

    def _first(self, store: ox.Store, triples: Collection[ox.Triple], quads: Quads) -> set[ox.Quad]:
        """Lets the first rule's triples stand, in place of what stood; the quads it moved."""
        first = self.rules[0]
        yielded = first.holds(triples, quads, [rule.graph for rule in self.rules])
        moved: set[ox.Quad] = set()
        for triple in triples:
            there = self._places(store, triple)
            if triple in yielded and not there:
                moved.add(_quad(triple, first.graph))
                store.add(_quad(triple, first.graph))
            elif triple not in yielded and there:
                moved |= there
                for quad in there:
                    store.remove(quad)
        quads.forget(moved)
        return moved

    def _wanted(self, triples: Collection[ox.Triple], quads: Quads) -> frozenset[ox.Quad]:
        """Where each triple belongs: the graph of the last rule that yields it."""
        derived = [rule.graph for rule in self.rules]
        graphs: dict[ox.Triple, ox.NamedNode] = {}
        for number, rule in enumerate(self.rules):
            for triple in rule.holds(triples, quads, () if number else derived):
                if number and triple not in graphs and triple.predicate in self.reads:
                    raise Unbounded("a later rule yields something new that rules read")
                graphs[triple] = rule.graph
        return frozenset(_quad(triple, graph) for triple, graph in graphs.items())

    def _places(self, store: ox.Store, triple: ox.Triple) -> frozenset[ox.Quad]:
        """The derived quads with this triple."""
        quads = (_quad(triple, rule.graph) for rule in self.rules)
        return frozenset(quad for quad in quads if quad in store)


def _quad(triple: ox.Triple, graph: ox.NamedNode) -> ox.Quad:
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)
