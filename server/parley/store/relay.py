"""The one way out for SERVICE: a relay on the loopback address that asks public hosts only.

The engine would follow a name to wherever it leads. So a query is given the relay's address in
place of a service's; the relay resolves the name, refuses addresses that are not public, connects
to the very address it looked at, follows no redirect, and bounds size and time.
"""

from __future__ import annotations

import http.client
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO, Any
from urllib.parse import urlsplit

from parley.errors import Forbidden, LimitReached, ParleyError, ServiceFailed
from parley.store.reach import Resolve, connect, is_public, left, resolve

MOST_BYTES = 64 << 20
_QUESTION = 4 << 20  # bytes of a query that is handed on
_PIECE = 1 << 16


class Ticket:
    """What one query may ask through the relay; `problem` is why a service was not asked."""

    def __init__(self, root: str, until: float) -> None:
        self.key = secrets.token_urlsafe(24)
        self.until = until
        self.targets: list[str] = []
        self.problem: ParleyError | None = None
        self._root = root

    def address(self, target: str) -> str:
        """The address at which the relay stands for a service."""
        self.targets.append(target)
        return f"{self._root}/{self.key}/{len(self.targets) - 1}"


class Relay:
    """Stands between queries and services; `resolve` and `public` say what a name leads to."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        public: Callable[[str], bool] = is_public,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._resolve = resolve
        self._public = public
        self._most = most_bytes
        self._lock = threading.Lock()
        self._tickets: dict[str, Ticket] = {}
        self._server: ThreadingHTTPServer | None = None

    @contextmanager
    def ticket(self, seconds: float) -> Iterator[Ticket]:
        """A ticket that is good for the length of the block, and for so many seconds."""
        ticket = Ticket(f"http://127.0.0.1:{self._started()}", time.monotonic() + seconds)
        self._tickets[ticket.key] = ticket
        try:
            yield ticket
        finally:
            del self._tickets[ticket.key]

    def close(self) -> None:
        """Ends the relay; it starts again when it is used again."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def _started(self) -> int:
        with self._lock:
            if self._server is None:
                self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
                self._server.daemon_threads = True
                threading.Thread(
                    target=self._server.serve_forever, args=(0.05,), name="relay", daemon=True
                ).start()
            return int(self._server.server_address[1])

    def fetch(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[str, IO[bytes], int]:
        """The media type, the bytes and the size of what a service answers.

        Raises Forbidden, LimitReached or ServiceFailed; the ticket keeps the reason.
        """
        key, _, number = path.strip("/").partition("/")
        ticket = self._tickets.get(key)
        if ticket is None or not number.isdecimal() or int(number) >= len(ticket.targets):
            raise Forbidden("no query asks this")
        target = ticket.targets[int(number)]
        try:
            return self._fetch(target, body, headers, ticket.until)
        except ParleyError as error:
            ticket.problem = error
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            said = str(error) or type(error).__name__
            ticket.problem = ServiceFailed(f"SERVICE <{target}> cannot be asked: {said}")
            raise ticket.problem from error

    def _fetch(
        self, target: str, body: bytes, headers: dict[str, str], until: float
    ) -> tuple[str, IO[bytes], int]:
        with ExitStack() as opened:
            connection = opened.enter_context(
                closing(connect(target, until, self._resolve, self._public))
            )
            parts = urlsplit(target)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, headers)
            response = opened.enter_context(connection.getresponse())
            if 300 <= response.status < 400:
                place = response.getheader("Location", "another address")[:500]
                raise Forbidden(
                    f"SERVICE <{target}> leads on to {place}; redirects are not followed: name "
                    "that address in the query, if it may be asked"
                )
            if response.status != 200:
                raise ServiceFailed(f"SERVICE <{target}> answered with status {response.status}")
            if response.getheader("Content-Encoding", "identity").lower() != "identity":
                raise ServiceFailed(f"SERVICE <{target}> answered compressed, unasked")
            media_type = response.getheader("Content-Type", "")
            with ExitStack() as kept:
                file = kept.enter_context(tempfile.SpooledTemporaryFile(1 << 20))
                size = self._copy(connection, response, file, until, target)
                file.seek(0)
                kept.pop_all()
            return media_type, file, size

    def _copy(
        self,
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
        file: IO[bytes],
        until: float,
        target: str,
    ) -> int:
        size = 0
        while piece := response.read1(_PIECE):
            size += len(piece)
            if size > self._most:
                raise LimitReached(
                    f"SERVICE <{target}> answers more than {self._most} bytes; ask it for less",
                    limit="service_bytes",
                    value=self._most,
                )
            if connection.sock is not None:
                connection.sock.settimeout(left(until))
            file.write(piece)
        return size


def _handler(relay: Relay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Takes a query from the engine and brings the answer, or says that there is none."""

        timeout = 30

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > _QUESTION:
                self.send_error(413)
                return
            headers = {
                "Content-Type": self.headers.get("Content-Type", "application/sparql-query"),
                "Accept": self.headers.get("Accept", "application/sparql-results+json"),
                "Accept-Encoding": "identity",
                "User-Agent": "Parley",
                "Connection": "close",
            }
            try:
                media_type, file, size = relay.fetch(self.path, self.rfile.read(length), headers)
            except ParleyError:
                self.send_error(502)
                return
            with file:
                self.send_response(200)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(size))
                self.end_headers()
                while piece := file.read(_PIECE):
                    self.wfile.write(piece)

        def log_message(self, *arguments: Any) -> None:  # Any: as in the class
            """Says nothing: whoever asked is told."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True  # the worker was stopped meanwhile

    return Handler
