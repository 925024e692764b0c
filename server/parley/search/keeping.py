"""The indexes of an instance: `search/000042-….db`, made by a process of their own, the last kept.

An index belongs to an entry of the ledger, and is written beside and renamed when it is whole. It
may be deleted at any time: it is made again.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import time
from pathlib import Path

from parley.errors import NotFound, ParleyError
from parley.search.index import bring_forward, make
from parley.store.disk import locked
from parley.store.touched import touched
from parley.store.versions import Versions

_LOG = logging.getLogger(__name__)
_KEPT = 3
_LOOK = 3.0  # seconds between two looks for a new version
_MOST_TOUCHED = 20_000  # things; for more the whole is made anew
_PARTIAL = ".partial"
_PAUSE = 30.0  # seconds before what failed is tried again


class Indexes:
    """The indexes of one instance; threads may share it."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._folder = versions.instance / "search"
        self._lock = threading.Lock()
        self._pid = 0  # of the process that makes one
        self._tried = (0, 0.0)  # the version, and when

    def path(self, number: int) -> Path:
        """Where the index of a version is, or would be."""
        digest = self._versions.ledger.entry(number).sha256
        return self._folder / f"{number:06}-{digest[:12]}.db"

    def nearest(self, number: int) -> tuple[int, Path] | None:
        """The index of a version, else of the last one before it that has one, else the oldest."""
        exact = self.path(number)
        if exact.exists():
            return number, exact
        found = self._there()
        before = [pair for pair in found if pair[0] < number]
        return before[-1] if before else found[0] if found else None

    def want(self, number: int) -> None:
        """Has the index of a version made in the background, unless one is being made."""
        with self._lock:
            if self._is_making():
                return
            before, when = self._tried
            now = time.monotonic()
            if number == before and now - when < _PAUSE:
                return
            self._tried = (number, now)
            command = [sys.executable, "-m", "parley.search"]
            command += [str(self._versions.instance), str(number)]
            self._pid = os.posix_spawn(sys.executable, command, os.environ)

    def follow(self) -> None:
        """Has each new version's index made, from now on, without being asked for it."""
        threading.Thread(target=self._follow, name="search", daemon=True).start()

    def _follow(self) -> None:
        while True:
            time.sleep(_LOOK)
            try:
                number = self._versions.number()
                if number and not self.path(number).exists():
                    self.want(number)
            except (ParleyError, OSError) as error:
                _LOG.warning("no index for searching is made: %s", error)

    def _is_making(self) -> bool:
        if self._pid:
            try:
                if os.waitpid(self._pid, os.WNOHANG) == (0, 0):
                    return True
            except ChildProcessError:
                pass  # somebody else has waited for it
            self._pid = 0
        return False

    def discard(self, number: int) -> None:
        """Deletes the index that `nearest` names, which cannot be read."""
        near = self.nearest(number)
        if near is not None:
            near[1].unlink(missing_ok=True)

    def build(self, number: int) -> bool:
        """Makes the index of a version; False when another process is making one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with locked(self._folder / "lock", wait=False) as alone:
            if not alone:
                return False
            path = self.path(number)
            if not path.exists():
                self._build(number, path)
            return True

    def _build(self, number: int, path: Path) -> None:
        for left in self._folder.glob(f"*{_PARTIAL}"):
            left.unlink()
        partial = path.with_suffix(_PARTIAL)
        store = self._versions.get(number).open()
        before = [pair for pair in self._there() if pair[0] < number]
        ledger = self._versions.ledger
        things = touched(ledger, before[-1][0], number, _MOST_TOUCHED) if before else None
        if things is None:
            make(partial, store)
        else:
            shutil.copyfile(before[-1][1], partial)
            bring_forward(partial, store, things)
        partial.rename(path)
        for _, old in self._there()[:-_KEPT]:
            old.unlink(missing_ok=True)

    def _there(self) -> list[tuple[int, Path]]:
        """The indexes of this instance's own history, by version."""
        found = []
        for path in self._folder.glob("*.db"):
            number = int(path.name.partition("-")[0])
            try:
                if path == self.path(number):
                    found.append((number, path))
            except NotFound:
                continue  # of another history, before a restore
        return sorted(found)
