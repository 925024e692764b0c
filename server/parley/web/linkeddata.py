"""Linked data: /id/X leads to /page/X or /data/X.EXT; graphs and the dataset as files."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pyoxigraph as ox

from parley.errors import BadInput, Gone, NotFound
from parley.formats import DATASETS, GRAPHS, Format, named
from parley.store.backend import Download
from parley.store.versions import Version
from parley.web.downloads import downloaded, wanted
from parley.web.exchange import Reply, Request, redirect
from parley.web.negotiate import choose, prefers_html
from parley.web.site import Site, sent, stamped
from parley.web.views import Views


def blueprint(site: Site) -> Views:
    """The views of single things, graphs and dumps."""
    views = Views("linkeddata", site)

    @views.read("/id/<path:name>")
    def thing(request: Request, version: Version, name: str) -> Reply:
        known(site, iri(f"{site.dataset.names.base}id/{name}"), version)
        tail = f"?{request.query}" if request.query else ""
        place = quote(name, safe="/~!$&'()*+,;=:@")
        accept = request.header("Accept")
        if request.value("format") is None and prefers_html(accept, GRAPHS):
            return stamped(redirect(f"/page/{place}{tail}"), request, version)
        form, _ = choose(GRAPHS, accept, request.value("format"))
        return stamped(redirect(f"/data/{place}.{form.extension}{tail}"), request, version)

    @views.read("/data/<path:name>.<extension>")
    def data(request: Request, version: Version, name: str, extension: str) -> Reply:
        node = iri(f"{site.dataset.names.base}id/{name}")
        return thing_data(site, request, version, node, extension, f"/data/{name}")

    @views.read("/graph/<path:name>")
    def graph(request: Request, version: Version, name: str) -> Reply:
        stem, _, extension = name.rpartition(".")
        wanted = extension if stem and named(extension, GRAPHS + DATASETS) else None
        if wanted:
            name = stem
        node = iri(f"{site.dataset.names.base}graph/{name}")
        size = int(site.rows("graph-size", version, _graph=node)[0]["quads"]["value"])
        if not size:
            raise NotFound(f"the graph {node.value} has no triples in version {version.number}")
        if not wanted and prefers_html(request.header("Accept"), GRAPHS):
            return site.page("graph", request, version, iri=node.value, name=name, size=size)
        form, media_type = choose(GRAPHS + DATASETS, request.header("Accept"), wanted)
        if size > site.settings.row_limit:
            return downloaded(site, request, version, Download(form, node))
        answer = site.graph("whole-graph", version, form, _graph=node)
        return stamped(sent(answer, media_type), request, version)

    @views.read("/dump.<extension>")
    def dump(request: Request, version: Version, extension: str) -> Reply:
        asked = wanted(extension)
        given = request.value("graph")
        if given is None:
            return downloaded(site, request, version, asked)
        try:
            node = ox.NamedNode(given)
        except ValueError as error:
            raise BadInput(f"graph: '{given}' is not an absolute IRI") from error
        if not site.holds("graph-exists", version, _graph=node):
            raise NotFound(f"there is no graph <{given}> in version {version.number}")
        return downloaded(site, request, version, replace(asked, graph=node))

    return views


def iri(text: str) -> ox.NamedNode:
    """An IRI made from an address; raises NotFound for what can be none."""
    try:
        return ox.NamedNode(text)
    except ValueError as error:
        raise NotFound(f"'{text}' is not an IRI") from error


def known(site: Site, node: ox.NamedNode, version: Version) -> None:
    """Raises NotFound or Gone when a version says nothing of the thing."""
    if not site.holds("exists", version, _thing=node):
        raise missing(site, node, version)


def missing(site: Site, node: ox.NamedNode, version: Version) -> NotFound | Gone:
    """Why a thing is not in a version: it was deleted, or it never was there."""
    by = site.traces.deleted(node, version)
    if by is None or site.holds("in-a-graph", version, _thing=node):
        return NotFound(f"nothing is known of {node.value} in version {version.number}")
    last = by.number - 1
    return Gone(
        f"{node.value} was deleted in version {by.number} by {by.author} ({by.time}: {by.text}); "
        f"?version={last} shows it as it was before",
        last_version=last,
    )


def offered(extension: str, forms: tuple[Format, ...]) -> Format:
    """The format with this extension; raises NotFound."""
    for form in forms:
        if form.extension == extension:
            return form
    raise NotFound(
        f"there is no format '{extension}' here; use {', '.join(f.extension for f in forms)}"
    )


def alternates(path: str, node: ox.NamedNode) -> tuple[str, ...]:
    """What a Link header says of a thing's other forms."""
    place = quote(path, safe="/~!$&'()*+,;=:@")
    links = [
        f'<{place}.{form.extension}>; rel="alternate"; type="{form.media_type}"' for form in GRAPHS
    ]
    return (*links, f'<{node.value}>; rel="describes"')


def thing_data(
    site: Site, request: Request, version: Version, node: ox.NamedNode, extension: str, path: str
) -> Reply:
    """What a version says of a thing, as a file."""
    form = offered(extension, GRAPHS)
    answer = site.graph("data", version, form, _thing=node)
    if not answer.rows:
        answer.close()
        known(site, node, version)
    reply = sent(answer, form.media_type)
    return stamped(reply, request, version, *alternates(path, node))
