"""/timegate/ADDRESS and /timemap/ADDRESS: every read address at a time, and its versions."""

from __future__ import annotations

import flask
import pyoxigraph as ox
from werkzeug.exceptions import HTTPException

from parley.errors import NotFound
from parley.formats import GRAPHS, named
from parley.web.exchange import Reply, Request
from parley.web.linkeddata import iri, missing
from parley.web.memento import gate, times
from parley.web.site import Site
from parley.web.views import Views

_THINGS = ("/id/", "/page/", "/data/", "/claims/", "/articles/")
_BEFORE_ROUTING = "/sparql"


def blueprint(site: Site) -> Views:
    """The views of TimeGates and TimeMaps."""
    views = Views("memento", site)

    @views.plain("/timegate/")
    def home_gate(request: Request) -> Reply:
        return gate(site, request, "/")

    @views.plain("/timemap/")
    def home_map(request: Request) -> Reply:
        return times(site, request, "/", None, is_there=True)

    @views.plain("/timegate/<path:rest>")
    def timegate(request: Request, rest: str) -> Reply:
        return gate(site, request, _read_address(rest))

    @views.plain("/timemap/<path:rest>")
    def timemap(request: Request, rest: str) -> Reply:
        path = _read_address(rest)
        node = _thing(site, path)
        if node is None:
            return times(site, request, path, None, is_there=True)
        version = site.backend.version()
        there = site.holds("exists", version, _thing=node)
        if not there and site.traces.deleted(node, version) is None:
            raise missing(site, node, version)
        return times(site, request, path, node, is_there=there)

    return views


def _read_address(rest: str) -> str:
    """The path of a read address that takes `?version=`. Raises NotFound for any other."""
    path = "/" + rest
    if path == _BEFORE_ROUTING:
        return path
    try:
        endpoint, _ = flask.current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        endpoint = ""
    name = endpoint.partition(".")[0]
    views = flask.current_app.blueprints.get(name)
    if name != "graphstore" and not (isinstance(views, Views) and endpoint in views.versioned):
        raise NotFound(f"there is nothing with versions at {path}")
    return path


def _thing(site: Site, path: str) -> ox.NamedNode | None:
    """The thing that an address shows, None where it shows something else."""
    prefix = next((p for p in _THINGS if path.startswith(p) and path != p), None)
    if prefix is None:
        return None
    name = path.removeprefix(prefix)
    stem, _, extension = name.rpartition(".")
    if prefix == "/data/" and stem and named(extension, GRAPHS):
        name = stem
    return iri(f"{site.dataset.names.base}id/{name}")
