"""How the page of a thing is cited, in words and as files: /cite/X.bib, /cite/X.csl.json."""

from __future__ import annotations

from collections.abc import Set
from urllib.parse import quote

from parley.rdf import PARLEY, RDF_TYPE
from parley.store.versions import Version
from parley.web.citing import Work, articles, bibtex, cited, csl
from parley.web.exchange import Reply, Request, text
from parley.web.linkeddata import iri, missing
from parley.web.queries import BIBTEX, CSL
from parley.web.record import CLAIMS, label, values
from parley.web.site import Row, Site, stamped
from parley.web.views import Views


def blueprint(site: Site) -> Views:
    """The views of citations."""
    views = Views("citations", site)

    @views.read("/cite/<path:name>.bib")
    def as_bibtex(request: Request, version: Version, name: str) -> Reply:
        return stamped(text(bibtex(_works(site, request, version, name)), BIBTEX), request, version)

    @views.read("/cite/<path:name>.csl.json")
    def as_csl(request: Request, version: Version, name: str) -> Reply:
        return stamped(text(csl(_works(site, request, version, name)), CSL), request, version)

    return views


def page_work(site: Site, request: Request, version: Version, name: str, record: list[Row]) -> Work:
    """The page of a thing as a work; its address leads to this version of it for ever."""
    folder = _folder(values(record, RDF_TYPE.value))
    place = quote(name, safe="/~!$&'()*+,;=:@")
    address = f"{site.root(request)}/{folder}/{place}?version={version.number}"
    return cited(site, version, name.replace("/", "-"), label(record) or name, address)


def works_behind(site: Site, version: Version, node: str) -> list[Work]:
    """The article that a thing is, or those that a claim quotes."""
    return articles(site, version, [Row(thing={"type": "uri", "value": node})]) or []


def _folder(kinds: Set[str]) -> str:
    if kinds & CLAIMS:
        return "claims"
    return "articles" if f"{PARLEY}Article" in kinds else "page"


def _works(site: Site, request: Request, version: Version, name: str) -> list[Work]:
    node = iri(f"{site.dataset.names.base}id/{name}")
    record = site.rows("record", version, _thing=node)
    if not record:
        raise missing(site, node, version)
    work = page_work(site, request, version, name, record)
    return [work, *works_behind(site, version, node.value)]
