"""Memento (RFC 7089): older versions by date, for clients who know no version numbers.

A read with `?version=` is a memento. `/timegate/ADDRESS`, and every read address itself, lead by
Accept-Datetime to the memento of that time; `/timemap/ADDRESS` lists the mementos.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from parley.errors import BadInput, NotFound
from parley.store.ledger import Entry
from parley.store.versions import Version, Versions
from parley.web.exchange import Reply, Request, redirect
from parley.web.listing import listed
from parley.web.site import Site

LINKS = "application/link-format"
_SAFE = "/~!$&'()*+,;=:@"
_MEMENTOS = 500  # in one list; a link leads to older ones


def dated(site: Site, request: Request, version: Version, reply: Reply) -> Reply:
    """The reply to a read, with what Memento clients look for.

    With `?version=` it is a memento; else it is the original, which names its TimeGate.
    """
    if site.versions is None or reply.status >= 400:
        return reply
    links = list(_gates(request.path, request))
    if request.value("version") is None:
        return reply.header(("Link", ", ".join(links)), ("Vary", "Accept-Datetime"))
    links.insert(0, f'<{_address(request.path, request)}>; rel="original"')
    return reply.header(("Memento-Datetime", _date(version.time)), ("Link", ", ".join(links)))


def wants_date(request: Request) -> bool:
    """Whether a read asks for a time in the past by Accept-Datetime, and not by `?version=`."""
    return bool(request.header("Accept-Datetime")) and request.value("version") is None


def gate(site: Site, request: Request, path: str) -> Reply:
    """The way to the memento of an address at the time of Accept-Datetime, without one the newest.

    Before the first version it is the first (RFC 7089, section 4.5.3). Raises BadInput.
    """
    versions = _kept(site)
    number = _number_at(versions, request.header("Accept-Datetime"))
    entry = versions.ledger.entry(number)
    location = _address(path, request, number)
    links = [
        f'<{_address(path, request)}>; rel="original"',
        *_gates(path, request),
        f'<{location}>; rel="memento"; datetime="{_date(entry.time)}"',
    ]
    return redirect(location, 302).header(
        ("Vary", "Accept-Datetime"),
        ("Link", ", ".join(links)),
        ("Cache-Control", "no-cache"),
        ("X-Parley-Version", str(number)),
    )


def times(
    site: Site, request: Request, path: str, iri: ox.NamedNode | None, *, is_there: bool
) -> Reply:
    """The mementos of an address as links, oldest first: of a thing, the versions that touched it.

    `is_there` says whether the current version has the thing; else the newest of them deleted it.
    """
    versions, root = _kept(site), site.root(request)
    found = listed(versions.ledger, versions.number(), request, iri, usual=_MEMENTOS)
    entries = found.entries if is_there or found.newer else found.entries[1:]
    if not entries:
        raise NotFound(f"there are no versions of {path}")
    lines = [
        f'<{root}{_address(path, request)}>; rel="original"',
        f'<{root}{_address("/timegate" + path, request)}>; rel="timegate"',
        f'<{root}{_address(request.path, request)}>; rel="self"; type="{LINKS}"; '
        f'from="{_date(entries[-1].time)}"; until="{_date(entries[0].time)}"',
        *(
            f'<{root}{address}>; rel="timemap"; type="{LINKS}"'
            for address in (found.older, found.newer)
            if address
        ),
        *_mementos(root, path, request, entries[::-1], (not found.older, not found.newer)),
    ]
    return Reply(200, ",\n".join(lines).encode() + b"\n", LINKS).header(
        ("Cache-Control", "no-cache"), ("X-Parley-Version", str(versions.number()))
    )


def _mementos(
    root: str, path: str, request: Request, entries: Sequence[Entry], ends: tuple[bool, bool]
) -> Iterator[str]:
    """One link each; `ends` says whether the first is the first of all, and the last the last."""
    for at, entry in enumerate(entries):
        kind = "memento"
        if at == len(entries) - 1 and ends[1]:
            kind = "last " + kind
        if at == 0 and ends[0]:
            kind = "first " + kind
        address = _address(path, request, entry.number)
        yield f'<{root}{address}>; rel="{kind}"; datetime="{_date(entry.time)}"'


def _gates(path: str, request: Request) -> Iterator[str]:
    yield f'<{_address("/timegate" + path, request)}>; rel="timegate"'
    yield f'<{_address("/timemap" + path, request)}>; rel="timemap"; type="{LINKS}"'


def _address(path: str, request: Request, number: int | None = None) -> str:
    """An address with the parameters of a request, held to a version or to none."""
    fields = [(k, v) for k, v in request.fields if k not in {"version", "before", "after"}]
    if number is not None:
        fields.append(("version", str(number)))
    tail = f"?{urlencode(fields)}" if fields else ""
    return quote(path, safe=_SAFE) + tail


def _number_at(versions: Versions, header: str) -> int:
    if not header:
        return versions.number()
    try:
        moment = parsedate_to_datetime(header[:100])
    except ValueError as error:
        raise BadInput(
            f"Accept-Datetime: '{header[:100]}' is no date such as Sat, 31 Jan 2026 12:00:00 GMT"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # Versions have milliseconds, and HTTP dates have not: one made in that second counts.
    when = moment.replace(microsecond=999_000).astimezone(UTC).isoformat()
    try:
        return versions.number_of(when)
    except NotFound:
        return 1


def _date(time: str) -> str:
    return format_datetime(datetime.fromisoformat(time).astimezone(UTC), usegmt=True)


def _kept(site: Site) -> Versions:
    if site.versions is None:
        raise NotFound("this server keeps the current version only")
    return site.versions
