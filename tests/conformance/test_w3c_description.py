"""W3C SPARQL 1.1 Service Description."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from w3c_cases import of_kinds
from w3c_manifests import RDF, Case
from w3c_results import GRAPHS, triples
from w3c_server import SPARQL, Server

SD = "http://www.w3.org/ns/sparql-service-description#"
# The schema of the recommendation's section 3: of what class a property's values are.
RANGES = {
    "defaultDataset": "Dataset",
    "defaultGraph": "Graph",
    "namedGraph": "NamedGraph",
    "graph": "Graph",
    "supportedLanguage": None,
    "feature": None,
    "resultFormat": None,
    "inputFormat": None,
    "extensionFunction": "Function",
    "extensionAggregate": "Aggregate",
    "languageExtension": None,
    "propertyFeature": None,
    "defaultEntailmentRegime": None,
    "entailmentRegime": None,
    "supportedEntailmentProfile": None,
    "defaultSupportedEntailmentProfile": None,
    "availableGraphs": "GraphCollection",
    "endpoint": None,
    "name": None,
}
LANGUAGES = {"SPARQL10Query", "SPARQL11Query", "SPARQL11Update"}
FEATURES = {
    "DereferencesURIs",
    "UnionDefaultGraph",
    "RequiresDataset",
    "EmptyGraphs",
    "BasicFederatedQuery",
}


def sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(SD + name)


def described(server: Server, accept: str) -> ox.Store:
    answer = server.send("GET", SPARQL, Accept=accept)
    assert answer.status == 200
    assert answer.media_type == accept
    store = ox.Store()
    store.extend(triples(answer.body, accept, server.root + SPARQL))
    assert len(store)
    return store


def returns_rdf(server: Server) -> None:
    for media_type in GRAPHS:
        described(server, media_type)
    assert server.send("GET", SPARQL).media_type in GRAPHS


def has_endpoint_triple(server: Server) -> None:
    store = described(server, "text/turtle")
    endpoint = ox.NamedNode(server.root + SPARQL)
    assert len(list(store.quads_for_pattern(None, sd("endpoint"), endpoint))) == 1


def conforms_to_schema(server: Server) -> None:
    store = described(server, "text/turtle")
    rdf_type = ox.NamedNode(RDF + "type")
    (service,) = {q.subject for q in store.quads_for_pattern(None, rdf_type, sd("Service"))}
    used = {q.predicate.value.removeprefix(SD) for q in store if q.predicate.value.startswith(SD)}
    assert used <= RANGES.keys()
    for name in used:
        for quad in store.quads_for_pattern(None, sd(name), None):
            literal = isinstance(quad.object, ox.Literal)
            assert not literal, f"{quad} has a literal"
            kind = RANGES[name]
            assert kind is None or ox.Quad(quad.object, rdf_type, sd(kind)) in store, quad
    for name, known in {"supportedLanguage": LANGUAGES, "feature": FEATURES}.items():
        values = [q.object.value for q in store.quads_for_pattern(service, sd(name), None)]
        assert {v.removeprefix(SD) for v in values if v.startswith(SD)} <= known
    for quad in store.quads_for_pattern(None, sd("namedGraph"), None):
        assert len(list(store.quads_for_pattern(quad.object, sd("name"), None))) == 1


CHECKS = {
    "returns-rdf": returns_rdf,
    "has-endpoint-triple": has_endpoint_triple,
    "conforms-to-schema": conforms_to_schema,
}


@pytest.mark.parametrize("case", of_kinds("ServiceDescriptionTest"))
def test_description(server: Server, case: Case) -> None:
    CHECKS[case.iri.rpartition("#")[2]](server)


def test_the_functions_that_are_named_are_there(server: Server) -> None:
    store = described(server, "text/turtle")
    named = [q.object for q in store.quads_for_pattern(None, sd("extensionFunction"), None)]
    assert len(named) > 40
    calls = " ".join(f"({function}(1) AS ?x{n})" for n, function in enumerate(named))
    assert server.query(f"SELECT {calls} {{}}", "text/csv").status == 200
