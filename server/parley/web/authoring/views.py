"""Saving, editing and deleting queries: forms for people, PUT and DELETE for programs."""

from __future__ import annotations

import json

from parley.errors import BadInput, NotFound
from parley.queries import is_name
from parley.store.change import Change
from parley.store.versions import Version
from parley.web.access import author, message
from parley.web.asking import picked
from parley.web.authoring.forms import Forms
from parley.web.authoring.saving import Conditions, change
from parley.web.authoring.trial import tried
from parley.web.editing.saving import commit
from parley.web.editing.views import opened
from parley.web.exchange import Reply, Request
from parley.web.problems import BadEncoding
from parley.web.queries import QUERY
from parley.web.site import Site, tag
from parley.web.trials import is_dry
from parley.web.trials import tried as shown
from parley.web.views import Views


def blueprint(site: Site) -> Views:
    """The views with which curators write saved queries."""
    views = Views("authoring", site)
    forms = Forms(site)

    @views.plain("/queries/new", methods=("GET", "POST"))
    def new(request: Request) -> Reply:
        version = _opened(site, request)
        return forms.take(request, "") if request.method == "POST" else forms.new(request, version)

    @views.plain("/queries/<name>/edit", methods=("GET", "POST"))
    def edit(request: Request, name: str) -> Reply:
        version = _opened(site, request)
        if request.method == "POST":
            return forms.take(request, _named(name))
        return forms.edit(request, version, picked(site, version, name))

    @views.plain("/queries/<name>/delete", methods=("GET", "POST"))
    def delete(request: Request, name: str) -> Reply:
        version = _opened(site, request)
        if request.method == "POST":
            return forms.delete(request, _named(name))
        return forms.ask_to_delete(request, version, picked(site, version, name))

    @views.plain("/queries/<name>", methods=("PUT", "DELETE"))
    def write(request: Request, name: str) -> Reply:
        version = _opened(site, request)
        author(site, request)  # before the body is read
        if request.method == "DELETE":
            return _delete(site, request, name)
        return _put(site, request, version, _named(name))

    return views


def _opened(site: Site, request: Request) -> Version:
    if site.dataset.plain:
        raise NotFound("a plain dataset keeps its saved queries in files; put NAME.rq there")
    return opened(site, request)


def _named(name: str) -> str:
    if not is_name(name):
        raise BadInput(
            f"'{name[:100]}' is no name of a saved query: use lower-case letters, digits, hyphens"
        )
    return name


def _put(site: Site, request: Request, version: Version, name: str) -> Reply:
    """200 for a query that was there, 201 for a new one, with its address, version and rows."""
    if request.media_type != QUERY:
        raise BadEncoding(f"send the text of the query, with its #+ lines, as {QUERY}")
    text = request.body(site.settings.query_text_limit, "query_text_limit")
    trial = tried(site, version, name, text)
    query = trial.require(name, site.dataset.names.query(name))
    conditions = Conditions(site, request, name)

    def made(version: Version) -> Change:
        conditions.check(version)
        return change(site, version, name, query)

    if is_dry(request.fields):
        why = message(site, request, f"Save query {name}")
        outcome = site.backend.write(made(version), why, site.deadline(), version, dry_run=True)
        return shown(site, request, outcome)
    conditions.check(version)
    word = "Edit" if conditions.existed else "Save"
    published = commit(site, made, message(site, request, f"{word} query {name}"))
    assert published is not None
    address = f"{site.root(request)}/queries/{name}"
    document = {
        "name": name,
        "address": address,
        "version": published.number,
        "rows": trial.rows,
    }
    headers = (
        ("X-Parley-Version", str(published.number)),
        ("ETag", tag(published, "saved query", name)),
        ("Location", address),
        ("Cache-Control", "no-store"),
    )
    body = json.dumps(document, indent=1).encode() + b"\n"
    return Reply(200 if conditions.existed else 201, body, "application/json", headers)


def _delete(site: Site, request: Request, name: str) -> Reply:
    """204 once the query is deleted. Raises NotFound, Gone."""
    conditions = Conditions(site, request, name)

    def made(version: Version) -> Change:
        picked(site, version, name)
        conditions.check(version)
        return change(site, version, name, None)

    why = message(site, request, f"Delete query {name}"[:300])
    if is_dry(request.fields):
        version = site.backend.version()
        outcome = site.backend.write(made(version), why, site.deadline(), version, dry_run=True)
        return shown(site, request, outcome)
    published = commit(site, made, why)
    assert published is not None
    return Reply(204, headers=(("X-Parley-Version", str(published.number)),))
