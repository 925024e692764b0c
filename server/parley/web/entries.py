"""What lists and files show of claims: their rows, and each claim as one entry."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from parley.store.versions import Version
from parley.web.facts import Said, claims_of
from parley.web.site import Cell, Row, Site

_BETWEEN = " | "  # several speakers or quotes in one cell of a CSV file
_COLUMNS = (
    *("claim", "gloss", "stance", "status", "review", "venue", "speakers", "article"),
    *("start", "end", "quotes"),
)


@dataclass(frozen=True)
class Named:
    """A thing with its label, which is empty where it has none."""

    iri: str
    label: str


@dataclass(frozen=True)
class Quoted:
    """A quote with its article and place: code points from `start`, `end` exclusive."""

    article: str
    start: int | None
    end: int | None
    quote: str


@dataclass(frozen=True)
class Entry:
    """One claim; `href` is its page."""

    claim: str
    href: str | None
    gloss: str
    stance: Named
    status: Named
    review: Named
    venue: str
    speakers: list[Named]
    quotes: list[Quoted]


def listed(site: Site, version: Version, claims: Iterable[str]) -> dict[str, list[Row]]:
    """The rows of these claims by IRI, in their order."""
    rows: dict[str, list[Row]] = {iri: [] for iri in claims}
    these = [ox.NamedNode(iri) for iri in rows]
    for row in site.rows("claims-listed", version, claim=these) if these else ():
        rows[row["claim"]["value"]].append(row)
    return {iri: some for iri, some in rows.items() if some}


def said(listed: dict[str, list[Row]]) -> list[Said]:
    """The claims of these rows as pages show them."""
    return claims_of(row for rows in listed.values() for row in rows)


def entry(rows: list[Row], href: Callable[[str], str | None]) -> Entry:
    """One claim from its rows; `href` says where an IRI leads."""
    first = rows[0]
    quotes = {
        Quoted(
            _value(row["source"]), _place(row["start"]), _place(row["end"]), _value(row["quote"])
        )
        for row in rows
        if "quote" in row
    }
    speakers = {row["speaker"]["value"]: _value(row["speakerLabel"]) for row in rows}
    iri = first["claim"]["value"]
    return Entry(
        iri,
        href(iri),
        _value(first["gloss"]),
        _named(first, "stance"),
        _named(first, "status"),
        _named(first, "review"),
        _value(first["venueLabel"]),
        [Named(*pair) for pair in sorted(speakers.items())],
        sorted(quotes, key=lambda one: (one.article, one.start or 0, one.quote)),
    )


def as_csv(entries: Iterable[Entry]) -> str:
    """One line for each claim, its place that of its first quote (RFC 4180)."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for one in entries:
        first = one.quotes[0] if one.quotes else Quoted("", None, None, "")
        writer.writerow(
            (
                one.claim,
                one.gloss,
                *(axis.label or axis.iri for axis in (one.stance, one.status, one.review)),
                one.venue,
                _BETWEEN.join(speaker.label or speaker.iri for speaker in one.speakers),
                first.article,
                first.start,
                first.end,
                _BETWEEN.join(quote.quote for quote in one.quotes),
            )
        )
    return file.getvalue()


def _named(row: Row, column: str) -> Named:
    return Named(_value(row[column]), _value(row[f"{column}Label"]))


def _value(cell: Cell | None) -> str:
    return cell["value"] if cell else ""


def _place(cell: Cell | None) -> int | None:
    return int(cell["value"]) if cell else None
