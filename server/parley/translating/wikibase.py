"""The Wikibase RDF format: one statement for each claim and proposition, with rank and reference.

Statements have the normal rank where the speaker affirms, else the deprecated one; none is best,
and there are no direct (`wdt:`) triples, because Parley ranks no party's word above another's.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote as escape

import pyoxigraph as ox

from parley.rdf import COMMON_PREFIXES, PARLEY, RDF_TYPE, RDFS_LABEL, XSD, Object, term
from parley.translating.edition import Edition
from parley.translating.records import Claim, Node, Quote, Statement, named, part

WIKIBASE = "http://wikiba.se/ontology#"
SCHEMA = "http://schema.org/"
CC = "http://creativecommons.org/ns#"
# Each leads from a property to the name it has in one role (Wikibase RDF dump format).
ROLES = {
    "claim": "p",
    "statementProperty": "ps",
    "statementValue": "psv",
    "qualifier": "pq",
    "qualifierValue": "pqv",
    "reference": "pr",
    "referenceValue": "prv",
    "directClaim": "wdt",
    "novalue": "wdno",
}
_NUMBERS = {f"{XSD}{name}" for name in ("integer", "decimal")}
_ONE = ox.NamedNode(COMMON_PREFIXES["wd"] + "Q199")  # the unit of what has none
_LINKS = {
    "statedIn": ("stated in", "P248"),
    "quotation": ("quotation", "P1683"),
    "reasonForDeprecatedRank": ("reason for deprecated rank", "P2241"),
    "claim": ("claim", ""),
    "evidence": ("evidence", ""),
}


def prefixes(edition: Edition) -> dict[str, str]:
    """The namespaces of the properties in their roles."""
    names = {short: f"{edition.base}as/wikibase#{short}-" for short in ROLES.values()}
    return names | {"wikibase": WIKIBASE, "schema": SCHEMA, "cc": CC}


class Wikibase:
    """Writes claims and things, and remembers which properties they used."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._names = prefixes(edition)
        self._types: dict[ox.NamedNode, str] = {}

    def header(self) -> Iterator[ox.Triple]:
        """What a dump says of itself."""
        dump = _wikibase("Dump")
        yield ox.Triple(dump, RDF_TYPE, ox.NamedNode(f"{SCHEMA}Dataset"))
        yield ox.Triple(dump, RDF_TYPE, named("owl:Ontology"))
        yield ox.Triple(dump, ox.NamedNode(f"{SCHEMA}softwareVersion"), ox.Literal("1.0.0"))
        yield ox.Triple(dump, ox.NamedNode(f"{SCHEMA}dateModified"), self._edition.made)
        for license in self._edition.licenses:
            yield ox.Triple(dump, ox.NamedNode(f"{CC}license"), license)
        yield from self._edition.header("wikibase")

    def of_thing(self, thing: Node) -> Iterator[ox.Triple]:
        """An item with its names, and the document that tells of it."""
        document = self._edition.address("wikibase", thing.slug)
        yield ox.Triple(document, RDF_TYPE, ox.NamedNode(f"{SCHEMA}Dataset"))
        yield ox.Triple(document, ox.NamedNode(f"{SCHEMA}about"), thing.iri)
        yield ox.Triple(document, ox.NamedNode(f"{SCHEMA}version"), _integer(self._edition.number))
        yield ox.Triple(document, ox.NamedNode(f"{SCHEMA}dateModified"), self._edition.made)
        yield ox.Triple(thing.iri, RDF_TYPE, _wikibase("Item"))
        name = ox.NamedNode(f"{SCHEMA}name")
        for own, theirs in (
            (RDFS_LABEL, (RDFS_LABEL, named("skos:prefLabel"), name)),
            (named("skos:altLabel"), (named("skos:altLabel"),)),
            (named("skos:scopeNote"), (ox.NamedNode(f"{SCHEMA}description"),)),
        ):
            for text in thing.all(own):
                for predicate in theirs:
                    yield ox.Triple(thing.iri, predicate, text)

    def of_claim(self, claim: Claim) -> Iterator[ox.Triple]:
        """The statements of a claim, one for each thing it says."""
        references = []
        for quote in claim.quotes:
            reference = self._part(claim, f"reference-{quote.iri.value.rpartition('/')[2]}")
            references.append(reference)
            yield from self._reference(reference, quote)
        for statement in claim.statements:
            own = self._part(claim, statement.iri.value.rpartition("/")[2])
            yield from self._statement(own, claim, statement)
            for reference in references:
                yield ox.Triple(own, named("prov:wasDerivedFrom"), reference)

    def properties(self) -> Iterator[ox.Triple]:
        """The properties used so far, with their types and their names in each role."""
        for own, kind in sorted(self._types.items(), key=lambda item: item[0].value):
            local = self._local(own)
            yield ox.Triple(own, RDF_TYPE, _wikibase("Property"))
            yield ox.Triple(own, _wikibase("propertyType"), _wikibase(kind))
            for role, short in ROLES.items():
                yield ox.Triple(own, _wikibase(role), ox.NamedNode(self._names[short] + local))
            label, theirs = _LINKS.get(local, ("", "")) if own.value != PARLEY + local else ("", "")
            if label:
                yield ox.Triple(own, RDFS_LABEL, ox.Literal(label, language="en"))
            if theirs:
                other = ox.NamedNode(COMMON_PREFIXES["wd"] + theirs)
                yield ox.Triple(own, named("skos:closeMatch"), other)

    def _statement(
        self, own: ox.NamedNode, claim: Claim, statement: Statement
    ) -> Iterator[ox.Triple]:
        item, doubtful = statement.subject.iri, self._doubt(claim, statement)
        yield ox.Triple(item, self._role("p", statement.predicate, statement.value), own)
        yield ox.Triple(own, RDF_TYPE, _wikibase("Statement"))
        rank = "DeprecatedRank" if doubtful else "NormalRank"
        yield ox.Triple(own, _wikibase("rank"), _wikibase(rank))
        yield from self._valued(own, "ps", statement.predicate, statement.value)
        for speaker in claim.speakers:
            yield from self._valued(own, "pq", term("speaker"), speaker.iri)
        for agent in claim.relays:
            yield from self._valued(own, "pq", term("relayedBy"), agent.iri)
        yield from self._valued(own, "pq", term("stance"), claim.stance)
        if claim.status:
            yield from self._valued(own, "pq", term("epistemicStatus"), claim.status)
        for predicate, value in claim.details():
            yield from self._valued(own, "pq", predicate, value)
        yield from self._valued(own, "pq", self._extra("claim"), claim.iri)
        if doubtful:
            yield from self._valued(own, "pq", self._extra("reasonForDeprecatedRank"), doubtful)

    def _doubt(self, claim: Claim, statement: Statement) -> ox.NamedNode | None:
        """Why a statement has the deprecated rank: another stance, or an event never said to be."""
        if not claim.affirms:
            return claim.stance
        return term("HypotheticalEvent") if statement.subject.hypothetical else None

    def _reference(self, own: ox.NamedNode, quote: Quote) -> Iterator[ox.Triple]:
        yield ox.Triple(own, RDF_TYPE, _wikibase("Reference"))
        yield from self._valued(own, "pr", self._extra("statedIn"), quote.document.iri)
        yield from self._valued(own, "pr", self._extra("quotation"), ox.Literal(quote.exact))
        yield from self._valued(own, "pr", self._extra("evidence"), quote.iri)

    def _valued(
        self, own: ox.NamedNode, short: str, predicate: ox.NamedNode, value: Object
    ) -> Iterator[ox.Triple]:
        """A value in a role, numbers with their full value beside."""
        yield ox.Triple(own, self._role(short, predicate, value), _simple(value))
        if _kind(value) == "Quantity":
            assert isinstance(value, ox.Literal)
            full = ox.NamedNode(f"{self._edition.base}as/wikibase#quantity-{escape(value.value)}")
            yield ox.Triple(own, self._role(f"{short}v", predicate, value), full)
            yield ox.Triple(full, RDF_TYPE, _wikibase("QuantityValue"))
            yield ox.Triple(full, _wikibase("quantityAmount"), _simple(value))
            yield ox.Triple(full, _wikibase("quantityUnit"), _ONE)

    def _role(self, short: str, predicate: ox.NamedNode, value: Object) -> ox.NamedNode:
        self._types.setdefault(predicate, _kind(value))
        return ox.NamedNode(self._names[short] + self._local(predicate))

    def _local(self, predicate: ox.NamedNode) -> str:
        for start in (PARLEY, f"{self._edition.base}as/wikibase#property-"):
            if predicate.value.startswith(start):
                return predicate.value[len(start) :]
        return escape(predicate.value, safe="")

    def _extra(self, name: str) -> ox.NamedNode:
        """A property that only this translation has."""
        return ox.NamedNode(f"{self._edition.base}as/wikibase#property-{name}")

    def _part(self, claim: Claim, name: str) -> ox.NamedNode:
        return part(f"{self._edition.base}as/wikibase/{claim.node.slug}", escape(name))


def _wikibase(name: str) -> ox.NamedNode:
    return ox.NamedNode(WIKIBASE + name)


def _integer(number: int) -> ox.Literal:
    return ox.Literal(str(number), datatype=ox.NamedNode(f"{XSD}integer"))


def _kind(value: Object) -> str:
    """The property type that a value calls for."""
    if isinstance(value, ox.NamedNode):
        return "WikibaseItem"
    if value.language:
        return "Monolingualtext"
    return "Quantity" if value.datatype.value in _NUMBERS else "String"


def _simple(value: Object) -> Object:
    """A value as Wikibase writes it: numbers are decimals, what it has no type for is text."""
    kind = _kind(value)
    if kind == "Quantity":
        return ox.Literal(value.value, datatype=ox.NamedNode(f"{XSD}decimal"))
    return ox.Literal(value.value) if kind == "String" else value
