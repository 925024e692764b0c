"""Stops the queries of clients that have hung up, and hangs up on those that are too slow.

A thread waits for each body that is arriving and for each large answer that is being fetched. Both
are bounded in time and in number, so that slow clients leave threads to all others.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from parley.errors import BadInput, Busy
from parley.web.connections import READERS, SENDERS, Connection, close, connections
from parley.web.exchange import Environ
from parley.web.running import Run, Running

_ROUND = 0.25  # seconds between two looks
_NEAR = 0.04  # seconds by which the clocks of a request and of its connection may differ
_FAR = 0.25  # by which a query may begin after its request was heard, on a busy machine
_SWEEP = 8  # rounds between two looks at how fast answers are taken
_PIECE = 1 << 16


class _Input(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Patrol:
    """Looks after the clients of one web process that listens on `port`.

    `patience` is the seconds in which each 64 KiB of a body have to arrive, and of an answer have
    to be taken; `also` is called on every round, four times a second. `connections` there were
    lately, and `hung_up` on so many, are for monitoring.
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
        self._taken: dict[tuple[str, int], tuple[int, float]] = {}  # bytes of an answer, since when
        self._leaving = 0
        self._round = 0
        self.connections = 0
        self.hung_up = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, environ: Environ) -> None:
        """Has an eye on a request from now on: on how its body arrives, and whether it waits."""
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._walk, name="patrol", daemon=True)
                    self._thread.start()
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or "CONTENT_LENGTH" in environ:
            environ["wsgi.input"] = Body(environ["wsgi.input"], self, environ)

    def reading(self, client: str | None) -> None:
        """This thread begins to wait for a piece of a body, or ends (None). Raises Busy."""
        if client is None:
            self._reads.pop(threading.get_ident(), None)
        else:
            if len(self._reads) >= READERS:
                raise Busy("too many requests are being sent slowly", retry_after=1)
            self._reads[threading.get_ident()] = client, time.monotonic()

    def broken(self, client: str) -> bool:
        """Whether a connection of this client has come to an end that no answer has brought."""
        found = connections(self._port)
        return any(not c.whole and c.address in {client, ""} for c in found)

    def sending(self, pieces: Iterable[bytes]) -> Leaving:
        """The pieces of an answer, with a place among those that are sent; closes them if not.

        Raises Busy.
        """
        leaving = Leaving(pieces, self._sent)
        with self._lock:
            self._leaving += 1
            full = self._leaving > SENDERS
        if full:
            leaving.close()
            raise Busy("too many large answers are being fetched", retry_after=5)
        return leaving

    def _sent(self) -> None:
        with self._lock:
            self._leaving -= 1

    @property
    def arriving(self) -> int:
        """How many bodies are waited for."""
        return len(self._reads)

    @property
    def leaving(self) -> int:
        """How many answers are being sent piece by piece."""
        return self._leaving

    def look(self) -> None:
        """One look at everybody."""
        now = time.monotonic()
        late = {c for c, since in list(self._reads.values()) if now - since > self._patience}
        runs = [run for run in self._running.all() if now - run.began > _ROUND / 2]
        self._bound = {run.id: self._bound[run.id] for run in runs if run.id in self._bound}
        self._round += 1
        sweeps = self._round % _SWEEP == 0
        if not runs and not late and not sweeps:
            return
        found = connections(self._port)
        if sweeps:
            self._hurry(found, now)
        self._follow(runs, found)
        waits = [self._running.seconds(run) for run in runs]
        for connection in found if late else []:
            silent = connection.said > self._patience and connection.address in late
            if silent and not any(abs(wait - connection.heard) < _NEAR for wait in waits):
                self._hang_up(connection)

    def _hurry(self, found: list[Connection], now: float) -> None:
        """Hangs up on clients that take less of an answer than a piece in the time for one."""
        before, self._taken = self._taken, {}
        self.connections = len(found)
        for connection in found:
            if not connection.unsent:
                continue
            place = connection.address, connection.port
            taken, since = before.get(place, (connection.taken, now))
            if connection.taken - taken >= _PIECE:
                taken, since = connection.taken, now
            if now - since > self._patience:
                self._hang_up(connection)
            else:
                self._taken[place] = taken, since

    def _hang_up(self, connection: Connection) -> None:
        self.hung_up += 1
        close(connection)

    def _follow(self, runs: list[Run], found: list[Connection]) -> None:
        """Finds out by which connections queries came, and stops those whose connection is gone.

        A query is bound to a connection when no other may be meant. It is stopped only when none
        is left that it may have come by: to stop the query of one who waits would be worse.
        """
        there = {(c.address, c.port) for c in found}
        taken = set(self._bound.values())
        free = [
            c
            for c in found
            if c.said >= c.heard - _NEAR and (c.address, c.port) not in taken  # it waits for us
        ]
        late = {run.id: self._late(run, free) for run in runs}
        for run in runs:
            place = self._bound.get(run.id)
            if place is None:
                possible = [c for c, by in late[run.id] if by < _FAR]
                others = [
                    c
                    for o in runs
                    if o is not run and o.id not in self._bound
                    for c, by in late[o.id]
                    if by < _FAR
                ]
                if len(possible) == 1 and possible[0] not in others:
                    self._bound[run.id] = possible[0].address, possible[0].port
            elif place not in there:
                if late[run.id]:
                    del self._bound[run.id]
                else:
                    run.cancel.cancel()

    def _late(self, run: Run, free: list[Connection]) -> list[tuple[Connection, float]]:
        """The connections that a query may have come by, and how late it began after that."""
        waited = self._running.seconds(run)
        return [
            (c, c.heard - waited)
            for c in free
            if c.address == run.client and c.heard - waited > -_NEAR
        ]

    def _walk(self) -> None:
        rest = threading.Event()
        while not rest.wait(_ROUND):
            self.look()
            if self._also is not None:
                self._also()


class Leaving:
    """Pieces that are being sent; `done` is called once, when they all are or are closed."""

    def __init__(self, pieces: Iterable[bytes], done: Callable[[], None]) -> None:
        self._pieces = pieces
        self._done: Callable[[], None] | None = done

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        finally:
            self._end()

    def close(self) -> None:
        """Closes what is sent, as PEP 3333 wants it."""
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        self._end()

    def _end(self) -> None:
        done, self._done = self._done, None
        if done is not None:
            done()


class Body:
    """A request's body that is read in pieces, each of them under the eye of the patrol.

    `left` is how much of the length that was declared has not been read. A body in chunks ends for
    us as well where its connection breaks, so then the connection is looked at: half a graph must
    not pass for a whole one.
    """

    def __init__(self, source: _Input, patrol: Patrol, environ: Environ) -> None:
        self._source = source
        self._patrol = patrol
        self._client = str(environ.get("REMOTE_ADDR", ""))
        length = str(environ.get("CONTENT_LENGTH", ""))
        self.left = int(length) if length.isascii() and length.isdigit() else 0
        self._chunked = "HTTP_TRANSFER_ENCODING" in environ
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
                if self._chunked and self._patrol.broken(self._client):
                    raise BadInput("the body breaks off before its last chunk")
                break
            pieces.append(piece)
            left -= len(piece)
            self.left -= len(piece)
        return b"".join(pieces)

    def __getattr__(self, name: str) -> Any:  # Any: what else a file has, for Flask
        return getattr(self._source, name)
