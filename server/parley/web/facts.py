"""Rows of the pages' queries brought together: facts by status, claims with all their quotes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from parley.web.site import Cell, Row

# The order of the sections of a page, and what each is called.
STATUSES = {
    "contested": "Contested",
    "confirmed": "Confirmed",
    "stated": "Stated by an author",
    "reported": "Reported",
    "": "Said, but not held as a fact",
}


@dataclass(frozen=True)
class Said:
    """One claim with all its speakers and quotes; `row` holds what it has one of."""

    row: Row
    speakers: dict[str, Cell | None] = field(default_factory=dict)
    quotes: list[str] = field(default_factory=list)

    @property
    def iri(self) -> str:
        """The claim's IRI."""
        return self.row["claim"]["value"]

    @property
    def accepted(self) -> bool:
        """Whether a curator accepted the claim; what is not accepted counts for no status."""
        review = self.row.get("review")
        return review is not None and review["value"].endswith("/review-accepted")

    @property
    def stance(self) -> str:
        """The last part of the stance's IRI: affirms, denies, doubts, declines-to-comment."""
        return self.row["stance"]["value"].rpartition("/")[2]


@dataclass(frozen=True)
class Fact:
    """One proposition with the claims on it; `row` holds its three terms and their labels."""

    row: Row
    claims: list[Said]


def claims_of(rows: Iterable[Row]) -> list[Said]:
    """One entry for each claim, in the order of the rows."""
    found: dict[str, Said] = {}
    for row in rows:
        said = found.setdefault(row["claim"]["value"], Said(row))
        said.speakers.setdefault(row["speaker"]["value"], row.get("speakerLabel"))
        quote = row.get("quote")
        if quote and quote["value"] not in said.quotes:
            said.quotes.append(quote["value"])
    return list(found.values())


def facts_by_status(
    facts: Iterable[Row], claims: Iterable[Row]
) -> list[tuple[str, str, list[Fact]]]:
    """Name, heading and facts of each status that has any, contested first."""
    by_proposition: dict[str, list[Row]] = {}
    for row in claims:
        by_proposition.setdefault(row["proposition"]["value"], []).append(row)
    sections: dict[str, dict[str, Fact]] = {status: {} for status in STATUSES}
    for row in facts:
        status = row["graph"]["value"].rpartition("/")[2] if "graph" in row else ""
        proposition = row["proposition"]["value"]
        said = claims_of(by_proposition.get(proposition, ()))
        sections.setdefault(status, {}).setdefault(proposition, Fact(row, said))
    return [
        (status, STATUSES.get(status, status), list(found.values()))
        for status, found in sections.items()
        if found
    ]
