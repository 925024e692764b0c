"""A request as the views read it and a reply as they write it, with no framework in between."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import quote, unquote_to_bytes

from parley.errors import BadInput, TooLarge
from parley.web.problems import AddressTooLong, BadEncoding

Environ = dict[str, Any]  # Any: PEP 3333
StartResponse = Callable[..., Any]  # Any: PEP 3333
Shortcut = tuple[str, str, str, str, str]
ADDRESS_LIMIT = 1 << 16
_FIELDS = 1000
_CHUNK = 1 << 18  # a longer body is sent piece by piece: a copy of it for each client adds up
_HOST = re.compile(r"(?:[A-Za-z0-9_.\-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_HEADER = re.compile(r"[!-~]*")
_SAFE = "".join(map(chr, range(0x21, 0x7F)))
_PAGE = (
    (
        "Content-Security-Policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'",
    ),
    ("Referrer-Policy", "same-origin"),  # without it a browser hides the Origin of our own forms
)


def read_fields(text: str) -> list[tuple[str, str]]:
    """The names and values of `a=1&b=2`; raises BadInput for what is not UTF-8 or too much."""
    pairs = text.split("&") if text else []
    if len(pairs) > _FIELDS:
        raise BadInput(f"more than {_FIELDS} parameters")
    try:
        parts = [pair.partition("=") for pair in pairs if pair]
        return [(_decoded(name), _decoded(value)) for name, _, value in parts]
    except UnicodeDecodeError as error:
        raise BadInput("a percent escape in the parameters is not UTF-8") from error


def _decoded(text: str) -> str:
    plain = text.replace("+", " ")
    return unquote_to_bytes(plain).decode() if "%" in plain else plain


def names_host(environ: Environ) -> bool:
    """Whether a request names one host (RFC 9112, section 3.2); only HTTP/1.0 may name none."""
    host = environ.get("HTTP_HOST", "")  # a server joins several by commas
    if host:
        return _HOST.fullmatch(host) is not None
    return str(environ.get("SERVER_PROTOCOL")) != "HTTP/1.1"


@dataclass
class Noted:
    """What is known of a request to /sparql once it was read, for the log and the metrics."""

    id: str = ""
    kind: str = ""
    text: str = ""
    outcome: str = ""


class Request:
    """One HTTP request, read from its WSGI environment as far as it is asked for."""

    def __init__(self, environ: Environ) -> None:
        self._environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        self.query: str = environ.get("QUERY_STRING", "")
        self.noted = Noted()
        self._data: bytes | None = None

    def header(self, name: str) -> str:
        """The value of a header, empty when it is not there."""
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = "HTTP_" + key
        return str(self._environ.get(key, ""))

    @property
    def client(self) -> str:
        """The address the request came from."""
        return str(self._environ.get("REMOTE_ADDR", ""))

    @property
    def root(self) -> str:
        """Scheme and host the request was sent to, without a slash at the end."""
        host = str(self._environ.get("HTTP_HOST", ""))
        if not _HOST.fullmatch(host):  # what is no host name must not get into links
            host = f"{self._environ.get('SERVER_NAME')}:{self._environ.get('SERVER_PORT')}"
        return f"{self._environ.get('wsgi.url_scheme', 'http')}://{host}"

    @cached_property
    def shortcut(self) -> Shortcut | None:
        """What decides about the answer to a plain GET or HEAD; None for any other request."""
        get = self._environ.get
        if self.method not in {"GET", "HEAD"} or "HTTP_IF_NONE_MATCH" in self._environ:
            return None
        return (
            self.query,
            get("HTTP_ACCEPT", ""),
            get("HTTP_ACCEPT_ENCODING", ""),
            get("HTTP_HOST", ""),
            get("wsgi.url_scheme", ""),
        )

    @cached_property
    def fields(self) -> list[tuple[str, str]]:
        """The parameters of the address. Raises AddressTooLong, BadInput."""
        if len(self.query) > ADDRESS_LIMIT:
            raise AddressTooLong(
                f"the address is longer than {ADDRESS_LIMIT} bytes; send the query by POST"
            )
        if self.query.isascii():
            return read_fields(self.query)
        try:  # bytes that should have been escaped; PEP 3333 hands them on as Latin-1
            return read_fields(self.query.encode("latin-1").decode("utf-8"))
        except UnicodeError as error:
            raise BadInput("the address is not UTF-8") from error

    def value(self, name: str) -> str | None:
        """The value of a parameter that may be given once; raises BadInput when it is repeated."""
        return single(self.fields, name)

    @property
    def media_type(self) -> str:
        """The media type of the body, lower-case, without parameters."""
        return self.header("Content-Type").partition(";")[0].strip().lower()

    def body(self, limit: int, name: str) -> str:
        """The body as text; raises TooLarge past `limit` bytes (setting `name`), BadEncoding."""
        charset = ""
        for part in self.header("Content-Type").split(";")[1:]:
            key, _, value = part.partition("=")
            if key.strip().lower() == "charset":
                charset = value.strip().strip('"').lower()
        if charset not in {"", "utf-8", "utf8", "us-ascii"}:
            raise BadEncoding(f"the body is in {charset}; send UTF-8")
        data = self._read(limit, name)
        try:
            return data.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            raise BadInput(
                f"the body is not UTF-8: {error.reason} at byte {error.start}"
            ) from error

    def form(self, limit: int, name: str) -> list[tuple[str, str]]:
        """The fields of an HTML form in the body. Raises TooLarge, BadEncoding, BadInput."""
        return read_fields(self.body(limit, name))

    def pieces(self, limit: int, name: str) -> Iterator[bytes]:
        """The body piece by piece; raises TooLarge past `limit` bytes (setting `name`), BadInput.

        A body that breaks off before its Content-Length is an error and no shorter body.
        """
        length = self.header("Content-Length")
        declared = int(length) if length.isascii() and length.isdigit() else None
        read = 0
        while read <= limit and (declared or 0) <= limit:
            size = _CHUNK if declared is None else min(_CHUNK, declared - read)
            piece = self._environ["wsgi.input"].read(size) if size else b""
            if not piece:
                if declared is not None and read < declared:
                    raise BadInput(f"the body breaks off after {read} of {declared} bytes")
                return
            read += len(piece)
            yield bytes(piece)
        raise TooLarge(f"the body is larger than {limit} bytes", limit=name, value=limit)

    def _read(self, limit: int, name: str) -> bytes:
        """The body as bytes; who may write and what is written are read from the same body."""
        if self._data is None:
            self._data = self._received(limit, name)
        if len(self._data) > limit:
            raise TooLarge(f"the body is larger than {limit} bytes", limit=name, value=limit)
        return self._data

    def _received(self, limit: int, name: str) -> bytes:
        coding = self.header("Content-Encoding").strip().lower()
        if coding not in {"", "identity"}:
            raise BadEncoding(f"the body is compressed ({coding[:40]}); send it as it is")
        length = self.header("Content-Length")
        if length.isascii() and length.isdigit():
            declared = int(length)
            data = b"" if declared > limit else self._environ["wsgi.input"].read(declared)
        else:
            data = self._environ["wsgi.input"].read(limit + 1)
            declared = len(data)
        if declared > limit:
            raise TooLarge(f"the body is larger than {limit} bytes", limit=name, value=limit)
        return bytes(data)


def single(fields: Iterable[tuple[str, str]], name: str) -> str | None:
    """The one value of a parameter, None without it; raises BadInput when it is repeated."""
    values = [value for key, value in fields if key == name]
    if len(values) > 1:
        raise BadInput(f"the parameter '{name}' is given {len(values)} times; give it once")
    return values[0] if values else None


@dataclass(frozen=True)
class Reply:
    """One HTTP reply: complete, its body in memory or in a file of `size` bytes."""

    status: int = 200
    body: bytes = b""
    media_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    file: BinaryIO | None = None
    size: int = 0

    def header(self, *more: tuple[str, str]) -> Reply:
        """The same reply with more headers."""
        headers = (*self.headers, *more)
        return Reply(self.status, self.body, self.media_type, headers, self.file, self.size)

    @property
    def content_type(self) -> str:
        """The Content-Type; text is always UTF-8."""
        return self.media_type + ("; charset=utf-8" if self.media_type.startswith("text/") else "")

    def lines(self) -> list[tuple[str, str]]:
        """All headers, Content-Type and Content-Length included."""
        page = _PAGE if self.media_type == "text/html" else ()
        names = {name for name, _ in self.headers}
        found = [*self.headers, *(pair for pair in page if pair[0] not in names)]
        if self.status not in {204, 304}:
            found.append(("Content-Length", str(self.size if self.file else len(self.body))))
            if self.media_type:
                found.append(("Content-Type", self.content_type))
        return found

    def send(self, method: str, start_response: StartResponse) -> Iterable[bytes]:
        """The body for a WSGI server, empty for HEAD."""
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", self.lines())
        if method == "HEAD" or self.status in {204, 304}:
            if self.file:
                self.file.close()
            return []
        return self.pieces()

    def pieces(self) -> Iterable[bytes]:
        """The body for a WSGI server, which closes it when it is sent."""
        if self.file is None and len(self.body) <= _CHUNK:
            return [self.body]
        return Pieces(self.file or io.BytesIO(self.body))


class Pieces:
    """The bytes of a file, piece by piece; the server closes it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._file.read(_CHUNK):
            yield piece


def text(content: str, media_type: str = "text/plain", status: int = 200) -> Reply:
    """A reply of text."""
    return Reply(status, content.encode("utf-8", "replace"), media_type)


def redirect(location: str, status: int = 303) -> Reply:
    """A redirection; `location` is an address path of this server.

    What cannot stand in a header is escaped: the query of a request may hold any byte.
    """
    if not _HEADER.fullmatch(location):
        known = location.encode("latin-1", "ignore").decode("latin-1") == location
        location = quote(location, _SAFE, encoding="latin-1" if known else "utf-8")
    body = f"see {location}\n".encode()
    return Reply(status, body, "text/plain", (("Location", location),))
