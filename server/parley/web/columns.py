"""The claims of a version and the values they have, read once: what lists of claims count with.

A count over all claims takes the engine tenths of a second for each facet, and each choice asks for
six. From columns in memory it takes thousandths. They hold names only; a page looks up the rest.
Reading them takes seconds for tens of thousands of claims, so those of a version near another are
made from the other's by asking for the claims that changed.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from parley.store.versions import Version

_KEPT = 2  # versions: the current one, and one that a reader may still look at
_NUMBER = re.compile(r"\d+")
_LAST = ("\U0010ffff", 0)  # the place of a claim that has none
_Place = tuple[str, int]  # an article and where in it
_Values = dict[str, tuple[str, ...]]  # of each claim
# The rows of a facet's column, or of places for the empty name, as N-Triples terms; of these claims
# or of all.
Read = Callable[[Version, str, Collection[str] | None], Iterator[Sequence[str]]]
# The claims that may differ between the version of a number and another; None for too many.
Changed = Callable[[int, Version], set[str] | None]


@dataclass(frozen=True)
class Columns:
    """The claims of one version by article and place in it.

    `values` has the values of each claim for each facet, `claims` of each value the numbers of the
    claims that have it.
    """

    iris: list[str]
    numbers: Mapping[str, int]
    places: Mapping[str, _Place]
    values: Mapping[str, list[tuple[str, ...]]]
    claims: Mapping[str, Mapping[str, frozenset[int]]]

    @classmethod
    def of(cls, places: Mapping[str, _Place], values: Mapping[str, _Values]) -> Columns:
        """The columns of claims whose places and values these are."""
        every = set().union(*values.values())
        iris = sorted(every, key=lambda claim: (places.get(claim, _LAST), claim))
        return cls(
            iris,
            {claim: number for number, claim in enumerate(iris)},
            places,
            {facet: [of.get(claim, ()) for claim in iris] for facet, of in values.items()},
            {facet: _turned(of, iris) for facet, of in values.items()},
        )

    def counts(self, facet: str, chosen: Iterable[int]) -> list[tuple[str, int]]:
        """How many of the chosen claims have each value, the most first."""
        found = Counter(chain.from_iterable(map(self.values[facet].__getitem__, chosen)))
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))

    def having(self, facet: str, value: str) -> frozenset[int]:
        """The numbers of the claims that have a value."""
        return self.claims[facet].get(value, frozenset())

    def among(self, claims: Iterable[str]) -> frozenset[int]:
        """The numbers of claims named by their IRIs."""
        return frozenset(self.numbers[iri] for iri in claims if iri in self.numbers)

    def without(self, claims: Collection[str]) -> tuple[dict[str, _Place], dict[str, _Values]]:
        """The places and values of all other claims."""
        places = {claim: place for claim, place in self.places.items() if claim not in claims}
        values = {
            facet: {c: v for c, v in zip(self.iris, of, strict=True) if v and c not in claims}
            for facet, of in self.values.items()
        }
        return places, values


class Kept:
    """The columns of versions; threads may share it."""

    def __init__(self, read: Read, changed: Changed, facets: Collection[str]) -> None:
        self._read = read
        self._changed = changed
        self._facets = facets
        self._lock = threading.Lock()  # of what is kept; held for moments only
        self._reading = threading.Lock()  # one reads, others wait for it
        self._kept: OrderedDict[int, Columns] = OrderedDict()

    def of(self, version: Version) -> Columns:
        """The columns of a version; the first to ask waits for a query for each."""
        found = self._known(version)
        if found is not None:
            return found
        with self._reading:
            found = self._known(version)
            if found is None:
                found = self._brought(version) or Columns.of(*self._asked(version, None))
                with self._lock:
                    self._kept[version.number] = found
                    while len(self._kept) > _KEPT:
                        self._kept.popitem(last=False)
        return found

    def _known(self, version: Version) -> Columns | None:
        with self._lock:
            return self._kept.get(version.number)

    def _brought(self, version: Version) -> Columns | None:
        """From the columns of the nearest version; None where none is near."""
        near = min(self._kept, key=lambda number: abs(number - version.number), default=0)
        claims = self._changed(near, version) if near else None
        if claims is None:
            return None
        before = self._kept[near]
        if not claims:
            return before
        places, values = self._asked(version, claims)
        if all(_is_same(before, claim, places, values) for claim in claims):
            return before
        kept_places, kept_values = before.without(claims)
        for facet, more in values.items():
            kept_values[facet].update(more)
        return Columns.of(kept_places | places, kept_values)

    def _asked(
        self, version: Version, claims: Collection[str] | None
    ) -> tuple[dict[str, _Place], dict[str, _Values]]:
        """The places and values of these claims, or of all."""
        places: dict[str, _Place] = {}
        for name, article, start in self._read(version, "", claims):
            number, claim = _NUMBER.search(start), _iri(name)
            place = (article, int(number[0]) if number else 0)
            places[claim] = min(place, places.get(claim, _LAST))
        return places, {f: _column(self._read(version, f, claims)) for f in self._facets}


def _is_same(
    columns: Columns, claim: str, places: Mapping[str, _Place], values: Mapping[str, _Values]
) -> bool:
    """Whether a claim is in columns with this place and these values."""
    number = columns.numbers.get(claim)
    return columns.places.get(claim) == places.get(claim) and all(
        (() if number is None else columns.values[facet][number]) == of.get(claim, ())
        for facet, of in values.items()
    )


def _column(rows: Iterable[Sequence[str]]) -> _Values:
    """The values of each claim, each once, in their order."""
    found: _Values = {}
    names: dict[str, str] = {}  # one string for all that are alike
    for claim, value in rows:
        if claim[:1] + value[:1] != "<<":
            continue  # what is no IRI has no page and no name
        iri, name = _iri(claim), names.setdefault(value, _iri(value))
        there = found.get(iri, ())
        if name not in there:
            found[iri] = tuple(sorted((*there, name))) if there else (name,)
    return found


def _turned(column: _Values, claims: list[str]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, claim in enumerate(claims):
        for value in column.get(claim, ()):
            found.setdefault(value, set()).add(number)
    return {value: frozenset(numbers) for value, numbers in found.items()}


def _iri(term: str) -> str:
    return term.removeprefix("<").removesuffix(">")
