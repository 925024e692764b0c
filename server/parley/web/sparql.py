"""/sparql: queries answered by the store, in the format a client asks for; free of Flask."""

from __future__ import annotations

import re

from parley import sparql
from parley.errors import BadInput, BadQuery
from parley.formats import BINDINGS, DATASETS, GRAPHS
from parley.store.backend import Query
from parley.store.versions import Version
from parley.web import updates
from parley.web.answering import page
from parley.web.compressing import coding, compressed
from parley.web.description import described
from parley.web.exchange import Reply, Request
from parley.web.memento import dated
from parley.web.negotiate import choose, prefers_html
from parley.web.protocol import Operation, read_operation
from parley.web.site import Site, given, matches, sent, tag

_OFFERED = {"select": BINDINGS, "ask": BINDINGS}
# Answers of these change without a new version, so they have no ETag and are not kept.
_MOVING = re.compile(r"\b(?:NOW|RAND|STRUUID|UUID|BNODE|SERVICE)\b", re.IGNORECASE)


def respond(site: Site, request: Request) -> Reply:
    """The reply to a request to /sparql; raises what the table of problems knows."""
    operation = read_operation(request, site.settings)
    if operation.is_update:
        request.noted.kind, request.noted.text = "update", operation.text or ""
        return updates.respond(site, request, operation)
    if operation.text is None:
        reply = _welcome(site, request, operation)
    else:
        reply = _query(site, request, operation, operation.text)
    if operation.version is None or request.method not in {"GET", "HEAD"}:
        return reply
    return dated(site, request, site.version(operation.version), reply)


def _welcome(site: Site, request: Request, operation: Operation) -> Reply:
    """The service description, or a form for a browser."""
    version = site.version(operation.version)
    accept = request.header("Accept")
    if operation.format is None and prefers_html(accept):
        pinned = operation.version or ""
        return site.page("sparql", request, version, text="", shown=None, pinned=pinned)
    return described(site, request, version, operation.format)


def _query(site: Site, request: Request, operation: Operation, text: str) -> Reply:
    parsed = sparql.read(text)
    if parsed.kind == "update":
        if not text.strip():
            raise BadInput("the query is empty")
        raise BadQuery("this is an update; send it by POST as 'update', not as 'query'")
    request.noted.kind, request.noted.text = parsed.kind, text
    hosts = site.settings.service_hosts
    sparql.allow(sparql.silence(parsed, hosts), hosts)
    offered = _OFFERED.get(parsed.kind, GRAPHS + DATASETS)
    accept = request.header("Accept")
    html = operation.format is None and prefers_html(accept, offered)
    form, media_type = (
        (offered[0], "text/html") if html else choose(offered, accept, operation.format)
    )
    version = site.version(operation.version)
    root = site.root(request)
    base = f"{root}/sparql"
    asked = repr((operation.default_graphs, operation.named_graphs, operation.truncate, base))
    visitor = site.visitors.shown(request) if html else None
    session = visitor.csrf if visitor else ""
    moving = _MOVING.search(parsed.text)
    etag = None if moving else tag(version, media_type, parsed.text, asked, session)
    if etag and matches(request, etag):
        etag = given(request, etag)
        return Reply(304, headers=_headers(version, etag, html=html, session=session))
    query = Query(
        parsed.text,
        operation.default_graphs,
        operation.named_graphs,
        base=base,
        truncate=operation.truncate or html,
        cut_link=f"{root}/problems/limit-reached",
    )
    deadline = site.deadline(operation.timeout)
    accepted = request.header("Accept-Encoding")

    def answered() -> Reply:
        request.noted.id = site.watch.running.name()
        run = site.watch.running.begin(request.noted.id, text, version.number, request.client)
        try:
            answer = site.backend.select(query, form, deadline, version.number, run.cancel)
        finally:
            site.watch.running.end(run)
        headers = _headers(version, etag, html=html, session=session)
        if answer.truncated:
            headers += (("X-Parley-Truncated", "true"),)
        if html:
            pinned = operation.version or ""
            reply = page(site, request, visitor, version, query, text, answer, form, pinned)
        else:
            reply = sent(answer, media_type, inline=site.cache.largest)
        reply = reply.header(*headers)
        return compressed(reply, accepted, site.spool) if coding(accepted) else reply

    if etag is None or html or operation.version is not None:
        return answered()
    key = (etag, coding(accepted))
    return site.cache.reply(key, version.number, request, deadline.seconds, answered)


def _headers(
    version: Version, etag: str | None, *, html: bool = False, session: str = ""
) -> tuple[tuple[str, str], ...]:
    found = (
        ("Vary", "Accept, Accept-Encoding, Cookie" if html else "Accept, Accept-Encoding"),
        ("Cache-Control", "private, no-cache" if session else "no-cache"),
        ("X-Parley-Version", str(version.number)),
        ("Link", '</sparql>; rel="service-desc"'),
    )
    return (*found, ("ETag", etag)) if etag else found
