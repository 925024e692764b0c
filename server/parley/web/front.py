"""The WSGI callable in front: /sparql without Flask's routing, and the headers of every reply."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from time import perf_counter
from urllib.parse import unquote

from parley.errors import BadInput, Busy, ParleyError
from parley.tokens import masked
from parley.web.exchange import Environ, Reply, Request, StartResponse, names_host
from parley.web.failures import failed
from parley.web.floors import HEADER, Floors
from parley.web.patrol import Body
from parley.web.protocol import METHODS
from parley.web.site import Site
from parley.web.sparql import respond

_SPARQL = ("/sparql", "/sparql/")
_DRAINED, _PIECE = 16 << 20, 1 << 18
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]
_EXPOSED = (
    "Allow, ETag, Link, Location, Memento-Datetime, Repr-Digest, Retry-After, X-Parley-Query-Id, "
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
        patrol = site.watch.patrol
        patrol.begin(environ)
        began = perf_counter()
        request = Request(environ)
        told: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, given: list[tuple[str, str]], *rest: object) -> None:
            told[:] = [(status, given)]

        wrong = _wrong(environ) or floors.missed(environ)
        asks = wrong is None and environ.get("PATH_INFO") in _SPARQL
        if wrong is not None:
            pieces = failed(site, request, wrong).send(request.method, start)
        elif asks:
            pieces = sparql_reply(site, request).send(request.method, start)
        else:
            pieces = behind(environ, start)
        try:
            if not isinstance(pieces, list):
                pieces = patrol.sending(pieces)
        except Busy as error:
            pieces = failed(site, request, error).send(request.method, start)
        status, given = told[0]
        code = int(status[:3])
        given += headers(environ)
        if asks:
            given.append(("X-Parley-Query-Id", site.watch.sparql(request, code, given, began)))
        else:
            site.watch.other(request, code, given, began)
        _drain(environ, code)
        start_response(status, given)
        return pieces

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
    body = environ["wsgi.input"]
    if status >= 400 and isinstance(body, Body) and body.left <= _DRAINED:
        with suppress(Busy):  # of slow clients there are enough
            while body.left > 0 and body.read(min(body.left, _PIECE)):
                pass


def _headers(environ: Environ) -> tuple[tuple[str, str], ...]:
    if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
        return (*_CROSS, *_PREFLIGHT)
    return _CROSS
