"""The backend of `--store`: a SPARQL 1.1 store over HTTP answers, and the instance keeps the books.

The instance folder has the ledger and the versions as ever. Writes are staged, derived and checked
there, and what passes is made in the store with a compare-and-swap on its head before the ledger
takes it. The store answers the queries on the current version. What it cannot do is done with the
instance's own copy: older versions, downloads, queries with SERVICE, and a question that the store
answered while it moved on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from parley.errors import Busy, ParleyError, Stale, StoreFailed
from parley.formats import DATASETS, Format
from parley.settings import Settings
from parley.sparql import read, silence
from parley.store.backend import (
    Answer,
    Cancel,
    Deadline,
    Download,
    Downloaded,
    GraphWrite,
    Query,
    Update,
    Written,
)
from parley.store.change import Change
from parley.store.guarding import Guard
from parley.store.ledger import Entry, Message
from parley.store.local import ANSWER_LIMIT, LocalBackend
from parley.store.remote.asking import Asking
from parley.store.remote.following import Following
from parley.store.remote.head import PATIENCE, Head, Rows, State
from parley.store.remote.wire import Wire, addresses
from parley.store.spool import spool_folder
from parley.store.versions import Version, Versions

FRESH = 0.5  # seconds for which what the store said of its head is believed


class RemoteBackend:
    """Answers queries from the store that `settings.store` names and commits changes to it.

    `versions` are those of the instance folder, for whoever asks for older ones. `guard` and
    `prefixes` are as for `LocalBackend`; `patience` is after how many seconds a server that began a
    change is taken for dead.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        guard: Guard | None = None,
        prefixes: Mapping[str, str] | None = None,
        answer_limit: int = ANSWER_LIMIT,
        patience: float = PATIENCE,
    ) -> None:
        assert settings.store is not None
        self._settings = settings
        self._to = addresses(settings.store, settings.store_update)
        self._wire = Wire(spool_folder(settings.instance), answer_limit)
        self._head = Head(self._wire, self._to, settings.query_timeout, patience)
        self.versions = Versions(settings.instance, keep=settings.keep_versions, agree=self._agree)
        self._following = Following(
            self.versions, self._head, self._quads, read_only=settings.read_only
        )
        # Its own copy answers only what the store cannot: that is not worth the memory.
        own = replace(settings, memory_store_limit=0)
        self._own = LocalBackend(self.versions, own, guard=guard, prefixes=prefixes)
        self._asking = Asking(
            settings, self._wire, self._to.query, self._own, dict(prefixes or {}), answer_limit
        )
        self._looking = threading.Lock()  # held while the next three change
        self._state = State()
        self._looked = float("-inf")
        self._failure: ParleyError | None = None

    def version(self) -> Version:
        """The current version, which the store was at a moment ago.

        Raises StoreFailed, StoreDamaged, NotFound.
        """
        self._look()
        return self._own.version()

    def follow(self) -> None:
        """Brings the instance and the store in step, whichever is ahead; fills an empty store.

        Raises StoreFailed, StoreDamaged.
        """
        with self._looking:
            self._found(self._following.follow)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with the instance or the store, in words."""
        failure = self._failure
        return (*self._own.troubles, *([failure.message] if failure else []))

    def select(
        self,
        query: Query,
        fmt: Format,
        deadline: Deadline,
        version: int | None = None,
        cancel: Cancel | None = None,
    ) -> Answer:
        """The answer to a query; see `Backend.select`. Raises StoreFailed, too."""
        until = time.monotonic() + deadline.seconds
        current, state = self.version(), self._state
        wanted = current.number if version is None else version
        parsed = silence(read(query.text), self._settings.service_hosts)
        head = state.head
        if (
            head is not None
            and head.number == wanted == current.number
            and state.becoming is None
            and not parsed.services
        ):
            try:
                answer = self._asking.ask(query, parsed, fmt, current, deadline, cancel)
                if self._still(state):
                    return answer
            except StoreFailed:
                self._looked = float("-inf")
                raise
            answer.close()  # it may be of a later version
        rest = replace(deadline, seconds=max(until - time.monotonic(), 1.0))
        return self._own.select(query, fmt, rest, wanted, cancel)

    def download(
        self, wanted: Download, version: int | None = None, cancel: Cancel | None = None
    ) -> Downloaded:
        """A whole version or graph as a file, from the instance's own copy."""
        number = self.version().number if version is None else version
        return self._own.download(wanted, number, cancel)

    def write(
        self,
        wanted: Update | GraphWrite | Change,
        message: Message,
        deadline: Deadline,
        parent: Version | None = None,
        *,
        dry_run: bool = False,
    ) -> Written:
        """Carries out an update, the write of a graph, or a change; see `Backend.write`.

        Raises StoreFailed, too, which says when it is not known whether the change was made.
        """
        until = time.monotonic() + deadline.seconds
        while True:
            version = parent or self.version()
            if self._state.becoming is not None:
                self.follow()
            try:
                return self._own.write(wanted, message, deadline, version, dry_run=dry_run)
            except Stale:
                self.follow()
                if parent is not None and parent.number != self._own.version().number:
                    return self._own.write(wanted, message, deadline, parent)  # says who was faster
                if time.monotonic() > until:
                    raise Busy("others keep writing at the same time", retry_after=1) from None
            finally:
                self._looked = float("-inf")

    def close(self) -> None:
        """Ends workers and connections, for good."""
        self._own.close()
        self._wire.close()

    def _agree(self, entry: Entry, path: Path) -> None:
        self._following.agree(entry, path)

    def _look(self) -> None:
        """Asks the store where it is, unless it was asked a moment ago."""
        if self._failure is None and time.monotonic() - self._looked < FRESH:
            return
        with self._looking:
            if time.monotonic() - self._looked >= FRESH:
                self._found(self._state_in_step)
            elif self._failure is not None:
                raise self._failure

    def _state_in_step(self) -> State:
        state = self._head.state()
        in_step = state.head is not None and state.head == self._following.own()
        return state if in_step else self._following.follow()

    def _found(self, look: Callable[[], State]) -> None:
        """Keeps what was found out of the store, be it an error."""
        try:
            self._state, self._failure = look(), None
        except ParleyError as error:
            self._failure = error
            raise
        finally:
            self._looked = time.monotonic()

    def _still(self, state: State) -> bool:
        """Whether the store is where it was: then all it answered meanwhile is of one version."""
        same = self._head.state() == state
        self._looked = time.monotonic() if same else float("-inf")
        return same

    def _quads(self, version: Version) -> tuple[Rows, Callable[[], int]]:
        """The quads of a version as rows that add them, and how many of them the store has."""

        def rows() -> Iterator[tuple[bytes, bytes]]:
            with self._own.download(Download(DATASETS[1]), version.number).file as lines:
                for line in lines:
                    yield b"A", line

        return rows(), lambda: self._asking.count(version)
