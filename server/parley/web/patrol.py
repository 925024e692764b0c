"""Stops the queries of clients that have hung up, and hangs up on those that send too slowly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from parley.errors import Busy
from parley.web.connections import Connection, close, connections
from parley.web.exchange import Environ
from parley.web.running import Run, Running

_ROUND = 0.25  # seconds between two looks
_NEAR = 0.04  # seconds by which the clocks of a request and of its connection may differ
_PIECE = 1 << 16
_READERS = 24  # bodies that may be waited for at once; other threads are left for other requests


class _Input(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Patrol:
    """Looks after the clients of one web process that listens on `port`.

    `patience` is the seconds in which each 64 KiB of a body have to arrive; `also` is called on
    every round, four times a second.
    """

    def __init__(
        self, running: Running, port: int, patience: float, also: Callable[[], None] | None = None
    ) -> None:
        self._also = also
        self._running = running
        self._port = port
        self._patience = patience
        self._reads: dict[int, tuple[str, float]] = {}  # by thread: client, since when
        self._bound: dict[str, tuple[str, int]] = {}  # by query: its client's address and port
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, environ: Environ) -> None:
        """Has an eye on a request from now on: on how its body arrives, and whether it waits."""
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._walk, name="patrol", daemon=True)
                    self._thread.start()
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            environ["wsgi.input"] = _Body(environ["wsgi.input"], self, environ)

    def reading(self, client: str | None) -> None:
        """This thread begins to wait for a piece of a body, or ends (None). Raises Busy."""
        if client is None:
            self._reads.pop(threading.get_ident(), None)
        else:
            if len(self._reads) >= _READERS:
                raise Busy("too many requests are being sent slowly", retry_after=1)
            self._reads[threading.get_ident()] = client, time.monotonic()

    def look(self) -> None:
        """One look at everybody."""
        now = time.monotonic()
        late = {c for c, since in list(self._reads.values()) if now - since > self._patience}
        runs = [run for run in self._running.all() if now - run.began > _ROUND / 2]
        self._bound = {run.id: self._bound[run.id] for run in runs if run.id in self._bound}
        if not runs and not late:
            return
        found = connections(self._port)
        for run in runs:
            self._follow(run, found)
        waits = [self._running.seconds(run) for run in runs]
        for connection in found if late else []:
            silent = connection.said > self._patience and connection.address in late
            if silent and not any(abs(wait - connection.heard) < _NEAR for wait in waits):
                close(connection)

    def _follow(self, run: Run, found: list[Connection]) -> None:
        """Finds out by which connection a query came, or that this connection is gone."""
        place = self._bound.get(run.id)
        if place is not None:
            if place not in {(c.address, c.port) for c in found}:
                run.cancel.cancel()
            return
        taken = set(self._bound.values())
        waited = self._running.seconds(run)
        possible = [
            (c.address, c.port)
            for c in found
            if c.address == run.client
            and c.said >= c.heard - _NEAR
            and abs(c.heard - waited) < _NEAR
            and (c.address, c.port) not in taken
        ]
        if len(possible) == 1:
            self._bound[run.id] = possible[0]

    def _walk(self) -> None:
        rest = threading.Event()
        while not rest.wait(_ROUND):
            self.look()
            if self._also is not None:
                self._also()


class _Body:
    """A request's body that is read in pieces, each of them under the eye of the patrol."""

    def __init__(self, source: _Input, patrol: Patrol, environ: Environ) -> None:
        self._source = source
        self._patrol = patrol
        self._client = str(environ.get("REMOTE_ADDR", ""))
        self._refused = False

    def read(self, size: int = -1) -> bytes:
        if self._refused:  # whoever reads on does so only to be rid of the rest
            return b""
        pieces = []
        left = size if size >= 0 else 1 << 62
        while left:
            try:
                self._patrol.reading(self._client)
            except Busy:
                self._refused = True
                raise
            try:
                piece = self._source.read(min(left, _PIECE))
            finally:
                self._patrol.reading(None)
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def __getattr__(self, name: str) -> Any:  # Any: what else a file has, for Flask
        return getattr(self._source, name)
