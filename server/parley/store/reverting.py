"""Taking a commit back: the inverse of what it changed, where nobody has changed it since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import pyoxigraph as ox

from parley.errors import BadInput, NotFound, Stale
from parley.store.blame import Row
from parley.store.change import Change
from parley.store.ledger import Entry, Ledger
from parley.store.versions import Version, Versions

_MOST = 200_000  # rows: a change is held in memory
_LISTED = 50  # rows in an error


def inverse_of(
    versions: Versions, number: int, current: Version, apart: Collection[ox.NamedNode] = ()
) -> Change:
    """What takes commit `number` back, exact for the current version.

    Quads in the graphs `apart` are left out: they are derived, and derived anew. Raises NotFound;
    BadInput when there is nothing to take back or too much; Stale with the rows that later commits
    changed again.
    """
    if not 1 <= number <= current.number:
        raise NotFound(f"there is no version {number}; the newest is {current.number}")
    entry = versions.ledger.entry(number)
    if entry.added + entry.removed > _MOST:
        raise BadInput(
            f"version {number} changed more than {_MOST} quads; load the files of version "
            f"{number - 1} instead"
        )
    made = versions.ledger.read(number)
    added = frozenset(quad for quad in made.added if quad.graph_name not in apart)
    removed = frozenset(quad for quad in made.removed if quad.graph_name not in apart)
    if not added and not removed:
        raise BadInput(f"version {number} changed nothing that could be taken back")
    store = current.open()
    lost = {q for q in added if q not in store} | {q for q in removed if q in store}
    if lost:
        since = [
            changes(by, rows)
            for by, rows in _touching(versions.ledger, lost, range(current.number, number, -1))
        ]
        count = f"{len(lost)} of its quads were" if len(lost) > 1 else "one of its quads was"
        raise Stale(
            f"version {number} cannot be taken back: {count} changed again since; make the "
            "change by hand, or take the later versions back first",
            since,
        )
    return Change(removed, added)


def changes(entry: Entry, rows: Iterable[Row]) -> Mapping[str, object]:
    """What a commit changed, ready for JSON: who, when, why, and up to 50 rows of its patch."""
    return {
        "version": entry.number,
        "time": entry.time,
        "author": entry.author,
        "message": entry.text,
        "rows": [str(row) for row, _ in zip(rows, range(_LISTED), strict=False)],
    }


def _touching(
    ledger: Ledger, quads: Collection[ox.Quad], numbers: Iterable[int]
) -> Iterable[tuple[Entry, list[Row]]]:
    """The entries that changed one of the quads last, newest first, with those rows."""
    left = {f"{quad} .\n".encode(): quad for quad in quads}
    for number in numbers:
        rows = [
            Row(code == b"A", left.pop(line)) for code, line in ledger.rows(number) if line in left
        ]
        if rows:
            yield ledger.entry(number), rows
        if not left:
            return
