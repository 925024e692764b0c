"""RDF 1.2: a claim is a reifier of the triples it speaks of, which are themselves not asserted.

After RDF 1.2 Concepts, section 1.5: `rdf:reifies` leads to a triple term, and says nothing of its
truth. The stance stands on the reifier.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from parley.rdf import term
from parley.translating.records import Claim, named
from parley.translating.telling import quoted, spoken

REIFIES = named("rdf:reifies")


def triples(claim: Claim) -> Iterator[ox.Triple]:
    """The claim with its triple terms, its speakers and its quotes."""
    for statement in claim.statements:
        yield ox.Triple(claim.iri, REIFIES, statement.triple)
    for row in spoken(claim):
        yield ox.Triple(*row)
    for quote in claim.quotes:
        yield ox.Triple(claim.iri, term("evidence"), quote.iri)
        for row in quoted(quote):
            yield ox.Triple(*row)
