"""Turns every exception into a reply: a problem document, or a page for a browser."""

from __future__ import annotations

import json
import logging
import secrets
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod

from parley.errors import BadInput, NotFound, ParleyError, Refused, StoreDamaged
from parley.tokens import masked
from parley.web.exchange import Reply, Request
from parley.web.kinds import BY_SLUG, Kind
from parley.web.negotiate import prefers_html
from parley.web.problems import (
    MethodNotAllowed,
    MissingRole,
    Replica,
    Unauthorized,
    kind_of,
    members,
)
from parley.web.refusals import refused
from parley.web.site import Site
from parley.web.visitors import Visitor

PROBLEM = "application/problem+json"
_DENIED = {401, 403, 429}
_LOG = logging.getLogger("parley.web")


def failed(site: Site, request: Request, error: Exception) -> Reply:
    """The reply to a request that raised `error`.

    What is no mistake of the client is logged with an id, and the client is told the id only.
    """
    if isinstance(error, HTTPException):
        error = _translated(request, error)
    if isinstance(error, Refused):
        return refused(site, request, error)
    kind = kind_of(error)
    known = error if kind is not None and isinstance(error, ParleyError) else None
    kind = kind or BY_SLUG["internal-error"]
    request.noted.outcome = getattr(error, "limit", kind.slug)
    if kind.status in _DENIED:
        site.watch.metrics.denied(kind.slug)
    document = members(kind, known, site.root(request))
    if known is None:
        document["id"] = secrets.token_hex(6)
        _LOG.error(
            "error %s at %s %s",
            document["id"],
            request.method,
            masked(request.path),
            exc_info=error,
        )
    document = {k: masked(v) if isinstance(v, str) else v for k, v in document.items()}
    as_page = prefers_html(request.header("Accept"))
    if as_page:
        html = _page(site, request, kind, document)
        reply = Reply(kind.status, html.encode("utf-8", "replace"), "text/html")
    else:
        body = json.dumps(document, ensure_ascii=False, indent=1)
        reply = Reply(kind.status, body.encode("utf-8", "replace") + b"\n", PROBLEM)
    return reply.header(
        ("Vary", "Accept"),
        ("Cache-Control", "no-store"),
        *_extra(known),
        *challenges(known, request, as_page=as_page),
    )


def _page(site: Site, request: Request, kind: Kind, document: dict[str, Any]) -> str:  # Any: JSON
    """The page of a problem; of a query in the address it keeps the query, to be mended."""
    values = {"version": None, "kind": kind, "problem": document}
    visitor = _visitor(site, request)
    query, pinned = _asked(request)
    if query is None:
        return site.html("problem", request, visitor, **values)
    return site.html("sparql", request, visitor, text=query, shown=None, pinned=pinned, **values)


def _asked(request: Request) -> tuple[str | None, str]:
    """The query in an address of the editor and the version it names; none where they are wrong."""
    try:
        query = request.value("query") if request.path == "/sparql" else None
        return query, request.value("version") or ""
    except ParleyError:  # which is what the page is about to tell
        return None, ""


def _visitor(site: Site, request: Request) -> Visitor | None:
    """Whom the page of a problem greets: nobody where the tokens are the problem."""
    try:
        return site.visitors.shown(request)
    except StoreDamaged:
        return None


def _translated(request: Request, error: HTTPException) -> ParleyError:
    """The project's own exception for one that routing raised."""
    if isinstance(error, WrongMethod):
        allowed = sorted(error.valid_methods or ())
        return MethodNotAllowed(f"{request.path} does not answer {request.method}", allowed)
    if error.code == 404:
        return NotFound(f"there is nothing at {request.path}")
    return BadInput(error.description or "the request is not valid")


def _extra(error: ParleyError | None) -> list[tuple[str, str]]:
    found = []
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        found.append(("Retry-After", str(retry_after)))
    if isinstance(error, MethodNotAllowed):
        found.append(("Allow", ", ".join(error.allowed)))
    if isinstance(error, Replica) and error.edit:
        found.append(("Link", f'<{error.edit}>; rel="edit"'))
    return found


def challenges(
    error: ParleyError | None, request: Request, *, as_page: bool
) -> list[tuple[str, str]]:
    """What WWW-Authenticate says (RFC 6750, section 3; RFC 7617).

    Basic is left out for browsers, which would ask for a user name and remember what they are told.
    """
    if isinstance(error, MissingRole):
        return [("WWW-Authenticate", 'Bearer realm="parley", error="insufficient_scope"')]
    if not isinstance(error, Unauthorized):
        return []
    code = f', error="{error.code}"' if error.code else ""
    found = [("WWW-Authenticate", f'Bearer realm="parley"{code}')]
    if not as_page and not request.header("Sec-Fetch-Mode"):
        found.append(("WWW-Authenticate", 'Basic realm="parley", charset="UTF-8"'))
    return found
