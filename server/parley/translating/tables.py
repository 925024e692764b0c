"""CSV tables of the accepted claims: what stands in each, row by row.

A text that a spreadsheet could take for a formula gets an apostrophe before it, and so does a text
that begins with one; so the original comes back by taking one apostrophe away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from parley.translating import rows
from parley.translating.book import Book
from parley.translating.rows import Row

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


@dataclass(frozen=True)
class Column:
    """A column; `key` names the table and column it refers to, `separator` splits a list."""

    name: str
    says: str
    datatype: str = "string"
    property: str = ""
    key: tuple[str, str] | None = None
    separator: str = ""
    required: bool = False


@dataclass(frozen=True)
class Table:
    """A table; `subject` is the column whose IRI a row is about, empty where there is none."""

    name: str
    says: str
    columns: tuple[Column, ...]
    rows: Callable[[Book], Iterator[Row]]
    key: tuple[str, ...]
    subject: str = ""

    def lines(self, book: Book) -> Iterator[Row]:
        """The header, and the rows with their texts made safe."""
        yield tuple(column.name for column in self.columns)
        texts = [column.datatype == "string" for column in self.columns]
        for row in self.rows(book):
            yield tuple(safe(cell) if text else cell for cell, text in zip(row, texts, strict=True))


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_RISKY) else text


def _snake(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()


_IRI = "anyURI"
_STATUS = "contested, confirmed, stated or reported; empty where nobody is held to say so"
TABLES = (
    Table(
        "claims",
        "Who takes which stance: one row for each accepted claim.",
        (
            Column("claim", "The claim", _IRI, required=True),
            Column("label", "What it says in a sentence", property="rdfs:label"),
            Column("stance", "affirms, denies, doubts or declines-to-comment", required=True),
            Column("status", "How firmly the text presents it"),
            Column("speakers", "Whose stance it is: the ends of their IRIs", separator=" "),
            Column("assessment", "Whether it judges or forecasts", "boolean"),
            *(Column(_snake(name), says) for name, says in rows.DETAILS.items()),
        ),
        rows.claims,
        ("claim",),
        "claim",
    ),
    Table(
        "claim_propositions",
        "What each claim takes a stance on.",
        (
            Column("claim", "The claim", _IRI, key=("claims", "claim"), required=True),
            Column(
                "proposition",
                "What it takes a stance on",
                _IRI,
                "parley:claims",
                ("propositions", "proposition"),
                required=True,
            ),
        ),
        rows.said,
        ("claim", "proposition"),
        "claim",
    ),
    Table(
        "claim_speakers",
        "Who says it, and who passed it on.",
        (
            Column("claim", "The claim", _IRI, key=("claims", "claim"), required=True),
            Column("agent", "The speaker or relay", _IRI, key=("things", "thing"), required=True),
            Column("step", "0 for a speaker; relays from 1, nearest to the speaker", "integer"),
            Column("agent_label", "The name"),
        ),
        rows.spoken,
        ("claim", "agent", "step"),
    ),
    Table(
        "claim_evidence",
        "Which quotes each claim rests on.",
        (
            Column("claim", "The claim", _IRI, key=("claims", "claim"), required=True),
            Column(
                "evidence",
                "The quote",
                _IRI,
                "parley:evidence",
                ("evidence", "evidence"),
                required=True,
            ),
        ),
        rows.rests,
        ("claim", "evidence"),
        "claim",
    ),
    Table(
        "propositions",
        "What can be said, whether or not anybody holds it true; the claims say who does.",
        (
            Column("proposition", "The proposition", _IRI, required=True),
            Column(
                "subject", "Its subject", _IRI, "parley:subject", ("things", "thing"), required=True
            ),
            Column("subject_label", "The name of the subject"),
            Column("predicate", "The property", _IRI, "parley:predicate", required=True),
            Column("predicate_name", "The end of its IRI"),
            Column("object", "The object where it is a thing", _IRI, "parley:object"),
            Column("object_label", "The name of the object"),
            Column("value", "The object where it is a text, a number or a truth value"),
            Column("datatype", "The end of its datatype in XML Schema or RDF"),
            Column("language", "The language of the text"),
            Column("plain", f"The graph in which it is a plain triple: {_STATUS}"),
            Column("hypothetical", "Whether it is about an event that is only possible", "boolean"),
        ),
        rows.propositions,
        ("proposition",),
        "proposition",
    ),
    Table(
        "evidence",
        "The words that claims rest on.",
        (
            Column("evidence", "The quote", _IRI, required=True),
            Column("document", "Where it stands", _IRI, "oa:hasSource", ("things", "thing")),
            Column("document_label", "The name of the document"),
            Column("quote", "The exact words"),
            Column("prefix", "The words before"),
            Column("suffix", "The words after"),
            Column("start", "First code point of the unchanged text, from 0", "integer"),
            Column("end", "Code point after the last", "integer"),
        ),
        rows.evidence,
        ("evidence",),
        "evidence",
    ),
    Table(
        "things",
        "Actors, places, events, documents, times and whatever else is spoken of.",
        (
            Column("thing", "The thing", _IRI, required=True),
            Column("label", "Its name", property="rdfs:label"),
            Column("kinds", "Its classes in Parley's ontology", separator=" "),
            Column("note", "What tells it from its namesakes", property="skos:scopeNote"),
            Column("self_description", "How an anonymous source is described in the text"),
        ),
        rows.things,
        ("thing",),
        "thing",
    ),
    Table(
        "events",
        "Events with the times and places they are said to have: a row for each pair of these.",
        (
            Column("event", "The event", _IRI, key=("things", "thing"), required=True),
            Column("label", "Its name"),
            Column("kinds", "Its classes", separator=" "),
            Column("occurs", f"How firmly it is held to have happened: {_STATUS}"),
            Column("time_text", "When, in the words of the text"),
            *(Column(_snake(name), "A hard bound of the time", "date") for name in rows.BOUNDS),
            Column("time_status", f"How firmly the time is held: {_STATUS}"),
            Column("place", "Where", _IRI),
            Column("place_label", "The name of the place"),
            Column("place_status", f"How firmly the place is held: {_STATUS}"),
        ),
        rows.events,
        (),
        "event",
    ),
    Table(
        "meetings",
        "Who is said to have met: a row for each meeting and participant.",
        (
            Column("meeting", "The meeting", _IRI, key=("things", "thing"), required=True),
            Column("label", "Its name"),
            Column("occurs", f"How firmly it is held to have happened: {_STATUS}"),
            Column("participant", "Who took part", _IRI, key=("things", "thing"), required=True),
            Column("participant_label", "The name"),
            Column("status", f"How firmly it is held that they did: {_STATUS}"),
        ),
        rows.meetings,
        ("meeting", "participant"),
        "meeting",
    ),
)
