"""Who sends a request: by a token in a header, or by the session that a browser's cookie names."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from parley.errors import Forbidden
from parley.settings import Settings
from parley.tokens import ANONYMOUS, ROLES, Token, Tokens
from parley.web.exchange import Request
from parley.web.problems import Unauthorized
from parley.web.protocol import FORM
from parley.web.proxies import Proxies
from parley.web.ratelimit import RateLimit
from parley.web.sessions import Sessions, csrf_of

_LONGEST = 4096  # characters of a header that is looked at


@dataclass(frozen=True)
class Visitor:
    """Somebody with a role; `csrf` is what their forms must send, empty without a session."""

    name: str
    role: str
    csrf: str = ""

    def allows(self, role: str) -> bool:
        """Whether this visitor's role is the one asked for, or one above it."""
        return ROLES.index(self.role) >= ROLES.index(role)


ANYBODY = Visitor(ANONYMOUS, ROLES[-1])


class Visitors:
    """Knows the visitors of one instance, as one web process sees them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.tokens = Tokens(settings.instance)
        self.sessions = Sessions(
            settings.instance / "sessions", settings.session_idle, settings.session_lifetime
        )
        # A client's connections may end at any of the processes: together they keep the limit.
        rate = settings.attempts_per_minute
        self._limit = RateLimit(max(1, rate // settings.workers) if rate else 0)
        self._proxies = Proxies(settings.trusted_proxies)

    def signed_in(self, request: Request) -> Visitor | None:
        """Whose session the request's cookie names: for pages, which show it. None for nobody."""
        session = self.session(request)
        holder = self.sessions.holder(session) if session else None
        token = self.tokens.named(holder) if holder else None
        return Visitor(token.name, token.role, csrf_of(session)) if token else None

    def shown(self, request: Request) -> Visitor | None:
        """Whom a page greets: who is signed in, else anybody where anybody may write."""
        return self.signed_in(request) or (ANYBODY if self._settings.open else None)

    def writer(self, request: Request, root: str) -> Visitor:
        """Who sends a request that changes something; `root` is the address of this server.

        A token in Authorization goes before a cookie. What a browser sends by itself (a cookie, a
        Basic password) counts only from pages of this server, a cookie only with the token of its
        session against forged requests. Raises Unauthorized, Forbidden, TooMany.
        """
        given = request.header("Authorization")
        if given:
            token, by_basic = self._bearer(given)
            if token is None:
                self.attempt(request)
                raise Unauthorized(
                    "this token is not valid: it is mistyped, revoked or expired",
                    code="invalid_token",
                )
            if by_basic:
                own_page(request, root)
            return Visitor(token.name, token.role)
        visitor = self.signed_in(request)
        if visitor is not None:
            self.own_form(request, root)
            return visitor
        if self._settings.open:
            origin = request.header("Origin")
            if origin and not (origin == root and is_loopback(origin)):
                raise Forbidden(f"a page of {origin[:200]} may not write here")
            return ANYBODY
        self.attempt(request)
        raise Unauthorized(
            "your session has ended; sign in again"
            if self.session(request)
            else "writing needs a token: send it as Authorization: Bearer …, or sign in at /login"
        )

    def attempt(self, request: Request) -> None:
        """Counts an attempt of a request's client to come in. Raises TooMany."""
        self._limit.count(self._proxies.client(request))

    def own_form(self, request: Request, root: str) -> None:
        """Raises Forbidden for what no form of the request's session sent."""
        own_page(request, root)
        expected = csrf_of(self.session(request))
        if not hmac.compare_digest(_sent_csrf(request, self._settings), expected):
            raise Forbidden(
                "the form does not belong to your session; load its page again and send it once "
                "more"
            )

    def session(self, request: Request) -> str:
        """What the cookie of this server says, empty when it is not there or there twice."""
        name = cookie_name(self._settings)
        pairs = (part.strip().partition("=") for part in request.header("Cookie").split(";"))
        found = [value for key, _, value in pairs if key == name]
        return found[0] if len(found) == 1 else ""

    def _bearer(self, given: str) -> tuple[Token | None, bool]:
        """The valid token of an Authorization header; whether it came as a Basic password."""
        if len(given) > _LONGEST:
            return None, False
        scheme, _, credentials = given.strip().partition(" ")
        if scheme.lower() == "bearer":
            return self.tokens.holder(credentials.strip()), False
        if scheme.lower() != "basic":
            return None, False
        try:
            decoded = base64.b64decode(credentials.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return None, True
        return self.tokens.holder(decoded.partition(":")[2]), True  # any user name, as on GitHub


def own_page(request: Request, root: str) -> None:
    """Raises Forbidden for a request that a page of another site made a browser send.

    Browsers say so in Sec-Fetch-Site, older ones in Origin; other clients send neither.
    """
    site, origin = request.header("Sec-Fetch-Site"), request.header("Origin")
    if site in {"same-origin", "none"} or (
        not site and (not origin or origin in {root, request.root})
    ):
        return
    raise Forbidden(f"a page of {origin[:200] or 'another site'} may not write here")


def cookie_name(settings: Settings) -> str:
    """The cookie of sessions; a browser takes `__Host-` from https alone, and for one host."""
    if is_https(settings):
        return "__Host-parley"
    return f"parley-{settings.port}"  # cookies do not tell the ports of a machine apart


def is_https(settings: Settings) -> bool:
    """Whether clients reach this server by https: through a proxy that `public_url` names."""
    return (settings.public_url or "").startswith("https://")


def is_loopback(address: str) -> bool:
    """Whether an address such as http://127.0.0.1:8000 is of this machine only."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sent_csrf(request: Request, settings: Settings) -> str:
    sent = request.header("X-CSRF-Token")
    if not sent and request.media_type == FORM:
        sent = dict(request.form(4 * settings.query_text_limit, "query_text_limit")).get("csrf", "")
    return sent if sent.isascii() else ""
