"""Saved queries on the web: the catalogue, a form with its result, results as files."""

from __future__ import annotations

from itertools import groupby

from parley.errors import BadInput, NotFound
from parley.formats import BINDINGS, DATASETS, GRAPHS, Format
from parley.parameters import Parameter
from parley.queries import SavedQuery, pick
from parley.store.versions import Version
from parley.web.exchange import Reply, Request
from parley.web.negotiate import choose, prefers_html
from parley.web.paging import cut
from parley.web.site import Row, Site, sent, stamped
from parley.web.views import Views

# Parameters of the address that are not the query's own.
_RESERVED = {"version", "format", "timeout", "limit", "offset"}
_MOST_CHOICES = 500


def blueprint(site: Site) -> Views:
    """The views of saved queries."""
    views = Views("queries", site)

    @views.read("/queries")
    def catalogue(request: Request, version: Version) -> Reply:
        queries = sorted(site.queries.values(), key=lambda q: (q.tags[:1] or ("other",), q.name))
        groups = [
            (tag, list(found))
            for tag, found in groupby(queries, lambda q: q.tags[0] if q.tags else "other")
        ]
        return site.page("queries", request, version, groups=groups)

    @views.read("/queries/<name>")
    def query(request: Request, version: Version, name: str) -> Reply:
        saved = pick(site.queries, name)
        wanted = request.value("format")
        if wanted is None and prefers_html(request.header("Accept"), _forms(saved)):
            return _page(site, request, version, saved)
        return _file(site, request, version, saved, wanted)

    @views.read("/queries/<name>.<extension>")
    def result(request: Request, version: Version, name: str, extension: str) -> Reply:
        saved = pick(site.queries, name)
        if extension == "html":
            return _page(site, request, version, saved)
        if extension not in {form.extension for form in _forms(saved)}:
            known = ", ".join(form.extension for form in _forms(saved))
            raise NotFound(f"'{name}' has no answer in the format '{extension}'; use {known}, html")
        return _file(site, request, version, saved, extension)

    return views


def _forms(saved: SavedQuery) -> tuple[Format, ...]:
    """The formats an answer to the query can have."""
    return BINDINGS if saved.kind in {"select", "ask"} else GRAPHS + DATASETS


def _given(request: Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in request.fields:
        if key not in _RESERVED:
            found.setdefault(key, []).append(value)
    return found


def _file(
    site: Site, request: Request, version: Version, saved: SavedQuery, wanted: str | None
) -> Reply:
    form, media_type = choose(_forms(saved), request.header("Accept"), wanted)
    text = saved.bind(_given(request))
    page = cut(site, request, version, text)
    answer = site.select(page.text if page else text, form, version)
    reply = stamped(sent(answer, media_type), request, version)
    return reply.header(*page.headers()) if page else reply


def _page(site: Site, request: Request, version: Version, saved: SavedQuery) -> Reply:
    """The form, and the result when its parameters are all there; a bad value is said above it."""
    given = _given(request)
    problem = ""
    columns: list[str] = []
    rows: list[Row] | None = None
    text = None
    page = None
    try:
        bound = saved.bind(given)
        if saved.kind == "select":
            page = cut(site, request, version, bound, saved.pagination)
            columns, rows = site.table(page.text if page else bound, version)
        else:
            form = GRAPHS[0] if saved.kind in {"construct", "describe"} else BINDINGS[2]
            with site.select(bound, form, version) as answer:
                text = answer.read().decode("utf-8")
    except BadInput as error:
        problem = error.message if given or not _missing(saved, given) else ""
    reply = site.page(
        "query",
        request,
        version,
        query=saved,
        given={p.name: site.render.curie(_value(p, given)) for p in saved.parameters},
        choices={p.name: _choices(site, version, saved, p.name) for p in saved.parameters},
        columns=columns,
        rows=rows,
        text=text,
        page=page,
        problem=problem,
        forms=_forms(saved),
        search=request.query,
    )
    return Reply(400, reply.body, reply.media_type, reply.headers) if problem else reply


def _value(parameter: Parameter, given: dict[str, list[str]]) -> str:
    return given.get(parameter.name, [parameter.default or ""])[0]


def _missing(saved: SavedQuery, given: dict[str, list[str]]) -> bool:
    return any(p.required and p.default is None and not given.get(p.name) for p in saved.parameters)


def _choices(site: Site, version: Version, saved: SavedQuery, name: str) -> list[tuple[str, str]]:
    """The values offered for a parameter with their labels."""
    parameter = next(p for p in saved.parameters if p.name == name)
    if parameter.choices:
        return [(value, value) for value in parameter.choices]
    if not parameter.values:
        return []
    rows = site.table(parameter.values, version)[1]
    found = [
        (
            site.render.curie(row["value"]["value"]),
            row.get("label", row["value"])["value"],
        )
        for row in rows
        if "value" in row
    ]
    return found[:_MOST_CHOICES]
