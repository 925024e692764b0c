"""PROV-O: a claim is an entity of its speaker, and its words wander to the quote through relays."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from parley.rdf import RDF_TYPE, RDFS_LABEL, term
from parley.translating.edition import Edition
from parley.translating.kinds import Kinds
from parley.translating.records import Claim, Node, named, part

_ENTITY = named("prov:Entity")
_ATTRIBUTED = named("prov:wasAttributedTo")


def header(edition: Edition) -> Iterator[ox.Triple]:
    """What the file says of itself, as an entity that the version is the source of."""
    file = edition.address("prov")
    yield from edition.header("prov")
    yield ox.Triple(file, RDF_TYPE, _ENTITY)
    yield ox.Triple(edition.version, RDF_TYPE, _ENTITY)
    yield ox.Triple(file, named("prov:wasDerivedFrom"), edition.version)


def of_claim(edition: Edition, claim: Claim) -> Iterator[ox.Triple]:
    """The claim, each relay's account of it, and the quote with its document.

    An account quotes the one before it (`prov:wasQuotedFrom`); nobody is said to have acted on
    another's behalf. The stance stands on the claim, in our own terms, since PROV has none.
    """
    yield ox.Triple(claim.iri, RDF_TYPE, _ENTITY)
    for kind in claim.node.kinds:
        yield ox.Triple(claim.iri, RDF_TYPE, term(kind))
    yield ox.Triple(claim.iri, RDFS_LABEL, ox.Literal(claim.node.label))
    yield ox.Triple(claim.iri, term("stance"), claim.stance)
    if claim.status:
        yield ox.Triple(claim.iri, term("epistemicStatus"), claim.status)
    for speaker in claim.speakers:
        yield ox.Triple(claim.iri, _ATTRIBUTED, speaker.iri)
    for earlier in claim.node.nodes(term("inferredFrom")):
        yield ox.Triple(claim.iri, named("prov:wasDerivedFrom"), earlier)
    last = claim.iri
    for step, agent in enumerate(claim.relays, start=1):
        account = part(f"{edition.base}as/prov/{claim.node.slug}", f"account-{step}")
        yield ox.Triple(account, RDF_TYPE, _ENTITY)
        yield ox.Triple(account, named("prov:wasQuotedFrom"), last)
        yield ox.Triple(account, _ATTRIBUTED, agent.iri)
        last = account
    for quote in claim.quotes:
        document = quote.document.iri
        yield ox.Triple(quote.iri, RDF_TYPE, _ENTITY)
        yield ox.Triple(quote.iri, named("prov:value"), ox.Literal(quote.exact))
        yield ox.Triple(quote.iri, named("prov:wasQuotedFrom"), document)
        yield ox.Triple(quote.iri, named("prov:wasDerivedFrom"), last)
        yield ox.Triple(document, RDF_TYPE, _ENTITY)
        yield ox.Triple(document, RDFS_LABEL, ox.Literal(quote.document.label))
        for author in quote.document.nodes(named("dcterms:creator")):
            yield ox.Triple(document, _ATTRIBUTED, author)


def of_thing(thing: Node, kinds: Kinds) -> Iterator[ox.Triple]:
    """Whoever can speak, as an agent; nothing of anything else."""
    found = kinds.of(thing)
    if "Agent" not in found:
        return
    yield ox.Triple(thing.iri, RDF_TYPE, named("prov:Agent"))
    for name in ("Person", "Organization"):
        if name in found:
            yield ox.Triple(thing.iri, RDF_TYPE, named(f"prov:{name}"))
    yield ox.Triple(thing.iri, RDFS_LABEL, ox.Literal(thing.label))
