"""Saved queries on the web: the catalogue, a form with its result, results as files, citations."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import groupby

import pyoxigraph as ox
from markupsafe import escape

from parley.catalogue import described
from parley.errors import BadInput, NotFound
from parley.formats import BINDINGS, DATASETS, GRAPHS, Format
from parley.queries import SavedQuery
from parley.store.versions import Version
from parley.web.asking import Asked, Shown, picked
from parley.web.citing import Work, articles, bibtex, cited, csl
from parley.web.documents import negotiated
from parley.web.drawn import drawn
from parley.web.exchange import Reply, Request, text
from parley.web.history import as_page
from parley.web.linkeddata import of_other
from parley.web.negotiate import choose, prefers_html, prefers_rdf
from parley.web.openapi import description
from parley.web.paging import cut
from parley.web.site import Site, sent, stamped
from parley.web.snippets import Addresses, snippets
from parley.web.views import Views

_MOST_CHOICES = 500
QUERY = "application/sparql-query"
BIBTEX, CSL = "application/x-bibtex", "application/vnd.citationstyles.csl+json"
_ANYWHERE = (
    "Content-Security-Policy",
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *; object-src 'none'",
)


def blueprint(site: Site) -> Views:
    """The views of saved queries."""
    views = Views("queries", site)

    def asked(request: Request, version: Version, name: str) -> Asked:
        return Asked(site, request, version, picked(site, version, name))

    @views.read("/queries")
    def catalogue(request: Request, version: Version) -> Reply:
        if not as_page(request):
            return _listed(site, request, version)
        queries = sorted(
            site.saved(version).values(), key=lambda q: (q.tags[:1] or ("other",), q.name)
        )
        groups = [
            (tag, list(found))
            for tag, found in groupby(queries, lambda q: q.tags[0] if q.tags else "other")
        ]
        return site.page("queries", request, version, groups=groups)

    @views.read("/queries.json")
    def listed(request: Request, version: Version) -> Reply:
        return _listed(site, request, version)

    @views.read("/openapi.json")
    def openapi(request: Request, version: Version) -> Reply:
        document = description(list(site.saved(version).values()), site.root(request))
        return stamped(_json(document), request, version)

    @views.read("/.well-known/sparql-examples")
    def examples(request: Request, version: Version) -> Reply:
        form, media_type = choose(GRAPHS, request.header("Accept"), request.value("format"))
        assert isinstance(form.engine, ox.RdfFormat)
        names, endpoint = site.dataset.names, f"{site.root(request)}/sparql"
        triples = described(site.saved(version).values(), names, endpoint)
        body = ox.serialize(triples, None, form.engine, prefixes=names.prefixes)
        return stamped(Reply(200, body or b"", media_type), request, version)

    @views.read("/queries/<name>")
    def query(request: Request, version: Version, name: str) -> Reply:
        return answered(asked(request, version, name))

    @views.read("/queries/<name>.<extension>")
    def result(request: Request, version: Version, name: str, extension: str) -> Reply:
        found = asked(request, version, name)
        if extension == "html":
            return _page(found)
        if extension == "rq":
            file = Reply(200, found.saved.text.encode(), QUERY)
            return stamped(file, request, version)
        if extension not in {form.extension for form in forms(found.saved)}:
            known = ", ".join(form.extension for form in forms(found.saved))
            raise NotFound(
                f"'{name}' has no answer in the format '{extension}'; use {known}, html, svg, or "
                "bib and csl.json for its citation"
            )
        return _file(found, extension)

    @views.read("/queries/<name>.bib")
    def as_bibtex(request: Request, version: Version, name: str) -> Reply:
        works = _works(asked(request, version, name))
        return stamped(text(bibtex(works), BIBTEX), request, version)

    @views.read("/queries/<name>.csl.json")
    def as_csl(request: Request, version: Version, name: str) -> Reply:
        works = _works(asked(request, version, name))
        return stamped(text(csl(works), CSL), request, version)

    @views.read("/embed/queries/<name>")
    def embedded(request: Request, version: Version, name: str) -> Reply:
        found = asked(request, version, name)
        work = cited(site, version, name, found.title, found.address())
        shown = found.shown()
        drawing = drawn(found, shown)
        html = site.html(
            "embed", request, None, asked=found, shown=shown, drawing=drawing, work=work
        )
        return stamped(text(html, "text/html"), request, version).header(_ANYWHERE)

    return views


def answered(asked: Asked) -> Reply:
    """The page of a query with its answer for a browser, else the answer as a file.

    Who wants RDF of a query that answers with rows is shown to its description.
    """
    wanted = asked.request.value("format")
    if asked.saved.kind in {"select", "ask"} and wanted is None:
        node = asked.site.dataset.names.query(asked.saved.name)
        described_there = of_other(asked.site, node)
        if prefers_rdf(asked.request.header("Accept"), forms(asked.saved)):
            return negotiated(asked.site, asked.request, asked.version, described_there)
    if wanted is None and prefers_html(asked.request.header("Accept"), forms(asked.saved)):
        return _page(asked)
    return _file(asked, wanted)


def forms(saved: SavedQuery) -> tuple[Format, ...]:
    """The formats an answer to the query can have."""
    return BINDINGS if saved.kind in {"select", "ask"} else GRAPHS + DATASETS


def _listed(site: Site, request: Request, version: Version) -> Reply:
    root = site.root(request)
    document = {
        "version": version.number,
        "queries": [_entry(saved, root) for saved in site.saved(version).values()],
    }
    return stamped(_json(document), request, version)


def _entry(saved: SavedQuery, root: str) -> dict[str, object]:
    """A saved query as JSON."""
    parameters = ("name", "required", "kind", "datatype", "language", "default", "choices", "form")
    return {
        "name": saved.name,
        "question": saved.question,
        "summary": saved.summary,
        "description": saved.description,
        "tags": saved.tags,
        "kind": saved.kind,
        "view": saved.view,
        "pagination": saved.pagination,
        "parameters": [{key: getattr(p, key) for key in parameters} for p in saved.parameters],
        "formats": [form.extension for form in forms(saved)],
        "address": f"{root}/queries/{saved.name}",
        "query": saved.body,
    }


def _json(document: object) -> Reply:
    body = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
    return Reply(200, body, "application/json")


def _file(asked: Asked, wanted: str | None) -> Reply:
    site, request, version = asked.site, asked.request, asked.version
    form, media_type = choose(forms(asked.saved), request.header("Accept"), wanted)
    query = asked.saved.bind(asked.values)
    page = cut(site, request, version, query)
    answer = site.select(page.text if page else query, form, version)
    about = f"<{of_other(site, site.dataset.names.query(asked.saved.name)).stem}>"
    reply = stamped(sent(answer, media_type), request, version, f'{about}; rel="describedby"')
    return reply.header(*page.headers()) if page else reply


def _page(asked: Asked) -> Reply:
    """The form, and the result when its parameters are all there; a bad value is said above it."""
    problem, shown, drawing = "", None, None
    try:
        shown = asked.shown()
        drawing = drawn(asked, shown)
    except BadInput as error:
        problem = error.message if asked.values or not asked.misses else ""
    saved, site = asked.saved, asked.site
    reply = site.page(
        "query",
        asked.request,
        asked.version,
        asked=asked,
        query=saved,
        given={p.name: site.render.curie(asked.value(p)) for p in saved.parameters},
        choices={p.name: _choices(asked, p.name) for p in saved.parameters},
        shown=shown,
        drawing=drawing,
        problem=problem,
        forms=forms(saved),
        search=asked.request.query,
        work=_work(asked),
        articles=_articles(asked, shown) if shown else [],
        snippets=_snippets(asked),
        node=site.dataset.names.query(saved.name).value if site.versions else "",
        changed=site.traces.last(site.dataset.names.query(saved.name), asked.version),
    )
    return replace(reply, status=400) if problem else reply


def _snippets(asked: Asked) -> list[tuple[str, str]]:
    endings = {form: asked.address(f".{form}") for form in ("csv", "json", "ttl")}
    addresses = Addresses(**endings, embed=asked.address(folder="/embed"))
    return snippets(asked.saved.kind, addresses, str(escape(asked.title)))


def _works(asked: Asked) -> list[Work]:
    """What to cite: the answer, and the articles behind it."""
    return [_work(asked), *(_articles(asked, asked.shown()) or [])]


def _work(asked: Asked) -> Work:
    return cited(asked.site, asked.version, asked.saved.name, asked.title, asked.address())


def _articles(asked: Asked, shown: Shown) -> list[Work] | None:
    return articles(asked.site, asked.version, shown.rows or [])


def _choices(asked: Asked, name: str) -> list[tuple[str, str]]:
    """The values offered for a parameter with their labels; none where they are too many."""
    parameter = next(p for p in asked.saved.parameters if p.name == name)
    if parameter.choices:
        return [(value, value) for value in parameter.choices]
    if not parameter.values:
        return []
    rows = asked.site.table(parameter.values, asked.version)[1]
    found = [
        (
            asked.site.render.curie(row["value"]["value"]),
            row.get("label", row["value"])["value"],
        )
        for row in rows
        if "value" in row
    ]
    return found if len(found) <= _MOST_CHOICES else []
