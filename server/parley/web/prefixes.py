"""The prefixes of the dataset: a page, declarations for SHACL, a context for JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pyoxigraph as ox

from parley.formats import GRAPHS
from parley.rdf import COMMON_PREFIXES, RDF_TYPE, RDFS_LABEL, XSD, Namespaces
from parley.store.versions import Version
from parley.web.documents import Document, links, self_description
from parley.web.exchange import Reply, Request
from parley.web.negotiate import rdf_or_page
from parley.web.site import Site, stamped
from parley.web.views import Views

CONTEXT = "application/ld+json"
_SH = COMMON_PREFIXES["sh"]
_ANY_URI = ox.NamedNode(XSD + "anyURI")


def blueprint(site: Site) -> Views:
    """The views of the prefixes."""
    views = Views("prefixes", site)
    names = site.dataset.names
    document = Document(ox.NamedNode(f"{names.base}prefixes"), "/prefixes", "/prefixes.html")
    in_context = f'</context.jsonld>; rel="alternate"; type="{CONTEXT}"'

    @views.read("/prefixes", "/prefixes.<extension>")
    def prefixes(request: Request, version: Version, extension: str = "") -> Reply:
        form, media_type = rdf_or_page(request, GRAPHS, extension)
        here = document.file(form) if form else document.page
        told = (*links(site, request, version, document, here), in_context)
        if form is None:
            rows = sorted(names.prefixes.items())
            page = site.page("prefixes", request, version, prefixes=rows)
            return page.header(("Link", ", ".join(told)))
        assert isinstance(form.engine, ox.RdfFormat)
        itself = (ox.Triple(*said) for said in self_description(site, version, document, form))
        triples = (*declarations(names), *itself)
        body = ox.serialize(triples, None, form.engine, prefixes=names.prefixes)
        return stamped(Reply(200, body or b"", media_type), request, version, *told)

    @views.read("/context.jsonld")
    def context_file(request: Request, version: Version) -> Reply:
        body = json.dumps(context(names.prefixes), ensure_ascii=False, indent=1).encode() + b"\n"
        return stamped(Reply(200, body, CONTEXT), request, version)

    return views


def declarations(names: Namespaces) -> Iterator[ox.Triple]:
    """The prefixes as SHACL declares them (SHACL, section 5.2.1), for `sh:prefixes`."""
    here = ox.NamedNode(f"{names.base}prefixes")
    title = ox.Literal("Prefixes of the dataset", language="en")
    yield ox.Triple(here, RDF_TYPE, ox.NamedNode(COMMON_PREFIXES["owl"] + "Ontology"))
    yield ox.Triple(here, RDFS_LABEL, title)
    for prefix, namespace in sorted(names.prefixes.items()):
        node = ox.NamedNode(f"{here.value}#{prefix}")
        yield ox.Triple(here, _sh("declare"), node)
        yield ox.Triple(node, RDF_TYPE, _sh("PrefixDeclaration"))
        yield ox.Triple(node, _sh("prefix"), ox.Literal(prefix))
        yield ox.Triple(node, _sh("namespace"), ox.Literal(namespace, datatype=_ANY_URI))


def context(prefixes: Mapping[str, str]) -> dict[str, object]:
    """The prefixes as a JSON-LD 1.1 context."""
    return {"@context": {"@version": 1.1, **dict(sorted(prefixes.items()))}}


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(_SH + name)
