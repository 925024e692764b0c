"""A replica: an instance that repeats the history of another, entry by entry of the ledger.

    incoming/000043.rdfp   an entry that has arrived and is whole
    incoming/000043.part   one that is on its way; what is there of it need not be sent again

Entries name each other by their digests, so the digest of the newest stands for every quad of every
version. A version is published as a commit is: folder, ledger, `current`, each on the disk before
the next. Whoever is far behind gets many entries at once, and the folder of the last of them; the
others are made from the ledger when somebody asks for them. Nothing private is ever copied, because
nothing but the ledger and the tags is.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pyoxigraph as ox

from parley.errors import BadInput, NotFound, ParleyError, StoreDamaged
from parley.store.change import Change
from parley.store.disk import explained, locked, remove_tree, sync_file
from parley.store.lag import Followed, read_followed, write_followed
from parley.store.ledger import Entry, Ledger, Message
from parley.store.pending import NOTED, leave_copy, open_copy
from parley.store.replay import drop_empty, replay
from parley.store.sources import Head, Source
from parley.store.staging import Staged
from parley.store.updating import apply_exact
from parley.store.version import Version, seal
from parley.store.versions import Versions

_BATCH = 200  # entries that are published at once by who is far behind
_SMALL = 1 << 18  # bytes of entries that are applied in memory
_LONGEST_PAUSE = 30.0


class Replica:
    """Follows `source` in an instance that nobody else writes; `keep` is as for `Versions`.

    `step` is told how far a version is: fetched, copied, renamed, recorded, published.
    """

    def __init__(
        self,
        versions: Versions,
        source: Source,
        *,
        keep: int = 0,
        step: Callable[[str], None] = lambda name: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._versions = versions
        self._source = source
        self._keep = keep
        self._step = step
        self._clock = clock
        self._incoming = Ledger(versions.instance / "incoming")

    def pull(self, wait: float = 0.0) -> Version:
        """The newest version of the source, which is the current one here when this returns.

        Up to `wait` seconds it waits for one that is newer than the current one. Raises BadInput
        when the source has another history, StoreDamaged, Unwritable, and what `Source` raises;
        what was published before that stays.
        """
        instance = self._versions.instance
        with explained(instance), locked(instance / "replica.lock", wait=False) as alone:
            if not alone:
                raise BadInput("another 'parley replica pull' is at work on this instance")
            try:
                return self._pull(wait)
            except ParleyError as error:
                trouble = error.message
                self._note(lambda known: replace(known, trouble=trouble))
                raise

    def _pull(self, wait: float) -> Version:
        versions = self._versions
        if versions.ledger.newest() != versions.number():
            versions.recover()
        current = versions.current()
        head = self._source.head(current.number if current else 0, wait)
        self._refuse_other(head, current)
        self._note(lambda known: replace(known, public=head.public, version=head.version))
        while current is None or current.number < head.version:
            current = self._forward(current, head.version)
        versions.tags.replace({t: n for t, n in head.tags.items() if n <= current.number})
        if self._keep:
            versions.prune(self._keep)
        now = self._clock()
        self._note(lambda known: replace(known, in_step=now, trouble=""))
        return current

    def _refuse_other(self, head: Head, current: Version | None) -> None:
        """Raises BadInput unless the source and this instance have the same history so far."""
        common = min(current.number, head.version) if current else 0
        if common and self._versions.ledger.entry(common).sha256 != head.common:
            raise BadInput(
                f"{self._source.name} has another history: its version {common} is not the one "
                "that is here; nothing was changed. Name the source that this instance was copied "
                "from, or take an empty instance folder"
            )

    def _forward(self, current: Version | None, newest: int) -> Version:
        """The next version, or one of the next; published."""
        number = current.number if current else 0
        upto = min(number + _BATCH, newest)
        self._fetch(number, upto)
        self._step("fetched")
        with self._versions.stage(current) as staged:
            try:
                quads = self._apply(staged, number, upto)
            except (SyntaxError, RuntimeError) as error:  # rows that are none; the engine's word
                raise StoreDamaged(f"version {upto} cannot be made: {error}") from error
            made = self._publish(staged, number, upto, quads)
        remove_tree(self._incoming.folder)
        return made

    def _fetch(self, number: int, upto: int) -> None:
        """Has the entries after `number` in `incoming`, each whole and the next in the chain."""
        incoming = self._incoming
        incoming.folder.mkdir(parents=True, exist_ok=True)
        if number:
            incoming.path(number).unlink(missing_ok=True)
            os.link(self._versions.ledger.path(number), incoming.path(number))
        for wanted in range(number + 1, upto + 1):
            begun = any(incoming.folder.glob(f"{wanted:06d}.*"))
            try:
                self._arrive(wanted)
            except StoreDamaged:
                if not begun:
                    raise
                self._arrive(wanted)  # what was there from before was of something else

    def _arrive(self, number: int) -> None:
        path = self._incoming.path(number)
        if not path.exists():
            partial = path.with_suffix(".part")
            self._source.fetch(number, partial)
            sync_file(partial)
            partial.replace(path)
        try:
            entry = self._incoming.verify(number)
            shown = Message(entry.author, entry.text)
            if (shown.author, shown.text) != (entry.author, entry.text):  # both go to terminals
                raise StoreDamaged("its author or its message has control characters")
        except (StoreDamaged, NotFound) as error:
            path.unlink()
            raise StoreDamaged(
                f"version {number} did not arrive as it was written; the next pull asks for it anew"
            ) from error

    def _apply(self, staged: Staged, number: int, upto: int) -> int:
        """Makes the changes of the entries in the copy; how many quads it holds then."""
        entries = [self._incoming.entry(n) for n in range(number + 1, upto + 1)]
        quads = sum(entry.added - entry.removed for entry in entries)
        quads += staged.parent.quads if staged.parent else 0
        folder = staged.folder / "store"
        store, pending = open_copy(folder)
        if sum(self._incoming.path(e.number).stat().st_size for e in entries) <= _SMALL:
            total = Change()
            for entry in entries:
                change = self._incoming.read(entry.number)
                _apply_fitting(store, change, entry)
                total = total.then(change)
            leave_copy(folder, store, pending, total)
            return quads
        for entry in entries:
            replay(store, self._incoming.rows(entry.number), entry.added, staged.folder)
        if len(store) != quads:
            raise StoreDamaged(
                f"version {upto} cannot be made: the ledger counts {quads} quads and leads to "
                f"{len(store)}"
            )
        store.flush()
        (folder / NOTED).unlink(missing_ok=True)
        return quads

    def _publish(self, staged: Staged, number: int, upto: int, quads: int) -> Version:
        """The order is that of a commit, so that a crash leaves what `recover` can finish."""
        incoming, ledger, folders = self._incoming, self._versions.ledger, self._versions.folders
        staged.adopt()
        entry = incoming.entry(upto)
        seal(staged.copy, entry, quads, staged.parent)
        self._step("copied")
        folders.versions.mkdir(parents=True, exist_ok=True)
        folders.discard(upto)  # which a crash between the next two steps may have left
        staged.copy.rename(folders.path(upto))
        sync_file(folders.versions)
        self._step("renamed")
        ledger.folder.mkdir(parents=True, exist_ok=True)
        for arrived in range(number + 1, upto + 1):
            incoming.path(arrived).replace(ledger.path(arrived))
        sync_file(ledger.folder)
        self._step("recorded")
        folders.point_to(upto)
        self._step("published")
        return Version(upto, entry.time, quads, folders.path(upto))

    def _note(self, changed: Callable[[Followed], Followed]) -> None:
        instance, name = self._versions.instance, self._source.name
        known = read_followed(instance)
        if known is None or known.source != name:
            known = Followed(name)
        write_followed(instance, changed(known))


def follow(
    replica: Replica,
    interval: float,
    stop: threading.Event,
    told: Callable[[str], None],
) -> None:
    """Pulls until `stop` is set: at once when the source has something, and after each `interval`.

    What goes wrong is told, once for each kind, and tried again after pauses that grow longer.
    """
    pause, said, number = interval, "", 0
    while not stop.is_set():
        began = time.monotonic()
        try:
            version = replica.pull(interval)
        except ParleyError as error:
            if error.message != said:
                told(error.message)
            said = error.message
            stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            continue
        if said or number == 0:
            told(f"version {version.number}, {version.quads:,} quads, is here")
        pause, said = interval, ""
        if version.number == number:  # a source that does not wait is asked no more often
            stop.wait(max(0.0, began + interval - time.monotonic()))
        number = version.number


def _apply_fitting(store: ox.Store, change: Change, entry: Entry) -> None:
    """Applies an exact change; raises StoreDamaged when it is none for what is there."""
    fits = (len(change.added), len(change.removed)) == (entry.added, entry.removed)
    fits = fits and all(quad in store for quad in change.removed)
    if not fits or any(quad in store for quad in change.added):
        raise StoreDamaged(
            f"version {entry.number} does not fit what is here; rebuild the current version with "
            "'parley rebuild', or take an empty instance folder"
        )
    apply_exact(store, change)
    drop_empty(store, change.graphs())
