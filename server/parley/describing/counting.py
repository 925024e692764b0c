"""Counts a whole version in one pass over its N-Quads, with numbers for terms.

What a triple adds to the figures depends on three things only: what kind of subject it has, its
property, and what kind of object. So triples alike are counted first, and spread over classes and
datatypes afterwards. At a million quads the terms are most of the memory.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

from parley.describing.kinds import (
    add_subjects,
    add_triples,
    add_users,
    end_of,
    iri_of,
    side_of,
)
from parley.describing.statistics import Counts, Space
from parley.rdf import RDF_TYPE

_TYPE = str(RDF_TYPE).encode()
_DEFAULT_GRAPH = b""
_Kind = TypeVar("_Kind", bound=Hashable)


def count(lines: Iterable[bytes], space: Space) -> Counts:
    """The figures of the quads in these lines, each as the engine writes it, none twice."""
    quads = _Quads()
    for line in lines:
        quads.add(line)
    return quads.counted(space)


class _Quads:
    """Quads as numbers of terms; a term's number is its place in the order of first sight."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._columns = tuple(array("Q") for _ in range(4))

    def add(self, line: bytes) -> None:
        subject, predicate, rest = line.split(b" ", 2)
        if rest[:1] == b'"':
            # No IRI and no language tag has a quotation mark, so the last one ends the text.
            end = rest.index(b" ", rest.rindex(b'"'))
        elif rest[:2] == b"<<":
            end = rest.rindex(b")>>") + 3
        else:
            end = rest.index(b" ")
        graph = rest[end:].strip(b" .\n") or _DEFAULT_GRAPH
        numbers = self._numbers
        s, p, o, g = self._columns
        s.append(numbers.setdefault(subject, len(numbers)))
        p.append(numbers.setdefault(predicate, len(numbers)))
        o.append(numbers.setdefault(rest[:end], len(numbers)))
        g.append(numbers.setdefault(graph, len(numbers)))

    def counted(self, space: Space) -> Counts:
        """The figures; one set of numbers is in memory at a time, as each may be large."""
        texts = [term.decode() for term in self._numbers]
        names = [iri_of(text) or text for text in texts]
        size = len(texts)
        counts = self._by_graph(names)
        self._forget_graphs(size)
        subjects, predicates, objects, _ = self._columns
        classes = self._classes(texts)
        none = frozenset[str]()
        side_at, sides = _numbered(
            side_of(text, classes.get(at, none), space) for at, text in enumerate(texts)
        )
        end_at, ends = _numbered(
            end_of(text, classes.get(at, none), space) for at, text in enumerate(texts)
        )
        del texts, classes
        alike = Counter(
            ((side_at[s] * size) + p) * len(ends) + end_at[o]
            for s, p, o in zip(subjects, predicates, objects, strict=True)
        )
        for key, times in alike.items():
            rest, end = divmod(key, len(ends))
            side, p = divmod(rest, size)
            add_triples(counts, sides[side], names[p], ends[end], times)
        pairs = {s * size + p for s, p in zip(subjects, predicates, strict=True)}
        users = Counter(side_at[pair // size] * size + pair % size for pair in pairs)
        del pairs
        for key, times in users.items():
            side, p = divmod(key, size)
            add_users(counts, sides[side], names[p], times)
        for side, times in Counter(side_at[s] for s in set(subjects)).items():
            add_subjects(counts, sides[side], times)
        counts["objects",] = len(set(objects))
        for p, times in _first(
            {p * size + o for p, o in zip(predicates, objects, strict=True)}, size
        ):
            counts["values", names[p]] = times
        return counts

    def _by_graph(self, names: Sequence[str]) -> Counts:
        """The figures of each graph."""
        subjects, predicates, objects, graphs = self._columns
        size, type_ = len(names), self._numbers.get(_TYPE)
        counts: Counts = Counter()
        for g, times in Counter(graphs).items():
            counts["graph", names[g]] = times
        for g, times in _first({g * size + s for g, s in zip(graphs, subjects, strict=True)}, size):
            counts["graph-subjects", names[g]] = times
        for g, times in _first({g * size + o for g, o in zip(graphs, objects, strict=True)}, size):
            counts["graph-objects", names[g]] = times
        uses = Counter(g * size + p for g, p in zip(graphs, predicates, strict=True))
        for key, times in uses.items():
            counts["graph-uses", names[key // size], names[key % size]] = times
        rows = zip(graphs, predicates, objects, strict=True)
        for key, times in Counter(g * size + o for g, p, o in rows if p == type_).items():
            if not names[key % size].startswith(('"', "_", "<")):
                counts["graph-class", names[key // size], names[key % size]] = times
        return counts

    def _forget_graphs(self, size: int) -> None:
        """Has each triple once, though it may stand in several graphs."""
        subjects, predicates, objects, _ = self._columns
        triples = {
            (s * size + p) * size + o for s, p, o in zip(subjects, predicates, objects, strict=True)
        }
        if len(triples) < len(subjects):
            self._columns = (
                array("Q", (triple // size // size for triple in triples)),
                array("Q", (triple // size % size for triple in triples)),
                array("Q", (triple % size for triple in triples)),
                array("Q"),
            )

    def _classes(self, texts: Sequence[str]) -> dict[int, frozenset[str]]:
        """The classes of each term that has any; only IRIs count."""
        found: defaultdict[int, set[str]] = defaultdict(set)
        type_ = self._numbers.get(_TYPE)
        subjects, predicates, objects, _ = self._columns
        for s, p, o in zip(subjects, predicates, objects, strict=True):
            if p == type_ and (iri := iri_of(texts[o])):
                found[s].add(iri)
        same: dict[frozenset[str], frozenset[str]] = {}
        return {
            at: same.setdefault(kinds, kinds)
            for at, kinds in ((at, frozenset(kinds)) for at, kinds in found.items())
        }


def _first(keys: Iterable[int], size: int) -> Iterable[tuple[int, int]]:
    """How many of these numbers have the same quotient."""
    return Counter(key // size for key in keys).items()


def _numbered(values: Iterable[_Kind]) -> tuple[array[int], list[_Kind]]:
    """A number for each value, and the values by number."""
    known: dict[_Kind, int] = {}
    numbers = array("Q", (known.setdefault(value, len(known)) for value in values))
    return numbers, list(known)
