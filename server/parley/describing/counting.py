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
        texts = [term.decode() for term in self._numbers]
        classes = self._classes(texts)
        none = frozenset[str]()
        side_at, sides = _numbered(
            side_of(text, classes.get(at, none), space) for at, text in enumerate(texts)
        )
        end_at, ends = _numbered(
            end_of(text, classes.get(at, none), space) for at, text in enumerate(texts)
        )
        size, kinds = len(texts), len(ends)
        triples, pairs, values = set[int](), set[int](), set[int]()
        subjects, objects = set[int](), set[int]()
        graph_subjects, graph_objects = set[int](), set[int]()
        alike = Counter[int]()
        graph_uses, graph_classes = Counter[int](), Counter[int]()
        type_ = self._numbers.get(_TYPE)
        for s, p, o, g in zip(*self._columns, strict=True):
            graph_uses[g * size + p] += 1
            graph_subjects.add(g * size + s)
            graph_objects.add(g * size + o)
            if p == type_:
                graph_classes[g * size + o] += 1
            pair = s * size + p
            triple = pair * size + o
            if triple in triples:  # it stands in another graph, too
                continue
            triples.add(triple)
            pairs.add(pair)
            values.add(p * size + o)
            subjects.add(s)
            objects.add(o)
            alike[(side_at[s] * size + p) * kinds + end_at[o]] += 1

        names = _Names(texts)
        counts: Counts = Counter()
        for key, times in alike.items():
            side_p, end = divmod(key, kinds)
            side, p = divmod(side_p, size)
            add_triples(counts, sides[side], names[p], ends[end], times)
        users = Counter(side_at[pair // size] * size + pair % size for pair in pairs)
        for key, times in users.items():
            side, p = divmod(key, size)
            add_users(counts, sides[side], names[p], times)
        for side, times in Counter(side_at[s] for s in subjects).items():
            add_subjects(counts, sides[side], times)
        counts["objects",] = len(objects)
        for p, times in Counter(value // size for value in values).items():
            counts["values", names[p]] = times
        for g, times in Counter(key // size for key in graph_subjects).items():
            counts["graph-subjects", names[g]] = times
        for g, times in Counter(key // size for key in graph_objects).items():
            counts["graph-objects", names[g]] = times
        for key, times in graph_uses.items():
            g, p = divmod(key, size)
            counts["graph", names[g]] += times
            counts["graph-uses", names[g], names[p]] = times
        for key, times in graph_classes.items():
            g, o = divmod(key, size)
            if iri_of(texts[o]):
                counts["graph-class", names[g], names[o]] = times
        return counts

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


class _Names:
    """The terms by number as keys have them: IRIs without brackets."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def __getitem__(self, at: int) -> str:
        text = self._texts[at]
        return iri_of(text) or text


def _numbered(values: Iterable[_Kind]) -> tuple[array[int], list[_Kind]]:
    """A number for each value, and the values by number."""
    known: dict[_Kind, int] = {}
    numbers = array("Q", (known.setdefault(value, len(known)) for value in values))
    return numbers, list(known)
