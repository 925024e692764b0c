"""The figures of one version, and the file they are kept in.

A figure has a key: what is counted, then of which graph, class, property or datatype. All of them
are sums over subjects, or over what objects are there, so that a commit's share can be added and
taken off. A class of `""` stands for any subject, a graph of `""` for the default graph; IRIs
stand without angle brackets.

| key | counts |
|---|---|
| triples | distinct triples of all graphs together |
| subjects, objects | distinct ones |
| entities | subjects whose IRI begins with the dataset's own |
| documents | those of them that have a document at /data/ |
| language TAG | triples whose object is in a language |
| class C | things of a class |
| uses C P, users C P | triples with a property, and their distinct subjects |
| values P | distinct objects of a property |
| datatype C P D | triples whose object is a literal of a datatype |
| leads C P D | triples whose object is a thing of class D |
| link P ORIGIN | triples from the dataset's own IRIs to those of another origin, types apart |
| graph G, graph-subjects G, graph-objects G | triples of a graph, its distinct subjects, objects |
| graph-uses G P, graph-class G C | triples of a graph with a property; things typed in it |
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from parley.rdf import DEFAULT_BASE

Key = tuple[str, ...]
Counts = Counter[Key]
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^/?#]*/?)?")


@dataclass(frozen=True)
class Space:
    """The IRIs that are a dataset's own: those under `base`; with an empty one, every IRI."""

    base: str

    def is_entity(self, iri: str) -> bool:
        """Whether an IRI is one of the dataset's own."""
        return iri.startswith(self.base)

    def has_document(self, iri: str) -> bool:
        """Whether a thing of this IRI has a document at /data/."""
        return bool(self.base) and iri.startswith(f"{self.base}id/")

    def origin(self, iri: str) -> str:
        """Where another's IRI is from, such as `http://www.wikidata.org/`; empty for our own."""
        if not self.base or iri.startswith((self.base, DEFAULT_BASE)):
            return ""
        match = _ORIGIN.match(iri)
        return match[0] if match else ""


@dataclass(frozen=True)
class Statistics:
    """The figures of a version."""

    counts: Mapping[Key, int]

    def total(self, *key: str) -> int:
        """One figure, 0 for what is not there."""
        return self.counts.get(key, 0)

    @property
    def quads(self) -> int:
        """How many triples all graphs have, each graph for itself."""
        return sum(count for _, count in self.by("graph"))

    def by(self, *start: str) -> list[tuple[str, int]]:
        """The figures whose keys have one part more than `start`, by that part, largest first."""
        return sorted(self._ends.get(start, {}).items(), key=lambda pair: (-pair[1], pair[0]))

    @cached_property
    def _ends(self) -> Mapping[Key, Mapping[str, int]]:
        found: defaultdict[Key, dict[str, int]] = defaultdict(dict)
        for key, count in self.counts.items():
            found[key[:-1]][key[-1]] = count
        return found


def write(path: Path, counts: Counts) -> None:
    """Writes figures to a file, keys and counts, in order."""
    rows = [[*key, counts[key]] for key in sorted(counts) if counts[key]]
    path.write_text(json.dumps(rows, separators=(",", ":")) + "\n", encoding="utf-8")


def read(path: Path) -> Counts:
    """The figures in a file. Raises OSError, and ValueError for one that is damaged."""
    rows = json.loads(path.read_bytes())
    try:
        return Counter({tuple(key): int(count) for *key, count in rows})
    except TypeError as error:
        raise ValueError(f"no rows of keys and counts: {error}") from error
