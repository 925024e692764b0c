"""Which solutions of a query a change can touch, and the few quads that those depend on.

Both walk from quad to quad along the patterns of the query (see `patterns`), the narrowest step
first, and never look at more of the data than lies on the way. What they find may be too much, but
never too little: conditions on values are not looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from itertools import islice

import pyoxigraph as ox

from parley.sparql.patterns import Combination, End, Pattern, Term, Unbounded
from parley.sparql.quads import Quads, beyond

_Row = dict[ox.Variable, Term]
_SAMPLE = 4  # rows or nodes that a step's width is judged by


class Dependence:
    """What the solutions of a query depend on, ready to be asked about changes.

    `wanted` are the variables whose values tell the solutions apart. With `but_subjects`, `touched`
    leaves out what stands at the only one of them because it is the subject of a changed quad:
    for who takes all of these anyway.
    """

    def __init__(
        self,
        combinations: Iterable[Combination],
        wanted: tuple[ox.Variable, ...],
        *,
        but_subjects: bool = False,
    ) -> None:
        self.combinations = tuple(combinations)
        self.wanted = wanted
        self._starts: list[tuple[Pattern, Combination]] = []
        self._seeds: dict[ox.NamedNode | None, list[int]] = defaultdict(list)
        parts = [frozenset(c) for c in self.combinations]
        for combination, part in zip(self.combinations, parts, strict=True):
            for number, pattern in enumerate(combination):
                if any(other < part and pattern in other for other in parts):
                    continue  # the smaller one finds all that this would
                if but_subjects and (pattern.subject,) == wanted and not pattern.closure:
                    continue
                for predicate in pattern.predicates or (None,):
                    self._seeds[predicate].append(len(self._starts))
                rest = combination[:number] + combination[number + 1 :]
                self._starts.append((pattern, rest))

    @property
    def predicates(self) -> frozenset[ox.NamedNode]:
        """The predicates of all quads that matter, those of any-predicate patterns aside."""
        named = (p.predicates or () for combination in self.combinations for p in combination)
        return frozenset(predicate for predicates in named for predicate in predicates)

    def touched(self, changed: Iterable[ox.Quad], quads: Quads) -> set[tuple[Term, ...]]:
        """The values of `wanted` in solutions that a changed quad can make, alter or unmake.

        `quads` holds what was there before the change and what is there after it. Raises
        Unbounded.
        """
        rows: dict[int, list[_Row]] = defaultdict(list)
        for quad in changed:
            for seed in (*self._seeds.get(quad.predicate, ()), *self._seeds.get(None, ())):
                rows[seed] += _matches(self._starts[seed][0], quad, quads)
        return {
            tuple(row[variable] for variable in self.wanted)
            for seed, found in rows.items()
            for row in self._solved(found, self._starts[seed][1], quads)
        }

    def _solved(self, rows: list[_Row], rest: Combination, quads: Quads) -> list[_Row]:
        """The rows extended along the patterns until all that is wanted is bound."""
        waiting = list(rest)
        while rows:
            bound = set(rows[0])
            checks = [p for p in waiting if p.predicates is not None and p.variables <= bound]
            for pattern in checks:
                waiting.remove(pattern)
                rows = [row for row in rows if _holds(pattern, row, quads)]
            if not rows or bound >= set(self.wanted):
                break
            pattern, out = _narrowest(waiting, rows, quads)
            waiting.remove(pattern)
            needed = {v for p in waiting for v in p.variables}.union(self.wanted)
            rows = _distinct(_extended(rows, pattern, out, quads), needed)
        return rows

    def gather(self, given: Mapping[ox.Variable, Set[Term]], quads: Quads) -> set[ox.Quad]:
        """All quads that solutions with these values of variables depend on. Raises Unbounded."""
        found: set[ox.Quad] = set()
        for combination in self.combinations:
            domains = {variable: set(values) for variable, values in given.items()}
            waiting = list(combination)
            while waiting:
                pattern, out = _smallest(waiting, domains, quads)
                waiting.remove(pattern)
                _gathered(pattern, out, domains, quads, found)
                if not all(domains.values()):
                    break  # nothing holds all of the combination
        return found


def _matches(pattern: Pattern, quad: ox.Quad, quads: Quads) -> Iterator[_Row]:
    """The values of a pattern's variables by which it holds thanks to this quad."""
    subject, value = quad.subject, quad.object
    assert not isinstance(subject, ox.Triple)
    assert not isinstance(value, ox.Triple)
    starts: Collection[Term] = [subject]
    ends: Collection[Term] = [value]
    if pattern.closure:
        starts = quads.chain(subject, pattern.predicates, out=False)
        ends = quads.chain(value, pattern.predicates, out=True)
    if not pattern.variables:
        if pattern.subject in starts and pattern.object in ends:
            raise Unbounded("the query asks for a quad that the change touches")
        return
    for start in starts:
        for end in ends:
            row = _bound({}, (pattern.subject, start), (pattern.object, end))
            if row is not None and pattern.name is not None:
                row = _bound(row, (pattern.name, quad.predicate))
            if row is not None:
                yield row


def _bound(row: _Row, *pairs: tuple[End, Term]) -> _Row | None:
    """The row with these ends bound to these values; None where it says otherwise already."""
    more = dict(row)
    for end, value in pairs:
        if (more.setdefault(end, value) if isinstance(end, ox.Variable) else end) != value:
            return None
    return more


def _value(end: End, row: Mapping[ox.Variable, Term]) -> Term | None:
    return row.get(end) if isinstance(end, ox.Variable) else end


def _holds(pattern: Pattern, row: _Row, quads: Quads) -> bool:
    start, end = _value(pattern.subject, row), _value(pattern.object, row)
    assert start is not None
    if pattern.closure and start == end:
        return True
    return any(other == end for other, _ in quads.steps(start, pattern, out=True))


def _narrowest(waiting: list[Pattern], rows: list[_Row], quads: Quads) -> tuple[Pattern, bool]:
    """The pattern, and the direction to go it, that leads to the fewest quads from these rows."""
    best: tuple[int, int, Pattern, bool] | None = None
    for number, pattern in enumerate(waiting):
        for out, end in ((True, pattern.subject), (False, pattern.object)):
            if not isinstance(end, ox.Variable) or end not in rows[0]:
                continue
            width = sum(quads.width(row[end], pattern, out) for row in rows[:_SAMPLE])
            if best is None or width < best[0]:
                best = (width, number, pattern, out)
    if best is None:
        raise Unbounded("a part of the query does not hang together with the rest")
    return best[2], best[3]


def _extended(rows: list[_Row], pattern: Pattern, out: bool, quads: Quads) -> Iterator[_Row]:
    near, far = _ends(pattern, out)
    for row in rows:
        start = _value(near, row)
        assert start is not None
        if pattern.closure:
            same = _bound(row, (far, start))
            if same is not None:
                yield same
        for other, quad in quads.steps(start, pattern, out):
            more = _bound(row, (far, other))
            if more is not None and pattern.name is not None:
                more = _bound(more, (pattern.name, quad.predicate))
            if more is not None:
                yield more


def _distinct(rows: Iterable[_Row], needed: Set[ox.Variable]) -> list[_Row]:
    """The rows without what is not needed any more, each once."""
    found: dict[tuple[Term, ...], _Row] = {}
    for row in rows:
        kept = {variable: value for variable, value in row.items() if variable in needed}
        found.setdefault(tuple(kept.values()), kept)
    return list(found.values())


def _smallest(
    waiting: list[Pattern], domains: Mapping[ox.Variable, Set[Term]], quads: Quads
) -> tuple[Pattern, bool | None]:
    """The pattern, and the direction, that leads to the fewest quads; None for no bound end.

    A constant is begun with only where no variable is bound: it may be a class of everything.
    """
    best: tuple[float, Pattern, bool | None] | None = None
    for pattern in waiting:
        for out, end in ((True, pattern.subject), (False, pattern.object)):
            if not isinstance(end, ox.Variable) or end not in domains:
                continue
            sample = list(islice(domains[end], _SAMPLE))
            width = sum(quads.width(node, pattern, out) for node in sample)
            estimate = width / max(len(sample), 1) * len(domains[end])
            if best is None or estimate < best[0]:
                best = (estimate, pattern, out)
    if best is not None:
        return best[1], best[2]
    for pattern in waiting:
        for out, end in ((True, pattern.subject), (False, pattern.object)):
            if not isinstance(end, ox.Variable):
                return pattern, out
    return waiting[0], None


def _domain(end: End, domains: Mapping[ox.Variable, Set[Term]]) -> Set[Term] | None:
    return domains.get(end) if isinstance(end, ox.Variable) else {end}


def _gathered(
    pattern: Pattern,
    out: bool | None,
    domains: dict[ox.Variable, set[Term]],
    quads: Quads,
    found: set[ox.Quad],
) -> None:
    """Collects the quads of one pattern and narrows the values of its variables."""
    near, far = _ends(pattern, out is not False)
    allowed = _domain(far, domains)
    starts: set[Term] = set()
    ends: set[Term] = set()
    names: set[Term] = set()
    if out is None:
        for quad in quads.everywhere(pattern):
            found.add(quad)
            starts.add(beyond(quad, False))
            ends.add(beyond(quad, True))
            names.add(quad.predicate)
        if pattern.closure:
            raise Unbounded("a chain in the query has no bound end near the change")
    else:
        nodes = _domain(near, domains)
        assert nodes is not None
        for node in nodes:
            if pattern.closure:
                starts.add(node)
                ends.add(node)
            for other, quad in quads.steps(node, pattern, out):
                if pattern.closure:
                    found.add(quad)  # what leads on from here may lead to where it should
                elif allowed is None or other in allowed:
                    found.add(quad)
                else:
                    continue
                starts.add(node)
                ends.add(other)
                names.add(quad.predicate)
    for end, values in ((near, starts), (far, ends), (pattern.name, names)):
        if isinstance(end, ox.Variable):
            domains[end] = domains[end] & values if end in domains else values


def _ends(pattern: Pattern, out: bool) -> tuple[End, End]:
    return (pattern.subject, pattern.object) if out else (pattern.object, pattern.subject)
