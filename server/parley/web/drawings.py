"""Addresses of drawings: what happened when, where and between whom, and any SELECT drawn."""

from __future__ import annotations

from parley import sparql
from parley.errors import BadInput, BadQuery, NotFound
from parley.formats import BINDINGS
from parley.queries import VIEWS
from parley.store.backend import Query
from parley.store.versions import Version
from parley.web import drawing
from parley.web.asking import Asked, picked
from parley.web.drawn import CLOSED, SVG, filed
from parley.web.exchange import Reply, Request, text
from parley.web.protocol import read_operation
from parley.web.queries import answered
from parley.web.site import Row, Site, table
from parley.web.views import Views


def blueprint(site: Site) -> Views:
    """The views of drawings."""
    views = Views("drawings", site)

    @views.read("/<any(timeline, map, network):name>")
    def shortcut(request: Request, version: Version, name: str) -> Reply:
        if name not in site.saved(version):
            raise NotFound(
                f"this dataset has no saved query '{name}' for the address /{name}; save one with "
                f"'#+ view: {name}' and the columns {', '.join(VIEWS[name])}"
            )
        return answered(Asked(site, request, version, picked(site, version, name)))

    @views.read("/queries/<name>.svg")
    def as_svg(request: Request, version: Version, name: str) -> Reply:
        return filed(Asked(site, request, version, picked(site, version, name)))

    @views.plain("/sparql/draw", methods=("GET", "POST"))
    def draw(request: Request) -> Reply:
        """The answer to any SELECT as the drawing that `view=` in the address names.

        With `file=true` as a file of its own, else to stand in a page.
        """
        operation = read_operation(request, site.settings)
        version = site.version(operation.version)
        parsed = sparql.read(operation.text or "")
        if parsed.kind != "select":
            raise BadQuery("only the answer to a SELECT can be drawn")
        hosts = site.settings.service_hosts
        sparql.allow(sparql.silence(parsed, hosts), hosts)
        query = Query(
            parsed.text,
            operation.default_graphs,
            operation.named_graphs,
            base=f"{site.root(request)}/sparql",
        )
        deadline = site.deadline(operation.timeout)
        with site.backend.select(query, BINDINGS[0], deadline, version.number) as found:
            columns, rows = table(found)
        return _drawn(site, request, version, columns, rows)

    return views


def _drawn(
    site: Site, request: Request, version: Version, columns: list[str], rows: list[Row]
) -> Reply:
    fitting = drawing.fitting(columns)
    view = request.value("view") or next(iter(fitting), "")
    if not view:
        raise BadInput(
            "no view fits these columns; "
            + "; ".join(f"a {v} needs {', '.join(VIEWS[v])}" for v in VIEWS if VIEWS[v])
        )
    alone = request.value("file") == "true"
    href = drawing.address if alone else site.render.href
    svg = drawing.draw(view, columns, rows, title=f"Answer as {view}", href=href)
    reply = text(drawing.standalone(svg) if alone else svg, SVG)
    shown = (("X-Parley-Version", str(version.number)), ("Cache-Control", "no-cache"))
    return reply.header(CLOSED, *shown, ("X-Parley-Views", ", ".join(fitting)))
