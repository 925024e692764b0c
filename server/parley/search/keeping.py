"""The indexes of an instance: `search/000042-….db`, see `store.making`."""

from __future__ import annotations

import shutil
from pathlib import Path

from parley.search.index import bring_forward, make
from parley.store.making import Making
from parley.store.touched import touched
from parley.store.versions import Versions

_FORM = "1"
_KEPT = 3
_LOOK = 3.0  # seconds between two looks for a new version
_MOST_TOUCHED = 20_000  # things; for more the whole is made anew


class Indexes:
    """The indexes of one instance; threads may share it."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._files = Making(
            versions, "parley.search", folder="search", ending=".db", form=_FORM, keep=_KEPT
        )
        self.path = self._files.path
        self.want = self._files.want

    def nearest(self, number: int) -> tuple[int, Path] | None:
        """The index of a version, else of the last one before it that has one, else the oldest."""
        if self.path(number).exists():
            return number, self.path(number)
        found = self._files.there()
        near = max((n for n in found if n < number), default=min(found, default=None))
        return (near, self.path(near)) if near is not None else None

    def follow(self) -> None:
        """Has each new version's index made, from now on, without being asked for it."""
        self._files.follow(_LOOK)

    def discard(self, number: int) -> None:
        """Deletes the index that `nearest` names, which cannot be read."""
        near = self.nearest(number)
        if near is not None:
            near[1].unlink(missing_ok=True)

    def build(self, number: int) -> bool:
        """Makes the index of a version; False when another process is making one."""

        def write(path: Path) -> None:
            store = self._versions.get(number).open()
            before = max((n for n in self._files.there() if n < number), default=0)
            ledger = self._versions.ledger
            things = touched(ledger, before, number, _MOST_TOUCHED) if before else None
            if things is None:
                make(path, store)
            else:
                shutil.copyfile(self.path(before), path)
                bring_forward(path, store, things)

        return self._files.make(number, write, wait=False)
