"""Nanopublications: four graphs for each claim, after the guidelines of nanopub.net.

The assertion is the claim and not what it claims: that somebody takes a stance on a proposition.
So whoever merges all assertions never gets a denial, or a party's word, as a fact.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from parley.rdf import RDF_TYPE, RDFS_LABEL, Object, term
from parley.translating.edition import Edition
from parley.translating.records import Claim, Node, named
from parley.translating.telling import Spo, quoted, spoken

NP = "http://www.nanopub.org/nschema#"
NPX = "http://purl.org/nanopub/x/"
PREFIXES = {"np": NP, "npx": NPX}
_PARTS = ("Head", "assertion", "provenance", "pubinfo")
_ROLES = ("hasAssertion", "hasProvenance", "hasPublicationInfo")


def quads(edition: Edition, claim: Claim) -> Iterator[ox.Quad]:
    """One nanopublication; its IRI names the version, for a nanopublication never changes."""
    own = edition.address("nanopub", claim.node.slug)
    head, assertion, provenance, info = (
        edition.address("nanopub", claim.node.slug, part) for part in _PARTS
    )
    yield ox.Quad(own, RDF_TYPE, ox.NamedNode(f"{NP}Nanopublication"), head)
    for role, graph in zip(_ROLES, (assertion, provenance, info), strict=True):
        yield ox.Quad(own, ox.NamedNode(NP + role), graph, head)
    for row in _asserted(claim):
        yield ox.Quad(*row, assertion)
    for row in _provenance(claim, assertion):
        yield ox.Quad(*row, provenance)
    for predicate, value in _information(edition, claim):
        yield ox.Quad(own, predicate, value, info)


def _asserted(claim: Claim) -> Iterator[Spo]:
    yield from spoken(claim)
    for statement in claim.statements:
        yield claim.iri, term("claims"), statement.iri
        yield statement.iri, RDF_TYPE, term("Proposition")
        yield statement.iri, term("subject"), statement.subject.iri
        yield statement.iri, term("predicate"), statement.predicate
        last = "object" if isinstance(statement.object, Node) else "value"
        yield statement.iri, term(last), statement.value


def _provenance(claim: Claim, assertion: ox.NamedNode) -> Iterator[Spo]:
    yield assertion, named("prov:wasDerivedFrom"), claim.iri
    for quote in claim.quotes:
        yield assertion, named("prov:wasDerivedFrom"), quote.iri
        yield from quoted(quote)
        for author in quote.document.nodes(named("dcterms:creator")):
            yield assertion, named("prov:wasAttributedTo"), author


def _information(edition: Edition, claim: Claim) -> Iterator[tuple[ox.NamedNode, Object]]:
    yield named("dcterms:created"), edition.made
    for creator in edition.creators:
        yield named("dcterms:creator"), creator
    for license in edition.licenses:
        yield named("dcterms:license"), license
    yield RDFS_LABEL, ox.Literal(claim.node.label)
    yield named("foaf:primaryTopic"), claim.iri
    yield named("prov:wasDerivedFrom"), edition.version
    yield ox.NamedNode(f"{NPX}hasNanopubType"), term("Claim")
