"""Keeps an instance and a store in step: each takes from the other the ledger entries it lacks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from parley.errors import Stale, StoreDamaged, StoreFailed
from parley.store.disk import locked
from parley.store.ledger import Entry, follows
from parley.store.remote.head import Head, Point, Rows, State
from parley.store.versions import Version, Versions

_LOG = logging.getLogger(__name__)
_LOOK = 0.2
_ROUNDS = 100

# The quads of a version as rows, and how many of them a store holds.
Quads = Callable[[Version], tuple[Rows, Callable[[], int]]]


class Following:
    """Brings an instance to where its store is, and a store to where its instance is.

    The ledger entries of the two are one chain. Where the store is ahead, its entries are taken
    into the instance; where the instance is ahead (after `parley load`, or when the store was put
    back from an older backup), its changes are made in the store. A store without a head is filled.
    `quads` tells what to fill it with. Nothing is written into the store when `read_only`.
    """

    def __init__(
        self, versions: Versions, head: Head, quads: Quads, *, read_only: bool = False
    ) -> None:
        self._versions = versions
        self._head = head
        self._quads = quads
        self._read_only = read_only
        self._lock = threading.Lock()

    def agree(self, entry: Entry, path: Path) -> None:
        """Makes the change of an entry in the store, before the ledger has it. Raises Stale."""
        parent = self._versions.ledger.entry(entry.number - 1)
        self._head.move(Point.of(parent), Point.of(entry), path.read_bytes())

    def follow(self) -> State:
        """Where the store is, once the two are in step; a `read_only` server may be told that the
        store is becoming another version.

        Raises StoreFailed, and StoreDamaged when the two have parted.
        """
        with self._lock, locked(self._versions.instance / "store.lock"):
            for _ in range(_ROUNDS):
                state = self._head.state()
                with suppress(Stale):  # another server was faster
                    if self._in_step(state):
                        return state
        raise StoreFailed("the store moves on faster than this server can follow")

    def own(self) -> Point | None:
        """The instance's newest entry, None when it has none."""
        number = self._versions.number()
        return self._point(number) if number else None

    def _in_step(self, state: State) -> bool:
        """Whether the two are; else one step was made towards it."""
        own, head = self.own(), state.head
        if state.becoming is not None and not self._read_only:
            self._finish(state, state.becoming)
        elif head is None and self._read_only:
            raise StoreFailed("the store has not been filled yet by a server that may write")
        elif head == own:  # both are without a version, too
            return True
        elif head is None:
            assert own is not None
            self._fill(own)
        elif own is None or head.number > own.number:
            self._take(own.number if own else 0, head.number)
        elif self._point(head.number) != head:
            raise _parted(head.number)
        elif self._read_only:
            raise StoreFailed(
                f"the store is at version {head.number} and this instance at {own.number}; a "
                "server that may write brings it forward"
            )
        else:
            self._push(head)
        return False

    def _finish(self, state: State, becoming: Point) -> None:
        """Waits for another server's large change, and finishes it when that has died."""
        until = time.monotonic() + self._head.patience
        while time.monotonic() < until:
            time.sleep(_LOOK)
            if self._head.state() != state:
                return
        _LOG.warning("a change to version %d was begun and is finished now", becoming.number)
        if state.head is not None:
            self._head.carry_on(state.head, becoming, self._head.text(becoming))
        elif self._has(becoming):
            self._fill(becoming)
        else:
            raise StoreFailed(
                f"another server began to fill the store with its version {becoming.number}: "
                "start that one again, or empty the store"
            )

    def _fill(self, entry: Point) -> None:
        version = self._versions.get(entry.number)
        rows, count = self._quads(version)
        if count() and self._head.state() == State():
            raise StoreFailed(
                "the store holds graphs of this dataset already, and does not say of which version "
                "they are: empty it, or name another one with --store"
            )
        _LOG.warning("the store is filled with version %d", entry.number)
        ledger = self._versions.ledger
        history = (
            (self._point(number), ledger.path(number).read_bytes)
            for number in range(1, entry.number + 1)
        )
        self._head.fill(history, entry, rows, count)

    def _take(self, number: int, newest: int) -> None:
        """Takes the entries after `number` into the instance."""
        entries = self._head.entries_after(number)
        for lacking in range(number + 1, newest + 1):
            if lacking not in entries:
                raise StoreFailed(
                    f"the store lacks ledger entry {lacking}; restore it, or empty it"
                )
            parent = self._versions.current()
            if (parent.number if parent else 0) != lacking - 1:
                return  # a commit of this instance came in between
            text = self._head.text(entries[lacking])
            if parent is not None and not follows(text, self._point(parent.number).sha256):
                raise _parted(parent.number)
            self._versions.receive(text, parent)

    def _push(self, head: Point) -> None:
        """Makes in the store what the instance has after `head`."""
        ledger = self._versions.ledger
        _LOG.warning("the store is at version %d and brought forward", head.number)
        for number in range(head.number + 1, self._versions.number() + 1):
            entry = Point.of(ledger.verify(number))
            self._head.move(head, entry, ledger.path(number).read_bytes())
            head = entry

    def _has(self, entry: Point) -> bool:
        return entry.number <= self._versions.number() and self._point(entry.number) == entry

    def _point(self, number: int) -> Point:
        return Point.of(self._versions.ledger.entry(number))


def _parted(number: int) -> StoreDamaged:
    return StoreDamaged(
        f"the instance and the store have parted: their version {number} is not the same; begin "
        "with an empty instance folder to have what the store has, or empty the store to have it "
        "filled by this instance"
    )
