"""Turns every exception into a reply: a problem document, or a page for a browser."""

from __future__ import annotations

import json
import logging
import secrets

from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod

from parley.errors import BadInput, NotFound, ParleyError, Refused
from parley.web.exchange import Reply, Request
from parley.web.negotiate import prefers_html
from parley.web.problems import BY_SLUG, MethodNotAllowed, kind_of, members
from parley.web.refusals import refused
from parley.web.site import Site

PROBLEM = "application/problem+json"
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
    document = members(kind, known, site.root(request))
    if known is None:
        document["id"] = secrets.token_hex(6)
        _LOG.error(
            "error %s at %s %s", document["id"], request.method, request.path, exc_info=error
        )
    if prefers_html(request.header("Accept")):
        html = site.render("problem", path=request.path, version=None, kind=kind, problem=document)
        reply = Reply(kind.status, html.encode("utf-8", "replace"), "text/html")
    else:
        body = json.dumps(document, ensure_ascii=False, indent=1)
        reply = Reply(kind.status, body.encode("utf-8", "replace") + b"\n", PROBLEM)
    return reply.header(
        ("Vary", "Accept"), ("Cache-Control", "no-store"), *_extra(kind.status, known)
    )


def _translated(request: Request, error: HTTPException) -> ParleyError:
    """The project's own exception for one that routing raised."""
    if isinstance(error, WrongMethod):
        allowed = sorted(error.valid_methods or ())
        return MethodNotAllowed(f"{request.path} does not answer {request.method}", allowed)
    if error.code == 404:
        return NotFound(f"there is nothing at {request.path}")
    return BadInput(error.description or "the request is not valid")


def _extra(status: int, error: ParleyError | None) -> list[tuple[str, str]]:
    found = []
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        found.append(("Retry-After", str(retry_after)))
    if isinstance(error, MethodNotAllowed):
        found.append(("Allow", ", ".join(error.allowed)))
    if status == 401:
        found.append(("WWW-Authenticate", 'Bearer realm="parley"'))
    return found
