"""The ontology, the controlled vocabularies and the shapes: documented for people and machines."""

from __future__ import annotations

from itertools import groupby

import pyoxigraph as ox

from parley.formats import GRAPHS
from parley.rdf import COMMON_PREFIXES, PARLEY, VOCAB
from parley.store.versions import Version
from parley.web.documents import Document, as_columns, links, parted, placed, self_description
from parley.web.exchange import Reply, Request
from parley.web.linkeddata import in_form, record_page, resolved
from parley.web.negotiate import rdf_or_page
from parley.web.site import Site, sent, stamped
from parley.web.views import Views


def blueprint(site: Site) -> Views:
    """The views of the terms."""
    views = Views("terms", site)
    ontology_graph = site.dataset.names.graph("ontology")
    # A class or property is `/ontology#X`, so one document has them all; so it is with the shapes.
    about_terms = Document(ox.NamedNode(PARLEY.rstrip("#")), "/ontology", "/ontology.html")
    about_shapes = Document(
        ox.NamedNode(COMMON_PREFIXES["shapes"].rstrip("/")), "/shapes", "/shapes.html"
    )

    @views.read("/ontology", "/ontology.<extension>")
    def ontology(request: Request, version: Version, extension: str = "") -> Reply:
        form, media_type = rdf_or_page(request, GRAPHS, extension)
        here = about_terms.file(form) if form else about_terms.page
        told = links(site, request, version, about_terms, here)
        if form is None:
            rows = site.rows("terms", version)
            kinds = [
                (kind, list(found)) for kind, found in groupby(rows, lambda r: r["kind"]["value"])
            ]
            kinds.sort(key=lambda kind: kind[0].endswith("AnnotationProperty"))  # these come last
            schemes = site.rows("schemes", version)
            page = site.page("ontology", request, version, kinds=kinds, schemes=schemes)
            return page.header(("Link", ", ".join(told)))
        itself = as_columns(self_description(site, version, about_terms, form))
        answer = site.graph("graph-document", version, form, _graph=ontology_graph, **itself)
        return stamped(sent(answer, media_type), request, version, *told)

    @views.read("/shapes", "/shapes.<extension>")
    def shapes(request: Request, version: Version, extension: str = "") -> Reply:
        form, media_type = rdf_or_page(request, GRAPHS, extension)
        if form is None:
            return record_page(site, request, version, about_shapes, "shapes-listed")
        told = links(site, request, version, about_shapes, about_shapes.file(form))
        itself = as_columns(self_description(site, version, about_shapes, form))
        answer = site.graph("shapes", version, form, **itself)
        return stamped(sent(answer, media_type), request, version, *told)

    @views.read("/vocab/<name>")
    def vocab(request: Request, version: Version, name: str) -> Reply:
        stem, extension = parted(name)
        node = resolved(site, version, VOCAB, stem)
        document = placed(node, VOCAB, "/vocab/", "/vocab/", ".html")
        if extension == "html":
            return record_page(site, request, version, document, "concepts")
        return in_form(site, request, version, document, extension)

    return views
