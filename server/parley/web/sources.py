"""/sources: who speaks and who passes on, how often, through whom, and what rests on one voice.

Of an anonymous source there is what the text says of it, in the text's own words, and nothing else.
"""

from __future__ import annotations

from functools import lru_cache

import pyoxigraph as ox

from parley.store.versions import Version
from parley.web.exchange import Reply, Request
from parley.web.labelling import labelled
from parley.web.listing import neighbours, number
from parley.web.site import Row, Site
from parley.web.views import Views

_USUAL, _MOST = 25, 50
_THROUGH = 5


def register(views: Views, site: Site) -> None:
    """The view of sources."""

    @lru_cache(maxsize=4)
    def speakers(version: Version) -> list[Row]:
        return site.rows("speakers", version)

    @views.read("/sources")
    def sources(request: Request, version: Version) -> Reply:
        everybody = speakers(version)
        limit = min(number(request, "limit") or _USUAL, _MOST)
        offset = number(request, "offset") or 0
        shown = labelled(site, version, everybody[offset : offset + limit], ("source",))
        these = [ox.NamedNode(row["source"]["value"]) for row in shown]
        through, stances, described = (
            _by_source(site.rows(name, version, _sources=these) if these else [])
            for name in ("through", "stances", "described")
        )
        return site.page(
            "sources",
            request,
            version,
            sources=shown,
            through={iri: rows[:_THROUGH] for iri, rows in through.items()},
            stances=stances,
            described={iri: rows[0]["described"] for iri, rows in described.items()},
            independent=site.rows("independent", version),
            total=len(everybody),
            offset=offset,
            pages=neighbours(request, limit, offset, len(everybody)),
        )


def _by_source(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["source"]["value"], []).append(row)
    return found
