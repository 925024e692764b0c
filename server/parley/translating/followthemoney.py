"""FollowTheMoney entities: things as entities, claims as notes, and few links.

The model has no stance, so a claim is a `Note` that says in words who takes which. A link between
two entities stands only for what an author says in the author's own voice, or what is confirmed,
and nobody denies. Anonymous sources, hypothetical events and events that are not held to have
happened are no entities.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

import pyoxigraph as ox

from parley.rdf import COMMON_PREFIXES, RDFS_LABEL, XSD, term
from parley.translating.book import Book
from parley.translating.reading import Sentence
from parley.translating.records import OF_THINGS, Claim, Node, Statement, described, named

FIRM = frozenset({"confirmed", "stated"})
Entity = dict[str, Any]  # Any: JSON
_TRUE = ox.Literal("true", datatype=ox.NamedNode(f"{XSD}boolean"))
_SCHEMATA = (  # the first that fits; a group that also governs stays an organization
    ("AnonymousSource", ""),
    ("HypotheticalEvent", ""),
    ("ActorKind", ""),
    ("Person", "Person"),
    ("ArmedGroup", "Organization"),
    ("Government", "PublicBody"),
    ("GovernmentBody", "PublicBody"),
    ("DeFactoAuthority", "PublicBody"),
    ("Organization", "Organization"),
    ("Agent", "LegalEntity"),
    ("Office", "Position"),
    ("Place", "Address"),
    ("Event", "Event"),
    ("Article", "Article"),
)
# Which links have a schema of their own: the schemata of both ends, and the names of the ends.
_LINKS = {
    "memberOf": ("Membership", "LegalEntity", "Organization", "member", "organization"),
    "holdsOffice": ("Occupancy", "Person", "Position", "holder", "post"),
}
_ABOVE = {
    "Person": "LegalEntity",
    "Organization": "LegalEntity",
    "PublicBody": "Organization",
}


def entities(book: Book) -> Iterator[Entity]:
    """Every entity once: things, then links and notes in the order of the claims."""
    translator = _Translator(book)
    for thing in book.things():
        entity = translator.thing(thing)
        if entity:
            yield entity
    told: set[str] = set()
    for claim in book.claims():
        for statement in claim.statements:
            link = translator.link(claim, statement)
            if link and link["id"] not in told:
                told.add(link["id"])
                yield link
        yield translator.note(claim)


class _Translator:
    def __init__(self, book: Book) -> None:
        self._book = book
        self._context = {
            "datasets": [book.edition.dataset.value.rstrip("/").split("/")[-2]],
            "version": book.edition.number,
            "license": [license.value for license in book.edition.licenses],
        }
        self._labels: dict[ox.NamedNode, str] = {}
        self._happened = lru_cache(maxsize=4096)(self._asked_happened)

    def thing(self, thing: Node) -> Entity | None:
        """A thing as an entity, None for what the model cannot hold safely."""
        schema = self._schema(thing)
        if not schema:
            return None
        properties: dict[str, Collection[str]] = {
            "name": [thing.label],
            "alias": [name.value for name in thing.all(named("skos:altLabel"))],
            "notes": [note.value for note in thing.all(named("skos:scopeNote"))],
            "sourceUrl": [thing.iri.value],
        }
        if schema == "Address":
            properties["full"] = [thing.label]
        wikidata = COMMON_PREFIXES["wd"]
        properties["wikidataId"] = [
            other.value[len(wikidata) :]
            for other in thing.nodes(named("skos:exactMatch"))
            if other.value.startswith(wikidata)
        ]
        if schema == "Event":
            properties |= self._dates(thing)
        if schema == "Article":
            properties |= {
                "title": [thing.text(named("dcterms:title")) or thing.label],
                "fileName": [thing.slug],
                "publishedAt": [thing.text(named("dcterms:issued"))],
                "author": self._names(thing.nodes(named("dcterms:creator"))),
                "publisher": self._names(thing.nodes(named("dcterms:publisher"))),
            }
        return self._entity(thing.slug, schema, properties)

    def link(self, claim: Claim, statement: Statement) -> Entity | None:
        """What a firm statement links, None where it is not firm or an end is no entity."""
        subject, other = statement.subject, statement.object
        if not claim.affirms or statement.status not in FIRM or not isinstance(other, Node):
            return None
        ends = self._schema(subject), self._schema(other)
        if not all(ends):
            return None
        predicate = statement.predicate.value.rpartition("#")[2]
        schema, *expected, source, target = _LINKS.get(predicate, ("", "", "", "", ""))
        if not schema or not all(
            _is(end, wanted) for end, wanted in zip(ends, expected, strict=True)
        ):
            schema, source, target = "UnknownLink", "subject", "object"
        properties: dict[str, Collection[str]] = {
            source: [subject.slug],
            target: [other.slug],
            "sourceUrl": [statement.iri.value],
            "summary": [claim.node.label],
        }
        if schema != "Occupancy":
            properties["role"] = self._names([statement.predicate])
        return self._entity(statement.iri.value.rpartition("/")[2], schema, properties)

    def note(self, claim: Claim) -> Entity:
        """A claim in words: who takes which stance, how it is presented, and the quote."""
        speakers = "; ".join(speaker.label for speaker in claim.speakers)
        stance, *others = self._names([claim.stance, *([claim.status] if claim.status else [])])
        about = {thing.slug: thing for thing in claim.things()}
        entities = {slug for slug, thing in about.items() if self._schema(thing)}
        articles = {quote.document.slug for quote in claim.quotes}
        properties: dict[str, Collection[str]] = {
            "name": [f"{speakers} ({stance}): {claim.node.label}"],
            "description": [quote.exact for quote in claim.quotes],
            "entity": sorted(entities - articles),
            "proof": sorted(articles & entities),
            "keywords": [stance, *others],
            "sourceUrl": [claim.iri.value],
            "publisher": [self._book.edition.title],
            "publisherUrl": [self._book.edition.dataset.value],
            "modifiedAt": [self._book.edition.time[:10]],
        }
        return self._entity(claim.node.slug, "Note", properties)

    def _schema(self, thing: Node) -> str:
        """The schema of a thing, empty for what is no entity."""
        kinds = self._book.kinds.of(thing)
        schema = next((schema for kind, schema in _SCHEMATA if kind in kinds), "")
        return schema if schema != "Event" or self._happened(thing.iri) else ""

    def _asked_happened(self, event: ox.NamedNode) -> bool:
        return bool(self._firm([(event, term("occurs"), _TRUE)]))

    def _firm(self, sentences: list[Sentence]) -> list[Sentence]:
        found = self._book.source.statuses(sentences, self._book.edition.base)
        return [sentence for sentence in sentences if found.get(sentence) in FIRM]

    def _dates(self, event: Node) -> dict[str, Collection[str]]:
        """When it began and ended, as far as the bounds of the time it firmly fell in agree."""
        during = term("during")
        spans = described(self._book.source, [event.iri], (during,))[event.iri].nodes(during)
        firm = [span for _, _, span in self._firm([(event.iri, during, span) for span in spans])]
        found: dict[str, Collection[str]] = {"startDate": set(), "endDate": set()}
        nodes = [node for node in firm if isinstance(node, ox.NamedNode)]
        for span in described(self._book.source, nodes, OF_THINGS).values():
            for name, side in (("startDate", "Begin"), ("endDate", "End")):
                earliest, latest = (
                    span.text(term(f"{end}{side}")) for end in ("earliest", "latest")
                )
                found[name] = {*found[name], _agreed(earliest, latest)}
        return {name: sorted(dates) for name, dates in found.items()}

    def _names(self, nodes: Collection[ox.NamedNode]) -> list[str]:
        """The names of authors, properties and values, read once; there are not many."""
        unknown = [node for node in nodes if node not in self._labels]
        for node in described(self._book.source, unknown, (RDFS_LABEL,)).values():
            self._labels[node.iri] = node.label
        return [self._labels[node] for node in nodes]

    def _entity(self, slug: str, schema: str, properties: dict[str, Collection[str]]) -> Entity:
        told = {name: [v for v in values if v] for name, values in properties.items()}
        told = {name: values for name, values in told.items() if values}
        return {"id": slug, "schema": schema, "properties": told, **self._context}


def _is(schema: str, wanted: str) -> bool:
    """Whether a schema is another or stands below it."""
    while schema and schema != wanted:
        schema = _ABOVE.get(schema, "")
    return bool(schema)


def _agreed(earliest: str, latest: str) -> str:
    """The part of two dates that is the same: year, month or day; empty when nothing is."""
    same = []
    for one, other in zip(earliest.split("-"), latest.split("-"), strict=False):
        if one != other:
            break
        same.append(one)
    return "-".join(same)
