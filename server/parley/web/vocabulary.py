"""The classes and properties that the data use, with labels and counts, kept for two versions."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from parley.errors import Busy, LimitReached
from parley.rdf import shorten
from parley.store.versions import Version

_KEPT = 2  # versions: the current one, and one that a reader may still look at
_MOST = 2_000  # terms of a kind, the most used first
Rows = Sequence[Mapping[str, dict[str, str]]]
Ask = Callable[..., Rows]


@dataclass(frozen=True)
class Used:
    """A class or a property: its IRI, its prefixed name or the IRI again, label, and how often.

    `count` is None where nobody counted.
    """

    iri: str
    name: str
    label: str
    count: int | None


@dataclass(frozen=True)
class Vocabulary:
    """What one version uses, the most used first; if not `counted`, what it declares."""

    classes: tuple[Used, ...]
    properties: tuple[Used, ...]
    counted: bool = True


class Vocabularies:
    """Vocabularies by version; threads may share it.

    `rows` asks one of the pages' own queries, as `Site.rows` does.
    """

    def __init__(self, rows: Ask, prefixes: Mapping[str, str]) -> None:
        self._rows = rows
        self._prefixes = dict(prefixes)
        self._lock = threading.Lock()  # of what is kept; held for moments only
        self._making = threading.Lock()  # one counts, others wait for it
        self._kept: OrderedDict[int, Vocabulary] = OrderedDict()

    def of(self, version: Version) -> Vocabulary:
        """The vocabulary of a version; the first to ask waits for two counts over the data.

        Where they take too long: what the ontology declares, used or not.
        """
        found = self._known(version)
        if found is not None:
            return found
        with self._making:
            try:
                return self._known(version) or self._made(version)
            except (LimitReached, Busy):
                return self._declared(version)

    def _known(self, version: Version) -> Vocabulary | None:
        with self._lock:
            return self._kept.get(version.number)

    def _made(self, version: Version) -> Vocabulary:
        found = Vocabulary(
            self._used(self._rows("classes-used", version), version),
            self._used(self._rows("properties-used", version), version),
        )
        with self._lock:
            self._kept[version.number] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def _declared(self, version: Version) -> Vocabulary:
        rows = self._rows("declared", version)
        classes, properties = (
            [row for row in rows if row["isClass"]["value"] == truth] for truth in ("true", "false")
        )
        return Vocabulary(
            self._used(classes, version), self._used(properties, version), counted=False
        )

    def _used(self, rows: Rows, version: Version) -> tuple[Used, ...]:
        counted = [row for row in rows if row["term"]["type"] == "uri"][:_MOST]
        labels: dict[str, str] = {}
        nodes = [ox.NamedNode(row["term"]["value"]) for row in counted]
        if nodes:
            for row in self._rows("labels", version, _things=nodes):
                labels.setdefault(row["_things"]["value"], row["label"]["value"])
        return tuple(
            Used(
                iri,
                shorten(iri, self._prefixes) or f"<{iri}>",
                labels.get(iri, ""),
                int(row["count"]["value"]) if "count" in row else None,
            )
            for row in counted
            for iri in (row["term"]["value"],)
        )
