"""A claim: somebody's stance on one or more propositions, with the words it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyoxigraph as ox

from parley.model.propositions import Proposition
from parley.rdf import COMMON_PREFIXES, RDF_TYPE, RDFS_LABEL, XSD, Namespaces, Object, term

_OA = COMMON_PREFIXES["oa"]
_CONTEXT = 32


def _oa(name: str) -> ox.NamedNode:
    return ox.NamedNode(_OA + name)


def _integer(number: int) -> ox.Literal:
    return ox.Literal(str(number), datatype=ox.NamedNode(XSD + "integer"))


@dataclass(frozen=True)
class Evidence:
    """A quoted span of a document; offsets in Unicode code points of the unchanged text, end
    exclusive (Web Annotation, TextQuoteSelector and TextPositionSelector)."""

    article: str
    start: int
    end: int
    exact: str
    prefix: str
    suffix: str

    @classmethod
    def cut(cls, article: str, text: str, start: int, end: int) -> Evidence:
        """The span of `text` with up to 32 code points of context on each side."""
        before, after = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
        return cls(article, start, end, text[start:end], before, after)

    def iri(self, names: Namespaces) -> ox.NamedNode:
        """The same span is the same evidence, whichever claim rests on it."""
        return names.quote(self.article, self.start, self.end)

    def quads(self, names: Namespaces) -> Iterator[ox.Quad]:
        """The evidence and its two selectors."""
        graph = names.graph(f"claims/{self.article}")
        iri = self.iri(names)
        quote, position = (ox.NamedNode(f"{iri.value}#{part}") for part in ("quote", "position"))
        rows: list[tuple[ox.NamedNode, ox.NamedNode, Object]] = [
            (iri, RDF_TYPE, term("Evidence")),
            (iri, _oa("hasSource"), names.thing(self.article)),
            (iri, _oa("hasSelector"), quote),
            (iri, _oa("hasSelector"), position),
            (quote, RDF_TYPE, _oa("TextQuoteSelector")),
            (quote, _oa("exact"), ox.Literal(self.exact)),
            (quote, _oa("prefix"), ox.Literal(self.prefix)),
            (quote, _oa("suffix"), ox.Literal(self.suffix)),
            (position, RDF_TYPE, _oa("TextPositionSelector")),
            (position, _oa("start"), _integer(self.start)),
            (position, _oa("end"), _integer(self.end)),
        ]
        for subject, predicate, value in rows:
            yield ox.Quad(subject, predicate, value, graph)


@dataclass(frozen=True)
class Claim:
    """One speaker or speakers, one stance, one or more propositions, the evidence.

    `relayed` lists who passed the words on, nearest to the speaker first. `details` holds the
    remaining record properties (`venue`, `basis`, `likelihood`, ...) as term and value.
    """

    iri: ox.NamedNode
    article: str
    gloss: str
    propositions: tuple[Proposition, ...]
    speakers: tuple[ox.NamedNode, ...]
    stance: ox.NamedNode
    status: ox.NamedNode
    review: ox.NamedNode
    evidence: tuple[Evidence, ...]
    relayed: tuple[ox.NamedNode, ...] = ()
    assessment: bool = False
    details: tuple[tuple[ox.NamedNode, Object], ...] = field(default=())

    def quads(self, names: Namespaces) -> Iterator[ox.Quad]:
        """The claim, its relay chain, its evidence and its propositions."""
        graph = names.graph(f"claims/{self.article}")

        def row(subject: ox.NamedNode, predicate: ox.NamedNode, value: Object) -> ox.Quad:
            return ox.Quad(subject, predicate, value, graph)

        yield row(self.iri, RDF_TYPE, term("Assessment" if self.assessment else "Claim"))
        yield row(self.iri, RDFS_LABEL, ox.Literal(self.gloss, language="en"))
        yield row(self.iri, term("stance"), self.stance)
        yield row(self.iri, term("epistemicStatus"), self.status)
        yield row(self.iri, term("reviewState"), self.review)
        for speaker in self.speakers:
            yield row(self.iri, term("speaker"), speaker)
        for step, agent in enumerate(self.relayed, start=1):
            relay = ox.NamedNode(f"{self.iri.value}#relay-{step}")
            yield row(self.iri, term("relayedBy"), agent)
            yield row(self.iri, term("relay"), relay)
            yield row(relay, RDF_TYPE, term("Relay"))
            yield row(relay, term("step"), _integer(step))
            yield row(relay, term("relayAgent"), agent)
        for predicate, value in self.details:
            yield row(self.iri, predicate, value)
        for evidence in self.evidence:
            yield row(self.iri, term("evidence"), evidence.iri(names))
            yield from evidence.quads(names)
        for proposition in self.propositions:
            yield row(self.iri, term("claims"), proposition.iri(names))
            yield from proposition.quads(names)
