"""The made-up world that synthetic articles tell of: a thing comes to be when it is first named."""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass, field

import pyoxigraph as ox

from bench.names import name
from parley.rdf import (
    COMMON_PREFIXES,
    EDTF,
    RDF_TYPE,
    RDFS_LABEL,
    XSD,
    Namespaces,
    Object,
    concept,
    term,
)

STATES, PROVINCES = 6, 8
FIRST_YEAR = 2010
_SCOPE_NOTE = ox.NamedNode(COMMON_PREFIXES["skos"] + "scopeNote")
_ALT_LABEL = ox.NamedNode(COMMON_PREFIXES["skos"] + "altLabel")


def words(text: str) -> ox.Literal:
    """A text in English."""
    return ox.Literal(text, language="en")


def integer(number: int) -> ox.Literal:
    """A whole number."""
    return ox.Literal(str(number), datatype=ox.NamedNode(XSD + "integer"))


def _date(year: int, month: int, day: int) -> ox.Literal:
    return ox.Literal(f"{year}-{month:02d}-{day:02d}", datatype=ox.NamedNode(XSD + "date"))


@dataclass(frozen=True)
class Thing:
    """A node of the dataset and what the articles call it."""

    iri: ox.NamedNode
    label: str


@dataclass
class World:
    """Everything named so far; `files` holds the quads of each `data/entities/` file by stem."""

    names: Namespaces
    files: dict[str, list[ox.Quad]] = field(default_factory=lambda: defaultdict(list))
    things: dict[str, Thing] = field(default_factory=dict)

    def add(
        self,
        file: str,
        slug: str,
        kind: str,
        label: str,
        *details: tuple[ox.NamedNode, Object],
    ) -> Thing:
        """The thing of this slug, described when it is new."""
        known = self.things.get(slug)
        if known:
            return known
        thing = self.things[slug] = Thing(self.names.thing(slug), label)
        graph = self.names.graph(f"entities/{file}")
        rows: list[tuple[ox.NamedNode, Object]] = [
            (RDF_TYPE, term(kind)),
            (RDFS_LABEL, words(label)),
            *details,
        ]
        for predicate, value in rows:
            self.files[file].append(ox.Quad(thing.iri, predicate, value, graph))
        return thing

    def size(self) -> int:
        """The quads of all entity files together."""
        return sum(map(len, self.files.values()))

    def person(self, number: int) -> Thing:
        given, family = name(number % 5000, 2), name(number)
        alias = (_ALT_LABEL, words(f"{given[0]}. {family}"))
        return self.add("people", f"person-{number}", "Person", f"{given} {family}", alias)

    def group(self, number: int) -> Thing:
        note = (_SCOPE_NOTE, words(f"Armed group number {number} of the made-up world."))
        return self.add("groups", f"group-{number}", "ArmedGroup", f"{name(number)} Front", note)

    def institute(self, number: int) -> Thing:
        label = f"{name(number, 2)} Institute"
        return self.add("groups", f"institute-{number}", "ResearchInstitute", label)

    def state(self, number: int) -> Thing:
        return self.add("places", f"state-{number}", "State", f"{name(number, 2)}stan")

    def government(self, number: int) -> Thing:
        label = f"Government of {self.state(number).label}"
        return self.add("groups", f"government-{number}", "Government", label)

    def province(self, number: int) -> Thing:
        label = f"{name(100 + number, 2)} Province"
        return self.add("places", f"province-{number}", "Province", label)

    def settlement(self, number: int) -> Thing:
        return self.add("places", f"settlement-{number}", "Settlement", name(number, 4))

    def source(self, number: int) -> Thing:
        said = f"an official who asked not to be named, case {number}"
        details = (term("selfDescription"), words(said))
        return self.add("sources", f"source-{number}", "AnonymousSource", f"Case {number}", details)

    def estimate(self, number: int, group: Thing) -> Thing:
        return self.add(
            "estimates",
            f"strength-{number}",
            "StrengthEstimate",
            f"Strength of {group.label}, estimate {number}",
            (term("valueText"), words("several dozens")),
            (term("low"), integer(36)),
            (term("best"), integer(60)),
            (term("high"), integer(99)),
            (term("convention"), concept("several-dozens")),
        )

    def span(self, month: int, day: int | None = None) -> Thing:
        """A day, or the whole month; months count from January of the first year."""
        year, number = FIRST_YEAR + month // 12, month % 12 + 1
        last = calendar.monthrange(year, number)[1]
        first, final = (1, last) if day is None else (day, day)
        text = f"{calendar.month_name[number]} {year}" if day is None else ""
        text = text or f"{day} {calendar.month_name[number]} {year}"
        edtf = f"{year}-{number:02d}" + ("" if day is None else f"-{day:02d}")
        rule = [(term("convention"), concept("whole-month"))] if day is None else []
        return self.add(
            "times",
            f"time-{edtf}",
            "TimeSpan",
            text,
            (term("dateText"), words(text)),
            (term("edtf"), ox.Literal(edtf, datatype=ox.NamedNode(EDTF))),
            (term("precision"), concept("month" if day is None else "day")),
            (term("earliestBegin"), _date(year, number, first)),
            (term("latestBegin"), _date(year, number, final)),
            (term("earliestEnd"), _date(year, number, first)),
            (term("latestEnd"), _date(year, number, final)),
            *rule,
        )
