"""The ontology, the controlled vocabularies and the shapes: documented for people and machines."""

from __future__ import annotations

from itertools import groupby

from parley.formats import GRAPHS
from parley.rdf import PARLEY, VOCAB
from parley.store.versions import Version
from parley.web.exchange import Reply, Request
from parley.web.linkeddata import alternates, iri, known, offered, thing_data
from parley.web.negotiate import choose, prefers_html
from parley.web.site import Site, sent, stamped
from parley.web.views import Views


def blueprint(site: Site) -> Views:
    """The views of the terms."""
    views = Views("terms", site)
    ontology_graph = site.dataset.names.graph("ontology")

    @views.read("/ontology")
    def ontology(request: Request, version: Version) -> Reply:
        if request.value("format") is None and prefers_html(request.header("Accept"), GRAPHS):
            rows = site.rows("terms", version)
            kinds = [
                (kind, list(found)) for kind, found in groupby(rows, lambda r: r["kind"]["value"])
            ]
            kinds.sort(key=lambda kind: kind[0].endswith("AnnotationProperty"))  # these come last
            schemes = site.rows("schemes", version)
            return site.page("ontology", request, version, kinds=kinds, schemes=schemes)
        form, media_type = choose(GRAPHS, request.header("Accept"), request.value("format"))
        answer = site.graph("whole-graph", version, form, _graph=ontology_graph)
        links = alternates("/ontology", iri(PARLEY.rstrip("#")))
        return stamped(sent(answer, media_type), request, version, *links)

    @views.read("/ontology.<extension>")
    def ontology_file(request: Request, version: Version, extension: str) -> Reply:
        form = offered(extension, GRAPHS)
        answer = site.graph("whole-graph", version, form, _graph=ontology_graph)
        return stamped(sent(answer, form.media_type), request, version)

    @views.read("/shapes.<extension>")
    def shapes(request: Request, version: Version, extension: str) -> Reply:
        form = offered(extension, GRAPHS)
        return stamped(sent(site.graph("shapes", version, form), form.media_type), request, version)

    @views.read("/vocab/<name>")
    def vocab(request: Request, version: Version, name: str) -> Reply:
        stem, _, extension = name.rpartition(".")
        if stem:
            node = iri(VOCAB + stem)
            return thing_data(site, request, version, node, extension, f"/vocab/{stem}")
        node = iri(VOCAB + name)
        if request.value("format") is None and prefers_html(request.header("Accept"), GRAPHS):
            known(site, node, version)
            record = site.rows("record", version, _thing=node)
            members = site.rows("concepts", version, _thing=node)
            return site.page(
                "concept", request, version, iri=node.value, record=record, members=members
            )
        form, _ = choose(GRAPHS, request.header("Accept"), request.value("format"))
        return thing_data(site, request, version, node, form.extension, f"/vocab/{name}")

    return views
