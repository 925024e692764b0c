"""What a store must do, and the values that go in and come out: local versions and remote alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

import pyoxigraph as ox

from parley.errors import ParleyError
from parley.formats import Format
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Version
from parley.translating.worlds import Translation

Result = Literal["bindings", "boolean", "graph"]


class WrongFormat(ParleyError):
    """A format that cannot hold this kind of result; `result` says which kind it is."""

    def __init__(self, message: str, *, result: Result) -> None:
        super().__init__(message)
        self.result = result


class Cancelled(ParleyError):
    """The asker gave the query up before its answer was there."""


@dataclass(frozen=True)
class Query:
    """A SPARQL query and the dataset a request names for it; None means the kind is not given.

    `base` resolves relative IRIs. `truncate` asks for the first rows of an answer that is past
    the row limit instead of an error; the head of an answer that was cut links to `cut_link`.
    """

    text: str
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    base: str | None = None
    truncate: bool = False
    cut_link: str = ""


@dataclass(frozen=True)
class Update:
    """A SPARQL update; `using` and `using_named` are None when the request does not name any."""

    text: str
    using: tuple[str, ...] | None = None
    using_named: tuple[str, ...] | None = None
    base: str | None = None


@dataclass(frozen=True)
class Part:
    """A file with triples, in the format of this media type."""

    path: Path
    media_type: str


@dataclass(frozen=True)
class GraphWrite:
    """One graph replaced by, or merged with, the triples of `parts`, or deleted.

    `graph` is None for the default graph.
    """

    do: Literal["replace", "merge", "delete"]
    graph: str | None
    parts: tuple[Part, ...] = ()
    base: str | None = None


@dataclass(frozen=True)
class Written:
    """What a write led to: the version that is current afterwards, and the size of the change.

    `existed` says whether the graph that a `GraphWrite` names held anything before. Of a dry run,
    `change` is what would change, derived quads included, and `report` what the checks say, None
    where there are none.
    """

    version: Version
    added: int
    removed: int
    existed: bool
    change: Change | None = None
    report: object = None


@dataclass(frozen=True)
class Deadline:
    """What a query or an update may take: seconds in all, and bytes of memory of its own."""

    seconds: float
    memory: int


class Cancel:
    """Lets another thread stop a query, running or waiting; stopping twice does nothing more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None
        self.called = False

    def cancel(self) -> None:
        """Stops the query; whoever waits for its answer gets Cancelled."""
        with self._lock:
            self.called = True
            if self._stop is not None:
                self._stop()

    def attach(self, stop: Callable[[], None]) -> None:
        """Names what stops the query from now on; called at once when it is cancelled already."""
        with self._lock:
            self._stop = stop
            if self.called:
                stop()

    def detach(self) -> None:
        """The query has ended: cancelling has nothing to stop any more."""
        with self._lock:
            self._stop = None


@dataclass(frozen=True)
class Answer:
    """A complete answer: `body`, or `file` at its start when it is too large for memory.

    `size` is in bytes; `rows` counts result bindings or triples, None for a boolean. Close it,
    or use it in a `with` block.
    """

    version: int
    media_type: str
    kind: Result
    rows: int | None
    truncated: bool
    size: int
    body: bytes | None = None
    file: BinaryIO | None = None

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        """The bytes of the answer, piece by piece."""
        if self.file is None:
            yield self.body or b""
            return
        while piece := self.file.read(size):
            yield piece

    def read(self) -> bytes:
        """All bytes of the answer."""
        return b"".join(self.chunks())

    def close(self) -> None:
        """Frees the file of a large answer."""
        if self.file is not None:
            self.file.close()

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@dataclass(frozen=True)
class Download:
    """What is to be downloaded: one graph, or everything (None), packed with gzip or not.

    Formats of datasets, and JSON-LD of everything, name the graphs; in the others everything is the
    triples of all graphs together. A translation is of everything.
    """

    form: Format | Translation
    graph: ox.NamedNode | ox.DefaultGraph | None = None
    packed: bool = False


@dataclass(frozen=True)
class Downloaded:
    """A finished download: its file at its start, its size in bytes, its SHA-256 in hex."""

    file: BinaryIO
    size: int
    sha256: str


class Backend(Protocol):
    """A store that answers queries and takes changes."""

    def version(self) -> Version:
        """The current version."""

    def select(
        self,
        query: Query,
        fmt: Format,
        deadline: Deadline,
        version: int | None = None,
        cancel: Cancel | None = None,
    ) -> Answer:
        """The answer to a query of any kind, from the current version or an older one.

        Raises BadQuery, WrongFormat, TooLarge, LimitReached, Busy, Cancelled, WorkerLost, NotFound.
        """

    def download(
        self, wanted: Download, version: int | None = None, cancel: Cancel | None = None
    ) -> Downloaded:
        """A whole version or graph as a file; whoever asked closes it.

        Raises LimitReached, TooLarge, Busy, Cancelled, WorkerLost, NotFound.
        """

    def write(
        self,
        wanted: Update | GraphWrite | Change,
        message: Message,
        deadline: Deadline,
        parent: Version | None = None,
        *,
        dry_run: bool = False,
    ) -> Written:
        """Carries out an update, the write of a graph, or a change; nothing changed, no version.

        Without `parent` it works on whatever is current. A dry run says what would change, and
        leaves everything as it is. Raises Stale when `parent` is not current, Refused when the
        checks do not accept it, BadQuery, BadInput, Forbidden, LimitReached, Busy, WorkerLost.
        """
