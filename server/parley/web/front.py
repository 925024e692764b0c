"""The WSGI callable in front: /sparql without Flask's routing, and the headers of every reply."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from urllib.parse import unquote

from parley.errors import BadInput, ParleyError
from parley.tokens import masked
from parley.web.exchange import Environ, Reply, Request, StartResponse, names_host
from parley.web.failures import failed
from parley.web.floors import HEADER, Floors
from parley.web.protocol import METHODS
from parley.web.site import Site
from parley.web.sparql import respond

_SPARQL = ("/sparql", "/sparql/")
_DRAINED, _PIECE = 16 << 20, 1 << 18
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]
_EXPOSED = (
    "Allow, ETag, Link, Location, Memento-Datetime, Retry-After, X-Parley-Query-Id, "
    f"X-Parley-Total, X-Parley-Truncated, X-Parley-Version, {HEADER}"
)
_IN_ADDRESS = (
    "a token does not belong into an address, where logs and histories keep it; send it as "
    "Authorization: Bearer …, and have this one revoked"
)
_NO_HOST = "the request has to name one host, in one header Host"  # RFC 9112, section 3.2
_EVERY = (("Access-Control-Allow-Origin", "*"), ("X-Content-Type-Options", "nosniff"))
_CROSS = (*_EVERY, ("Access-Control-Expose-Headers", _EXPOSED))
_PREFLIGHT = (
    ("Access-Control-Allow-Methods", ", ".join(METHODS)),
    (
        "Access-Control-Allow-Headers",
        f"Accept, Accept-Datetime, Authorization, Content-Type, If-None-Match, {HEADER}",
    ),
    ("Access-Control-Max-Age", "86400"),
)


def front(site: Site, behind: Wsgi) -> Wsgi:
    """The callable that answers /sparql itself and leaves the rest to `behind`."""
    floors = Floors(site)

    def headers(environ: Environ) -> tuple[tuple[str, str], ...]:
        return (*_headers(environ), *floors.headers(environ))

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        site.watch.patrol.begin(environ)
        wrong = _wrong(environ) or floors.missed(environ)
        if wrong is not None:
            began = perf_counter()
            request = Request(environ)
            reply = failed(site, request, wrong).header(*headers(environ))
            site.watch.other(request, reply.status, began)
            _drain(environ, reply.status)
            return reply.send(request.method, start_response)
        if environ.get("PATH_INFO") in _SPARQL:
            request = Request(environ)
            began = perf_counter()
            reply = sparql_reply(site, request)
            name = site.watch.sparql(request, reply, began)
            reply = reply.header(("X-Parley-Query-Id", name), *headers(environ))
            _drain(environ, reply.status)
            return reply.send(request.method, start_response)

        began = perf_counter()

        def start(status: str, given: list[tuple[str, str]], *rest: object) -> object:
            site.watch.other(Request(environ), int(status[:3]), began)
            _drain(environ, int(status[:3]))
            return start_response(status, [*given, *headers(environ)], *rest)

        return behind(environ, start)

    return answer


def sparql_reply(site: Site, request: Request) -> Reply:
    """The reply of /sparql, whatever happens."""
    try:
        if request.method == "OPTIONS":
            return Reply(204, headers=(("Allow", ", ".join(METHODS)),))
        known = site.cache.known(request, lambda: site.backend.version().number)
        return known or respond(site, request)
    except Exception as error:  # noqa: BLE001  # no traceback may reach a client; `failed` logs it
        return failed(site, request, error)


def _wrong(environ: Environ) -> ParleyError | None:
    """Why a request is refused unread; None when it is not."""
    if not names_host(environ):
        return BadInput(_NO_HOST)
    return BadInput(_IN_ADDRESS) if _names_token(environ.get("QUERY_STRING", "")) else None


def _names_token(query: str) -> bool:
    """Whether an address has a token in it, which logs and histories would keep (RFC 6750, 5.3)."""
    if "access_token=" not in query and "parley_" not in query:
        return False
    plain = unquote(query)
    return masked(plain) != plain or "access_token" in {
        part.partition("=")[0] for part in query.split("&")
    }


def _drain(environ: Environ, status: int) -> None:
    """Read what a refusal left of a body: who is still sending would never see the refusal."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if status >= 400 and length.isascii() and length.isdigit() and int(length) <= _DRAINED:
        left = int(length)  # PEP 3333: an application reads no further
        while left and (piece := environ["wsgi.input"].read(min(left, _PIECE))):
            left -= len(piece)


def _headers(environ: Environ) -> tuple[tuple[str, str], ...]:
    if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
        return (*_CROSS, *_PREFLIGHT)
    return _CROSS
