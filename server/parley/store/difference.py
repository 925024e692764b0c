"""The difference of two stores too large for Python sets, by sorting and merging their dumps."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from parley.store.change import batches

_RUN = 400_000  # lines sorted in memory at once, about 80 MB


@dataclass(frozen=True)
class Difference:
    """Patch rows in a file, in a fixed order, and how many add and how many remove a quad."""

    path: Path
    added: int
    removed: int

    def rows(self) -> Iterator[bytes]:
        """The rows, line ends included."""
        with self.path.open("rb") as file:
            yield from file


def difference(old: ox.Store | None, new: ox.Store, folder: Path) -> Difference:
    """What turns `old` (None: an empty store) into `new`, worked out in files under `folder`."""
    before = _sorted_dump(old, folder / "old") if old is not None else iter(())
    after = _sorted_dump(new, folder / "new")
    path = folder / "rows"
    added = removed = 0
    with path.open("wb") as file:
        for batch in batches(_merge(before, after)):
            file.write(b"".join(batch))
            more = sum(row.startswith(b"A") for row in batch)
            added, removed = added + more, removed + len(batch) - more
    return Difference(path, added, removed)


def _merge(before: Iterator[bytes], after: Iterator[bytes]) -> Iterator[bytes]:
    old, new = next(before, None), next(after, None)
    while old is not None:
        if old == new:
            old, new = next(before, None), next(after, None)
        elif new is None or old < new:
            yield b"D " + old
            old = next(before, None)
        else:
            yield b"A " + new
            new = next(after, None)
    if new is not None:
        yield b"A " + new
    for line in after:
        yield b"A " + line


def _sorted_dump(store: ox.Store, folder: Path) -> Iterator[bytes]:
    folder.mkdir(parents=True)
    dump = folder / "dump"
    store.dump(str(dump), ox.RdfFormat.N_QUADS)
    runs: list[Path] = []
    with dump.open("rb") as file:
        while lines := sorted(islice(file, _RUN)):
            run = folder / f"run-{len(runs)}"
            with run.open("wb") as out:
                out.writelines(lines)
            runs.append(run)
    dump.unlink()
    parts = [_lines(run) for run in runs]
    return parts[0] if len(parts) == 1 else heapq.merge(*parts)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
