"""What matches a pattern in one version: how many, and any page of it, the same in every process.

Engines promise no order, and with a commit the same version may be answered from another place. So
up to `CHUNK` matches are fetched and sorted here. More are asked for sorted, predicate by predicate
so that no sort is larger than it must be, `CHUNK` at a time, and kept for the pages that follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyoxigraph as ox

from parley.errors import BadInput
from parley.web.fragments.kept import Kept
from parley.web.fragments.patterns import Asked

CHUNK = 10_000
_KEPT = 32 << 20  # characters of statements
_OVERHEAD = 64


@dataclass(frozen=True)
class Part:
    """A run of matches: all of them where they are few, else the `query` that sorts them."""

    count: int
    query: str = ""
    statements: tuple[str, ...] = ()
    named: bool = False


@dataclass(frozen=True)
class Found:
    """Statements in TriG, one each, and how many there are in all."""

    statements: list[str]
    total: int


class Asking(Protocol):
    """A store as it is asked here, in one version."""

    def rows(self, text: str) -> list[str]:
        """The rows of a SELECT in TSV, without the header."""

    def counts(self, text: str) -> list[tuple[ox.NamedNode, int]]:
        """The rows of a SELECT of `_predicate` and `count`."""


class Matches:
    """Pages of matches; threads may share it. What was fetched is kept, up to a bound."""

    def __init__(self) -> None:
        self._parts_kept: Kept[tuple[Part, ...]] = Kept(_KEPT)
        self._chunks: Kept[tuple[str, ...]] = Kept(_KEPT)

    def page(
        self, version: int, queries: list[Asked], offset: int, limit: int, store: Asking
    ) -> Found:
        """The matches from `offset` on; `store` answers for the `version`.

        Raises BadInput for values that cannot be bounded, and as `store` does.
        """
        parts = [part for query in queries for part in self._parts(version, query, store)]
        if len({query.block for query in queries}) > 1:
            parts = [_merged(parts)]
        statements: list[str] = []
        start = 0  # of the part, counted from the first match of all
        for part in parts:
            first, last = max(offset - start, 0), min(offset + limit - start, part.count)
            if first < last:
                statements += self._slice(version, part, first, last, store)
            start += part.count
        return Found(statements, start)

    def _parts(self, version: int, query: Asked, store: Asking) -> tuple[Part, ...]:
        def made() -> tuple[tuple[Part, ...], int]:
            few = store.rows(f"{query.rows()} LIMIT {CHUNK + 1}")
            if len(few) <= CHUNK:
                found = tuple(sorted(_statement(row, named=query.named) for row in few))
                return (Part(len(found), "", found),), _weight(found)
            by = store.counts(query.counts())
            if query.block:
                wanted = [(sum(count for _, count in by), query.rows(ordered=True))]
            else:
                wanted = [(n, query.rows(predicate=p, ordered=True)) for p, n in by]
            parts = tuple(Part(count, text, (), query.named) for count, text in wanted)
            return parts, sum(len(part.query) + _OVERHEAD for part in parts)

        return self._parts_kept.get((version, query.rows()), made)

    def _slice(self, version: int, part: Part, first: int, last: int, store: Asking) -> list[str]:
        if not part.query:
            return list(part.statements[first:last])
        found: list[str] = []
        for number in range(first // CHUNK, (last - 1) // CHUNK + 1):
            start = number * CHUNK
            text = f"{part.query} LIMIT {CHUNK} OFFSET {start}"

            def made(text: str = text) -> tuple[tuple[str, ...], int]:
                chunk = tuple(_statement(row, named=part.named) for row in store.rows(text))
                return chunk, _weight(chunk)

            chunk = self._chunks.get((version, text), made)
            found += chunk[max(first - start, 0) : last - start]
        return found


def _merged(parts: list[Part]) -> Part:
    """What matches any of several blocks, which may overlap."""
    if any(part.query for part in parts):
        raise BadInput(
            f"values: more than {CHUNK} triples match one of the rows; send fewer of them, or "
            "rows without UNDEF"
        )
    found = tuple(sorted({statement for part in parts for statement in part.statements}))
    return Part(len(found), "", found)


def _statement(row: str, *, named: bool) -> str:
    """A row of TSV as a statement of TriG: terms are written the same in both."""
    terms = row.split("\t")
    triple = " ".join(terms[:3])
    return f"{terms[3]} {{ {triple} }}" if named else f"{triple} ."


def _weight(statements: tuple[str, ...]) -> int:
    return sum(map(len, statements)) + _OVERHEAD * len(statements)
