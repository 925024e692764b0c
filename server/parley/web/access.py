"""Who may write: nobody until there are tokens, and anybody where the server was started so."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from parley.errors import BadInput, Forbidden
from parley.store.ledger import Message
from parley.web.exchange import Request
from parley.web.problems import Unauthorized
from parley.web.site import Site

ANONYMOUS = "anonymous"
_LONGEST = 2000


def author(site: Site, request: Request) -> str:
    """Who sends a write. Raises Unauthorized or Forbidden when they may not.

    With `--open` that is anybody who reaches a loopback address. A page of another site, which a
    browser on this machine shows, reaches it too, and gives itself away by its Origin.
    """
    if site.settings.read_only:
        raise Forbidden("this server is read-only")
    if not site.settings.open:
        raise Unauthorized(
            "writing needs a token, and this server gives none out yet; for trying things out "
            "on your own machine, start it with --open"
        )
    origin = request.header("Origin")
    if origin and not (origin == site.root(request) and _is_loopback(origin)):
        raise Forbidden(f"a page of {origin} may not write here")
    return ANONYMOUS


def message(site: Site, request: Request, default: str, given: str | None = None) -> Message:
    """Author and reason of a write: the parameter or the header X-Parley-Message, or a default."""
    who = author(site, request)
    header = (
        request.header("X-Parley-Message").encode("latin-1", "replace").decode("utf-8", "replace")
    )
    text = given or request.value("message") or header or default
    if len(text) > _LONGEST:
        raise BadInput(f"the message is longer than {_LONGEST} characters")
    return Message(who, text)


def _is_loopback(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
