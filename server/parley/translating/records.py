"""Accepted claims with all that belongs to them, read in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice

import pyoxigraph as ox

from parley.rdf import COMMON_PREFIXES, PARLEY, RDF_TYPE, RDFS_LABEL, Object, term
from parley.translating.reading import Sentence, Source

_BATCH = 200
_KNOWN = 5_000  # things that are kept between batches, as the same ones come again and again


@cache
def named(curie: str) -> ox.NamedNode:
    """The IRI of a CURIE whose prefix is one of the common ones."""
    prefix, _, local = curie.partition(":")
    return ox.NamedNode(COMMON_PREFIXES[prefix] + local)


def part(iri: str, name: str) -> ox.NamedNode:
    """A part of what an IRI names, which may have a fragment already."""
    return ox.NamedNode(f"{iri.replace('#', '/')}#{name}")


# What is read of the things that claims speak of; their facts stand in the claims.
OF_THINGS = tuple(
    named(curie)
    for curie in (
        "rdf:type rdfs:label skos:altLabel skos:scopeNote skos:exactMatch parley:selfDescription "
        "dcterms:title dcterms:creator dcterms:publisher dcterms:issued dcterms:language "
        "parley:dateText parley:edtf parley:earliestBegin parley:latestBegin parley:earliestEnd "
        "parley:latestEnd parley:valueText parley:low parley:best parley:high"
    ).split()
)
# What a claim says of itself beyond its parts, in the order it is told.
DETAILS = tuple(
    term(name)
    for name in (
        "venue basis basisText hedgeText likelihood likelihoodText saidDuring about "
        "sourceReliability informationCredibility gradedBy corroborates inferredFrom independentOf"
    ).split()
)


@dataclass(frozen=True)
class Node:
    """A node with its triples: values by property, each in a fixed order."""

    iri: ox.NamedNode
    values: Mapping[ox.NamedNode, tuple[Object, ...]]

    def all(self, name: ox.NamedNode) -> tuple[Object, ...]:
        """The values of a property."""
        return self.values.get(name, ())

    def nodes(self, name: ox.NamedNode) -> tuple[ox.NamedNode, ...]:
        """Those values of a property that are IRIs."""
        return tuple(value for value in self.all(name) if isinstance(value, ox.NamedNode))

    def text(self, name: ox.NamedNode) -> str:
        """The first literal of a property, empty where there is none."""
        return next((v.value for v in self.all(name) if isinstance(v, ox.Literal)), "")

    @property
    def label(self) -> str:
        """The name for people, the end of the IRI where it has none."""
        return self.text(RDFS_LABEL) or self.slug

    @property
    def slug(self) -> str:
        """The end of the IRI, after the last slash."""
        return self.iri.value.rpartition("/")[2]

    @property
    def classes(self) -> tuple[str, ...]:
        """The IRIs of its classes, sorted."""
        return tuple(kind.value for kind in self.nodes(RDF_TYPE))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of its classes in our ontology, sorted."""
        return tuple(kind[len(PARLEY) :] for kind in self.classes if kind.startswith(PARLEY))

    @property
    def anonymous(self) -> bool:
        """Whether it is a source that must not be identified."""
        return "AnonymousSource" in self.kinds

    @property
    def hypothetical(self) -> bool:
        """Whether it is an event that is only spoken of as possible."""
        return "HypotheticalEvent" in self.kinds


@dataclass(frozen=True)
class Statement:
    """A proposition; `status` names the graph in which it stands as a plain triple, if any."""

    iri: ox.NamedNode
    subject: Node
    predicate: ox.NamedNode
    object: Node | ox.Literal
    status: str = ""

    @property
    def value(self) -> Object:
        """The object as a term."""
        return self.object.iri if isinstance(self.object, Node) else self.object

    @property
    def triple(self) -> ox.Triple:
        """What is said; no translation puts it down as a fact."""
        return ox.Triple(self.subject.iri, self.predicate, self.value)


@dataclass(frozen=True)
class Quote:
    """Words of a document with their place: code points of the unchanged text, end exclusive."""

    iri: ox.NamedNode
    document: Node
    exact: str
    prefix: str
    suffix: str
    start: str
    end: str


@dataclass(frozen=True)
class Claim:
    """An accepted claim; `relays` are in order, nearest to the speaker first."""

    node: Node
    statements: tuple[Statement, ...]
    speakers: tuple[Node, ...]
    relays: tuple[Node, ...]
    stance: ox.NamedNode
    status: ox.NamedNode | None
    quotes: tuple[Quote, ...]

    @property
    def iri(self) -> ox.NamedNode:
        """Its IRI."""
        return self.node.iri

    @property
    def affirms(self) -> bool:
        """Whether the speaker holds it true, and neither denies, doubts nor evades it."""
        return self.stance.value.endswith("/affirms")

    def details(self) -> Iterator[tuple[ox.NamedNode, Object]]:
        """What it says of itself beyond its parts."""
        for name in DETAILS:
            for value in self.node.all(name):
                yield name, value

    def things(self) -> Iterator[Node]:
        """Everything it speaks of or rests on, some of it several times."""
        yield from self.speakers
        yield from self.relays
        yield from (quote.document for quote in self.quotes)
        for statement in self.statements:
            yield statement.subject
            if isinstance(statement.object, Node):
                yield statement.object


def claims(source: Source, base: str, wanted: Iterable[str]) -> Iterator[Claim]:
    """The claims with these IRIs, in this order; those without stance or proposition are not told.

    Reads so many at a time that neither memory nor the number of questions grows with the dataset.
    """
    todo = iter(wanted)
    known: dict[ox.NamedNode, Node] = {}
    while batch := [ox.NamedNode(iri) for iri in islice(todo, _BATCH)]:
        if len(known) > _KNOWN:
            known.clear()
        yield from _batch(source, base, batch, known)


def things(source: Source, wanted: Iterable[str]) -> Iterator[Node]:
    """The things with these IRIs, in this order."""
    todo = iter(wanted)
    while batch := [ox.NamedNode(iri) for iri in islice(todo, _BATCH)]:
        found = described(source, batch, OF_THINGS)
        yield from (found[node] for node in batch)


def described(
    source: Source, nodes: Iterable[ox.NamedNode], properties: tuple[ox.NamedNode, ...] = ()
) -> dict[ox.NamedNode, Node]:
    """The nodes with their triples, or those of some properties only; values are sorted."""
    unique = list(dict.fromkeys(nodes))
    values: dict[ox.NamedNode, dict[ox.NamedNode, set[Object]]] = {node: {} for node in unique}
    for triple in source.about(unique, properties):
        if isinstance(triple.object, ox.NamedNode | ox.Literal):
            assert isinstance(triple.subject, ox.NamedNode)
            values[triple.subject].setdefault(triple.predicate, set()).add(triple.object)
    return {
        node: Node(node, {name: tuple(sorted(found, key=str)) for name, found in of.items()})
        for node, of in values.items()
    }


def _batch(
    source: Source, base: str, batch: list[ox.NamedNode], known: dict[ox.NamedNode, Node]
) -> Iterator[Claim]:
    """The claims of a batch; `known` are things that were read before, and takes the new ones."""
    found = described(source, batch)
    parts = described(
        source,
        (
            one
            for node in found.values()
            for name in ("claims", "evidence", "relay")
            for one in node.nodes(term(name))
        ),
    )
    selectors = described(
        source, (one for node in parts.values() for one in node.nodes(named("oa:hasSelector")))
    )
    mentioned = set(_mentioned(found.values(), parts.values()))
    known |= described(source, mentioned - known.keys(), OF_THINGS)
    sentences = {iri: _sentence(node) for iri, node in parts.items()}
    status = source.statuses([s for s in sentences.values() if s], base)
    for node in found.values():
        statements = []
        for iri in node.nodes(term("claims")):
            sentence = sentences.get(iri)
            if sentence:
                subject, predicate, value = sentence
                thing = known[value] if isinstance(value, ox.NamedNode) else value
                graph = status.get(sentence, "")
                statements.append(Statement(iri, known[subject], predicate, thing, graph))
        stances = node.nodes(term("stance"))
        if statements and stances:
            yield Claim(
                node,
                tuple(statements),
                tuple(known[agent] for agent in node.nodes(term("speaker"))),
                tuple(known[agent] for agent in _chain(node, parts)),
                stances[0],
                next(iter(node.nodes(term("epistemicStatus"))), None),
                tuple(_quotes(node, parts, selectors, known)),
            )


def _mentioned(claims: Iterable[Node], parts: Iterable[Node]) -> Iterator[ox.NamedNode]:
    for node in claims:
        yield from node.nodes(term("speaker"))
        yield from node.nodes(term("relayedBy"))
    for node in parts:
        for name in (term("subject"), term("object"), term("relayAgent"), named("oa:hasSource")):
            yield from node.nodes(name)


def _sentence(node: Node) -> Sentence | None:
    subjects, predicates = node.nodes(term("subject")), node.nodes(term("predicate"))
    objects = (*node.nodes(term("object")), *node.all(term("value")))
    return (subjects[0], predicates[0], objects[0]) if subjects and predicates and objects else None


def _chain(node: Node, parts: Mapping[ox.NamedNode, Node]) -> list[ox.NamedNode]:
    """Who passed the words on, by the numbered steps; whoever has no step comes last."""
    relays = [parts[relay] for relay in node.nodes(term("relay"))]
    relays.sort(key=lambda relay: relay.text(term("step")).zfill(9))
    numbered = [agent for relay in relays for agent in relay.nodes(term("relayAgent"))]
    return list(dict.fromkeys([*numbered, *node.nodes(term("relayedBy"))]))


def _quotes(
    node: Node,
    parts: Mapping[ox.NamedNode, Node],
    selectors: Mapping[ox.NamedNode, Node],
    known: Mapping[ox.NamedNode, Node],
) -> Iterator[Quote]:
    for iri in node.nodes(term("evidence")):
        sources = parts[iri].nodes(named("oa:hasSource"))
        if not sources:
            continue
        told = [selectors[one] for one in parts[iri].nodes(named("oa:hasSelector"))]

        def text(name: str, told: list[Node] = told) -> str:
            return next((one.text(named(name)) for one in told if one.all(named(name))), "")

        words = (text(f"oa:{name}") for name in ("exact", "prefix", "suffix", "start", "end"))
        yield Quote(iri, known[sources[0]], *words)
