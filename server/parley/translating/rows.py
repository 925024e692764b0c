"""The rows of the CSV tables, each as texts in the order of its columns."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from parley.rdf import XSD, term
from parley.translating.book import Book
from parley.translating.records import OF_THINGS, Claim, Node, Statement, described, named

Row = tuple[str, ...]
_TRUE = ox.Literal("true", datatype=ox.NamedNode(f"{XSD}boolean"))


def _end(node: ox.NamedNode | None) -> str:
    return node.value.rpartition("/")[2] if node else ""


def claims(book: Book) -> Iterator[Row]:
    """One row for each claim."""
    for claim in book.claims():
        yield (
            claim.iri.value,
            claim.node.label,
            _end(claim.stance),
            _end(claim.status),
            " ".join(speaker.slug for speaker in claim.speakers),
            "true" if "Assessment" in claim.node.kinds else "false",
            *(_detail(claim, name) for name in DETAILS),
        )


DETAILS = {
    "venue": "In what setting it was said",
    "basis": "How the speaker knows",
    "basisText": "How the speaker knows, in the words of the text",
    "hedgeText": "The words of the text that hedge it",
    "likelihood": "How likely the speaker finds it",
    "likelihoodText": "The same in the words of the text",
    "sourceReliability": "Reliability of the source, A to F, as somebody graded it",
    "informationCredibility": "Credibility of the information, 1 to 6, as somebody graded it",
}


def _detail(claim: Claim, name: str) -> str:
    values = claim.node.all(term(name))
    return "; ".join(_end(v) if isinstance(v, ox.NamedNode) else v.value for v in values)


def said(book: Book) -> Iterator[Row]:
    """One row for each claim and proposition."""
    for claim in book.claims():
        for statement in claim.statements:
            yield claim.iri.value, statement.iri.value


def spoken(book: Book) -> Iterator[Row]:
    """One row for each claim and speaker or relay."""
    for claim in book.claims():
        for speaker in claim.speakers:
            yield claim.iri.value, speaker.iri.value, "0", speaker.label
        for step, agent in enumerate(claim.relays, start=1):
            yield claim.iri.value, agent.iri.value, str(step), agent.label


def rests(book: Book) -> Iterator[Row]:
    """One row for each claim and quote."""
    for claim in book.claims():
        for quote in claim.quotes:
            yield claim.iri.value, quote.iri.value


def propositions(book: Book) -> Iterator[Row]:
    """One row for each proposition that an accepted claim speaks of."""
    told: set[str] = set()
    for claim in book.claims():
        for statement in claim.statements:
            slug = _end(statement.iri)
            if slug in told:
                continue
            told.add(slug)
            yield (
                statement.iri.value,
                statement.subject.iri.value,
                statement.subject.label,
                statement.predicate.value,
                statement.predicate.value.rpartition("#")[2],
                *_object(statement),
                statement.status,
                "true" if statement.subject.hypothetical else "false",
            )


def _object(statement: Statement) -> Row:
    """A thing and its name, or a value with its datatype and its language."""
    found = statement.object
    if isinstance(found, Node):
        return found.iri.value, found.label, "", "", ""
    datatype = found.datatype.value.rpartition("#")[2]
    return "", "", found.value, datatype, found.language or ""


def evidence(book: Book) -> Iterator[Row]:
    """One row for each quote that an accepted claim rests on."""
    told: set[str] = set()
    for claim in book.claims():
        for quote in claim.quotes:
            slug = _end(quote.iri)
            if slug not in told:
                told.add(slug)
                yield (
                    quote.iri.value,
                    quote.document.iri.value,
                    quote.document.label,
                    quote.exact,
                    quote.prefix,
                    quote.suffix,
                    quote.start,
                    quote.end,
                )


def things(book: Book) -> Iterator[Row]:
    """One row for each thing."""
    for thing in book.things():
        yield (
            thing.iri.value,
            thing.label,
            " ".join(thing.kinds),
            thing.text(named("skos:scopeNote")),
            thing.text(term("selfDescription")),
        )


BOUNDS = ("earliestBegin", "latestBegin", "earliestEnd", "latestEnd")


def _happenings(book: Book, kind: str) -> Iterator[tuple[Node, str]]:
    """The things of a kind of event, and in which graph it stands that they took place."""
    base = book.edition.base
    for thing in book.things():
        if kind in book.kinds.of(thing):
            sentence = (thing.iri, term("occurs"), _TRUE)
            yield thing, book.source.statuses([sentence], base).get(sentence, "")


_Held = list[tuple[ox.NamedNode | None, str]]  # a value and its status
_NOTHING: _Held = [(None, "")]


def _plain(book: Book, node: ox.NamedNode, name: str) -> list[tuple[ox.NamedNode, str]]:
    """What the plain triples of a property lead to, each with its status, by IRI."""
    found = described(book.source, [node], (term(name),))[node].nodes(term(name))
    sentences = [(node, term(name), value) for value in found]
    status = book.source.statuses(list(sentences), book.edition.base)
    return [(value, status.get(said, "")) for value, said in zip(found, sentences, strict=True)]


def events(book: Book) -> Iterator[Row]:
    """One row for each event, time and place."""
    for event, occurs in _happenings(book, "Event"):
        spans = _plain(book, event.iri, "during")
        times = described(book.source, [span for span, _ in spans], OF_THINGS)
        places = _plain(book, event.iri, "takesPlaceIn")
        labels = described(book.source, [place for place, _ in places], OF_THINGS)
        for span, when in spans or _NOTHING:
            for place, where in places or _NOTHING:
                yield (
                    event.iri.value,
                    event.label,
                    " ".join(event.kinds),
                    occurs,
                    times[span].text(term("dateText")) if span else "",
                    *(times[span].text(term(name)) if span else "" for name in BOUNDS),
                    when,
                    place.value if place else "",
                    labels[place].label if place else "",
                    where,
                )


def meetings(book: Book) -> Iterator[Row]:
    """One row for each meeting and participant."""
    for meeting, occurs in _happenings(book, "Meeting"):
        agents = _plain(book, meeting.iri, "participant")
        labels = described(book.source, [agent for agent, _ in agents], OF_THINGS)
        for agent, status in agents:
            yield (
                meeting.iri.value,
                meeting.label,
                occurs,
                agent.value,
                labels[agent].label,
                status,
            )
