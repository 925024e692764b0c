"""/edit: where editing starts, the forms of things and claims, and names while one types."""

from __future__ import annotations

import json

from parley.errors import BadInput, Forbidden, NotFound
from parley.store.versions import Version
from parley.web.access import author
from parley.web.editing.editor import Editor
from parley.web.editing.naming import Naming
from parley.web.editing.shapes import Forms
from parley.web.editing.showing import PRIVATE
from parley.web.editing.subjects import Subject, Subjects
from parley.web.exchange import Reply, Request
from parley.web.site import Site
from parley.web.views import Views


def blueprint(site: Site) -> Views:
    """The views of the editor."""
    views = Views("editing", site)
    subjects = Subjects(site, Forms(site))
    editor = Editor(site, subjects)

    @views.plain("/edit")
    def start(request: Request) -> Reply:
        version = opened(site, request)
        html = site.html(
            "edit-start",
            request,
            site.visitors.shown(request),
            version=None,
            kinds=subjects.forms.kinds(version),
            articles=site.rows("articles", version),
        )
        return Reply(200, html.encode(), "text/html", PRIVATE)

    @views.plain("/edit/suggest")
    def suggest(request: Request) -> Reply:
        version = opened(site, request)
        kind = request.value("kind") or ""
        try:
            found = Naming(site, subjects.forms, version).suggest(request.value("q") or "", kind)
        except ValueError as error:
            raise BadInput("kind has to be the IRI of a class") from error
        results = [
            {"iri": n.iri, "label": n.label or site.render.curie(n.iri), "kind": n.kinds}
            for n in found[:12]
        ]
        body = json.dumps({"results": results}, ensure_ascii=False)
        return Reply(200, body.encode(), "application/json", PRIVATE)

    def edited(request: Request, subject: Subject, version: Version) -> Reply:
        if request.method == "POST":
            return editor.take(request, subject)
        return editor.show(request, subject, version)

    @views.plain("/edit/things/new", methods=("GET", "POST"))
    def new_thing(request: Request) -> Reply:
        version = opened(site, request)
        return edited(request, subjects.new_thing(request.value("kind") or "", version), version)

    @views.plain("/edit/claims/new", methods=("GET", "POST"))
    def new_claim(request: Request) -> Reply:
        version = opened(site, request)
        subject = subjects.new_claim(request.value("article") or "", version)
        return edited(request, subject, version)

    @views.plain("/edit/things/<name>", methods=("GET", "POST"))
    def thing(request: Request, name: str) -> Reply:
        return edited(request, Subject(name, f"/edit/things/{name}"), opened(site, request))

    @views.plain("/edit/claims/<name>", methods=("GET", "POST"))
    def claim(request: Request, name: str) -> Reply:
        return edited(request, Subject(name, f"/edit/claims/{name}"), opened(site, request))

    return views


def opened(site: Site, request: Request) -> Version:
    """The current version, for a curator. Raises Unauthorized, Forbidden, NotFound."""
    if site.dataset.plain:
        raise NotFound("a plain dataset has no shapes, and so no forms; write to it over /sparql")
    if site.settings.read_only:
        raise Forbidden("this server is read-only")
    if site.visitors.shown(request) is None:
        author(site, request)  # by a token in the header, if at all
    return site.backend.version()
