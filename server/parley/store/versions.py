"""Versions: immutable folders of the dataset, each made from the one before it by one change.

    versions/000041/     a RocksDB store nobody ever opens for writing, and `meta.json`
    ledger/000041.rdfp   the change that made it
    current              a link to the newest version

A commit is complete when its entry stands in the ledger. Up to that moment a crash leaves the
old version, and what was begun is swept away by the next write. A crash between the ledger entry
and the move of `current` leaves a version that is finished but was never acknowledged to its
author: readers still see the old one, and the next write (or `recover`) moves `current` on, so
that nothing durable is ever deleted and a lost `current` is found again. The steps of `publish`,
as told to `step`: prepared, copied, renamed, recorded, published.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pyoxigraph as ox

from parley.errors import BadInput, Busy, NotFound, ParleyError, Stale
from parley.store.change import Change
from parley.store.difference import Difference, difference
from parley.store.disk import (
    explained,
    link_tree,
    locked,
    remove_tree,
    sweep_passing,
    sync_file,
)
from parley.store.folders import Folders
from parley.store.ledger import Entry, Ledger, Message, patch_rows
from parley.store.pruning import Pruned, prune
from parley.store.rebuilding import LOCK, mark_used, rebuild
from parley.store.recovery import recover
from parley.store.replay import replay
from parley.store.staging import COPY, Staged
from parley.store.tags import Tags
from parley.store.version import META, Version, seal

__all__ = ["COPY", "Staged", "Version", "Versions"]  # one door for those who write

_LOG = logging.getLogger(__name__)
_REBUILDS = 3  # that may run or wait at once in a process


class Versions:
    """The versions of one instance folder; `clock` tells the time of a commit.

    With `keep`, a commit prunes the folders of all but so many versions (see `pruning`). `agree` is
    given each entry and its file before the ledger has it, and may raise what stops the commit.
    """

    def __init__(
        self,
        instance: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        step: Callable[[str], None] = lambda name: None,
        keep: int = 0,
        agree: Callable[[Entry, Path], None] = lambda entry, path: None,
    ) -> None:
        self.instance = instance
        self.ledger = Ledger(instance / "ledger")
        self.tags = Tags(instance)
        self.folders = Folders(instance)
        self._clock = clock
        self._step = step
        self._keep = keep
        self._agree = agree
        self._rebuilds = threading.BoundedSemaphore(_REBUILDS)

    def number(self) -> int:
        """The number of the current version, 0 when there is none yet; one system call."""
        return self.folders.number()

    def current(self) -> Version | None:
        """The newest version, None when there is none yet."""
        number = self.number()
        return self.get(number) if number else None

    def get(self, number: int) -> Version:
        """A version by number, rebuilt from the ledger when its folder was not kept.

        Raises NotFound, StoreDamaged, and Busy when too many wait for a version to be rebuilt.
        """
        self._look_for(number)
        version = self.kept(number)
        if version is None:
            return self._rebuilt(number, anew=False)
        mark_used(version)
        return version

    def at(self, when: str) -> Version:
        """The version that was current at a UTC date (`2026-01-31`: at its end) or date-time."""
        return self.get(self._number_at(when))

    def _number_at(self, when: str) -> int:
        moment = _moment(when)
        low, high = 0, self.number()
        while low < high:
            middle = (low + high + 1) // 2
            if self.ledger.entry(middle).time <= moment:
                low = middle
            else:
                high = middle - 1
        if low == 0:
            raise NotFound(f"there was no version yet at {when}")
        return low

    def find(self, text: str) -> Version:
        """The version that a number, a tag, a UTC date or a date-time names.

        Raises NotFound, BadInput.
        """
        return self.get(self.number_of(text))

    def number_of(self, text: str) -> int:
        """The number of the version that such a text names; its folder need not be kept."""
        if text.isascii() and text.isdigit():
            number, newest = int(text[:12]), self.number()
            if not 1 <= number <= newest:
                raise NotFound(f"there is no version {text[:12]}; the newest is {newest}")
            return number
        tagged = self.tags.all().get(text) if text[:1].isalpha() else None
        return self._number_at(text) if tagged is None else tagged

    def list(self) -> list[Version]:
        """The versions whose folders are kept, oldest first."""
        newest = self.number()
        found = (self.kept(number) for number in self.folders.numbers() if number <= newest)
        return [version for version in found if version]

    def history(self) -> Iterator[Entry]:
        """The ledger's entries up to the current version, oldest first."""
        return self.ledger.entries(self.number())

    def kept(self, number: int) -> Version | None:
        """A version whose folder is there, else None. Raises StoreDamaged, NewerFormat."""
        return self.folders.kept(number)

    def recover(self) -> None:
        """Finishes or sweeps away what a crash left; every write does so first."""
        with explained(self.instance), locked(self.instance / "write.lock"):
            recover(self.folders, self.ledger, quickly=True)
            self.folders.sweep()
            with locked(self.instance / LOCK, wait=False) as alone:
                if alone:
                    remove_tree(self.folders.rebuilding)
            for name in ("spool", "dumps"):
                sweep_passing(self.instance / name)

    @contextmanager
    def stage(self, parent: Version | None) -> Iterator[Staged]:
        """A writable copy of `parent` under the write lock, deleted at the end in any case.

        Raises Stale when `parent` is not the current version any more.
        """
        with (
            explained(self.instance, damage=False),
            locked(self.instance / "write.lock"),
        ):
            try:
                with explained(self.instance):
                    staged = self._copy(parent)
                try:
                    yield staged
                finally:
                    staged.close()
            finally:
                remove_tree(self.folders.staging)

    def _copy(self, parent: Version | None) -> Staged:
        recover(self.folders, self.ledger)
        self._refuse_stale(parent)
        self.folders.staging.mkdir(parents=True)
        folder = Path(tempfile.mkdtemp(dir=self.folders.staging))
        if parent is not None:
            link_tree(parent.folder, folder / "store")
            (folder / "store" / META).unlink()
        return Staged(folder, parent)

    def publish(
        self, staged: Staged, change: Change | Difference | None, message: Message
    ) -> Version:
        """Makes the staged copy the current version and returns once all of it is on the disk.

        `change` is the exact change from the parent, in memory or in a file; None has it worked
        out from the two stores, in files, for a first build or a large load.
        """
        with explained(self.instance):
            version = self._publish(staged, change, message)
        if self._keep:
            self._prune_quietly()
        return version

    def _publish(
        self, staged: Staged, change: Change | Difference | None, message: Message
    ) -> Version:
        parent, number = staged.parent, (staged.parent.number if staged.parent else 0) + 1
        time = _stamp(self._clock())
        if parent is not None:
            time = max(time, parent.time)
        if change is None:
            old = parent.open() if parent is not None else None
            change = difference(old, staged.store, staged.folder)
        if isinstance(change, Difference):
            rows: Iterable[bytes] = change.rows()
            added, removed = change.added, change.removed
        else:
            _check_applied(staged.store, change)
            rows, added, removed = change.rows(), len(change.added), len(change.removed)
        entry = self.ledger.prepare(number, message, time, rows, added=added, removed=removed)
        self._step("prepared")
        return self._complete(staged, entry, self._agree)

    def receive(self, text: bytes, parent: Version | None) -> Version:
        """The version that another instance made of `parent`, from the text of its ledger entry.

        Raises Stale, and StoreDamaged when the text is not that of the next entry.
        """
        with self.stage(parent) as staged, explained(self.instance):
            entry = self.ledger.receive(text)
            replay(staged.store, patch_rows(BytesIO(text)), entry.added, staged.folder)
            return self._complete(staged, entry, lambda entry, path: None)

    def _complete(
        self, staged: Staged, entry: Entry, agree: Callable[[Entry, Path], None]
    ) -> Version:
        """The version of a prepared entry, once all of it is on the disk and current."""
        parent, number = staged.parent, entry.number
        quads = (parent.quads if parent else 0) + entry.added - entry.removed
        if not staged.copied:
            staged.store.backup(str(staged.copy))
        seal(staged.copy, entry, quads, parent)
        self._step("copied")
        folder = self.folders.path(number)
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged.copy.rename(folder)
        sync_file(folder.parent)
        self._step("renamed")
        agree(entry, self.ledger.prepared(number))
        self.ledger.confirm(entry)
        self._step("recorded")
        self.folders.point_to(number)
        self._step("published")
        return Version(number, entry.time, quads, folder)

    def rebuild(self, number: int) -> Version:
        """Makes a version's folder anew from the ledger, whatever is there."""
        self._look_for(number)
        return self._rebuilt(number, anew=True)

    def prune(self, keep: int, *, dry_run: bool = False) -> Pruned:
        """Removes the folders that `pruning` does not keep; no version is lost by it."""
        if dry_run:
            return prune(self.folders, keep, dry_run=True)
        with explained(self.instance), locked(self.instance / LOCK):
            return prune(self.folders, keep)

    def _prune_quietly(self) -> None:
        """After a commit, which is done whatever becomes of this; the next one tries again."""
        try:
            with explained(self.instance), locked(self.instance / LOCK, wait=False) as alone:
                if alone:
                    prune(self.folders, self._keep)
        except ParleyError as error:
            _LOG.warning("older versions were not pruned: %s", error)

    def _look_for(self, number: int) -> None:
        if not 1 <= number <= self.number():
            raise NotFound(f"there is no version {number}; the newest is {self.number()}")

    def _rebuilt(self, number: int, *, anew: bool) -> Version:
        if not self._rebuilds.acquire(blocking=False):
            raise Busy(f"{_REBUILDS} older versions are being rebuilt", retry_after=30)
        try:
            return rebuild(self.folders, self.ledger, number, anew=anew)
        finally:
            self._rebuilds.release()

    def _refuse_stale(self, parent: Version | None) -> None:
        number = self.number()
        if number == (parent.number if parent else 0):
            return
        entry = self.ledger.entry(number)
        raise Stale(
            f"the dataset has moved on to version {number} ({entry.author}, {entry.time}: "
            f"{entry.text}); look at it and make your change again"
        )


def _check_applied(store: ox.Store, change: Change) -> None:
    if any(q not in store for q in change.added) or any(q in store for q in change.removed):
        raise ValueError("the change to publish is not what was applied to the staged copy")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(when: str) -> str:
    try:
        moment = datetime.fromisoformat(when)
    except ValueError as error:
        raise BadInput(
            f"'{when}' names no version: write a number, a tag, 2026-01-31 or 2026-01-31T12:00:00Z"
        ) from error
    if len(when) <= len("2026-01-31"):
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return _stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
