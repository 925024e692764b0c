"""/contradictions: each contested statement with the words of both sides face to face."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from parley.sparql import page
from parley.store.versions import Version
from parley.web.denials import wider_denials
from parley.web.exchange import Reply, Request
from parley.web.facts import Said, claims_of
from parley.web.labelling import labelled
from parley.web.listing import neighbours, number
from parley.web.site import Cell, Row, Site
from parley.web.views import Views

_USUAL, _MOST = 20, 100
_TERMS = ("subject", "predicate", "object")
_SHOWN = 8  # claims of one side; the claim pages and the saved query have all


@dataclass(frozen=True)
class Contested:
    """One statement: `row` holds its three terms and their labels.

    `wider` are denials of something that covers it; `others` doubt or decline to comment; `both`
    are the speakers who affirm it in one place and deny it in another, by IRI with their labels.
    """

    row: Row
    affirmed: list[Said]
    denied: list[Said]
    wider: list[Said]
    others: list[Said]

    @property
    def both(self) -> dict[str, Cell | None]:
        """Who stands on both sides."""
        against = {iri for said in (*self.denied, *self.wider) for iri in said.speakers}
        return {
            iri: label
            for said in self.affirmed
            for iri, label in said.speakers.items()
            if iri in against
        }


def register(views: Views, site: Site) -> None:
    """The view of contradictions."""

    @views.read("/contradictions")
    def contradictions(request: Request, version: Version) -> Reply:
        graph = site.dataset.names.graph("contested")
        limit = min(number(request, "limit") or _USUAL, _MOST)
        offset = number(request, "offset") or 0
        total = int(site.rows("graph-size", version, _graph=graph)[0]["quads"]["value"])
        text = page(site.query("contested", _graph=graph), limit, offset)
        rows = labelled(site, version, site.table(text, version)[1], _TERMS)
        found = _faced(site, version, rows)
        return site.page(
            "contradictions",
            request,
            version,
            found=found,
            total=total,
            offset=offset,
            pages=neighbours(request, limit, offset, total),
            shown=_SHOWN,
        )


def _faced(site: Site, version: Version, rows: list[Row]) -> list[Contested]:
    """The statements of these rows with what is said for and against each."""
    by_iri = {_proposition(site, row).value: row for row in rows}
    if not by_iri:
        return []
    these = [ox.NamedNode(iri) for iri in by_iri]
    exact = _by_proposition(site.rows("claims-on-these", version, _propositions=these))
    wider = _by_proposition(wider_denials(site, version, by_iri))
    found = []
    for iri, row in by_iri.items():
        said = exact.get(iri, [])
        sides = {"affirms", "denies"}
        found.append(
            Contested(
                row,
                [one for one in said if one.stance == "affirms"],
                [one for one in said if one.stance == "denies"],
                wider.get(iri, []),
                [one for one in said if one.stance not in sides],
            )
        )
    return found


def _by_proposition(rows: Iterable[Row]) -> dict[str, list[Said]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["proposition"]["value"], []).append(row)
    return {iri: [one for one in claims_of(some) if one.accepted] for iri, some in grouped.items()}


def _proposition(site: Site, row: Row) -> ox.NamedNode:
    """The proposition that says a derived triple: its IRI is worked out from the three terms."""
    subject, predicate = (ox.NamedNode(row[part]["value"]) for part in ("subject", "predicate"))
    return site.dataset.names.proposition(subject, predicate, _term(row["object"]))


def _term(cell: Cell) -> ox.NamedNode | ox.Literal:
    if cell["type"] == "uri":
        return ox.NamedNode(cell["value"])
    language, datatype = cell.get("xml:lang"), cell.get("datatype")
    if language:
        return ox.Literal(cell["value"], language=language)
    return ox.Literal(cell["value"], datatype=ox.NamedNode(datatype) if datatype else None)
