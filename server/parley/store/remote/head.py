"""The head of a store: which ledger entry its data stand for, and how it moves on to the next.

A head moves by compare-and-swap: the very operation that makes a change looks whether the head is
still the entry before it. So a request that is sent twice, or arrives late, does nothing.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from parley.errors import ParleyError, Stale, StoreDamaged, StoreFailed
from parley.store.ledger import HASH, Entry, patch_rows
from parley.store.remote import texts
from parley.store.remote.wire import Addresses, Endpoint, Raw, Wire

PATIENCE = 10.0  # seconds after which a server that began a change is taken for dead
_LOOK = 0.05
_LOOKS = 3
_LOG = logging.getLogger(__name__)
_ASKING = 5.0  # seconds for a question about the head
_MOST_ROWS = 500  # in one operation: what the engines tried take without complaint
_MOST_BYTES = 200_000
_JSON = "application/sparql-results+json"
_FORM = "application/x-www-form-urlencoded"
Rows = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Point:
    """A ledger entry, by the number of its version and the SHA-256 that names it."""

    number: int
    sha256: str

    @classmethod
    def of(cls, entry: Entry) -> Point:
        """That of an entry of a ledger."""
        return cls(entry.number, entry.sha256)


@dataclass(frozen=True)
class State:
    """The entry that a store's data stand for, and the one they are becoming."""

    head: Point | None = None
    becoming: Point | None = None


class Head:
    """Asks a store for its head and moves it on; `seconds` is how long one update may take.

    A server that began a change and does nothing for `patience` seconds is taken for dead.
    """

    def __init__(
        self, wire: Wire, to: Addresses, seconds: float, patience: float = PATIENCE
    ) -> None:
        self.patience = patience
        self._wire = wire
        self._to = to
        self._seconds = seconds
        self._seen: dict[str, float] = {}  # the entries of other servers, and since when

    def state(self) -> State:
        """Where the store is now. Raises StoreFailed, StoreDamaged."""
        for _ in range(_LOOKS):  # a store may show a head while it moves
            with suppress(StoreDamaged):
                return self._state(self._rows(texts.HEAD))
            time.sleep(_LOOK)
        return self._state(self._rows(texts.HEAD))

    def move(self, old: Point, entry: Point, text: bytes) -> None:
        """Makes the change of an entry with this text, which follows `old`; all of it or nothing.

        Raises Stale when the store is not at `old`, and StoreFailed, which says when it is not
        known whether the change was made.
        """
        rows = list(patch_rows(BytesIO(text)))
        parts = texts.packed(text)
        if len(rows) <= _MOST_ROWS and len(text) <= _MOST_BYTES:
            with self._turn(entry):
                self._attempt(
                    old, entry, texts.swap(old.sha256, entry.sha256, entry.number, parts, rows)
                )
            return
        with self._turn(entry):
            self._attempt(old, entry, texts.begin(old.sha256, entry.sha256, entry.number))
        self.carry_on(old, entry, text)

    def carry_on(self, old: Point, entry: Point, text: bytes) -> None:
        """Makes, or finishes, a large change that was begun; several may do so at once."""
        self._add_entry(entry, text)
        self._apply(entry, patch_rows(BytesIO(text)))
        self._attempt(old, entry, texts.finish(old.sha256, entry.sha256), last=True)

    def fill(
        self,
        history: Iterable[tuple[Point, Callable[[], bytes]]],
        entry: Point,
        rows: Rows,
        count: Callable[[], int],
    ) -> None:
        """Fills a store without a head: the texts of its history, and all quads of the last entry.

        A fill that broke off is begun again where it is the same. `count` asks how many of the
        quads are there. Raises StoreFailed, StoreDamaged.
        """
        with self._turn(entry):
            self._attempt(None, entry, texts.begin(None, entry.sha256, entry.number))
        for earlier, text in history:
            self._add_entry(earlier, text())
        made = self._apply(entry, rows)
        there = count()
        if there != made:
            raise StoreDamaged(
                f"the store holds {there} of {made} quads after they were sent to it; it does not "
                "keep them as they are, so nothing is served from it"
            )
        self._attempt(None, entry, texts.finish(None, entry.sha256), last=True)

    def entries_after(self, number: int) -> dict[int, Point]:
        """The entries after one, by number."""
        found = map(_point, self._rows(texts.entries_after(number)))
        return {point.number: point for point in found}

    def text(self, entry: Point) -> bytes:
        """The text of an entry, as the store keeps it; the ledger tells whether it is whole."""
        rows = self._rows(texts.parts_of(entry.sha256))
        if not rows:
            raise StoreFailed(f"the store does not have the text of ledger entry {entry.number}")
        return texts.unpacked(row["part"]["value"] for row in rows)

    def _apply(self, entry: Point, rows: Rows) -> int:
        made = 0
        for batch in texts.batches(rows, _MOST_ROWS, _MOST_BYTES):
            self._update(texts.step(entry.sha256, batch))
            made += len(batch)
        return made

    def _add_entry(self, entry: Point, text: bytes) -> None:
        parts = texts.packed(text)
        for start in range(0, len(parts), 5):
            held = parts[start : start + 5]
            self._update(texts.adding_entry(entry.sha256, entry.number, held))

    @contextmanager
    def _turn(self, entry: Point) -> Iterator[None]:
        """The block is left alone by other servers that write.

        Some stores (`oxigraph serve` on disk, Virtuoso at its lower isolation levels) let two
        conditional operations see the same state and both happen. So who wants to write says so,
        and only then looks who else does: of two at once at least one sees the other. The first
        by name waits for the others to withdraw. Raises Stale for these.
        """
        self._update(texts.announce(entry.sha256))
        try:
            while others := self._waiting() - {entry.sha256}:
                if min(others) < entry.sha256:
                    raise Stale("another server is writing to the store; make your change again")
                time.sleep(_LOOK)
            yield
        finally:
            with suppress(StoreFailed):  # it is withdrawn by others after a while
                self._update(texts.withdraw(entry.sha256))

    def _waiting(self) -> set[str]:
        """The entries that want to be the next; those of servers that died are withdrawn."""
        found = {row["entry"]["value"].removeprefix(HASH) for row in self._rows(texts.WAITING)}
        now = time.monotonic()
        self._seen = {name: self._seen.get(name, now) for name in found}
        for name in [name for name, since in self._seen.items() if now - since > self.patience]:
            self._update(texts.withdraw(name))
            found.remove(name)
        return found

    def _attempt(self, old: Point | None, entry: Point, text: str, *, last: bool = False) -> None:
        """Sends an operation that may do nothing, and finds out whether it did.

        The entry is in the store from the first operation of its change on; with the `last` one
        the store is not becoming it any more.
        """
        failure: ParleyError | None = None
        try:
            self._update(text)
        except StoreFailed as error:
            failure = error
        try:
            rows = self._rows(texts.head_and(entry.sha256))
        except StoreFailed as error:
            raise StoreFailed(
                f"{(failure or error).message}; it is not known whether the change was made: look "
                "at the history before you send it again"
            ) from error
        state = self._state([row for row in rows if "p" in row])
        there = any("p" not in row for row in rows)
        if there and not (last and state.becoming == entry):
            return
        if failure is not None:
            raise StoreFailed(f"{failure.message}; nothing was changed") from failure
        if state == State(old):
            raise StoreFailed(
                "the store took the change and did not make it; is the address right at which it "
                "takes updates?"
            )
        raise Stale(
            "another server has changed the store since; look at it and make your change again"
        )

    def _state(self, rows: list[dict[str, Any]]) -> State:  # Any: JSON
        found: dict[str, list[Point]] = {texts.IS: [], texts.BECOMING: []}
        for row in rows:
            found.setdefault(row["p"]["value"], []).append(_point(row))
        if any(len(found[name]) > 1 for name in (texts.IS, texts.BECOMING)):
            raise StoreDamaged(
                "the store let two servers write at once and is at two "
                "versions now: let only one server write to it, empty it, and start that one again"
            )
        head, becoming = (next(iter(found[name]), None) for name in (texts.IS, texts.BECOMING))
        return State(head, becoming)

    def _rows(self, query: str) -> list[dict[str, Any]]:  # Any: JSON
        raw = self._sent(
            self._to.query, urlencode({"query": query}).encode(), _FORM, _JSON, _ASKING
        )
        with raw.file:
            if raw.status != 200:
                raise refused(raw, self._to.query)
            try:
                found: list[dict[str, Any]] = json.loads(raw.file.read())["results"]["bindings"]
                return found
            except (ValueError, KeyError, TypeError) as error:
                raise StoreFailed(
                    f"the store does not answer as the SPARQL protocol says: {error}"
                ) from error

    def _update(self, text: str) -> None:
        raw = self._sent(
            self._to.update, text.encode(), "application/sparql-update", "*/*", self._seconds
        )
        with raw.file:
            if not 200 <= raw.status < 300:
                raise refused(raw, self._to.update)

    def _sent(self, to: Endpoint, body: bytes, media_type: str, accept: str, seconds: float) -> Raw:
        try:
            return self._wire.post(to, body, media_type, accept, time.monotonic() + seconds)
        except TimeoutError as error:
            raise StoreFailed(f"the store did not answer within {seconds:g} s") from error


def refused(raw: Raw, to: Endpoint) -> StoreFailed:
    """What a status that is no success means."""
    if 300 <= raw.status < 400:
        _LOG.warning("%s leads on to %s", to.shown, raw.headers.get("location", "")[:300])
        return StoreFailed(
            "the store leads on to another address, which the log tells; redirects are not "
            "followed: name that address with --store or --store-update"
        )
    if raw.status in {401, 403}:
        return StoreFailed(
            f"the store refuses the server (status {raw.status}): give it a name and "
            "a password that may read and update, in PARLEY_STORE"
        )
    return StoreFailed(f"the store answered with status {raw.status}: {raw.said()}")


def _point(row: dict[str, Any]) -> Point:  # Any: JSON
    return Point(int(row["number"]["value"]), row["entry"]["value"].removeprefix(HASH))
