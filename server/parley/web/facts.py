"""Rows of the pages' queries brought together: facts by status, claims with all their quotes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True)
class Section:
    """Some facts of one status, of `total` that there are."""

    status: str
    heading: str
    facts: list[Fact]
    total: int


@dataclass(frozen=True)
class Speaker:
    """Who speaks of something: by stance, how many claims; `wider` are the denials of more."""

    name: Cell
    label: Cell | None
    stances: list[tuple[Row, int]] = field(default_factory=list)
    wider: list[Said] = field(default_factory=list)


@dataclass(frozen=True)
class Speaking:
    """The speakers with most claims on a thing, of `total`."""

    speakers: list[Speaker]
    total: int


def status_of(row: Row) -> str:
    """The name of the status graph that a fact stands in, empty where it stands in none."""
    return row["graph"]["value"].rpartition("/")[2] if "graph" in row else ""


def sections(
    facts: Iterable[Row], claims: Iterable[Row], totals: Mapping[str, int]
) -> list[Section]:
    """The facts by status, contested first, each status that has any, in the order of labels."""
    by_proposition: dict[str, list[Row]] = {}
    for row in claims:
        by_proposition.setdefault(row["proposition"]["value"], []).append(row)
    by_status: dict[str, dict[str, Fact]] = {status: {} for status in STATUSES}
    for row in sorted(facts, key=_order):
        proposition = row["proposition"]["value"]
        said = claims_of(by_proposition.get(proposition, ()))
        by_status[status_of(row)].setdefault(proposition, Fact(row, said))
    return [
        Section(status, STATUSES[status], list(found.values()), totals[status])
        for status, found in by_status.items()
        if found
    ]


def speaking(rows: Iterable[Row], wider: Iterable[Row], total: int) -> Speaking:
    """Who takes which stance, from rows of a speaker, a stance and how many claims.

    `wider` are rows of denials that cover what is said without being about it.
    """
    found: dict[str, Speaker] = {}
    for row in rows:
        iri = row["speaker"]["value"]
        speaker = found.setdefault(iri, Speaker(row["speaker"], row.get("speakerLabel")))
        speaker.stances.append((row, int(row["count"]["value"])))
    for said in claims_of(wider):
        for iri, label in said.speakers.items() if said.accepted else ():
            speaker = found.setdefault(iri, Speaker({"type": "uri", "value": iri}, label))
            speaker.wider.append(said)
    more = len([speaker for speaker in found.values() if not speaker.stances])
    return Speaking(list(found.values()), total + more)


def _order(row: Row) -> tuple[str, ...]:
    columns = ("predicate", "subject", "object")
    return tuple((row.get(f"{c}Label") or row[c])["value"] for c in columns)
