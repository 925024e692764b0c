"""Whole versions and graphs as files: what a request is answered with, and under which headers."""

from __future__ import annotations

import base64
from dataclasses import replace

import pyoxigraph as ox

from parley.errors import BadInput, NotFound
from parley.formats import DATASETS, GRAPHS
from parley.store.backend import Download, Downloaded
from parley.store.versions import Version
from parley.web.compressing import GZIP, coding, tagged
from parley.web.exchange import Reply, Request
from parley.web.ranges import from_range
from parley.web.site import Site, stamped

FORMS = DATASETS + GRAPHS


def wanted(extension: str) -> Download:
    """What `EXT` or `EXT.gz` at the end of an address asks for; raises NotFound."""
    stem, dot, packed = extension.partition(".")
    for form in FORMS:
        if form.extension == stem and (not dot or packed == "gz"):
            return Download(form, packed=bool(dot))
    known = ", ".join(form.extension for form in FORMS)
    raise NotFound(f"there is no format '{extension}' here; use {known}, or one of them with .gz")


def asked_for(site: Site, request: Request, version: Version, extension: str) -> Download:
    """What an address with `EXT` or `EXT.gz` at its end asks for, of one graph with `?graph=`.

    Raises BadInput, NotFound.
    """
    asked = wanted(extension)
    given = request.value("graph")
    if given is None:
        return asked
    try:
        node = ox.NamedNode(given)
    except ValueError as error:
        raise BadInput(f"graph: '{given}' is not an absolute IRI") from error
    if not site.holds("graph-exists", version, _graph=node):
        raise NotFound(f"there is no graph <{given}> in version {version.number}")
    return replace(asked, graph=node)


def fetched(site: Site, request: Request, version: Version, asked: Download) -> Downloaded:
    """The file of a download, made unless it is there; whoever asked closes it.

    Raises LimitReached, TooLarge, Busy, Cancelled, WorkerLost.
    """
    running = site.watch.running
    what = f"download {asked.form.extension} of {asked.graph or 'everything'}"
    run = running.begin(running.name(), what, version.number, request.client)
    try:
        return site.backend.download(asked, version.number, run.cancel)
    finally:
        running.end(run)


def downloaded(site: Site, request: Request, version: Version, asked: Download) -> Reply:
    """The reply with a whole version or graph, 304 when the client has it; raises as `whole`."""
    media_type = "application/gzip" if asked.packed else asked.form.media_type
    unchanged = stamped(Reply(200, b"", media_type), request, version)
    if unchanged.status == 304:
        return unchanged
    return whole(site, request, version, asked, unchanged)


def whole(site: Site, request: Request, version: Version, asked: Download, empty: Reply) -> Reply:
    """An `empty` reply filled with a whole version or graph, packed for whoever takes gzip.

    Raises LimitReached, TooLarge, Busy, Cancelled, WorkerLost.
    """
    coded = not asked.packed and coding(request.header("Accept-Encoding"), (GZIP,)) == GZIP
    found = fetched(site, request, version, replace(asked, packed=asked.packed or coded))
    digest = base64.b64encode(bytes.fromhex(found.sha256)).decode()
    headers = [(n, tagged(v, GZIP) if coded and n == "ETag" else v) for n, v in empty.headers]
    headers.append(("Repr-Digest", f"sha-256=:{digest}:"))
    headers.append(("Cache-Control", "no-transform"))  # packed anew, it would have another digest
    if coded:
        headers.append(("Content-Encoding", GZIP))
    reply = replace(empty, headers=tuple(headers), file=found.file, size=found.size)
    if coded or request.value("version") is None:  # the rest may be that of another file
        return reply
    return from_range(request, reply.header(("Accept-Ranges", "bytes")))
