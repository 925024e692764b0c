"""The claims of a version and the values they have, read once: what lists of claims count with.

A count over all claims takes the engine tenths of a second for each facet, and each choice asks for
six. From columns in memory it takes thousandths. They hold names only; a page looks up the rest.
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
Read = Callable[[Version, str], Iterator[Sequence[str]]]


@dataclass(frozen=True)
class Columns:
    """The claims of one version by article and place in it.

    `values` has the values of each claim for each facet, `claims` of each value the numbers of the
    claims that have it.
    """

    iris: list[str]
    numbers: Mapping[str, int]
    values: Mapping[str, list[tuple[str, ...]]]
    claims: Mapping[str, Mapping[str, frozenset[int]]]

    def counts(self, facet: str, chosen: Iterable[int]) -> list[tuple[str, int]]:
        """How many of the chosen claims have each value, the most first."""
        found = Counter(chain.from_iterable(map(self.values[facet].__getitem__, chosen)))
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))

    def among(self, claims: Iterable[str]) -> frozenset[int]:
        """The numbers of claims named by their IRIs."""
        return frozenset(self.numbers[iri] for iri in claims if iri in self.numbers)


class Kept:
    """The columns of versions; threads may share it.

    `read` gives the rows of a facet's column, or of places for the empty name, as N-Triples terms.
    """

    def __init__(self, read: Read, facets: Collection[str]) -> None:
        self._read = read
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
                found = self._made(version)
                with self._lock:
                    self._kept[version.number] = found
                    while len(self._kept) > _KEPT:
                        self._kept.popitem(last=False)
        return found

    def _known(self, version: Version) -> Columns | None:
        with self._lock:
            return self._kept.get(version.number)

    def _made(self, version: Version) -> Columns:
        first: dict[str, tuple[str, int]] = {}
        for claim, article, start in self._read(version, ""):
            number = _NUMBER.search(start)
            place = (article, int(number[0]) if number else 0)
            first[claim] = min(place, first.get(claim, _LAST))
        columns = {facet: _column(self._read(version, facet)) for facet in self._facets}
        every = set().union(*columns.values())
        claims = sorted(every, key=lambda claim: (first.get(claim, _LAST), claim))
        return Columns(
            [_iri(claim) for claim in claims],
            {_iri(claim): number for number, claim in enumerate(claims)},
            {
                facet: [column.get(claim, ()) for claim in claims]
                for facet, column in columns.items()
            },
            {facet: _turned(column, claims) for facet, column in columns.items()},
        )


def _column(rows: Iterable[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The values of each claim, each once."""
    found: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}  # one string for all that are alike
    for claim, value in rows:
        name = names.setdefault(value, _iri(value))
        there = found.get(claim, ())
        if name not in there:
            found[claim] = (*there, name)
    return found


def _turned(column: Mapping[str, tuple[str, ...]], claims: list[str]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, claim in enumerate(claims):
        for value in column.get(claim, ()):
            found.setdefault(value, set()).add(number)
    return {value: frozenset(numbers) for value, numbers in found.items()}


def _iri(term: str) -> str:
    return term.removeprefix("<").removesuffix(">")
