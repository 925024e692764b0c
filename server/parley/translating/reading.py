"""Where a translation reads from: a store at hand, or one that answers SPARQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol

import pyoxigraph as ox

from parley.rdf import PARLEY, RDF_TYPE, STATUS_GRAPHS, Object, concept, term
from parley.sparql import bind

Sentence = tuple[ox.NamedNode, ox.NamedNode, Object]

# What is kept of the record rather than spoken of.
RECORDS = frozenset(
    PARLEY + name
    for name in ("Claim", "Assessment", "Proposition", "Evidence", "Relay", "Mapping", "Omission")
)
_FEW = 64  # triples of a node that are read through sooner than each property is looked up
_ACCEPTED = concept("review-accepted")
_REVIEW = term("reviewState")


class Source(Protocol):
    """What a translation asks of a version."""

    def accepted(self) -> list[str]:
        """The IRIs of all accepted claims, sorted."""

    def things(self, base: str) -> list[str]:
        """The IRIs of everything under `base` that has a kind and is no record, sorted."""

    def about(
        self, nodes: Collection[ox.NamedNode], properties: Collection[ox.NamedNode]
    ) -> Iterable[ox.Triple]:
        """The triples with these subjects and properties; with no property, all of them."""

    def statuses(self, sentences: Collection[Sentence], base: str) -> dict[Sentence, str]:
        """The status graph that each of these stands in as a plain triple, where it does."""


class Stored:
    """Reads from a store, one lookup after the other, so that nothing grows with the dataset."""

    def __init__(self, store: ox.Store) -> None:
        self._find = store.quads_for_pattern

    def accepted(self) -> list[str]:
        """See `Source.accepted`."""
        return sorted({_iri(quad.subject) for quad in self._find(None, _REVIEW, _ACCEPTED, None)})

    def things(self, base: str) -> list[str]:
        """See `Source.things`."""
        typed = self._find(None, RDF_TYPE, None, None)
        return _things(((_iri(quad.subject), _iri(quad.object)) for quad in typed), base)

    def about(
        self, nodes: Collection[ox.NamedNode], properties: Collection[ox.NamedNode]
    ) -> Iterator[ox.Triple]:
        """See `Source.about`."""
        wanted = frozenset(properties)
        for node in nodes:
            found = self._find(node, None, None, None)
            first = [quad.triple for quad in (islice(found, _FEW) if wanted else found)]
            if not wanted or len(first) < _FEW:
                yield from (row for row in first if not wanted or row.predicate in wanted)
                continue
            for name in wanted:  # of a thing with thousands of facts only what is asked for
                for quad in self._find(node, name, None, None):
                    yield quad.triple

    def statuses(self, sentences: Collection[Sentence], base: str) -> dict[Sentence, str]:
        """See `Source.statuses`."""
        names = {f"{base}graph/{status}": status for status in STATUS_GRAPHS}
        found = {}
        for sentence in sentences:
            for quad in self._find(*sentence, None):
                status = names.get(getattr(quad.graph_name, "value", ""))
                if status:
                    found[sentence] = status
        return found


def _iri(node: object) -> str:
    return node.value if isinstance(node, ox.NamedNode) else ""


class Asked:
    """Reads by SPARQL queries; `ask` gives the rows of one, its columns in the order of SELECT."""

    def __init__(self, ask: Callable[[str], Iterable[Sequence[Object]]]) -> None:
        self._ask = ask

    def accepted(self) -> list[str]:
        """See `Source.accepted`."""
        text = "SELECT DISTINCT ?claim WHERE { ?claim ?_review ?_accepted }"
        rows = self._ask(bind(text, {"_review": _REVIEW, "_accepted": _ACCEPTED}))
        return sorted(claim.value for (claim,) in rows)

    def things(self, base: str) -> list[str]:
        """See `Source.things`."""
        rows = self._ask("SELECT DISTINCT ?thing ?kind WHERE { ?thing a ?kind }")
        return _things(((thing.value, kind.value) for thing, kind in rows), base)

    def about(
        self, nodes: Collection[ox.NamedNode], properties: Collection[ox.NamedNode]
    ) -> Iterator[ox.Triple]:
        """See `Source.about`."""
        if not nodes:
            return
        given: dict[str, Sequence[Object]] = {"_s": list(nodes)}
        if properties:
            given["_p"] = list(properties)
        only = "FILTER(?p IN (?_p))" if properties else ""  # the engine joins a second VALUES last
        text = f"SELECT DISTINCT ?_s ?p ?o WHERE {{ VALUES ?_s {{ <x:> }} ?_s ?p ?o {only} }}"
        for subject, predicate, value in self._ask(bind(text, given)):
            assert isinstance(subject, ox.NamedNode)
            assert isinstance(predicate, ox.NamedNode)
            yield ox.Triple(subject, predicate, value)

    def statuses(self, sentences: Collection[Sentence], base: str) -> dict[Sentence, str]:
        """See `Source.statuses`; reads what these subjects have of these properties."""
        if not sentences:
            return {}
        text = (
            "SELECT DISTINCT ?_s ?p ?o ?g WHERE { VALUES ?_s { <x:> } GRAPH ?g { ?_s ?p ?o } "
            "FILTER(?g IN (?_g) && ?p IN (?_p)) }"
        )
        names = {ox.NamedNode(f"{base}graph/{status}"): status for status in STATUS_GRAPHS}
        terms: dict[str, Sequence[Object]] = {
            "_s": list(dict.fromkeys(subject for subject, _, _ in sentences)),
            "_p": list(dict.fromkeys(predicate for _, predicate, _ in sentences)),
            "_g": list(names),
        }
        found: dict[Sentence, str] = {}
        for subject, predicate, value, graph in self._ask(bind(text, terms)):
            assert isinstance(subject, ox.NamedNode)
            assert isinstance(predicate, ox.NamedNode)
            assert isinstance(graph, ox.NamedNode)
            found[subject, predicate, value] = names[graph]
        return {sentence: found[sentence] for sentence in sentences if sentence in found}


def _things(types: Iterable[tuple[str, str]], base: str) -> list[str]:
    """Everything with a readable name under `base`; parts of a record have a fragment."""
    start = f"{base}id/"
    found: set[str] = set()
    records: set[str] = set()
    for iri, kind in types:
        if iri.startswith(start) and "#" not in iri:
            (records if kind in RECORDS else found).add(iri)
    return sorted(found - records)
