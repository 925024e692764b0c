"""The classes and properties that the data use, with labels and counts, kept for two versions."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from parley.errors import ParleyError
from parley.rdf import shorten
from parley.store.versions import Version

_LOG = logging.getLogger(__name__)
_PATIENCE = 0.3
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

    `rows` asks one of the pages' own queries, as `Site.rows` does. Who asks first waits `patience`
    seconds for two counts over all the data.
    """

    def __init__(self, rows: Ask, prefixes: Mapping[str, str], patience: float = _PATIENCE) -> None:
        self._rows = rows
        self._prefixes = dict(prefixes)
        self._patience = patience
        self._lock = threading.Lock()  # of what is below; held for moments only
        self._counting: dict[int, threading.Event] = {}
        self._kept: OrderedDict[int, Vocabulary] = OrderedDict()

    def of(self, version: Version) -> Vocabulary:
        """The vocabulary of a version; while it is counted, what the ontology declares."""
        found = self._known(version)
        if found is None:
            self._begun(version).wait(self._patience)
            found = self._known(version)
        return found or self._declared(version)

    def _known(self, version: Version) -> Vocabulary | None:
        with self._lock:
            return self._kept.get(version.number)

    def _begun(self, version: Version) -> threading.Event:
        """The end of a count that somebody has begun, else of one that begins now."""
        with self._lock:
            done = self._counting.get(version.number)
            if done is not None:
                return done
            done = self._counting[version.number] = threading.Event()
        threading.Thread(target=self._count, args=(version, done), daemon=True).start()
        return done

    def _count(self, version: Version, done: threading.Event) -> None:
        try:
            found = Vocabulary(
                self._used(self._rows("classes-used", version), version),
                self._used(self._rows("properties-used", version), version),
            )
            with self._lock:
                self._kept[version.number] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        except ParleyError as error:
            _LOG.warning("the terms of version %s were not counted: %s", version.number, error)
        finally:
            with self._lock:
                del self._counting[version.number]
            done.set()

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
