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

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox

from parley.errors import BadInput, NotFound, Stale, StoreDamaged
from parley.store.change import Change, canonical
from parley.store.difference import Difference, difference
from parley.store.disk import explained, link_tree, locked, remove_tree, sync_file, sync_tree
from parley.store.ledger import Entry, Ledger, Message
from parley.store.replay import drop_empty, replay

META = "meta.json"
COPY = "version"


@dataclass(frozen=True)
class Version:
    """One version; `time` is when it was made (UTC, ISO 8601), `quads` how many it holds."""

    number: int
    time: str
    quads: int
    folder: Path

    def open(self) -> ox.Store:
        """The version, read-only. Raises StoreDamaged when its folder cannot be opened."""
        try:
            return ox.Store.read_only(str(self.folder))
        except (OSError, RuntimeError) as error:  # the engine's word for corruption is the latter
            raise StoreDamaged(
                f"version {self.number} cannot be opened: {error}; rebuild it from the ledger "
                f"with 'parley rebuild {self.number}'",
                source=str(self.folder),
            ) from error


class Staged:
    """A writable copy of `parent` (None: an empty store) that may become the next version.

    `folder` is there to work in; the copy is in its `store`. Both are gone when the stage ends.
    A process that changed the store may leave what is to be published, an engine's backup of it,
    in `copy`, and spares this one opening the store.
    """

    def __init__(self, folder: Path, parent: Version | None) -> None:
        self._store: ox.Store | None = None
        self.folder = folder
        self.parent = parent

    @property
    def copy(self) -> Path:
        """Where the folder of the next version is put together."""
        return self.folder / COPY

    @property
    def copied(self) -> bool:
        """Whether it holds the store already."""
        return self.copy.exists()

    @property
    def store(self) -> ox.Store:
        """The copy, opened at first use; up to then another process may open it."""
        if self._store is None:
            with explained(self.folder):
                self._store = ox.Store(str(self.folder / "store"))
        return self._store

    def close(self) -> None:
        """Lets go of the copy; the engine closes it when nobody else holds on to it."""
        self._store = None

    def apply(self, change: Change) -> Change:
        """Applies a change to the copy and returns what it really changed: an exact change.

        Literals come back in canonical form; a named graph left without a quad is gone.
        """
        wanted = canonical(change.added)
        added = frozenset(q for q in wanted if q not in self.store)
        unwanted = canonical(change.removed) - wanted
        removed = frozenset(q for q in unwanted if q in self.store)
        for quad in removed:
            self.store.remove(quad)
        self.store.extend(added)
        exact = Change(added, removed)
        drop_empty(self.store, exact.graphs())
        return exact


class Versions:
    """The versions of one instance folder; `clock` tells the time of a commit."""

    def __init__(
        self,
        instance: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        step: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.instance = instance
        self.ledger = Ledger(instance / "ledger")
        self._clock = clock
        self._step = step
        self._folder = instance / "versions"
        self._staging = instance / "staging"
        self._pointer = str(instance / "current")

    def number(self) -> int:
        """The number of the current version, 0 when there is none yet; one system call."""
        try:
            return int(os.readlink(self._pointer).rpartition("/")[2])
        except FileNotFoundError:
            return 0
        except (OSError, ValueError) as error:
            raise StoreDamaged(
                f"'current' does not name a version: {error}; delete it, and the next write, "
                "or a restart, finds the newest version again",
                source=str(self.instance / "current"),
            ) from error

    def current(self) -> Version | None:
        """The newest version, None when there is none yet."""
        number = self.number()
        return self.get(number) if number else None

    def get(self, number: int) -> Version:
        """A version by number, rebuilt from the ledger when its folder was not kept."""
        if not 1 <= number <= self.number():
            raise NotFound(f"there is no version {number}; the newest is {self.number()}")
        return self.kept(number) or self.rebuild(number)

    def at(self, when: str) -> Version:
        """The version that was current at a UTC date (`2026-01-31`: at its end) or date-time."""
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
        return self.get(low)

    def find(self, text: str) -> Version:
        """The version that a number, a UTC date or a date-time names. Raises NotFound, BadInput."""
        return self.get(int(text)) if text.isascii() and text.isdigit() else self.at(text)

    def list(self) -> list[Version]:
        """The versions whose folders are kept, oldest first."""
        found = (self.kept(number) for number in range(1, self.number() + 1))
        return [version for version in found if version]

    def history(self) -> Iterator[Entry]:
        """The ledger's entries up to the current version, oldest first."""
        return self.ledger.entries(self.number())

    def kept(self, number: int) -> Version | None:
        """A version whose folder is there, else None."""
        folder = self._folder / f"{number:06d}"
        try:
            meta = json.loads((folder / META).read_text("utf-8"))
            return Version(int(meta["number"]), str(meta["time"]), int(meta["quads"]), folder)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise StoreDamaged(
                f"version {number} has an unreadable {META}: {error}; rebuild it from the ledger "
                f"with 'parley rebuild {number}'",
                source=str(folder / META),
            ) from error

    def recover(self) -> None:
        """Finishes or sweeps away what a crash left; every write does so first."""
        with explained(self.instance), locked(self.instance / "write.lock"):
            self._recover()

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
                remove_tree(self._staging)

    def _copy(self, parent: Version | None) -> Staged:
        self._recover()
        self._refuse_stale(parent)
        self._staging.mkdir(parents=True)
        folder = Path(tempfile.mkdtemp(dir=self._staging))
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
            return self._publish(staged, change, message)

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
        quads = (parent.quads if parent else 0) + added - removed
        self._step("prepared")
        if not staged.copied:
            staged.store.backup(str(staged.copy))
        self._complete(staged.copy, entry, quads)
        self._step("copied")
        folder = self._folder / f"{number:06d}"
        self._folder.mkdir(parents=True, exist_ok=True)
        staged.copy.rename(folder)
        sync_file(self._folder)
        self._step("renamed")
        self.ledger.confirm(entry)
        self._step("recorded")
        self._point_to(number)
        self._step("published")
        return Version(number, time, quads, folder)

    def rebuild(self, number: int) -> Version:
        """Makes a version's folder anew from the ledger, from the nearest older one kept."""
        if not 1 <= number <= self.number():
            raise NotFound(f"there is no version {number}; the newest is {self.number()}")
        entry = self.ledger.verify(number)
        work = self.instance / "rebuilding"
        with explained(self.instance), locked(self.instance / "rebuild.lock"):
            remove_tree(work)
            work.mkdir(parents=True)
            try:
                start, quads = self._nearest_below(number), 0
                if start is not None:
                    link_tree(start.folder, work / "store")
                    (work / "store" / META).unlink()
                    quads = start.quads
                store = ox.Store(str(work / "store"))
                for earlier in range((start.number if start else 0) + 1, number + 1):
                    step = self.ledger.entry(earlier)
                    quads += step.added - step.removed
                    replay(store, self.ledger.rows(earlier), step.added, work)
                if len(store) != quads:
                    raise StoreDamaged(
                        f"version {number} cannot be rebuilt: the ledger counts {quads} quads and "
                        f"leads to {len(store)}; restore a backup"
                    )
                store.backup(str(work / "version"))
                self._complete(work / "version", entry, quads)
                folder = self._folder / f"{number:06d}"
                if folder.exists():
                    folder.rename(work / "replaced")
                (work / "version").rename(folder)
                sync_file(self._folder)
            finally:
                remove_tree(work)
        return Version(number, entry.time, quads, folder)

    def _nearest_below(self, number: int) -> Version | None:
        for earlier in range(number - 1, 0, -1):
            try:
                version = self.kept(earlier)
                if version is not None:
                    version.open()
                    return version
            except StoreDamaged:
                continue
        return None

    def _complete(self, folder: Path, entry: Entry, quads: int) -> None:
        meta = {
            "number": entry.number,
            "parent": entry.parent,
            "time": entry.time,
            "quads": quads,
            "entry": entry.sha256,
        }
        (folder / META).write_text(json.dumps(meta, indent=1) + "\n", "utf-8")
        sync_tree(folder)

    def _point_to(self, number: int) -> None:
        new = self.instance / "current.new"
        new.unlink(missing_ok=True)
        new.symlink_to(f"versions/{number:06d}")
        new.replace(self.instance / "current")
        sync_file(self.instance)

    def _recover(self) -> None:
        remove_tree(self._staging)
        self.ledger.discard_partial()
        recorded = self.ledger.numbers()
        newest = recorded[-1] if recorded else 0
        if recorded != list(range(1, newest + 1)):
            missing = sorted(set(range(1, newest + 1)) - set(recorded))
            raise StoreDamaged(
                f"the ledger lacks entry {', '.join(map(str, missing))}; restore it from a backup "
                "or a replica before writing",
                source=str(self.ledger.folder),
            )
        current = self.number()
        if newest < current:
            raise StoreDamaged(
                f"'current' names version {current}, but the ledger ends with entry {newest}; "
                "restore the missing entries from a backup or a replica before writing",
                source=str(self.ledger.folder),
            )
        remove_tree(self._folder / f"{newest + 1:06d}")
        if newest > current:
            self.ledger.verify(newest)
            self._point_to(newest)

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
        raise BadInput(f"'{when}' is no date: write 2026-01-31 or 2026-01-31T12:00:00Z") from error
    if len(when) <= len("2026-01-31"):
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return _stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
