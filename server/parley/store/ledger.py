"""The ledger: one RDF Patch per version that says who changed what, when and why.

An entry is the file `ledger/000041.rdfp`. Its first row names the entry by the SHA-256 of all that
follows it, and its second names the entry before it, so that a truncated, altered or missing entry
shows, and anybody can check one by hand: `tail -n +2 000041.rdfp | sha256sum`.

    H id <hash://sha256/9f…> .
    H prev <hash://sha256/04…> .
    H version "41"^^<http://www.w3.org/2001/XMLSchema#integer> .
    H time "2026-01-31T12:00:00.000Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> .
    H author "Amina" .
    H message "adds the claims of the second article" .
    H added "2"^^<http://www.w3.org/2001/XMLSchema#integer> .
    H removed "0"^^<http://www.w3.org/2001/XMLSchema#integer> .
    TX .
    A <…> <…> <…> <…> .
    TC .
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unicodedata import category

import pyoxigraph as ox

from parley.errors import NotFound, StoreDamaged
from parley.rdf import XSD
from parley.store.change import Change, batches, header_rows
from parley.store.disk import sync_file

HASH = "hash://sha256/"
_UNSEEN = {"Cc", "Cs"}  # control characters, halves of surrogate pairs
_LARGE = 16 << 20  # bytes that are hashed in less than a twentieth of a second
_END = b"TC .\n"
_FIRST = re.compile(rb"H id <hash://sha256/([0-9a-f]{64})> \.\n\Z")
_HEADER = re.compile(rb"H ([a-z]+) (?:<([^>]*)>|(\".*\"(?:\^\^<[^>]*>)?)) \.\n\Z")
_NAME = re.compile(r"([0-9]{6,})\.rdfp\Z")


@dataclass(frozen=True)
class Message:
    """Who makes a change, and why, in the author's words.

    Control characters other than line ends are left out: both are shown in terminals.
    """

    author: str
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "author", _shown(self.author))
        object.__setattr__(self, "text", _shown(self.text))


@dataclass(frozen=True)
class Entry:
    """What the ledger says about a version; `parent` is the version before it, None for the first.

    `time` is UTC, ISO 8601; `added` and `removed` count quads; `sha256` names the entry.
    """

    number: int
    parent: int | None
    time: str
    author: str
    text: str
    added: int
    removed: int
    sha256: str


def _shown(text: str) -> str:
    lines = ("".join(c for c in line if category(c) not in _UNSEEN) for line in text.splitlines())
    return "\n".join(lines)


_Stamp = tuple[int, int, int]  # of a file: inode, size, time of its last change


class Ledger:
    """The entries in a folder, numbered from 1 without gaps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._verified: dict[int, _Stamp] = {}

    def path(self, number: int) -> Path:
        """The file of an entry."""
        return self.folder / f"{number:06d}.rdfp"

    def prepared(self, number: int) -> Path:
        """The file of an entry that does not count yet."""
        return self.path(number).with_suffix(".partial")

    def numbers(self) -> list[int]:
        """The numbers of the entries that are there, in order."""
        try:
            names = [_NAME.match(name) for name in os.listdir(self.folder)]
        except FileNotFoundError:
            return []
        return sorted(int(match[1]) for match in names if match)

    def newest(self) -> int:
        """The number of the last entry, 0 when there is none. Raises StoreDamaged for a gap."""
        recorded = self.numbers()
        newest = recorded[-1] if recorded else 0
        if len(recorded) != newest:
            missing = sorted(set(range(1, newest + 1)) - set(recorded))
            raise StoreDamaged(
                f"the ledger lacks entry {', '.join(map(str, missing))}; restore it from a backup "
                "or a replica before writing",
                source=str(self.folder),
            )
        return newest

    def prepare(
        self,
        number: int,
        message: Message,
        time: str,
        rows: Iterable[bytes],
        *,
        added: int,
        removed: int,
    ) -> Entry:
        """Writes an entry from patch rows beside the ledger; it counts only once confirmed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        headers: dict[str, ox.NamedNode | ox.Literal | str] = {}
        if number > 1:
            headers["prev"] = ox.NamedNode(HASH + self.entry(number - 1).sha256)
        headers |= {
            "version": ox.Literal(number),
            "time": ox.Literal(time, datatype=ox.NamedNode(XSD + "dateTime")),
            "author": message.author,
            "message": message.text,
            "added": ox.Literal(added),
            "removed": ox.Literal(removed),
        }
        digest = hashlib.sha256()
        with self.prepared(number).open("wb") as file:
            file.write(_first("0" * 64))
            for part in _parts(headers, rows):
                digest.update(part)
                file.write(part)
            file.seek(0)
            file.write(_first(digest.hexdigest()))
            file.flush()
            os.fsync(file.fileno())
        parent = number - 1 if number > 1 else None
        sha256 = digest.hexdigest()
        return Entry(number, parent, time, message.author, message.text, added, removed, sha256)

    def receive(self, text: bytes) -> Entry:
        """Writes the entry after the newest one, made by another instance, beside the ledger.

        It counts only once confirmed. Raises StoreDamaged when it is not as it was written, or does
        not continue this ledger.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        number = self.newest() + 1
        path = self.prepared(number)
        with path.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return self._read_through(number, path)

    def confirm(self, entry: Entry) -> None:
        """Makes a prepared entry part of the ledger, on the disk when this returns."""
        self.prepared(entry.number).replace(self.path(entry.number))
        sync_file(self.folder)
        self._verified[entry.number] = _stamp(self.path(entry.number))

    def entry(self, number: int) -> Entry:
        """The header of an entry. Raises NotFound, or StoreDamaged when it cannot be read."""
        return self._entry(number, self.path(number))

    def _entry(self, number: int, path: Path) -> Entry:
        headers: dict[str, str] = {}
        try:
            with path.open("rb") as file:
                first = _FIRST.match(file.readline())
                for line in file:
                    match = _HEADER.match(line)
                    if not match:
                        break
                    headers[match[1].decode()] = _value(match)
        except FileNotFoundError as error:
            raise NotFound(f"the ledger has no entry {number}") from error
        try:
            if not first or int(headers["version"]) != number:
                raise self._damaged(number, "its header is not what this program writes")
            return Entry(
                number,
                number - 1 if number > 1 else None,
                headers["time"],
                headers["author"],
                headers["message"],
                int(headers["added"]),
                int(headers["removed"]),
                first[1].decode(),
            )
        except (KeyError, ValueError) as error:
            raise self._damaged(number, "its header is not complete") from error

    def entries(self, upto: int | None = None) -> Iterator[Entry]:
        """The headers of all entries in order, the first `upto` of them; bodies are not read."""
        for number in self.numbers():
            if upto is None or number <= upto:
                yield self.entry(number)

    def verify(self, number: int) -> Entry:
        """Reads an entry from end to end; raises StoreDamaged when it is not as it was written."""
        return self._read_through(number, self.path(number))

    def _read_through(self, number: int, path: Path) -> Entry:
        entry = self._entry(number, path)
        with path.open("rb") as file:
            file.readline()
            digest = hashlib.sha256()
            previous, line = b"", b""
            for line in file:
                digest.update(line)
                previous = previous or line
        if digest.hexdigest() != entry.sha256:
            why = "it is cut short" if line != _END else "its text was altered"
            raise self._damaged(number, why)
        if number > 1:
            expected = self.entry(number - 1).sha256
            if previous != _previous(expected):
                raise self._damaged(number, f"it does not continue entry {number - 1}")
        return entry

    def intact(self, number: int, *, quickly: bool = False) -> None:
        """Raises StoreDamaged as `verify` does, and reads a file again only when it has changed.

        `quickly` looks at no more than both ends of a large entry, such as that of a first build.
        """
        path = self.path(number)
        if path.exists() and self._verified.get(number) == _stamp(path):
            return
        if quickly and path.exists() and path.stat().st_size > _LARGE:
            self.entry(number)
            with path.open("rb") as file:
                file.seek(-len(_END), os.SEEK_END)
                if file.read() != _END:
                    raise self._damaged(number, "it is cut short")
            return
        self.verify(number)
        self._verified = {number: _stamp(path)}

    def read(self, number: int) -> Change:
        """The change of an entry, verified; all of it in memory."""
        self.verify(number)
        path = self.path(number)
        return Change.from_patch(path.read_text("utf-8"), source=path.name)

    def rows(self, number: int) -> Iterator[tuple[bytes, bytes]]:
        """The rows of a verified entry as (b"A" or b"D", N-Quads line), a row at a time."""
        self.verify(number)
        with self.path(number).open("rb") as file:
            yield from patch_rows(file)

    def discard_partial(self) -> None:
        """Deletes entries that were prepared and never confirmed."""
        for path in self.folder.glob("*.partial"):
            path.unlink()

    def _damaged(self, number: int, why: str) -> StoreDamaged:
        return StoreDamaged(
            f"ledger entry {number} is damaged: {why}; put {self.path(number).name} back from a "
            "backup or a replica",
            source=str(self.path(number)),
        )


def follows(text: bytes, sha256: str) -> bool:
    """Whether the text of an entry says that it continues the entry of that name."""
    return text.partition(b"\n")[2].startswith(_previous(sha256))


def patch_rows(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The rows among an entry's lines as (b"A" or b"D", N-Quads line)."""
    for line in lines:
        if line[:2] in (b"A ", b"D "):
            yield line[:1], line[2:]


def _previous(sha256: str) -> bytes:
    return f"H prev <{HASH}{sha256}> .\n".encode()


def _stamp(path: Path) -> _Stamp:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _first(digest: str) -> bytes:
    return f"H id <{HASH}{digest}> .\n".encode()


def _parts(
    headers: dict[str, ox.NamedNode | ox.Literal | str], rows: Iterable[bytes]
) -> Iterator[bytes]:
    yield header_rows(headers).encode()
    yield b"TX .\n"
    for batch in batches(rows):
        yield b"".join(batch)
    yield _END


def _value(header: re.Match[bytes]) -> str:
    if header[2] is not None:
        return header[2].decode()
    quad = next(ox.parse(b"<x:x> <x:x> " + header[3] + b" .", ox.RdfFormat.N_TRIPLES))
    assert isinstance(quad.object, ox.Literal)
    return quad.object.value
