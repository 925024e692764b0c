"""The service description of /sparql (W3C SPARQL 1.1 Service Description), limits included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pyoxigraph as ox

from parley.describing import Statistics
from parley.formats import DATASETS, FORMATS, GRAPHS, Format
from parley.store.versions import Version
from parley.web.about import About, described_at, say_about
from parley.web.exchange import Reply, Request
from parley.web.fragments.patterns import PATHS
from parley.web.negotiate import choose
from parley.web.partitions import part, say_partitions, say_totals, say_vocabularies
from parley.web.site import Site, stamped
from parley.web.statements import Statements, name, text, typed

LIMITS = (
    "query_timeout",
    "query_memory",
    "row_limit",
    "query_text_limit",
    "upload_limit",
    "concurrent_queries",
    "queue_length",
)
_MOST = 10_000  # graphs that are listed
_SIMPLE = ox.NamedNode("http://www.w3.org/ns/entailment/Simple")
_DERIVED = (
    "Derived from claims by rules when the dataset changes, and stored: no entailment happens "
    "when a query is answered."
)
_SEE = (
    *("/void", "/shapes.ttl", "/prefixes", "/queries"),
    *("/.well-known/sparql-examples", "/openapi.json"),
)
# What the engine knows of OGC GeoSPARQL's functions.
_GEOSPARQL = "http://www.opengis.net/def/function/geosparql/"
_FUNCTIONS = (
    *"area asGeoJSON centroid convexHull coordinateDimension difference dimension distance".split(),
    *"ehContains ehCoveredBy ehCovers ehDisjoint ehEquals ehInside ehMeet ehOverlap".split(),
    *"envelope getSRID intersection isEmpty isSimple length perimeter relate".split(),
    *"rcc8dc rcc8ec rcc8eq rcc8ntpp rcc8ntppi rcc8po rcc8tpp rcc8tppi".split(),
    *"sfContains sfCrosses sfDisjoint sfEquals sfIntersects sfOverlaps sfTouches sfWithin".split(),
    *"spatialDimension symDifference union".split(),
)
_CATALOGUE = "The saved queries, written from their files or their editor."


def described(site: Site, request: Request, version: Version, wanted: str | None) -> Reply:
    """The description as RDF in the format asked for.

    It has the dataset's figures once they were counted, and another ETag then.
    """
    form, media_type = choose(GRAPHS + DATASETS, request.header("Accept"), wanted)
    figures = site.figures.known(version)
    counted = "counted" if figures else ""
    empty = stamped(Reply(200, b"", media_type), request, version, also=counted)
    if empty.status == 304:
        return empty
    root = site.root(request)
    key = (version, root, media_type, counted, "service")
    body = site.figures.texts.get(key, lambda: _written(site, root, version, form, figures))
    return replace(empty, body=body)


def _written(
    site: Site, root: str, version: Version, form: Format, figures: Statistics | None
) -> bytes:
    dataset = site.about.of(version)
    said = Statements()
    graphs = figures.by("graph") if figures else site.figures.graphs(version)
    say_service(said, dataset, site, root, graphs)
    say_about(said, dataset, root)
    if figures:
        say_totals(said, dataset.node, figures)
        say_vocabularies(said, dataset.node, figures)
        say_partitions(said, dataset.node, described_at(root), figures, nested=False)
    return said.bytes(form, site.dataset.names.prefixes)


def say_service(
    said: Statements, dataset: About, site: Site, root: str, graphs: Iterable[tuple[str, int]]
) -> None:
    """What the endpoint does, in which formats, under which limits, and on which graphs."""
    settings = site.settings
    service = ox.NamedNode(f"{root}/sparql")
    said.a(service, "sd:Service")
    said.say(service, "sd:endpoint", service)
    said.say(service, "sd:supportedLanguage", name("sd:SPARQL11Query"))
    if not settings.read_only:
        said.say(service, "sd:supportedLanguage", name("sd:SPARQL11Update"))
        formats = [form.engine.iri for form in GRAPHS + DATASETS]
        said.say(service, "sd:inputFormat", *map(ox.NamedNode, formats))
    if not site.dataset.plain:
        said.say(service, "sd:feature", name("sd:UnionDefaultGraph"))
    if settings.service_hosts:
        said.say(service, "sd:feature", name("sd:BasicFederatedQuery"))
    said.say(service, "sd:resultFormat", *(ox.NamedNode(form.engine.iri) for form in FORMATS))
    if settings.store is None:  # of another store's functions nothing is known
        functions = (_GEOSPARQL + function for function in _FUNCTIONS)
        said.things(service, "sd:extensionFunction", "sd:Function", *functions)
    said.say(service, "sd:defaultEntailmentRegime", _SIMPLE)
    for limit in LIMITS:
        value = getattr(settings, limit)
        number = typed(value, "decimal") if isinstance(value, float) else value
        said.say(service, f"parley:{_camel(limit)}", number)
    for path in (*_SEE, *PATHS.values()):
        said.say(service, "rdfs:seeAlso", ox.NamedNode(root + path))
    _say_dataset(said, dataset, site, root, graphs)


def _say_dataset(
    said: Statements,
    dataset: About,
    site: Site,
    root: str,
    graphs: Iterable[tuple[str, int]],
) -> None:
    """The default dataset: its default graph and its named graphs.

    Their nodes are others than the dataset's own, and no named graph is called `sd:Graph`: a client
    that adds up the figures of what is one, or a `void:Dataset`, would count triples twice.
    """
    service = ox.NamedNode(f"{root}/sparql")
    data, default = (ox.NamedNode(f"{service.value}#{end}") for end in ("dataset", "default-graph"))
    said.say(service, "sd:defaultDataset", data)
    said.a(data, "sd:Dataset")
    said.say(data, "sd:defaultGraph", default)
    said.a(default, "sd:Graph")
    ranked = list(graphs)
    union = not site.dataset.plain
    total = dataset.version.quads if union else dict(ranked).get("", 0)
    said.say(default, "void:triples", total)
    derived, made = set(site.dataset.derived()), set(site.dataset.made())
    for graph, triples in ranked[:_MOST]:
        if not graph or graph.startswith("_:"):
            continue
        iri = ox.NamedNode(graph)
        named = part(described_at(root), graph=graph)
        said.say(data, "sd:namedGraph", named)
        said.a(named, "sd:NamedGraph")
        said.say(named, "sd:name", iri)
        said.say(named, "void:triples", triples)
        if iri in derived:
            said.say(named, "dcterms:description", text(_DERIVED))
        elif iri in made:
            said.say(named, "dcterms:description", text(_CATALOGUE))


def _camel(limit: str) -> str:
    first, *rest = limit.split("_")
    return first + "".join(part.title() for part in rest)
