"""The figures of an instance's versions: `figures/000042-….json`, see `store.making`.

They are made from those of a version nearby where there are any.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import pyoxigraph as ox

from parley.describing import statistics
from parley.describing.advancing import MOST, advance
from parley.describing.counting import count
from parley.describing.statistics import Counts, Space, Statistics
from parley.errors import Busy, ParleyError
from parley.store import dumps
from parley.store.dumps import Dumps
from parley.store.making import PAUSE, Making
from parley.store.versions import Version, Versions

_LOG = logging.getLogger(__name__)
_FORM = "1"
_KEPT = 8
_LOOK = 10.0  # seconds between two looks for a new version
_GLANCE = 0.05  # seconds between two looks for what somebody waits for
_WAITING = 4  # that may wait at once, so that others are served
_AFTER = 5  # seconds after which to ask again
_FAR = 1_000  # versions between two of which one is made from the other's figures


class Descriptions:
    """The figures of one instance, of IRIs under `base`; threads may share it."""

    def __init__(self, versions: Versions, base: str) -> None:
        self._versions = versions
        self._space = Space(base)
        self._files = Making(
            versions,
            "parley.describing",
            base,
            folder="figures",
            ending=".json",
            form=_FORM,
            keep=_KEPT,
        )
        self._waiting = threading.BoundedSemaphore(_WAITING)
        self._last: tuple[Path, Statistics] | None = None

    def known(self, number: int) -> Statistics | None:
        """The figures of a version, None where it was not counted."""
        path = self._files.path(number)
        last = self._last
        if last is not None and last[0] == path:
            return last[1]
        try:
            found = Statistics(statistics.read(path))
        except OSError:
            return None
        except ValueError as error:
            _LOG.warning("the figures of version %s are damaged: %s", number, error)
            path.unlink(missing_ok=True)
            return None
        self._last = (path, found)
        return found

    def get(self, number: int, seconds: float) -> Statistics:
        """The figures of a version, for which it waits so long while they are made. Raises Busy."""
        until = time.monotonic() + seconds
        alone = self._waiting.acquire(blocking=False)
        try:
            while True:
                found = self.known(number)
                if found is not None:
                    return found
                if not self._files.want(number):
                    raise Busy(
                        f"version {number} could not be counted: the log of this server says why",
                        retry_after=int(PAUSE),
                    )
                if not alone or time.monotonic() > until:
                    raise Busy(
                        f"version {number} is being counted; ask again in {_AFTER} seconds",
                        retry_after=_AFTER,
                    )
                time.sleep(_GLANCE)
        finally:
            if alone:
                self._waiting.release()

    def follow(self) -> None:
        """Has a version counted soon after it was made, from now on, without being asked."""
        self._files.follow(_LOOK)

    def build(self, number: int) -> None:
        """Counts a version, once no other process counts any more."""

        def write(path: Path) -> None:
            version = self._versions.get(number)
            statistics.write(path, self._advanced(version) or self._counted(version))

        self._files.make(number, write, wait=True)

    def _advanced(self, version: Version) -> Counts | None:
        """The figures of a version from those of the nearest one; None when there is none."""
        number = version.number
        near = min(self._files.there(), key=lambda there: abs(there - number), default=None)
        if near is None or abs(near - number) > _FAR:
            return None
        change = self._change(*sorted((near, number)))
        if change is None:
            return None
        added, removed = map(_quads, change if near < number else change[::-1])
        try:
            counts = statistics.read(self._files.path(near))
        except ValueError as error:
            _LOG.warning("the figures of version %s are damaged: %s", near, error)
            return None
        return counts if advance(counts, version.open(), added, removed, self._space) else None

    def _change(self, first: int, last: int) -> tuple[set[bytes], set[bytes]] | None:
        """The lines that were added and removed between two versions; None when it is much."""
        ledger = self._versions.ledger
        rows = Counter[bytes]()
        for number in range(first + 1, last + 1):
            entry = ledger.entry(number)
            if entry.added + entry.removed + len(rows) > MOST:
                return None
            for code, line in ledger.rows(number):
                rows[line] += 1 if code == b"A" else -1
        return (
            {line for line, times in rows.items() if times > 0},
            {line for line, times in rows.items() if times < 0},
        )

    def _counted(self, version: Version) -> Counts:
        """The figures of a version from all its quads."""
        with tempfile.TemporaryFile(dir=self._files.folder) as file:
            counts = self._counted_from_text(version, file)
            if counts is not None and Statistics(counts).quads == version.quads:
                return counts
            file.seek(0)
            file.truncate()
            version.open().dump(file, ox.RdfFormat.N_QUADS)
            file.seek(0)
            return count(file, self._space)

    def _counted_from_text(self, version: Version, file: BinaryIO) -> Counts | None:
        """The figures from the text of an earlier version, where one is kept, and what came after.

        The engine takes four times as long to write a text as all the rest does.
        """
        kept = Dumps(self._versions.instance / "dumps", self._versions.ledger)
        dump = kept.newest(version.number)
        change = self._change(dump.number, version.number) if dump else None
        if dump is None or change is None or not dump.path.exists():
            return None
        added, removed = change
        try:
            dumps.read(dump.path, file)
        except (OSError, EOFError, ParleyError) as error:
            _LOG.warning("version %s is counted from its folder: %s", version.number, error)
            return None
        file.seek(0)
        return count(chain((line for line in file if line not in removed), added), self._space)


def _quads(lines: Iterable[bytes]) -> set[ox.Quad]:
    return set(ox.parse(b"".join(lines), ox.RdfFormat.N_QUADS))
