"""The worlds that claims are translated for, and the files that each has."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

import pyoxigraph as ox

from parley.errors import NotFound
from parley.rdf import Namespaces
from parley.translating import followthemoney, nanopublications, provenance, reifiers, wikibase
from parley.translating.book import Book
from parley.translating.tables import TABLES


@dataclass(frozen=True)
class Form:
    """A serialisation of a translation; no `engine` where it is none of RDF."""

    extension: str
    media_type: str
    engine: ox.RdfFormat | None = None


@dataclass(frozen=True)
class World:
    """A vocabulary with the tools that read it; the first form is the one offered first.

    `standard` is the address of what says how it is written.
    `parts` are the files of a world that has several, each for the whole dataset.
    """

    name: str
    title: str
    says: str
    standard: str
    forms: tuple[Form, ...]
    write: Callable[[Book, BinaryIO, Form, str], None]
    parts: tuple[str, ...] = ()

    def form(self, extension: str) -> Form:
        """The form with this extension. Raises NotFound."""
        for form in self.forms:
            if form.extension == extension:
                return form
        known = ", ".join(form.extension for form in self.forms)
        raise NotFound(f"{self.title} have no format '{extension}' here; use {known}")


@dataclass(frozen=True)
class Translation:
    """What is to be written: a world, one of its parts, and a form; of the dataset at `base`."""

    base: str
    world: World
    form: Form
    part: str = ""

    @property
    def name(self) -> str:
        """The address below `/as/`, without its extension."""
        return "/".join(part for part in (self.world.name, self.part) if part)

    @property
    def extension(self) -> str:
        """The ending of the address."""
        return self.form.extension

    @property
    def media_type(self) -> str:
        """The media type of the file."""
        return self.form.media_type

    def write(self, book: Book, target: BinaryIO) -> None:
        """Writes it piece by piece; memory grows with the names of the claims only."""
        self.world.write(book, target, self.form, self.part)


def translation(base: str, name: str, extension: str) -> Translation:
    """The translation at an address below `/as/`. Raises NotFound."""
    first, _, part = name.partition("/")
    world = WORLDS.get(first)
    if world is None:
        raise NotFound(f"there is no translation '{first}' here; use {', '.join(WORLDS)}")
    if part not in (world.parts or ("",)):
        known = ", ".join(world.parts)
        raise NotFound(
            f"there is no part '{part}' of {first} here" + f"; use {known}" * bool(known)
        )
    return Translation(base, world, world.form(extension), part)


_Rows = Callable[[Book], Iterator[ox.Quad] | Iterator[ox.Triple]]


def _rdf(rows: _Rows, more: Callable[[Book], dict[str, str]]) -> Callable[..., None]:
    def write(book: Book, target: BinaryIO, form: Form, part: str) -> None:
        assert form.engine
        prefixes = {**Namespaces(book.edition.base).prefixes, **more(book)}
        told = cast("Iterable[ox.Quad]", rows(book))
        ox.serialize(told, target, form.engine, prefixes=prefixes)

    return write


def _nanopublications(book: Book) -> Iterator[ox.Quad]:
    for claim in book.claims():
        yield from nanopublications.quads(book.edition, claim)


def _reifiers(book: Book) -> Iterator[ox.Triple]:
    yield from book.edition.header("reifiers")
    for claim in book.claims():
        yield from reifiers.triples(claim)


def _wikibase(book: Book) -> Iterator[ox.Triple]:
    writer = wikibase.Wikibase(book.edition)
    yield from writer.header()
    for thing in book.things():
        yield from writer.of_thing(thing)
    for claim in book.claims():
        yield from writer.of_claim(claim)
    yield from writer.properties()


def _provenance(book: Book) -> Iterator[ox.Triple]:
    yield from provenance.header(book.edition)
    for thing in book.things():
        yield from provenance.of_thing(thing, book.kinds)
    for claim in book.claims():
        yield from provenance.of_claim(book.edition, claim)


def _entities(book: Book, target: BinaryIO, form: Form, part: str) -> None:
    for entity in followthemoney.entities(book):
        target.write(json.dumps(entity, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def _table(book: Book, target: BinaryIO, form: Form, part: str) -> None:
    table = next(table for table in TABLES if table.name == part)
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    for line in table.lines(book):
        writer.writerow(line)
        target.write(lines.getvalue().encode("utf-8", "replace"))
        lines.seek(0)
        lines.truncate()


_TURTLE = Form("ttl", "text/turtle", ox.RdfFormat.TURTLE)
_TRIPLES = Form("nt", "application/n-triples", ox.RdfFormat.N_TRIPLES)
_GRAPHS = (
    _TURTLE,
    _TRIPLES,
    Form("rdf", "application/rdf+xml", ox.RdfFormat.RDF_XML),
    Form("jsonld", "application/ld+json", ox.RdfFormat.JSON_LD),
)
WORLDS = {
    world.name: world
    for world in (
        World(
            "nanopub",
            "Nanopublications",
            "Each claim with head, assertion, provenance and publication info, a graph for each.",
            "https://nanopub.net/guidelines/working_draft/",
            (
                Form("trig", "application/trig", ox.RdfFormat.TRIG),
                Form("nq", "application/n-quads", ox.RdfFormat.N_QUADS),
                Form("jsonld", "application/ld+json", ox.RdfFormat.JSON_LD),
            ),
            _rdf(_nanopublications, lambda book: nanopublications.PREFIXES),
        ),
        World(
            "reifiers",
            "RDF 1.2 reifiers",
            "Each claim as a reifier of the triples it speaks of, none of which is asserted.",
            "https://www.w3.org/TR/rdf12-concepts/",
            (
                Form("ttl", "text/turtle;version=1.2", ox.RdfFormat.TURTLE),
                Form("nt", "application/n-triples;version=1.2", ox.RdfFormat.N_TRIPLES),
            ),
            _rdf(_reifiers, lambda book: {}),
        ),
        World(
            "wikibase",
            "Wikibase statements",
            "Each claim as statements with a rank, qualifiers and a reference with its quote.",
            "https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format",
            _GRAPHS,
            _rdf(_wikibase, lambda book: wikibase.prefixes(book.edition)),
        ),
        World(
            "prov",
            "PROV",
            "Each claim as an entity of its speaker, and the way of its words to the document.",
            "https://www.w3.org/TR/prov-o/",
            _GRAPHS,
            _rdf(_provenance, lambda book: {}),
        ),
        World(
            "followthemoney",
            "FollowTheMoney entities",
            "Things, notes of what was claimed, and the links that nobody contests.",
            "https://followthemoney.tech/",
            (Form("jsonl", "application/x-ndjson"),),
            _entities,
        ),
        World(
            "tables",
            "CSV tables",
            "Claims, propositions, things and events for R, pandas and spreadsheets.",
            "https://www.w3.org/TR/tabular-metadata/",
            (Form("csv", "text/csv"),),
            _table,
            tuple(table.name for table in TABLES),
        ),
    )
}
