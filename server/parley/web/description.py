"""The service description of /sparql (W3C SPARQL 1.1 Service Description), limits included."""

from __future__ import annotations

import pyoxigraph as ox

from parley.formats import BINDINGS, DATASETS, FORMATS, GRAPHS
from parley.rdf import RDF_TYPE, XSD, term
from parley.store.versions import Version
from parley.web.exchange import Reply, Request
from parley.web.negotiate import choose
from parley.web.site import Site, stamped

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
LIMITS = (
    "query_timeout",
    "query_memory",
    "row_limit",
    "query_text_limit",
    "upload_limit",
    "concurrent_queries",
    "queue_length",
)


def described(site: Site, request: Request, version: Version, wanted: str | None) -> Reply:
    """The description as RDF in the format asked for."""
    form, media_type = choose(GRAPHS + DATASETS, request.header("Accept"), wanted)
    assert isinstance(form.engine, ox.RdfFormat)
    prefixes = {"sd": SD, "void": VOID, "parley": site.dataset.names.prefixes["parley"]}
    body = ox.serialize(description(site, request, version), None, form.engine, prefixes=prefixes)
    assert body is not None
    return stamped(Reply(200, body, media_type), request, version)


def description(site: Site, request: Request, version: Version) -> list[ox.Triple]:
    """The triples of the description."""
    root = site.root(request)
    service = ox.NamedNode(f"{root}/sparql")
    data = ox.NamedNode(f"{root}/sparql#dataset")
    graph = ox.NamedNode(f"{root}/sparql#default-graph")

    def sd(name: str) -> ox.NamedNode:
        return ox.NamedNode(SD + name)

    triples = [
        ox.Triple(service, RDF_TYPE, sd("Service")),
        ox.Triple(service, sd("endpoint"), service),
        ox.Triple(service, sd("supportedLanguage"), sd("SPARQL11Query")),
        ox.Triple(service, sd("defaultDataset"), data),
        ox.Triple(data, RDF_TYPE, sd("Dataset")),
        ox.Triple(data, sd("defaultGraph"), graph),
        ox.Triple(graph, RDF_TYPE, sd("Graph")),
        ox.Triple(graph, ox.NamedNode(f"{VOID}triples"), _number(version.quads)),
    ]
    if not site.dataset.plain:
        triples.append(ox.Triple(service, sd("feature"), sd("UnionDefaultGraph")))
    triples += [ox.Triple(service, sd("resultFormat"), ox.NamedNode(iri)) for iri in _format_iris()]
    triples += [
        ox.Triple(service, term(_camel(name)), _number(getattr(site.settings, name)))
        for name in LIMITS
    ]
    return triples


def _number(value: float) -> ox.Literal:
    kind = "integer" if isinstance(value, int) else "decimal"
    return ox.Literal(str(value), datatype=ox.NamedNode(XSD + kind))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _format_iris() -> list[str]:
    """The IRIs that the W3C gives formats; both tables of the engine know them."""
    assert FORMATS == BINDINGS + GRAPHS + DATASETS
    return [form.engine.iri for form in FORMATS]
