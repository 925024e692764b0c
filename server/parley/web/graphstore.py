"""/store: the SPARQL 1.1 Graph Store HTTP Protocol, graphs named by parameter or by address."""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import Literal
from urllib.parse import quote

import flask
import pyoxigraph as ox

from parley.errors import BadInput, Busy, NotFound, Stale
from parley.formats import BINDINGS, GRAPHS
from parley.store.backend import Download, GraphWrite, Part, Query, Written
from parley.store.ledger import Message
from parley.store.versions import Version
from parley.web import conditions
from parley.web.access import author, message
from parley.web.downloads import whole
from parley.web.exchange import Reply, Request
from parley.web.memento import dated, gate, wants_date
from parley.web.negotiate import choose
from parley.web.site import Site, matches, sent, tag
from parley.web.trials import is_dry, tried
from parley.web.updates import written
from parley.web.upload import received
from parley.web.views import response

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
_DO: dict[str, Literal["replace", "merge", "delete"]] = {
    "PUT": "replace",
    "POST": "merge",
    "DELETE": "delete",
}
_ATTEMPTS = 10
_ALL = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
_PATH_SAFE = "/:@!$&'()*+,;=~-._"


def blueprint(site: Site) -> flask.Blueprint:
    """The views of the graph store."""
    views = flask.Blueprint("graphstore", __name__)

    def answer(rest: str = "") -> flask.Response:
        return response(respond(site, Request(flask.request.environ)))

    views.add_url_rule("/store", "store", answer, methods=METHODS)
    views.add_url_rule("/store/<path:rest>", "graph", answer, methods=METHODS)
    return views


def respond(site: Site, request: Request) -> Reply:
    """The reply to a request to /store; raises what the table of problems knows."""
    reading = request.method in {"GET", "HEAD"}
    if reading and wants_date(request):
        return gate(site, request, request.path)
    graph, created = _graph(site, request)
    if reading:
        version = site.version(request.value("version") or None)
        return dated(site, request, version, _read(site, request, graph, version))
    if request.value("version") is not None:
        raise BadInput("a write changes the current version; leave 'version' out")
    if request.method == "DELETE":
        return _write(site, request, graph, (), created)
    author(site, request)  # before the body is read
    with received(request, site.settings) as parts:
        return _write(site, request, graph, parts, created)


def _graph(site: Site, request: Request) -> tuple[str | None, bool]:
    """The IRI of the graph, None for the default graph; and whether it is made by this request."""
    names = {name for name, _ in request.fields}
    given = request.value("graph")
    direct = request.path.rstrip("/") != "/store"
    if ("default" in names) + (given is not None) + direct > 1:
        raise BadInput("name one graph: by 'graph', by 'default', or by the address")
    if direct:
        return f"{site.root(request)}{quote(request.path, safe=_PATH_SAFE)}", False
    if "default" in names:
        return None, False
    if given is None:
        if request.method == "POST":
            return f"{site.root(request)}/store/{uuid.uuid4()}", True
        raise BadInput("name the graph: /store?graph=IRI, or /store?default")
    try:
        return ox.NamedNode(given).value, False
    except ValueError as error:
        raise BadInput(f"graph: '{given}' is not an absolute IRI") from error


def _read(site: Site, request: Request, graph: str | None, version: Version) -> Reply:
    form, media_type = choose(GRAPHS, request.header("Accept"), request.value("format") or None)
    etag = tag(version, "graph", media_type, graph or "").removeprefix("W/")
    headers = (
        ("ETag", etag),
        ("Vary", "Accept, Accept-Encoding"),
        ("Cache-Control", "no-cache"),
        ("X-Parley-Version", str(version.number)),
        ("Link", '</sparql>; rel="service-desc"'),
    )
    if graph is not None and not _holds(site, graph, version, 1):
        raise NotFound(f"there is no graph <{graph}> in version {version.number}")
    if matches(request, etag):
        return Reply(304, headers=headers)
    limit = site.settings.row_limit
    if version.quads > limit and _holds(site, graph, version, limit + 1):
        everything = ox.DefaultGraph() if site.dataset.plain else None
        node = ox.NamedNode(graph) if graph is not None else everything
        empty = Reply(200, b"", media_type, headers)
        return whole(site, request, version, Download(form, node), empty)
    answer = site.backend.select(
        Query(_ALL, _dataset(graph)), form, site.deadline(), version.number
    )
    return sent(answer, media_type).header(*headers)


def _dataset(graph: str | None) -> tuple[str, ...] | None:
    """The default graph that a query sees is in a Parley dataset the union of all graphs."""
    return None if graph is None else (graph,)


def _holds(site: Site, graph: str | None, version: Version, number: int) -> bool:
    """Whether a graph has so many triples; not looked at any further."""
    text = f"ASK {{ SELECT ?s {{ ?s ?p ?o }} OFFSET {number - 1} LIMIT 1 }}"
    query = Query(text, _dataset(graph))
    with site.backend.select(query, BINDINGS[0], site.deadline(), version.number) as answer:
        return bool(json.loads(answer.read())["boolean"])


def _write(
    site: Site, request: Request, graph: str | None, parts: tuple[Part, ...], created: bool
) -> Reply:
    target = ox.NamedNode(graph) if graph is not None else ox.DefaultGraph()
    why = message(site, request, f"{request.method} {target}")
    base = graph or f"{site.root(request)}/store"
    wanted = GraphWrite(_DO[request.method], graph, parts, base)
    dry = is_dry(request.fields)
    outcome = _carried_out(site, request, wanted, why, target, dry)
    if dry:
        return tried(site, request, outcome)
    if graph is None:
        return written(outcome)
    if request.method == "DELETE" and not outcome.existed:
        raise NotFound(f"there is no graph <{graph}>")
    # A named graph exists while it holds a triple: an empty one was not made.
    if outcome.existed or not outcome.added:
        return written(outcome)
    reply = written(outcome, 201)
    return reply.header(("Location", graph)) if created else reply


def _carried_out(
    site: Site,
    request: Request,
    wanted: GraphWrite,
    why: Message,
    graph: conditions.Graph,
    dry: bool,
) -> Written:
    """The outcome of a write that holds the conditions of its request at the moment it is made."""
    deadline = site.deadline()
    if not conditions.is_conditional(request):
        return site.backend.write(wanted, why, deadline, dry_run=dry)
    for _ in range(_ATTEMPTS):
        version = site.backend.version()
        exists = partial(_exists, site, wanted.graph, version)
        conditions.check(site, request, graph, version, exists)
        try:
            return site.backend.write(wanted, why, deadline, version, dry_run=dry)
        except Stale:
            continue  # another version came in between; it may not have touched this graph
    raise Busy("others keep writing at the same time", retry_after=1)


def _exists(site: Site, graph: str | None, version: Version) -> bool:
    return graph is None or _holds(site, graph, version, 1)
