"""The one table of formats: media type, file extension, engine format, kind of answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyoxigraph import QueryResultsFormat, RdfFormat

Kind = Literal["bindings", "graph", "dataset"]


@dataclass(frozen=True)
class Format:
    """A serialisation; `extension` is also the value of `?format=`; `aliases` are accepted too."""

    extension: str
    media_type: str
    kind: Kind
    engine: QueryResultsFormat | RdfFormat
    aliases: tuple[str, ...] = ()


BINDINGS = (
    Format(
        "json",
        "application/sparql-results+json",
        "bindings",
        QueryResultsFormat.JSON,
        ("srj", "application/json"),
    ),
    Format(
        "xml",
        "application/sparql-results+xml",
        "bindings",
        QueryResultsFormat.XML,
        ("srx", "application/xml", "text/xml"),
    ),
    Format("csv", "text/csv", "bindings", QueryResultsFormat.CSV),
    Format("tsv", "text/tab-separated-values", "bindings", QueryResultsFormat.TSV),
)
GRAPHS = (
    Format(
        "ttl",
        "text/turtle",
        "graph",
        RdfFormat.TURTLE,
        ("turtle", "application/x-turtle", "n3", "text/n3"),  # Turtle is N3
    ),
    Format("nt", "application/n-triples", "graph", RdfFormat.N_TRIPLES, ("ntriples", "text/plain")),
    Format("rdf", "application/rdf+xml", "graph", RdfFormat.RDF_XML, ("rdfxml", "application/xml")),
    Format(
        "jsonld",
        "application/ld+json",
        "graph",
        RdfFormat.JSON_LD,
        ("json-ld", "application/json"),
    ),
)
DATASETS = (
    Format("trig", "application/trig", "dataset", RdfFormat.TRIG),
    Format("nq", "application/n-quads", "dataset", RdfFormat.N_QUADS, ("nquads",)),
)
FORMATS = BINDINGS + GRAPHS + DATASETS


def named(name: str, offered: tuple[Format, ...] = FORMATS) -> Format | None:
    """The format with this extension, media type or alias among those offered, or None."""
    name = name.strip().lower()
    for exact in (True, False):
        for form in offered:
            if name in (form.extension, form.media_type) or (not exact and name in form.aliases):
                return form
    return None
