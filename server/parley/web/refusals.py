"""A refused change as a reply: its validation report in the format the client asks for."""

from __future__ import annotations

import json
from typing import Any

from parley.check.report import Report
from parley.errors import Refused
from parley.formats import GRAPHS
from parley.store.change import Change
from parley.web.exchange import Reply, Request
from parley.web.kinds import BY_SLUG
from parley.web.negotiate import choose, prefers_html
from parley.web.patches import changes, rows_of
from parley.web.problems import NotAcceptable, members
from parley.web.site import Site
from parley.web.trials import listed

_WRITERS = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld"}
_PROBLEM = "application/problem+json"
_KIND = BY_SLUG["refused"]


def refused(site: Site, request: Request, error: Refused) -> Reply:
    """422 with the `sh:ValidationReport`: Turtle unless the client asks for another format.

    Who accepts JSON, but no RDF, gets a problem document with the findings in `report`, and of a
    dry run with what it `added` and `removed`, which the page shows, too.
    """
    report = error.report
    assert isinstance(report, Report)
    accept = request.header("Accept")
    headers = (("Vary", "Accept"), ("Cache-Control", "no-store"))
    if prefers_html(accept, GRAPHS):
        visitor = site.visitors.shown(request)
        tried: dict[str, Any] = {}  # Any: templates
        if isinstance(error.change, Change):
            tried = changes(site, site.backend.version(), rows_of(error.change))
        html = site.html(
            "refused", request, visitor, version=None, kind=_KIND, report=report.data(), **tried
        )
        return Reply(_KIND.status, html.encode("utf-8", "replace"), "text/html", headers)
    try:
        form, media_type = choose(GRAPHS, accept, None)
    except NotAcceptable:
        form, media_type = None, _PROBLEM
    if form is None or media_type == "application/json":
        document = members(_KIND, error, site.root(request)) | {"report": report.data()}
        if isinstance(error.change, Change):
            document |= listed(error.change, frozenset(site.dataset.derived()))
        body = json.dumps(document, ensure_ascii=False, indent=1)
        return Reply(_KIND.status, body.encode("utf-8", "replace") + b"\n", _PROBLEM, headers)
    text = report.graph().serialize(format=_WRITERS[form.extension])
    return Reply(_KIND.status, text.encode(), media_type, headers)
