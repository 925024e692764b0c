"""The saved queries of each version, read from it once: an old version keeps the ones it had."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from parley.queries import SavedQuery, read_text
from parley.rdf import CATALOGUE_GRAPH, Namespaces
from parley.store.versions import Version

_KEPT = 8  # versions
Otherwise = Callable[[Version], Mapping[str, SavedQuery]]
Rows = Callable[..., Sequence[Mapping[str, dict[str, str]]]]


class Saved:
    """Saved queries by version; threads may share it.

    `rows` asks one of the pages' own queries, as `Site.rows` does; `otherwise` gives the queries of
    a version that holds none, as those of a plain dataset do.
    """

    def __init__(self, rows: Rows, names: Namespaces, otherwise: Otherwise) -> None:
        self._rows = rows
        self._names = names
        self._otherwise = otherwise
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Mapping[str, SavedQuery]] = OrderedDict()

    def of(self, version: Version) -> Mapping[str, SavedQuery]:
        """The queries of a version by name. Raises BadInput for a text that is no saved query."""
        with self._lock:
            found = self._kept.get(version.number)
        if found is None:
            found = self._read(version) or self._otherwise(version)
            with self._lock:
                self._kept[version.number] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return found

    def _read(self, version: Version) -> dict[str, SavedQuery]:
        rows = self._rows("saved", version, _graph=self._names.graph(CATALOGUE_GRAPH))
        texts = {row["query"]["value"].rpartition("/")[2]: row["text"]["value"] for row in rows}
        with self._lock:  # most versions change no query: what another has read is not read again
            known = {(q.name, q.text): q for kept in self._kept.values() for q in kept.values()}
        return {
            name: known.get((name, text)) or read_text(name, text, self._names)
            for name, text in sorted(texts.items())
        }
