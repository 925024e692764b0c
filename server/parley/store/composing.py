"""What changed between two versions: the ledger's entries composed into one exact change."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path

from parley.store.change import batches
from parley.store.difference import Difference
from parley.store.ledger import Ledger

_RUN = 400_000  # rows, about 100 MB
_WIDTH = 9  # digits of an entry's number, which sorts after the quad


def compose(
    ledger: Ledger, start: int, end: int, folder: Path, *, at_once: int = _RUN
) -> Difference:
    """The rows that turn version `start` into `end`, in files under `folder`, sorted by quad.

    With `start` after `end` it is the inverse. Every entry between is verified. A quad that was
    added and removed again on the way is left out. `at_once` rows are sorted in memory.
    """
    backwards = start > end
    low, high = sorted((start, end))
    rows = _sorted(_rows(ledger, low, high), folder, at_once)
    path = folder / "rows"
    added = removed = 0
    with path.open("wb") as file:
        for batch in batches(_net(rows, backwards)):
            file.write(b"".join(batch))
            more = sum(row.startswith(b"A") for row in batch)
            added, removed = added + more, removed + len(batch) - more
    return Difference(path, added, removed)


def _rows(ledger: Ledger, low: int, high: int) -> Iterator[bytes]:
    """Every row of the entries after `low` as quad, number of the entry, A or D."""
    for number in range(low + 1, high + 1):
        for code, line in ledger.rows(number):
            yield b"%s\t%0*d%s\n" % (line[:-1], _WIDTH, number, code)


def _sorted(rows: Iterator[bytes], folder: Path, at_once: int) -> Iterable[bytes]:
    runs: list[Path] = []
    while batch := sorted(islice(rows, at_once)):
        if not runs and len(batch) < at_once:
            return batch
        runs.append(folder / f"run-{len(runs)}")
        with runs[-1].open("wb") as out:
            out.writelines(batch)
    return heapq.merge(*map(_lines, runs))


def _net(rows: Iterable[bytes], backwards: bool) -> Iterator[bytes]:
    """One row for each quad that is there at one end only: what its first and last row agree on."""
    for quad, group in groupby(rows, lambda row: row.rpartition(b"\t")[0]):
        codes = [row[-2:-1] for row in group]
        if codes[0] == codes[-1]:
            code = codes[0] if not backwards else (b"D" if codes[0] == b"A" else b"A")
            yield b"%s %s\n" % (code, quad)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
