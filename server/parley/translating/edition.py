"""What a translation says of itself: of which dataset and version it is, under what licence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pyoxigraph as ox

from parley.rdf import RDF_TYPE, XSD
from parley.translating.reading import Source
from parley.translating.records import described, named

_DATASET = (named("dcterms:license"), named("dcterms:title"), named("dcterms:creator"))


@dataclass(frozen=True)
class Edition:
    """A version of a dataset, made at `time` (UTC, ISO 8601)."""

    base: str
    number: int
    time: str
    title: str = ""
    licenses: tuple[ox.NamedNode, ...] = ()
    creators: tuple[ox.NamedNode, ...] = ()

    @classmethod
    def of(cls, source: Source, base: str, number: int, time: str) -> Edition:
        """The edition, with what the dataset's own description says."""
        node = ox.NamedNode(f"{base}dataset")
        told = described(source, [node], _DATASET)[node]
        license, title, creator = _DATASET
        return cls(base, number, time, told.text(title), told.nodes(license), told.nodes(creator))

    @property
    def dataset(self) -> ox.NamedNode:
        """The dataset, whichever version of it."""
        return ox.NamedNode(f"{self.base}dataset")

    @property
    def version(self) -> ox.NamedNode:
        """The version, at whose address its history stands."""
        return ox.NamedNode(f"{self.base}history/{self.number}")

    @property
    def made(self) -> ox.Literal:
        """When the version was made."""
        return ox.Literal(self.time, datatype=ox.NamedNode(f"{XSD}dateTime"))

    def address(self, world: str, name: str = "", part: str = "") -> ox.NamedNode:
        """Where this version is told in the terms of a world: all of it, or one thing; a part."""
        path = f"{world}/{quote(name, safe='')}" if name else world
        tail = f"#{part}" if part else ""
        return ox.NamedNode(f"{self.base}as/{path}?version={self.number}{tail}")

    def header(self, world: str) -> Iterator[ox.Triple]:
        """What a file of triples says of itself."""
        file = self.address(world)
        yield ox.Triple(file, RDF_TYPE, named("foaf:Document"))
        yield ox.Triple(file, named("dcterms:source"), self.version)
        yield ox.Triple(file, named("dcterms:isVersionOf"), self.dataset)
        yield ox.Triple(file, named("dcterms:created"), self.made)
        for license in self.licenses:
            yield ox.Triple(file, named("dcterms:license"), license)
