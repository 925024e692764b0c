"""IRIs of the data that are no address of ours: they lead to their document all the same."""

from __future__ import annotations

from werkzeug.exceptions import NotFound as Unrouted

from parley.errors import Gone, ParleyError
from parley.web.documents import negotiated
from parley.web.exchange import Reply, Request
from parley.web.failures import failed
from parley.web.linkeddata import among, iri, missing, of_other
from parley.web.memento import dated
from parley.web.problems import MethodNotAllowed
from parley.web.site import Site

_METHODS = ("GET", "HEAD", "OPTIONS")


def elsewhere(site: Site, request: Request, error: Exception) -> Reply | None:
    """The answer at an address that routing does not know, if it is that of an IRI.

    None when the request went wrong otherwise, or no version had the IRI.
    """
    if not isinstance(error, Unrouted):
        return None
    try:
        base, path = site.dataset.names.base, request.path.removeprefix("/")
        version = site.version(request.value("version") or None)
        node = among(site, version, base, path)
        gone = missing(site, iri(base + path), version) if node is None else None
    except ParleyError:
        return None  # the address is said to be unknown
    if node is None:
        return failed(site, request, gone) if isinstance(gone, Gone) else None
    if request.method == "OPTIONS":
        return Reply(200, headers=(("Allow", ", ".join(_METHODS)),))
    try:
        if request.method not in _METHODS:
            raise MethodNotAllowed(f"{request.path} does not answer {request.method}", _METHODS)
        reply = negotiated(site, request, version, of_other(site, node))
        return dated(site, request, version, reply)
    except ParleyError as refused:
        return failed(site, request, refused)
