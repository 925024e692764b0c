"""What the ledger says of a thing as a whole: who touched it last, who deleted it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

import pyoxigraph as ox

from parley.store.blame import removal, touches
from parley.store.ledger import Entry
from parley.store.versions import Version, Versions

_LOOKED_AT = 2000  # entries for one answer: a reader who asks for nonsense costs no more
_KEPT = 4096
_LARGE = 100_000  # rows of an entry that takes tenths of a second to read through


class Traces:
    """Looks things up in the ledger and remembers what it found; threads may share it.

    Where the last 2,000 commits say nothing of a thing, neither do these answers. Without
    `versions` there is nothing to look up.
    """

    def __init__(self, versions: Versions | None) -> None:
        self._versions = versions
        self._lock = threading.Lock()
        # By IRI: up to which version was looked, and the last entry that touched the thing.
        self._known: OrderedDict[str, tuple[int, Entry | None]] = OrderedDict()

    def last(self, iri: ox.NamedNode, version: Version) -> Entry | None:
        """The last commit up to a version with a row that has the thing as subject or object."""
        if self._versions is None:
            return None
        upto, known = self._known.get(iri.value, (0, None))
        if version.number < upto:
            upto, known = 0, None
        numbers = range(version.number, upto, -1)[:_LOOKED_AT]
        entry = self._last(iri, numbers, known)
        with self._lock:
            if version.number >= self._known.get(iri.value, (0, None))[0]:
                self._known[iri.value] = version.number, entry
                self._known.move_to_end(iri.value)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return entry

    def _last(self, iri: ox.NamedNode, numbers: Iterable[int], known: Entry | None) -> Entry | None:
        """As `last`, for a thing that is there, without reading through a load of many rows.

        What no later commit touched came with the first; where another load lies in between, the
        answer is None, and the page of the thing's history tells.
        """
        assert self._versions is not None
        ledger = self._versions.ledger
        for number in numbers:
            entry = ledger.entry(number)
            if entry.added + entry.removed > _LARGE:
                return entry if number == 1 else None
            if next(touches(ledger, iri, [number]), None):
                return entry
        return known

    def deleted(self, iri: ox.NamedNode, version: Version) -> Entry | None:
        """The commit that deleted a thing which is not in a version; None if it never was there."""
        if self._versions is None:
            return None
        numbers = range(version.number, 0, -1)[:_LOOKED_AT]
        return removal(self._versions.ledger, iri, numbers)
