"""The difference of two stores too large for Python sets, by sorting and merging their dumps."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

_RUN = 200_000  # lines sorted in memory at once, about 50 MB


@dataclass(frozen=True)
class Difference:
    """Patch rows in a file, sorted by quad, and how many add and how many remove one."""

    path: Path
    added: int
    removed: int

    def rows(self) -> Iterator[bytes]:
        """The rows without their line ends."""
        with self.path.open("rb") as file:
            for line in file:
                yield line[:-1]


def difference(old: ox.Store | None, new: ox.Store, folder: Path) -> Difference:
    """What turns `old` (None: an empty store) into `new`, worked out in files under `folder`."""
    before = _sorted_dump(old, folder / "old") if old is not None else iter(())
    after = _sorted_dump(new, folder / "new")
    path = folder / "rows"
    counts = {b"A ": 0, b"D ": 0}
    with path.open("wb") as file:
        for code, line in _merge(before, after):
            counts[code] += 1
            file.write(code + line)
    return Difference(path, counts[b"A "], counts[b"D "])


def _merge(before: Iterator[bytes], after: Iterator[bytes]) -> Iterator[tuple[bytes, bytes]]:
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        if old == new:
            old, new = next(before, None), next(after, None)
        elif new is None or (old is not None and old < new):
            assert old is not None
            yield b"D ", old
            old = next(before, None)
        else:
            yield b"A ", new
            new = next(after, None)


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
    return heapq.merge(*(_lines(run) for run in runs))


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
