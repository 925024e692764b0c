"""/sources: who speaks and who passes on, how often, through whom, and what rests on one voice.

Of an anonymous source there is what the text says of it, in the text's own words, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from parley.rdf import VOCAB
from parley.store.versions import Version
from parley.web.columns import Columns
from parley.web.exchange import Reply, Request
from parley.web.facets import Facets
from parley.web.labelling import labels_of
from parley.web.listing import neighbours, number
from parley.web.site import Site
from parley.web.views import Views

_USUAL, _MOST = 25, 50
_THROUGH = 5
_ACCEPTED = f"{VOCAB}review-accepted"


@dataclass(frozen=True)
class Source:
    """Who speaks in so many accepted claims and passes on so many; by IRI, how many claims.

    `through` are those through whom most of the claims came.
    """

    iri: str
    spoken: int
    relayed: int
    stances: list[tuple[str, int]]
    through: list[tuple[str, int]]


def register(views: Views, site: Site, facets: Facets) -> None:
    """The view of sources."""

    @views.read("/sources")
    def sources(request: Request, version: Version) -> Reply:
        columns = facets.columns(version)
        everybody = _ranked(columns)
        limit = min(number(request, "limit") or _USUAL, _MOST)
        offset = number(request, "offset") or 0
        shown = [_source(columns, iri) for iri in everybody[offset : offset + limit]]
        these = [ox.NamedNode(source.iri) for source in shown]
        described = site.rows("described", version, _sources=these) if these else []
        return site.page(
            "sources",
            request,
            version,
            sources=shown,
            labels=labels_of(site, version, _named(shown)),
            described={row["source"]["value"]: row["described"] for row in reversed(described)},
            independent=site.rows("independent", version),
            total=len(everybody),
            offset=offset,
            pages=neighbours(request, limit, offset, len(everybody)),
        )


def _ranked(columns: Columns) -> list[str]:
    """Everybody who speaks or passes on an accepted claim, those with most of them first."""
    counted = {
        iri: tuple(len(_accepted(columns, role, iri)) for role in ("speaker", "through"))
        for iri in {**columns.claims["speaker"], **columns.claims["through"]}
    }
    found = [(-spoken, -relayed, iri) for iri, (spoken, relayed) in counted.items()]
    return [iri for spoken, relayed, iri in sorted(found) if spoken or relayed]


def _source(columns: Columns, iri: str) -> Source:
    own = _accepted(columns, "speaker", iri)
    return Source(
        iri,
        len(own),
        len(_accepted(columns, "through", iri)),
        columns.counts("stance", own),
        columns.counts("through", own)[:_THROUGH],
    )


def _accepted(columns: Columns, role: str, iri: str) -> frozenset[int]:
    """The accepted claims that somebody speaks or passes on."""
    return columns.having(role, iri) & columns.having("review", _ACCEPTED)


def _named(sources: list[Source]) -> Iterable[str]:
    """All that a page of these sources names."""
    for source in sources:
        yield source.iri
        yield from (iri for iri, _ in (*source.stances, *source.through))
