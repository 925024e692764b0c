"""Which commit brought what: a thing's quads traced through the ledger, newest entry first.

Nothing is kept beside the ledger. An entry is searched as bytes, piece by piece, and only the
lines that name the thing are read. Stores and patches write the same quad as the same bytes, so
a line is compared as it stands. The readers of a whole history yield as they go: take as much
as is to be shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from parley.store.ledger import Entry, Ledger
from parley.store.versions import Version, Versions

_PIECE = 1 << 20
_NOTHING_REMOVED = b'\nH removed "0"^^'


@dataclass(frozen=True)
class Row:
    """A row of a patch: the quad was added, or removed."""

    added: bool
    quad: ox.Quad

    def __str__(self) -> str:
        return f"{'A' if self.added else 'D'} {self.quad} ."


def blame(versions: Versions, iri: ox.NamedNode, version: Version) -> list[tuple[ox.Quad, Entry]]:
    """Each quad of a version with the thing as its subject, and the entry that brought it last.

    Sorted by their text. Entries older than the one that brought the oldest of them are not read.
    """
    quads = version.open().quads_for_pattern(iri, None, None, None)
    wanted = {f"A {quad} .\n".encode(): quad for quad in quads}
    left = set(wanted)
    brought: dict[bytes, Entry] = {}
    for number in range(version.number, 0, -1):
        if not left:
            break
        found = left.intersection(_lines(versions.ledger, number, b"A %s " % _name(iri)))
        if found:
            brought |= dict.fromkeys(found, versions.ledger.entry(number))
            left -= found
    return [(quad, brought[line]) for line, quad in sorted(wanted.items()) if line in brought]


def first_rows(lines: Iterable[bytes], most: int) -> list[Row]:
    """The first rows of a patch, up to so many."""
    return list(islice(filter(None, map(_row, lines)), most))


def rows_of(
    ledger: Ledger, number: int, iri: ox.NamedNode, *, as_object: bool = True
) -> Iterator[Row]:
    """The rows of an entry that have the thing as subject, or `as_object`."""
    name = b" %s " % _name(iri)
    for line in _lines(ledger, number, name):
        if line.startswith(name, 1) or as_object:
            row = _row(line)
            if row and iri in (row.quad.subject, row.quad.object):  # not just in a literal's words
                yield row


def touches(ledger: Ledger, iri: ox.NamedNode, numbers: Iterable[int]) -> Iterator[Entry]:
    """Those of the entries, in their order, that have the thing as subject or object of a row."""
    for number in numbers:
        if next(rows_of(ledger, number, iri), None):
            yield ledger.entry(number)


def changed_since(
    versions: Versions,
    iri: ox.NamedNode,
    since: int,
    apart: Collection[ox.NamedNode] = (),
) -> Iterator[tuple[Entry, list[Row]]]:
    """Entries after version `since` that changed what is said of the thing, newest first.

    Each with its rows that have the thing as subject, outside the graphs `apart` (derived ones).
    """
    for number in range(versions.number(), since, -1):
        rows = [
            row
            for row in rows_of(versions.ledger, number, iri, as_object=False)
            if row.quad.graph_name not in apart
        ]
        if rows:
            yield versions.ledger.entry(number), rows


def last_touched(
    versions: Versions,
    iri: ox.NamedNode,
    since: int,
    apart: Collection[ox.NamedNode] = (),
) -> Entry | None:
    """The newest entry after version `since` that changed what is said of the thing, or None."""
    return next((entry for entry, _ in changed_since(versions, iri, since, apart)), None)


def removal(ledger: Ledger, iri: ox.NamedNode, numbers: Iterable[int]) -> Entry | None:
    """The first of the entries that removed a quad with the thing as subject, object or graph.

    For a thing that is not there in version N, and the numbers from N down, it is the entry that
    deleted it; None says that it was never there. Entries that remove nothing are not searched.
    """
    name = b" %s " % _name(iri)
    for number in numbers:
        for line in _lines(ledger, number, name, unless=_NOTHING_REMOVED):
            row = _row(line)
            if not row or row.added:
                continue
            if iri in (row.quad.subject, row.quad.object, row.quad.graph_name):
                return ledger.entry(number)
    return None


def _name(iri: ox.NamedNode) -> bytes:
    return str(iri).encode()


def _row(line: bytes) -> Row | None:
    if line[:2] not in (b"A ", b"D "):
        return None
    return Row(line[:1] == b"A", next(ox.parse(line[2:], ox.RdfFormat.N_QUADS)))


def _lines(
    ledger: Ledger, number: int, wanted: bytes, *, unless: bytes | None = None
) -> Iterator[bytes]:
    """The lines of an entry that hold these bytes; none at all when its head holds `unless`."""
    rest = b""
    with ledger.path(number).open("rb") as file:
        while piece := file.read(_PIECE):
            if unless is not None:
                if unless in piece[: piece.find(b"\nTX .\n")]:
                    return
                unless = None
            piece = rest + piece
            end = piece.rfind(b"\n") + 1
            at = piece.find(wanted, 0, end)
            while at >= 0:
                after = piece.index(b"\n", at) + 1
                yield piece[piece.rfind(b"\n", 0, at) + 1 : after]
                at = piece.find(wanted, after, end)
            rest = piece[end:]
