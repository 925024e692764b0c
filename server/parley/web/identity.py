"""The dataset as a version of it describes itself: its name, its licence, who made it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyoxigraph as ox

from parley.rdf import COMMON_PREFIXES, Namespaces
from parley.store.versions import Version

_DCTERMS = COMMON_PREFIXES["dcterms"]
_KEPT = 8  # versions
Rows = Sequence[Mapping[str, dict[str, str]]]
Ask = Callable[..., Rows]


@dataclass(frozen=True)
class Identity:
    """What is said of the dataset: its IRI, texts, licences (IRIs), creators (IRI or "", label)."""

    iri: ox.NamedNode
    title: str
    description: str
    languages: tuple[str, ...]
    licences: tuple[ox.NamedNode, ...]
    creators: tuple[tuple[str, str], ...]


class Identities:
    """Identities by version; `rows` asks one of the pages' own queries, as `Site.rows` does."""

    def __init__(self, rows: Ask, names: Namespaces) -> None:
        self._rows = rows
        self._iri = ox.NamedNode(f"{names.base}dataset")
        self.of = lru_cache(maxsize=_KEPT)(self._of)

    def _of(self, version: Version) -> Identity:
        found: dict[str, dict[str, tuple[str, str]]] = {}
        for row in self._rows("identity", version, _dataset=self._iri):
            value = row["value"]["value"]
            label = row["label"]["value"] if row.get("label") else ""
            told = found.setdefault(row["property"]["value"].removeprefix(_DCTERMS), {})
            told.setdefault(value, (row["value"]["type"], label))
        creators = found.get("creator", {})
        return Identity(
            self._iri,
            next(iter(found.get("title", {})), "Parley"),
            next(iter(found.get("description", {})), ""),
            tuple(found.get("language", {})),
            tuple(
                ox.NamedNode(value)
                for value, (kind, _) in found.get("license", {}).items()
                if kind == "uri"
            ),
            tuple(
                (value, label or value) if kind == "uri" else ("", value)
                for value, (kind, label) in creators.items()
            ),
        )
