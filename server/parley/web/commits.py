"""/history/N: one commit as a patch, as provenance, as JSON, as a page; /diff between two."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path

import pyoxigraph as ox

from parley.errors import BadInput, NotFound, TooLarge
from parley.formats import GRAPHS, Format, named
from parley.store.blame import first_rows
from parley.store.change import header_rows
from parley.store.composing import compose
from parley.store.difference import Difference
from parley.store.ledger import Ledger
from parley.store.places import Places
from parley.store.versions import Version, Versions
from parley.web.documents import common
from parley.web.exchange import Reply, Request
from parley.web.negotiate import choose, prefers_html
from parley.web.patches import SHOWN, as_json, changes, spooled
from parley.web.provenance import provenance
from parley.web.ranges import from_range
from parley.web.site import Site, stamped
from parley.web.views import Views

# The engine writes neither; what it would write them as is never asked.
PATCH = Format("rdfp", "application/rdf-patch", "dataset", ox.RdfFormat.N_QUADS)
JSON = Format("json", "application/json", "dataset", ox.RdfFormat.N_QUADS)
_FOR_EVER = "public, max-age=31536000, immutable"
_MOST_COMPOSED = 10_000  # entries in one comparison


def register(views: Views, site: Site, places: Places) -> None:
    """Adds the views of single commits and of comparisons, which take one of the `places`."""

    @views.read("/history/<int:number>")
    def commit(request: Request, version: Version, number: int) -> Reply:
        with places.taken_for(site.settings.query_timeout):
            return _commit(site, request, version, number, request.value("format") or None)

    @views.read("/history/<int:number>.<extension>")
    def commit_file(request: Request, version: Version, number: int, extension: str) -> Reply:
        with places.taken_for(site.settings.query_timeout):
            return _commit(site, request, version, number, extension)

    @views.read("/diff")
    def diff(request: Request, version: Version) -> Reply:
        with places.taken_for(site.settings.query_timeout):
            return _diff(site, request, version)


def _commit(
    site: Site, request: Request, version: Version, number: int, wanted: str | None
) -> Reply:
    if site.versions is None or not 1 <= number <= version.number:
        raise NotFound(f"there is no version {number}; the newest is {version.number}")
    ledger = site.versions.ledger
    form, media_type = _form(request, wanted, (PATCH, JSON, *GRAPHS))
    if form is None:
        return _commit_page(site, request, version, number)
    links = [
        f'</history/{number}.{form.extension}>; rel="alternate"; type="{form.media_type}"'
        for form in (PATCH, JSON, *GRAPHS)
    ]
    links += ['</history>; rel="version-history"', *common(site, version)]
    if number > 1:
        links.append(f'</history/{number - 1}>; rel="predecessor-version"')
    made_by = replace(version, number=number)
    unchanged = stamped(Reply(200, b"", media_type), request, made_by, *links)
    if unchanged.status == 304:
        return _lasting(unchanged)
    entry = ledger.entry(number)
    if form is PATCH:
        file = ledger.path(number).open("rb")
        reply = Reply(200, b"", media_type, (), file, ledger.path(number).stat().st_size)
        reply = from_range(request, reply)
    elif form is JSON:
        with ledger.path(number).open("rb") as lines:
            reply = spooled(site, as_json(asdict(entry), lines), media_type)
    else:
        assert isinstance(form.engine, ox.RdfFormat)
        triples = provenance(entry, site.dataset.names)
        body = ox.serialize(triples, format=form.engine, prefixes=site.dataset.names.prefixes)
        reply = Reply(200, body or b"", media_type)
    return _lasting(stamped(reply, request, made_by, *links))


def _commit_page(site: Site, request: Request, version: Version, number: int) -> Reply:
    assert site.versions is not None
    ledger = site.versions.ledger
    entry = ledger.entry(number)
    with ledger.path(number).open("rb") as lines:
        rows = first_rows(lines, SHOWN)
    shown = changes(site, version, rows, entry.added + entry.removed)
    return site.page("commit", request, version, entry=entry, newest=version.number, **shown)


def _diff(site: Site, request: Request, version: Version) -> Reply:
    if site.versions is None:
        raise NotFound("this server keeps the current version only, and no history")
    given = request.value("from"), request.value("to")
    if not given[0] or not given[1]:
        raise BadInput("a comparison needs two versions: /diff?from=3&to=7, numbers or dates")
    start, end = (site.versions.number_of(text) for text in given if text)
    form, media_type = _form(request, request.value("format") or None, (PATCH, JSON))
    # Two numbers name the same difference for ever; a date may still come to mean another version.
    fixed = all(text and text.isdigit() for text in given)
    link = '</history>; rel="version-history"'
    unchanged = stamped(Reply(200, b"", media_type), request, version, link)
    if form is not None and unchanged.status == 304:
        return _lasting(unchanged, fixed)
    site.spool.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=site.spool, prefix="diff-") as folder:
        found = _compared(site, site.versions, start, end, Path(folder))
        if form is None:
            return _diff_page(site, request, version, (start, end), found)
        reply = spooled(site, _pieces(form, start, end, found), media_type)
    return _lasting(stamped(reply, request, version, link), fixed)


def _pieces(form: Format, start: int, end: int, found: Difference) -> Iterable[bytes]:
    """A comparison as a patch or as JSON."""
    head = {"from": start, "to": end, "added": found.added, "removed": found.removed}
    if form is JSON:
        return as_json(head, found.rows())
    rows = header_rows({name: ox.Literal(value) for name, value in head.items()})
    return chain([rows.encode() + b"TX .\n"], found.rows(), [b"TC .\n"])


def _diff_page(
    site: Site, request: Request, version: Version, ends: tuple[int, int], found: Difference
) -> Reply:
    assert site.versions is not None
    rows = first_rows(found.rows(), SHOWN)
    start, end = (site.versions.ledger.entry(number) for number in ends)
    shown = changes(site, version, rows, found.added + found.removed)
    return site.page("diff", request, version, start=start, end=end, found=found, **shown)


def _compared(site: Site, versions: Versions, start: int, end: int, folder: Path) -> Difference:
    low, high = sorted((start, end))
    most = site.settings.row_limit
    if high - low > _MOST_COMPOSED or _rows(versions.ledger, low, high, most) > most:
        raise TooLarge(
            f"between versions {low} and {high} lie more than {most} rows, or more than "
            f"{_MOST_COMPOSED} commits; compare versions that are closer together",
            limit="row_limit",
            value=most,
        )
    return compose(versions.ledger, start, end, folder)


def _rows(ledger: Ledger, low: int, high: int, enough: int) -> int:
    found = 0
    for number in range(low + 1, high + 1):
        entry = ledger.entry(number)
        found += entry.added + entry.removed
        if found > enough:
            break
    return found


def _form(
    request: Request, wanted: str | None, offered: tuple[Format, ...]
) -> tuple[Format | None, str]:
    """The format of an answer; None for a page."""
    accept = request.header("Accept")
    if wanted == "html" or (wanted is None and prefers_html(accept, offered)):
        return None, "text/html"
    if wanted is not None and named(wanted, offered) is None:
        known = ", ".join(form.extension for form in offered)
        raise NotFound(f"there is no format '{wanted[:40]}' here; use {known}, html")
    return choose(offered, accept, wanted)


def _lasting(reply: Reply, fixed: bool = True) -> Reply:
    """The reply to be kept for ever where it is `fixed`: what the ledger says never changes."""
    if not fixed:
        return reply
    headers = [(k, _FOR_EVER if k == "Cache-Control" else v) for k, v in reply.headers]
    return replace(reply, headers=tuple(headers))
