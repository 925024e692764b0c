"""Linked data: every IRI of the dataset leads to its document; graphs as files.

`/id/X` stands for a thing and leads with 303 to `/page/X` or `/data/X.EXT`; any other IRI under the
dataset's base leads to `/about/…` in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from parley.errors import Gone, NotFound
from parley.formats import DATASETS, GRAPHS, Format
from parley.store.backend import Answer, Download
from parley.store.versions import Version
from parley.web.documents import (
    Document,
    as_columns,
    candidates,
    forwarded,
    links,
    negotiated,
    parted,
    placed,
    self_description,
)
from parley.web.downloads import downloaded
from parley.web.exchange import Reply, Request
from parley.web.negotiate import choose, prefers_rdf, rdf_or_page
from parley.web.site import Row, Site, sent, stamped
from parley.web.views import Views

_MOST_CLAIMS = 250  # in one document
_MOST_POINTING = 500
(_LINES,) = (form for form in GRAPHS if form.engine == ox.RdfFormat.N_TRIPLES)


def blueprint(site: Site) -> Views:
    """The views of single things and graphs."""
    views = Views("linkeddata", site)
    base = site.dataset.names.base
    dataset_forms = GRAPHS + DATASETS

    @views.read("/id/<path:name>")
    def thing(request: Request, version: Version, name: str) -> Reply:
        node = resolved(site, version, f"{base}id/", name)
        return negotiated(site, request, version, of_thing(site, node))

    @views.read("/data/<path:name>")
    def data(request: Request, version: Version, name: str) -> Reply:
        stem, extension = parted(name)
        node = resolved(site, version, f"{base}id/", stem)
        return in_form(site, request, version, of_thing(site, node), extension)

    @views.read("/about/<path:name>")
    def about(request: Request, version: Version, name: str) -> Reply:
        stem, extension = parted(name)
        node = resolved(site, version, base, stem)
        document = of_other(site, node)
        if extension == "html":
            return record_page(site, request, version, document, "concepts")
        return in_form(site, request, version, document, extension)

    @views.read("/graph/<path:name>")
    def graph(request: Request, version: Version, name: str) -> Reply:
        stem, extension = parted(name, *DATASETS)
        node = resolved(site, version, f"{base}graph/", stem)
        document = placed(node, f"{base}graph/", "/graph/", "/graph/", ".html")
        size = int(site.rows("graph-size", version, _graph=node)[0]["quads"]["value"])
        if not size:
            raise missing(site, node, version)
        form, media_type = rdf_or_page(request, dataset_forms, extension)
        here = document.file(form) if form else document.page
        told = links(site, request, version, document, here, DATASETS)
        told = (*told, f'<{of_other(site, node).stem}>; rel="describedby"')
        if form is None:
            page = site.page(
                "graph",
                request,
                version,
                iri=node.value,
                name=stem,
                stem=document.stem,
                size=size,
            )
            return page.header(("Link", ", ".join(told)))
        if size > site.settings.row_limit:
            return downloaded(site, request, version, Download(form, node))
        answer = site.graph("whole-graph", version, form, _graph=node)
        return stamped(sent(answer, media_type), request, version, *told)

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


def resolved(site: Site, version: Version, prefix: str, name: str) -> ox.NamedNode:
    """The IRI in the data that the end of an address means. Raises NotFound, Gone."""
    found = among(site, version, prefix, name)
    if found is not None:
        return found
    stem, _, extension = name.rpartition(".")
    if stem and among(site, version, prefix, stem) is not None:
        known_forms = ", ".join(form.extension for form in GRAPHS)
        raise NotFound(f"there is no format '{extension[:40]}' here; use {known_forms}, html")
    raise missing(site, next(candidates(prefix, name), None) or iri(prefix + name), version)


def among(site: Site, version: Version, prefix: str, name: str) -> ox.NamedNode | None:
    """As `resolved`, None where nothing is known of it."""
    there = (
        node for node in candidates(prefix, name) if site.holds("exists", version, _thing=node)
    )
    return next(there, None)


def missing(site: Site, node: ox.NamedNode, version: Version) -> NotFound | Gone:
    """Why a thing is not in a version: it was deleted, or it never was there."""
    by = site.traces.deleted(node, version)
    if by is None:
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


def of_thing(site: Site, node: ox.NamedNode, pages: str = "page") -> Document:
    """Where the document about a thing is; `pages` is the folder of its page."""
    return placed(node, f"{site.dataset.names.base}id/", "/data/", f"/{pages}/")


def of_other(site: Site, node: ox.NamedNode) -> Document:
    """Where the document about any other IRI under the dataset's base is."""
    return placed(node, site.dataset.names.base, "/about/", "/about/", ".html")


def as_data(site: Site, request: Request, version: Version, document: Document) -> Reply | None:
    """At the address of a page, the way to the data for who wants that; None for a page."""
    if not prefers_rdf(request.header("Accept")):
        return None
    return negotiated(site, request, version, document)


def in_form(
    site: Site, request: Request, version: Version, document: Document, extension: str
) -> Reply:
    """A document as a file; without an extension, or as html, the way there."""
    if extension == "html":
        return forwarded(site, request, version, document, document.page)
    if not extension:
        return negotiated(site, request, version, document)
    form, media_type = choose(GRAPHS, "", extension)
    told = links(site, request, version, document, document.file(form))
    unchanged = stamped(Reply(200, b"", media_type), request, version, *told)
    if unchanged.status == 304:
        return unchanged
    body = _sorted(site, _answer(site, version, document, form), form)
    return stamped(Reply(200, body, media_type), request, version, *told)


def _sorted(site: Site, answer: Answer, form: Format) -> bytes:
    """N-Triples in a format, sorted, so that the same document is always the same text.

    The engine takes four times as long to sort the triples as to find them.
    """
    with answer:
        text = b"".join(sorted(set(answer.read().splitlines(keepends=True))))
    if form == _LINES:
        return text
    assert isinstance(form.engine, ox.RdfFormat)
    triples = (quad.triple for quad in ox.parse(text, ox.RdfFormat.N_TRIPLES))
    spaces = site.dataset.names.prefixes.items()
    used = {prefix: space for prefix, space in spaces if b"<" + space.encode() in text}
    return ox.serialize(triples, None, form.engine, prefixes=used) or b""


def _answer(site: Site, version: Version, document: Document, form: Format) -> Answer:
    """What a document in a format says, as N-Triples."""
    topic = document.topic
    if site.dataset.plain:
        here = as_columns(self_description(site, version, document, form))
        return site.graph("document-plain", version, _LINES, _thing=topic, **here)
    rows = site.rows("document-nodes", version, _thing=topic)
    parts = dict.fromkeys(_iris(rows, "part"))
    claims = list(_iris(rows, "claim"))
    pointing = max(int(row["pointing"]["value"]) for row in rows if "pointing" in row)
    here = as_columns(
        self_description(site, version, document, form, _left_out(len(claims), pointing))
    )
    claims = claims[:_MOST_CLAIMS]
    nodes = [topic, *(node for node in parts if node != topic), *claims]
    return site.graph(
        "document", version, _LINES, _thing=topic, _nodes=nodes, _claims=claims, **here
    )


def _iris(rows: Iterable[Row], column: str) -> Iterator[ox.NamedNode]:
    for row in rows:
        if column in row and row[column]["type"] == "uri":
            yield ox.NamedNode(row[column]["value"])


def _left_out(claims: int, pointing: int) -> str:
    """What a document says when there is more than it lists."""
    found = []
    if claims > _MOST_CLAIMS:
        found.append(f"{_MOST_CLAIMS} of the claims")
    if pointing > _MOST_POINTING:
        found.append(f"{_MOST_POINTING} of the statements that point at its topic")
    return f"This document has {' and '.join(found)}; /sparql has all." if found else ""


def record_page(
    site: Site, request: Request, version: Version, document: Document, members: str
) -> Reply:
    """The page about a term, a shape or whatever else has no page of its own kind.

    `members` names the query for what belongs to it.
    """
    reply = site.page(
        "concept",
        request,
        version,
        iri=document.topic.value,
        stem=document.stem,
        record=site.rows("record", version, _thing=document.topic),
        members=site.rows(members, version, _thing=document.topic),
    )
    told = links(site, request, version, document, document.page)
    return reply.header(("Link", ", ".join(told)))
