"""Namespaces, IRI minting, CURIEs, and the border between rdflib and pyoxigraph."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox
import rdflib

from parley.errors import BadInput

PARLEY = "https://w3id.org/parley/ontology#"
VOCAB = "https://w3id.org/parley/vocab/"
DEFAULT_BASE = "https://w3id.org/parley/"
RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
RDFS_LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
XSD = "http://www.w3.org/2001/XMLSchema#"
EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"
STATUS_GRAPHS = ("contested", "confirmed", "stated", "reported")
DERIVED_GRAPHS = (*STATUS_GRAPHS, "linked")
CATALOGUE_GRAPH = "queries"  # saved queries, each described from its text

COMMON_PREFIXES = {
    "cco": "https://www.commoncoreontologies.org/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "oa": "http://www.w3.org/ns/oa#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "parley": PARLEY,
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sem": "http://semanticweb.cs.vu.nl/2009/11/sem/",
    "sh": "http://www.w3.org/ns/shacl#",
    "shapes": "https://w3id.org/parley/shapes/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spex": "https://purl.expasy.org/sparql-examples/ontology#",
    "time": "http://www.w3.org/2006/time#",
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "vocab": VOCAB,
    "wd": "http://www.wikidata.org/entity/",
    "xsd": XSD,
}

Object = ox.NamedNode | ox.Literal
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?\Z")
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


def term(name: str) -> ox.NamedNode:
    """The ontology term `parley:name`."""
    return ox.NamedNode(PARLEY + name)


def concept(name: str) -> ox.NamedNode:
    """The controlled value `vocab:name`."""
    return ox.NamedNode(VOCAB + name)


@dataclass(frozen=True)
class Namespaces:
    """The IRIs of one dataset: its base, and the prefixes under it; the one place that mints."""

    base: str = DEFAULT_BASE

    def thing(self, slug: str) -> ox.NamedNode:
        """The IRI of a thing; `slug` is lower-case words joined by hyphens. Raises BadInput."""
        if not SLUG.match(slug):
            raise BadInput(f"'{slug}' is no slug: use lower-case letters, digits and hyphens")
        return ox.NamedNode(f"{self.base}id/{slug}")

    def graph(self, name: str) -> ox.NamedNode:
        """The IRI of a named graph, such as `claims/siga-2024-02`."""
        return ox.NamedNode(f"{self.base}graph/{name}")

    def query(self, name: str) -> ox.NamedNode:
        """The IRI of a saved query, which is its address."""
        return ox.NamedNode(f"{self.base}queries/{name}")

    def version(self, number: int) -> ox.NamedNode:
        """The IRI of a version of the dataset, where its history stands."""
        return ox.NamedNode(f"{self.base}history/{number}")

    def proposition(
        self, subject: ox.NamedNode, predicate: ox.NamedNode, obj: Object
    ) -> ox.NamedNode:
        """The content address of what is said: 20 hex digits of SHA-256 of its N-Triples terms."""
        text = f"{subject} {predicate} {canonical(obj)}"
        return self.thing("p-" + hashlib.sha256(text.encode()).hexdigest()[:20])

    def claim(self, article: str, sentence: int, number: int) -> ox.NamedNode:
        """The IRI of the `number`-th claim of a running sentence (the title is sentence 0)."""
        return self.thing(f"claim-{article}-{sentence:03d}-{number}")

    def quote(self, article: str, start: int, end: int) -> ox.NamedNode:
        """The IRI of a quoted span; offsets in code points, end exclusive."""
        return self.thing(f"quote-{article}-{start}-{end}")

    @property
    def prefixes(self) -> dict[str, str]:
        """All prefixes of the dataset, the common ones and `id:` and `graph:`."""
        return {**COMMON_PREFIXES, "graph": f"{self.base}graph/", "id": f"{self.base}id/"}


def canonical(value: Object) -> Object:
    """The term as the engine stores it (`"1.50"^^xsd:decimal` becomes `1.5`)."""
    if isinstance(value, ox.NamedNode):
        return value
    store = ox.Store()
    store.add(ox.Quad(RDF_TYPE, RDF_TYPE, value))
    (quad,) = store
    stored = quad.object
    assert isinstance(stored, ox.Literal)
    return stored


def shorten(iri: str, prefixes: Mapping[str, str]) -> str | None:
    """The CURIE of an IRI, legal in Turtle, from the longest namespace that fits, or None."""
    best = ("", "")
    for prefix, namespace in prefixes.items():
        if iri.startswith(namespace) and len(namespace) > len(best[1]):
            best = (prefix, namespace)
    local = iri[len(best[1]) :]
    return f"{best[0]}:{local}" if best[1] and _LOCAL.match(local) else None


def expand(curie: str, prefixes: Mapping[str, str]) -> ox.NamedNode:
    """The IRI of a CURIE or of `<iri>`; raises BadInput for an unknown prefix or an invalid IRI."""
    if curie.startswith("<") and curie.endswith(">"):
        iri = curie[1:-1]
    else:
        prefix, colon, local = curie.partition(":")
        if not colon or prefix not in prefixes:
            raise BadInput(f"'{curie}' has no known prefix; known: {', '.join(sorted(prefixes))}")
        iri = prefixes[prefix] + local
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise BadInput(f"'{iri}' is not an IRI: {error}") from error


def read_iri(text: str, prefixes: Mapping[str, str]) -> ox.NamedNode:
    """The IRI that somebody typed: in full, in angle brackets or shortened. Raises BadInput."""
    if text.startswith("<") or text.partition(":")[0] in prefixes:
        return expand(text, prefixes)
    try:
        return ox.NamedNode(text)
    except ValueError as error:
        raise BadInput(f"'{text[:200]}' is not an IRI, and has no known prefix") from error


def to_rdflib(node: ox.NamedNode | ox.Literal | ox.BlankNode) -> rdflib.term.Identifier:
    """The same term for rdflib, its lexical form unchanged."""
    if isinstance(node, ox.NamedNode):
        return rdflib.URIRef(node.value)
    if isinstance(node, ox.BlankNode):
        return rdflib.BNode(node.value)
    if node.language:
        return rdflib.Literal(node.value, lang=node.language)
    return rdflib.Literal(node.value, datatype=rdflib.URIRef(node.datatype.value), normalize=False)


def to_graph(quads: Iterable[ox.Quad | ox.Triple]) -> rdflib.Graph:
    """An rdflib graph of the triples, graph names dropped."""
    graph = rdflib.Graph()
    for quad in quads:
        graph.add(
            (
                to_rdflib(quad.subject),  # type: ignore[arg-type]  # no triple terms in a dataset
                to_rdflib(quad.predicate),
                to_rdflib(quad.object),  # type: ignore[arg-type]  # no triple terms in a dataset
            )
        )
    return graph
