"""A claim and its quotes in our own terms, as far as the translations into RDF keep them."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from parley.rdf import RDF_TYPE, RDFS_LABEL, XSD, Object, term
from parley.translating.records import Claim, Quote, named, part

Spo = tuple[ox.NamedNode, ox.NamedNode, Object]
_INTEGER = ox.NamedNode(f"{XSD}integer")


def spoken(claim: Claim) -> Iterator[Spo]:
    """Who says it, how, and through whom; not what."""
    for kind in claim.node.kinds:
        yield claim.iri, RDF_TYPE, term(kind)
    for label in claim.node.all(RDFS_LABEL):
        yield claim.iri, RDFS_LABEL, label
    for speaker in claim.speakers:
        yield claim.iri, term("speaker"), speaker.iri
    for step, agent in enumerate(claim.relays, start=1):
        relay = part(claim.iri.value, f"relay-{step}")
        yield claim.iri, term("relayedBy"), agent.iri
        yield claim.iri, term("relay"), relay
        yield relay, term("relayAgent"), agent.iri
        yield relay, term("step"), ox.Literal(str(step), datatype=_INTEGER)
    yield claim.iri, term("stance"), claim.stance
    if claim.status:
        yield claim.iri, term("epistemicStatus"), claim.status
    for predicate, value in claim.details():
        yield claim.iri, predicate, value


def quoted(quote: Quote) -> Iterator[Spo]:
    """The quote, its document and its two selectors (Web Annotation)."""
    words, place = (part(quote.iri.value, name) for name in ("quote", "position"))
    yield quote.iri, RDF_TYPE, term("Evidence")
    yield quote.iri, named("oa:hasSource"), quote.document.iri
    yield quote.iri, named("oa:hasSelector"), words
    yield words, RDF_TYPE, named("oa:TextQuoteSelector")
    for name, text in (("exact", quote.exact), ("prefix", quote.prefix), ("suffix", quote.suffix)):
        if text:
            yield words, named(f"oa:{name}"), ox.Literal(text)
    if quote.start and quote.end:
        yield quote.iri, named("oa:hasSelector"), place
        yield place, RDF_TYPE, named("oa:TextPositionSelector")
        yield place, named("oa:start"), ox.Literal(quote.start, datatype=_INTEGER)
        yield place, named("oa:end"), ox.Literal(quote.end, datatype=_INTEGER)
