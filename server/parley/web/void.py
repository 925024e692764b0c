"""/void: the dataset described in VoID and DCAT, in step with each version; /.well-known/void."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pyoxigraph as ox

from parley.describing import Statistics
from parley.formats import DATASETS, GRAPHS, Format
from parley.rdf import PARLEY
from parley.store.versions import Version
from parley.web.about import described_at, say_about
from parley.web.dcat import say_catalog, say_dumps, say_translations, say_versions
from parley.web.description import say_service
from parley.web.documents import Document, links
from parley.web.dumped import Dumped, File
from parley.web.exchange import Reply, Request, redirect
from parley.web.negotiate import rdf_or_page
from parley.web.partitions import (
    say_graphs,
    say_languages,
    say_links,
    say_partitions,
    say_totals,
    say_vocabularies,
)
from parley.web.schemaorg import described_dataset
from parley.web.site import Site, stamped
from parley.web.statements import Statements
from parley.web.views import Views

_FORMS = GRAPHS + DATASETS
_FEW = 10_000  # things of a class among which an example is looked for
_EXAMPLES = 5
_SHOWN = 200  # graphs, and properties of a class, on the page


def blueprint(site: Site) -> Views:
    """The views of the description."""
    views = Views("void", site)

    @views.read("/void", "/void.<extension>")
    def void(request: Request, version: Version, extension: str = "") -> Reply:
        form, media_type = rdf_or_page(request, _FORMS, extension)
        document = Document(site.about.of(version).node, "/void", "/void.html")
        here = document.file(form) if form else document.page
        told = links(site, request, version, document, here, DATASETS)
        if form is None:
            return _page(site, request, version).header(("Link", ", ".join(told)))
        return _described(site, request, version, form, media_type, told)

    @views.read("/.well-known/void")
    def well_known(request: Request, version: Version) -> Reply:
        tail = f"?{request.query}" if request.query else ""
        return stamped(redirect(f"/void{tail}"), request, version)

    return views


def _described(
    site: Site,
    request: Request,
    version: Version,
    form: Format,
    media_type: str,
    told: tuple[str, ...],
) -> Reply:
    """The description as RDF; it changes without a new version where a dump was made."""
    dumped = Dumped(site, version)
    dumps, translated = list(dumped.of()), list(dumped.translations())
    also = repr([file.made for file in (*dumps, *translated)])
    empty = stamped(Reply(200, b"", media_type), request, version, *told, also=also)
    if empty.status == 304:
        return empty
    figures = site.figures.of(version)
    root = site.root(request)
    key = (version, root, media_type, also, "void")

    def write() -> bytes:
        return _written(site, root, version, form, figures, dumps, translated)

    return replace(empty, body=site.figures.texts.get(key, write))


def _written(
    site: Site,
    root: str,
    version: Version,
    form: Format,
    figures: Statistics,
    dumps: list[File],
    translated: list[File],
) -> bytes:
    dataset, document = site.about.of(version), described_at(root)
    node = dataset.node
    said = Statements()
    say_about(said, dataset, root)
    if not site.dataset.plain:
        said.say(node, "void:uriSpace", dataset.names.base)
    say_totals(said, node, figures)
    said.say(node, "void:feature", *(ox.NamedNode(form.engine.iri) for form in _FORMS))
    said.say(node, "void:exampleResource", *_examples(site, version, figures))
    say_vocabularies(said, node, figures)
    say_languages(said, node, document, figures)
    say_partitions(said, node, document, figures, nested=True)
    say_links(said, node, document, figures)
    say_graphs(said, node, document, figures)
    say_catalog(said, dataset, root)
    say_versions(said, dataset, site.versions, root)
    say_dumps(said, dataset, root, dumps)
    say_translations(said, dataset, root, translated)
    say_service(said, dataset, site, root, figures.by("graph"))
    return said.bytes(form, site.dataset.names.prefixes)


def _examples(site: Site, version: Version, figures: Statistics) -> list[ox.NamedNode]:
    """One thing each of some classes that have many, but not so many that looking takes long."""
    kinds = [kind for kind, count in figures.by("class") if count <= _FEW]
    own = [kind for kind in kinds if kind.startswith(PARLEY)][:_EXAMPLES]
    found = []
    for kind in own or kinds[:_EXAMPLES]:
        row = site.rows("example", version, _kind=ox.NamedNode(kind))[0]
        if "first" in row:
            found.append(ox.NamedNode(row["first"]["value"]))
    return found


def _page(site: Site, request: Request, version: Version) -> Reply:
    figures = site.figures.of(version)
    links: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for property_, _ in figures.by("uses", ""):
        for origin, count in figures.by("link", property_):
            links[origin].append((property_, count))
    ranked = [(origin, sum(n for _, n in found), found) for origin, found in links.items()]
    return site.page(
        "void",
        request,
        version,
        dataset=site.about.of(version),
        figures=figures,
        links=sorted(ranked, key=lambda link: (-link[1], link[0])),
        graphs=[pair for pair in figures.by("graph") if pair[0]],
        shown=_SHOWN,
        schema=described_dataset(site, request, version),
    )
