"""The text of a version, from which memory is filled in a tenth of the time that its folder takes.

The engine takes 20 seconds to write the text of a million quads, because it looks each term up on
the disk, and 4 to read it. The ledger's first entry is such a text: a version is that and what few
changes came since. Where many came, the text of the folder is written once and kept, compressed; a
later version is that text and the ledger's entries since. It may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

import pyoxigraph as ox

from parley.errors import ParleyError
from parley.store.disk import passing
from parley.store.ledger import Ledger

_NAME = re.compile(r"(\d+)-(\d+)-([0-9a-f]{16})\.nq\.gz")
_LEVEL = 1
_PIECE = 1 << 18
_LINES = 10_000  # of a text that are written at once
_ENTRIES = 1_000  # that may follow the first one for its text to be used


@dataclass(frozen=True)
class Dump:
    """The text of version `number`, which has so many quads; `path` need not be there yet."""

    number: int
    quads: int
    path: Path


class Dumps:
    """The dumps in a folder; `ledger` tells whether one is of this history."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self._folder = folder
        self._ledger = ledger
        self._refused: set[Path] = set()

    def newest(self, most: int) -> Dump | None:
        """The text of the newest version up to number `most`, None when there is none."""
        found = self._first(most)
        for path in self._folder.glob("*.nq.gz"):
            match = _NAME.fullmatch(path.name)
            if match and int(match[1]) <= most and path == self._path(int(match[1]), int(match[2])):
                found.append(Dump(int(match[1]), int(match[2]), path))
        return max(found, key=lambda dump: dump.number, default=None)

    def refuse(self, dump: Dump) -> None:
        """Never uses a text again that did not lead to the version; that of the ledger stays."""
        self._refused.add(dump.path)
        if dump.path.parent == self._folder:
            dump.path.unlink(missing_ok=True)

    def of(self, number: int, quads: int) -> Dump:
        """Where the dump of a version is to be kept."""
        return Dump(number, quads, self._path(number, quads))

    def _first(self, most: int) -> list[Dump]:
        """The text of the ledger's first entry, when what came after it is less than half of it."""
        path = self._ledger.path(1)
        if path in self._refused or most > _ENTRIES:
            return []
        try:
            first, *later = [self._ledger.entry(number) for number in range(1, most + 1)]
        except ParleyError:  # a ledger that was cut, or is damaged
            return []
        if sum(entry.added + entry.removed for entry in later) > first.added / 2:
            return []
        return [Dump(1, first.added, path)]

    def _path(self, number: int, quads: int) -> Path:
        try:
            name = self._ledger.entry(number).sha256[:16]
        except ParleyError:
            name = "unknown"
        return self._folder / f"{number:06d}-{quads}-{name}.nq.gz"


def read(path: Path, target: BinaryIO) -> None:
    """Writes the text of a dump, or of a ledger's first entry, to a file.

    Raises OSError, EOFError or ParleyError when it is damaged.
    """
    if path.suffix == ".rdfp":
        rows = Ledger(path.parent).rows(int(path.stem))
        while lines := b"".join(line for _, line in islice(rows, _LINES)):
            target.write(lines)
        return
    with gzip.open(path, "rb") as source:
        shutil.copyfileobj(source, target, _PIECE)


def make(store: ox.Store, target: BinaryIO, path: Path) -> None:
    """Writes the text of a store to a file, and keeps it at `path` if the disk lets it."""
    with _kept(path) as kept:
        store.dump(cast(BinaryIO, _Both(target, kept)), ox.RdfFormat.N_QUADS)


@contextlib.contextmanager
def _kept(path: Path) -> Iterator[BinaryIO | None]:
    """A file that takes the place of `path`, and of older dumps, once it is complete."""
    try:
        path.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=passing("dump"))
    except OSError:  # a disk that cannot be written, or is full
        yield None
        return
    try:
        with open(handle, "wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as file:
            yield cast(BinaryIO, file)
        os.replace(name, path)
        for other in path.parent.iterdir():
            if other != path:
                other.unlink(missing_ok=True)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


class _Both:
    """Writes to a file, and to another as long as that takes it."""

    def __init__(self, target: BinaryIO, kept: BinaryIO | None) -> None:
        self._target = target
        self._kept = kept

    def write(self, data: bytes) -> int:
        self._target.write(data)
        if self._kept is not None:
            self._kept.write(data)
        return len(data)

    def flush(self) -> None:
        self._target.flush()
