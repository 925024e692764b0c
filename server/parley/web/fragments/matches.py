"""What matches a pattern in one version: how many, and any page of it, the same in every process.

Engines promise no order, and with a commit the same version may be answered from another place. To
sort many terms they look each of them up again and again. So matches are fetched as they come and
sorted here: all together where they are few, else predicate by predicate, and of a predicate with
very many in runs, by a hash. What was fetched is kept for the pages that follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import pyoxigraph as ox

from parley.errors import BadInput
from parley.web.fragments.kept import Kept
from parley.web.fragments.patterns import Asked

FEW = 10_000  # matches that are fetched without being counted
RUN = 50_000  # matches that are fetched and sorted together
_SIXTEEN = 16  # runs for each digit of the hash
_KEPT = 64 << 20  # characters of statements
_OVERHEAD = 64


@dataclass(frozen=True)
class Part:
    """Matches that are sorted together, or in runs; `statements` where they were fetched."""

    query: Asked
    count: int
    statements: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Found:
    """Statements in TriG, one each, and how many there are in all."""

    statements: list[str]
    total: int


class Asking(Protocol):
    """A store as it is asked here, in one version."""

    def rows(self, text: str) -> list[str]:
        """The rows of a SELECT in TSV, without the header."""

    def counts(self, text: str) -> list[tuple[str, int]]:
        """The rows of a SELECT of `key` and `count`."""

    def predicates(self) -> list[tuple[str, int]]:
        """How many triples each predicate has in all, empty where that is not known yet."""


class Matches:
    """Pages of matches; threads may share it. What was fetched is kept, up to a bound."""

    def __init__(self, few: int = FEW, run: int = RUN) -> None:
        self._few, self._run = few, run
        self._parts: Kept[tuple[Part, ...]] = Kept(_KEPT)
        self._sorted: Kept[tuple[str, ...]] = Kept(_KEPT)

    def page(
        self, version: int, queries: Iterable[Asked], offset: int, limit: int, store: Asking
    ) -> Found:
        """The matches from `offset` on; `store` answers for the `version`.

        Raises BadInput for values that cannot be bounded, and as `store` does.
        """
        parts = [part for query in queries for part in self._first(version, query, store)]
        if len({part.query.block for part in parts}) > 1:
            parts = [self._merged(parts)]
        total = sum(part.count for part in parts)
        return Found(self._slice(version, parts, offset, offset + limit, store), total)

    def _first(self, version: int, query: Asked, store: Asking) -> tuple[Part, ...]:
        """The parts of what matches: one, or one for each predicate."""

        def made() -> tuple[tuple[Part, ...], int]:
            known = store.predicates() if query.is_open else []
            if sum(count for _, count in known) <= self._few:
                few = store.rows(f"{query.rows} LIMIT {self._few + 1}")
                if len(few) <= self._few:
                    found = _sorted(few, named=query.named)
                    return (Part(query, len(found), found),), _weight(found)
            parts = tuple(
                Part(
                    query if query.has_predicate else replace(query, predicate=ox.NamedNode(key)),
                    count,
                )
                for key, count in sorted(known or store.counts(query.counts(0)))
            )
            return parts, _OVERHEAD * len(parts)

        return self._parts.get((version, query.rows), made)

    def _runs(self, version: int, part: Part, store: Asking) -> tuple[Part, ...]:
        """The runs of a part that is too long to be sorted together."""
        digits = 1 if part.count <= self._run * _SIXTEEN else 2

        def made() -> tuple[tuple[Part, ...], int]:
            counts = sorted(store.counts(part.query.counts(digits)))
            runs = tuple(Part(replace(part.query, run=key), count) for key, count in counts)
            return runs, _OVERHEAD * len(runs)

        return self._parts.get((version, part.query.counts(digits)), made)

    def _slice(
        self, version: int, parts: Iterable[Part], first: int, last: int, store: Asking
    ) -> list[str]:
        """The statements from `first` up to `last`, counted over all the parts."""
        found: list[str] = []
        start = 0  # of the part
        for part in parts:
            begin, end = max(first - start, 0), min(last - start, part.count)
            start += part.count
            if begin >= end:
                continue
            if part.statements is None and part.count > self._run and not part.query.run:
                runs = self._runs(version, part, store)
                found += self._slice(version, runs, begin, end, store)
            else:
                found += self._fetched(version, part, store)[begin:end]
        return found

    def _fetched(self, version: int, part: Part, store: Asking) -> tuple[str, ...]:
        if part.statements is not None:
            return part.statements
        text = part.query.rows

        def made() -> tuple[tuple[str, ...], int]:
            found = _sorted(store.rows(text), named=part.query.named)
            return found, _weight(found)

        return self._sorted.get((version, text), made)

    def _merged(self, parts: Iterable[Part]) -> Part:
        """What matches any of several blocks of values, which may overlap."""
        found: set[str] = set()
        for part in parts:
            if part.statements is None:
                raise BadInput(
                    f"values: more than {self._few} triples match one of the rows; send fewer of "
                    "them, or rows without UNDEF"
                )
            found.update(part.statements)
        return Part(part.query, len(found), tuple(sorted(found)))


def _sorted(rows: Iterable[str], *, named: bool) -> tuple[str, ...]:
    """Rows of TSV as statements of TriG, in order: terms are written the same in both."""
    return tuple(sorted(_statement(row.split("\t"), named=named) for row in rows))


def _statement(terms: list[str], *, named: bool) -> str:
    triple = " ".join(terms[:3])
    return f"{terms[3]} {{ {triple} }}" if named else f"{triple} ."


def _weight(statements: tuple[str, ...]) -> int:
    return sum(map(len, statements)) + _OVERHEAD * len(statements)
