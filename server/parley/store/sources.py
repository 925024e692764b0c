"""Where a replica takes versions from: another server, or a folder with an instance or a backup."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from parley.errors import BadInput, LimitReached, NewerFormat, NotFound, ServiceFailed
from parley.store.disk import explained
from parley.store.folders import Folders
from parley.store.ledger import Ledger
from parley.store.tags import Tags
from parley.store.version import FORMAT

_SILENCE = 30.0  # seconds after which a server that says nothing is taken for gone
_HEAD_BYTES = 1 << 20
_PIECE = 1 << 18
_LOOK = 0.02  # seconds between two looks at a folder
_ADDRESS = re.compile(r"https?://[!#-;=?-~]{1,500}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Head:
    """What a source has: its newest version, and the name (SHA-256) of that version's entry.

    `common` is the name of its entry for the version that the asker has, or of its newest one where
    that is older; empty for who has none. `public` is its address for clients, empty when unknown.
    """

    version: int
    entry: str
    common: str
    tags: Mapping[str, int]
    public: str = ""


class Source(Protocol):
    """What a replica follows; `name` is what it is called in messages."""

    @property
    def name(self) -> str:
        """Its address or folder."""

    def head(self, after: int, wait: float) -> Head:
        """What it has, as soon as that is past version `after`, at the latest in `wait` seconds.

        Raises NotFound, ServiceFailed, NewerFormat.
        """

    def fetch(self, number: int, target: Path) -> None:
        """Writes an entry of its ledger to a file, going on where an earlier try broke off.

        Raises NotFound, ServiceFailed, LimitReached.
        """


class Folder:
    """An instance or a backup in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder
        self._folders = Folders(folder)
        self._ledger = Ledger(folder / "ledger")

    def head(self, after: int, wait: float) -> Head:
        """See `Source.head`."""
        until = time.monotonic() + wait
        while (number := self._folders.number()) <= after and time.monotonic() < until:
            time.sleep(_LOOK)
        if not number:
            raise NotFound(f"{self.name} holds no version to copy")
        common = min(after, number)
        return Head(
            number,
            self._ledger.entry(number).sha256,
            self._ledger.entry(common).sha256 if common else "",
            Tags(self._folder).all(),
        )

    def fetch(self, number: int, target: Path) -> None:
        """See `Source.fetch`."""
        with explained(self._folder):
            shutil.copyfile(self._ledger.path(number), target)


class Server:
    """Another Parley server, asked over one connection that is kept open.

    An entry may have `most` bytes, and take `seconds` in all; what has arrived by then stays.
    """

    def __init__(self, url: str, *, most: int, seconds: float) -> None:
        parts = urlsplit(url)
        plain = not (parts.query or parts.fragment or "@" in parts.netloc)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
            raise BadInput(
                f"'{url}' is no address to copy from: write it as https://data.example.org, "
                "without a password"
            )
        self.name = url.rstrip("/")
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._place = parts.netloc
        self._path = parts.path.rstrip("/")
        self._most = most
        self._seconds = seconds
        self._connection: HTTPConnection | None = None

    def head(self, after: int, wait: float) -> Head:
        """See `Source.head`."""
        address = f"/replica/head.json?after={after}&wait={wait:g}"
        with self._asked(address, wait + _SILENCE) as response:
            if response.status == 404:
                raise NotFound(f"{self.name} has no version to copy, or is no Parley server")
            self._refuse_other(response, 200)
            body = b""
            for piece in self._within(response, 0):
                body += piece
                if len(body) > _HEAD_BYTES:
                    raise ServiceFailed(f"{self.name} does not answer as a Parley server does")
        return _head(body, self.name)

    def fetch(self, number: int, target: Path) -> None:
        """See `Source.fetch`."""
        had = target.stat().st_size if target.exists() else 0
        given = {"Range": f"bytes={had}-"} if had else {}
        with self._asked(f"/history/{number}.rdfp", _SILENCE, given) as response:
            if response.status == 404:
                raise NotFound(f"{self.name} has no version {number}")
            self._refuse_other(response, 200, 206)
            goes_on = response.status == 206
            if goes_on and not response.getheader("Content-Range", "").startswith(f"bytes {had}-"):
                raise ServiceFailed(f"{self.name} answered with another range than was asked for")
            with target.open("ab" if goes_on else "wb") as file:
                for piece in self._within(response, had if goes_on else 0):
                    file.write(piece)

    def close(self) -> None:
        """Ends the connection; the next question opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _within(self, response: HTTPResponse, size: int) -> Iterator[bytes]:
        """The pieces of what follows after `size` bytes; raises LimitReached."""
        until = time.monotonic() + self._seconds
        for piece in self._pieces(response):
            size += len(piece)
            if size > self._most:
                raise LimitReached(
                    f"a version of {self.name} is larger than {self._most} bytes; raise "
                    "--download-bytes",
                    limit="download_bytes",
                    value=self._most,
                )
            yield piece
            if time.monotonic() > until:
                raise LimitReached(
                    f"{self.name} took longer than {self._seconds:g} s for one version; what has "
                    "arrived is kept, and the next pull goes on from there",
                    limit="download_timeout",
                    value=self._seconds,
                )

    def _pieces(self, response: HTTPResponse) -> Iterator[bytes]:
        """The body, piece by piece. Raises ServiceFailed when it breaks off."""
        while True:
            try:
                piece = response.read1(_PIECE)
            except (OSError, HTTPException) as error:
                raise self._failed(error) from error
            if not piece:
                break
            yield piece
        if response.length:
            raise ServiceFailed(
                f"{self.name} broke off in the middle of an answer; what has arrived is kept, and "
                "the next pull goes on from there"
            )

    def _refuse_other(self, response: HTTPResponse, *wanted: int) -> None:
        if 300 <= response.status < 400:
            place = response.getheader("Location", "another address")[:500]
            raise ServiceFailed(f"{self.name} leads on to {place!r}; name the address it leads to")
        if response.status not in wanted:
            raise ServiceFailed(f"{self.name} answered with status {response.status}")
        if response.getheader("Content-Encoding", "identity").lower() != "identity":
            raise ServiceFailed(f"{self.name} answered compressed, unasked")

    @contextmanager
    def _asked(
        self, address: str, silence: float, given: Mapping[str, str] | None = None
    ) -> Iterator[HTTPResponse]:
        """The answer to a question; the connection stays open only where all of it was read."""
        response = self._response(address, silence, given or {})
        try:
            yield response
        except BaseException:
            self.close()
            raise
        if not response.isclosed() and response.length != 0:
            self.close()
        response.close()

    def _response(self, address: str, silence: float, given: Mapping[str, str]) -> HTTPResponse:
        headers = {"Accept-Encoding": "identity", "User-Agent": "Parley replica", **given}
        kept = self._connection is not None and self._connection.sock is not None
        try:
            connection = self._connection if kept else self._connected()
            assert connection is not None
            connection.sock.settimeout(silence)
            connection.request("GET", self._path + address, headers=headers)
            return connection.getresponse()
        except (OSError, HTTPException) as error:
            self.close()
            if not kept:
                raise self._failed(error) from error
        return self._response(address, silence, given)  # it was ended while nobody asked

    def _connected(self) -> HTTPConnection:
        self._connection = self._kind(self._place, timeout=_SILENCE)
        self._connection.connect()
        return self._connection

    def _failed(self, error: Exception) -> ServiceFailed:
        return ServiceFailed(f"{self.name} cannot be asked: {error or type(error).__name__}")


def source_of(text: str, *, most: int, seconds: float) -> Folder | Server:
    """What `text` names: a server, when it begins like an address, else a folder."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        return Server(text, most=most, seconds=seconds)
    return Folder(Path(text))


def _head(body: bytes, name: str) -> Head:
    try:
        found = json.loads(body)
        if int(found["format"]) > FORMAT:
            raise NewerFormat(f"{name} is of a newer release of Parley; use that release here, too")
        head = Head(
            int(found["version"]),
            str(found["entry"]),
            str(found["common"]),
            {str(tag): int(number) for tag, number in found["tags"].items()},
            str(found["public"]) if _ADDRESS.match(str(found["public"])) else "",
        )
        if head.version < 1 or not _SHA256.match(head.entry):
            raise ValueError("no version")
        return head
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ServiceFailed(f"{name} does not answer as a Parley server does: {error}") from error
