"""Requests to a SPARQL 1.1 store: to the addresses its operator named, bounded in time and size."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit, urlunsplit

from parley.errors import BadInput, StoreFailed, TooLarge
from parley.store.backend import Cancel
from parley.store.reach import left

_PIECE = 1 << 16
_IN_MEMORY = 1 << 20
_IDLE = 8  # connections that are kept to each address
_CONNECT = 10.0  # seconds
_SHOWN = 300  # characters of what a store says of an error


@dataclass(frozen=True)
class Endpoint:
    """An address of a store; `shown`, for the log, is the address without name and password.

    Where the store is, is nobody else's business: errors do not tell it.

    `{seconds}` and `{milliseconds}` in the path stand for the time that a request may take.
    """

    secure: bool
    host: str
    port: int
    path: str
    shown: str
    credentials: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, address: str) -> Endpoint:
        """The address `http(s)://[name:password@]host[:port]/path[?query]`. Raises BadInput."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError as error:
            raise BadInput(f"the store's address cannot be read: {error}") from error
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
            raise BadInput("the store's address has to begin with http:// or https:// and a host")
        if not address.isascii() or any(character <= " " for character in address):
            raise BadInput("the store's address has to be written in ASCII, percent-encoded")
        credentials = None
        if parts.username is not None:
            told = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            credentials = "Basic " + base64.b64encode(told.encode()).decode()
        secure = parts.scheme == "https"
        return cls(
            secure,
            parts.hostname,
            port or (443 if secure else 80),
            urlunsplit(("", "", parts.path or "/", parts.query, "")),
            urlunsplit(
                (parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, "")
            ),
            credentials,
        )


@dataclass(frozen=True)
class Addresses:
    """Where a store takes queries, and where updates."""

    query: Endpoint
    update: Endpoint


def addresses(store: str, update: str | None) -> Addresses:
    """The addresses of a store; updates go where queries go, unless said otherwise.

    An address without a path is that of a whole server with `/query` and `/update`, such as
    `oxigraph serve`. Raises BadInput.
    """
    parts = urlsplit(store)
    if parts.path in {"", "/"} and not parts.query:
        query = Endpoint.of(urlunsplit(parts._replace(path="/query")))
        return Addresses(query, Endpoint.of(update or urlunsplit(parts._replace(path="/update"))))
    query = Endpoint.of(store)
    return Addresses(query, Endpoint.of(update) if update else query)


@dataclass(frozen=True)
class Raw:
    """What a store answered: its status, media type, headers, and the whole body, at its start."""

    status: int
    media_type: str
    headers: Mapping[str, str]
    file: IO[bytes]
    size: int

    def said(self) -> str:
        """The beginning of a text, on one line, for an error."""
        text = self.file.read(4 * _SHOWN).decode("utf-8", "replace")
        return " ".join(text.split())[:_SHOWN] or f"status {self.status}"


class Wire:
    """Sends requests to the addresses of a store; threads share it.

    Bodies of answers are spooled in `folder` and have up to `most` bytes.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._lock = threading.Lock()
        self._idle: dict[tuple[bool, str, int], list[http.client.HTTPConnection]] = {}

    def post(
        self,
        to: Endpoint,
        body: bytes,
        media_type: str,
        accept: str,
        until: float,
        cancel: Cancel | None = None,
    ) -> Raw:
        """The answer to a POST, complete, by the monotonic time `until`; whoever asked closes it.

        Redirects are not followed. Raises TimeoutError, StoreFailed, and TooLarge.
        """
        headers = {
            "Content-Type": media_type,
            "Accept": accept,
            "Accept-Encoding": "identity",
            "User-Agent": "Parley",
        }
        if to.credentials is not None:
            headers["Authorization"] = to.credentials
        while True:
            connection, used = self._connection(to)
            try:
                raw = self._exchange(connection, to, body, headers, until, cancel)
            except (ConnectionError, http.client.BadStatusLine) as error:
                connection.close()
                if used:  # it was closed while it was idle: updates may be sent twice, see `head`
                    continue
                raise _unreachable(error) from error
            except TimeoutError:
                connection.close()
                raise
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                raise _unreachable(error) from error
            except BaseException:
                connection.close()
                raise
            self._keep(to, connection)
            return raw

    def close(self) -> None:
        """Ends the connections that are kept."""
        with self._lock:
            kept = [connection for idle in self._idle.values() for connection in idle]
            self._idle.clear()
        for connection in kept:
            connection.close()

    def _connection(self, to: Endpoint) -> tuple[http.client.HTTPConnection, bool]:
        """A connection, and whether it was used before."""
        with self._lock:
            idle = self._idle.get((to.secure, to.host, to.port))
            if idle:
                return idle.pop(), True
        if to.secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(to.host, to.port, context=context), False
        return http.client.HTTPConnection(to.host, to.port), False

    def _keep(self, to: Endpoint, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault((to.secure, to.host, to.port), [])
            if connection.sock is not None and len(idle) < _IDLE:
                idle.append(connection)
                return
        connection.close()

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        to: Endpoint,
        body: bytes,
        headers: dict[str, str],
        until: float,
        cancel: Cancel | None,
    ) -> Raw:
        if connection.sock is None:
            connection.timeout = min(left(until), _CONNECT)
            try:
                connection.connect()
            except TimeoutError as error:
                raise _unreachable(error) from error
        sock = connection.sock
        assert sock is not None
        if cancel is not None:
            cancel.attach(lambda: _shut(sock))
        try:
            sock.settimeout(left(until))
            connection.request("POST", _path(to, left(until)), body, headers)
            sock.settimeout(left(until))
            response = connection.getresponse()
            return self._received(response, sock, until)
        finally:
            if cancel is not None:
                cancel.detach()

    def _received(
        self, response: http.client.HTTPResponse, sock: socket.socket, until: float
    ) -> Raw:
        if response.getheader("Content-Encoding", "identity").lower() != "identity":
            raise StoreFailed("the store answered compressed, unasked")
        file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115  # handed over
            _IN_MEMORY, dir=str(self._folder)
        )
        try:
            size = 0
            expected = response.length
            while piece := response.read1(_PIECE):
                size += len(piece)
                if size > self._most:
                    raise TooLarge(
                        f"the store's answer is larger than {self._most} bytes; ask for less, or "
                        "page with LIMIT and OFFSET",
                        limit="answer_limit",
                        value=self._most,
                    )
                file.write(piece)
                sock.settimeout(left(until))
            if expected is not None and size != expected:
                raise StoreFailed(
                    f"the answer of the store broke off after {size} of {expected} bytes"
                )
            response.close()  # so that the connection may be used again
            file.seek(0)
        except BaseException:
            file.close()
            raise
        media_type = response.getheader("Content-Type", "").partition(";")[0].strip().lower()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Raw(response.status, media_type, headers, file, size)


def _path(to: Endpoint, seconds: float) -> str:
    """The path with the time there is, for a store whose operator has it told so."""
    path = to.path.replace("{milliseconds}", str(round(seconds * 1000)))
    return path.replace("{seconds}", str(max(1, round(seconds))))


def _unreachable(error: Exception) -> StoreFailed:
    if isinstance(error, http.client.IncompleteRead):
        return StoreFailed("the answer of the store broke off")
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return StoreFailed(f"the store cannot be reached: {reason}")


def _shut(sock: socket.socket) -> None:
    """Wakes whoever waits for the socket."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed meanwhile
