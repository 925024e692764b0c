"""/replica/head.json: what replicas ask again and again; the versions are at /history/N.rdfp."""

from __future__ import annotations

import json

from parley.errors import BadInput, NotFound
from parley.store.lag import Followed, read_followed
from parley.store.version import FORMAT
from parley.web.exchange import Reply, Request
from parley.web.floors import Floors
from parley.web.site import Site
from parley.web.views import Views

_LONGEST = 10.0  # seconds for which a replica may wait for the next version
_MOST = 1e9


def blueprint(site: Site) -> Views:
    """The view of the newest version, for replicas."""
    views = Views("replica", site)
    floors = Floors(site)

    @views.plain("/replica/head.json")
    def head(request: Request) -> Reply:
        """The newest version; with `after` and `wait` as soon as it is past one, or time is up."""
        if site.versions is None:
            raise NotFound("this server keeps the current version only, and no history to copy")
        after = int(_number(request, "after"))
        version = floors.reached(after + 1, min(_number(request, "wait"), _LONGEST))
        ledger = site.versions.ledger
        common = min(after, version.number)
        found = {
            "format": FORMAT,
            "version": version.number,
            "time": version.time,
            "quads": version.quads,
            "entry": ledger.entry(version.number).sha256,
            "common": ledger.entry(common).sha256 if common else "",
            "tags": site.versions.tags.all(),
            "public": site.settings.public_url or "",
        }
        body = json.dumps(found, indent=1).encode() + b"\n"
        return Reply(200, body, "application/json", (("Cache-Control", "no-store"),))

    return views


def followed(site: Site) -> Followed | None:
    """What this server follows; None when it is no replica, or is one that takes writes by now."""
    return read_followed(site.settings.instance) if site.settings.read_only else None


def _number(request: Request, name: str) -> float:
    text = request.value(name) or "0"
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < _MOST:  # NaN is neither
        raise BadInput(f"{name}: '{text[:40]}' is no number that can be meant")
    return found
