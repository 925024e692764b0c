"""What kinds of subjects and objects there are, and which figures a triple between them adds to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from parley.describing.statistics import Counts, Space
from parley.rdf import RDF_TYPE, XSD

_RDF = RDF_TYPE.value.removesuffix("type")


class Side(NamedTuple):
    """A kind of subject: its classes, and whether it is the dataset's own and has a document."""

    classes: tuple[str, ...]
    is_entity: bool
    has_document: bool


class End(NamedTuple):
    """A kind of object: of a literal the datatype and language, else classes and foreign origin."""

    classes: tuple[str, ...] = ()
    datatype: str = ""
    language: str = ""
    origin: str = ""


def iri_of(text: str) -> str:
    """The IRI of a term as N-Triples has it; empty for a term of another kind."""
    return text[1:-1] if text[:1] == "<" != text[1:2] else ""


def side_of(text: str, classes: Iterable[str], space: Space) -> Side:
    """The kind of a subject from its N-Triples text."""
    iri = iri_of(text)
    own = bool(iri) and space.is_entity(iri)
    return Side(tuple(sorted(classes)), own, own and space.has_document(iri))


def end_of(text: str, classes: Iterable[str], space: Space) -> End:
    """The kind of an object from its N-Triples text."""
    if text[:1] != '"':
        iri = iri_of(text)
        return End(tuple(sorted(classes)), origin=space.origin(iri) if iri else "")
    mark = text[text.rindex('"') + 1 :]
    if not mark:
        return End(datatype=XSD + "string")
    if mark[0] != "@":
        return End(datatype=mark[3:-1])
    language, both, _ = mark[1:].partition("--")
    return End(datatype=_RDF + ("dirLangString" if both else "langString"), language=language)


def add_subjects(counts: Counts, side: Side, times: int) -> None:
    """Adds so many subjects of a kind."""
    counts["subjects",] += times
    counts["entities",] += times * side.is_entity
    counts["documents",] += times * side.has_document
    for kind in side.classes:
        counts["class", kind] += times


def add_users(counts: Counts, side: Side, predicate: str, times: int) -> None:
    """Adds so many subjects of a kind that have a property."""
    for kind in ("", *side.classes):
        counts["users", kind, predicate] += times


def add_triples(counts: Counts, side: Side, predicate: str, end: End, times: int) -> None:
    """Adds so many triples of a property between these kinds."""
    counts["triples",] += times
    for kind in ("", *side.classes):
        counts["uses", kind, predicate] += times
        if end.datatype:
            counts["datatype", kind, predicate, end.datatype] += times
        for there in end.classes:
            counts["leads", kind, predicate, there] += times
    if end.language:
        counts["language", end.language] += times
    if end.origin and side.is_entity and predicate != RDF_TYPE.value:
        counts["link", predicate, end.origin] += times
