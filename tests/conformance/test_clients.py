"""Clients that nobody here wrote read and write a plain dataset: SPARQLWrapper, rdflib, curl."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any  # SPARQLWrapper and rdflib have no types for their answers

import pytest
import rdflib
import SPARQLWrapper as sw
from rdflib.compare import isomorphic
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore
from w3c_server import SPARQL, STORE, Server

EX = rdflib.Namespace("http://example.org/")
TURTLE = """
@prefix : <http://example.org/> .
:anna :knows :berta, :chloé ; :name "Anna"@en ; :age 41 .
:berta :name "B, \\"the\\" second" ; :note "two\\nlines\\tand a tab" .
"""
ROWS = "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o"
TRIPLES = "CONSTRUCT WHERE { ?s ?p ?o }"
OLD_RDFLIB = "ignore:(Dataset.default_context|ConjunctiveGraph|Dataset.contexts):DeprecationWarning"
CURL = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")


@pytest.fixture
def expected() -> rdflib.Graph:
    return rdflib.Graph().parse(data=TURTLE, format="turtle")


@pytest.fixture
def filled(server: Server) -> Server:
    """The server, its default graph filled with TURTLE and nothing else in it."""
    server.hold(frozenset())
    server.holding = None
    answer = server.send("PUT", f"{STORE}?default", TURTLE.encode(), Content_Type="text/turtle")
    assert answer.status in {200, 201, 204}, answer
    return server


def wrapper(server: Server, query: str, form: str, sending: tuple[str, str]) -> Any:
    client = sw.SPARQLWrapper(server.root + SPARQL)
    client.setQuery(query)
    client.setReturnFormat(form)
    client.setMethod(sending[0])
    client.setRequestMethod(sending[1])
    return client.query()


SENDINGS = [(sw.GET, sw.URLENCODED), (sw.POST, sw.URLENCODED), (sw.POST, sw.POSTDIRECTLY)]


@pytest.mark.filterwarnings(OLD_RDFLIB)  # SPARQLWrapper uses what rdflib would have it leave
@pytest.mark.parametrize("sending", SENDINGS)
class TestSparqlWrapper:
    """Every return format that SPARQLWrapper offers, in each way it sends queries."""

    def test_json(self, filled: Server, sending: tuple[str, str]) -> None:
        answer = wrapper(filled, ROWS, sw.JSON, sending).convert()
        assert answer["head"]["vars"] == ["s", "p", "o"]
        assert len(answer["results"]["bindings"]) == 6

    def test_xml(self, filled: Server, sending: tuple[str, str]) -> None:
        answer = wrapper(filled, ROWS, sw.XML, sending).convert()
        assert len(answer.getElementsByTagName("result")) == 6

    @pytest.mark.parametrize(("form", "dialect"), [(sw.CSV, "excel"), (sw.TSV, "excel-tab")])
    def test_tables(
        self, filled: Server, sending: tuple[str, str], form: str, dialect: str
    ) -> None:
        text = wrapper(filled, ROWS, form, sending).convert().decode("utf-8")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), dialect=dialect))
        assert len(rows) == 6

    def test_ask(self, filled: Server, sending: tuple[str, str]) -> None:
        answer = wrapper(filled, "ASK { ?s ?p 41 }", sw.JSON, sending).convert()
        assert answer["boolean"] is True

    @pytest.mark.parametrize("form", [sw.TURTLE, sw.N3, sw.RDFXML, sw.XML, sw.JSONLD])
    def test_graphs(
        self, filled: Server, expected: rdflib.Graph, sending: tuple[str, str], form: str
    ) -> None:
        found = wrapper(filled, TRIPLES, form, sending).convert()
        if not isinstance(found, rdflib.Graph):
            found = rdflib.Graph().parse(data=found, format="n3" if form == sw.N3 else "turtle")
        assert isomorphic(found, expected)

    def test_one_graph(self, filled: Server, sending: tuple[str, str]) -> None:
        client = sw.SPARQLWrapper(filled.root + SPARQL)
        client.addParameter("default-graph-uri", EX.nothing)
        client.setMethod(sending[0])
        client.setRequestMethod(sending[1])
        client.setReturnFormat(sw.JSON)
        client.setQuery("ASK { ?s ?p ?o }")
        assert client.queryAndConvert()["boolean"] is False

    def test_syntax_error(self, filled: Server, sending: tuple[str, str]) -> None:
        with pytest.raises(sw.SPARQLExceptions.QueryBadFormed, match="line"):
            wrapper(filled, "SELECT ?s { ?s ?p ", sw.JSON, sending)


@pytest.mark.parametrize("sending", SENDINGS[1:])
def test_sparqlwrapper_updates(filled: Server, sending: tuple[str, str]) -> None:
    wrapper(filled, "INSERT DATA { <s:a> <p:b> 'ü' }", sw.JSON, sending)
    assert wrapper(filled, "ASK { <s:a> <p:b> 'ü' }", sw.JSON, sending).convert()["boolean"]


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_rdflib_reads(filled: Server, method: str, form: str) -> None:
    store = SPARQLStore(filled.root + SPARQL, method=method, returnFormat=form)
    graph = rdflib.Graph(store)
    assert len(list(graph.query(ROWS))) == 6
    if form in {"json", "xml"}:  # rdflib reads no other answer to ASK
        assert graph.query("ASK { ?s ?p 41 }").askAnswer is True


@pytest.mark.parametrize("form", ["json", "xml"])
def test_rdflib_graph_over_the_store(filled: Server, expected: rdflib.Graph, form: str) -> None:
    graph = rdflib.Graph(SPARQLStore(filled.root + SPARQL, returnFormat=form))
    assert set(graph) == set(expected)
    assert len(graph) == 6
    assert graph.value(EX.anna, EX.name) == rdflib.Literal("Anna", lang="en")
    assert (EX.anna, EX.knows, EX["chloé"]) in graph


def test_rdflib_constructs(filled: Server, expected: rdflib.Graph) -> None:
    graph = rdflib.Graph(SPARQLStore(filled.root + SPARQL)).query(TRIPLES).graph
    assert graph is not None
    assert isomorphic(graph, expected)


@pytest.mark.filterwarnings(OLD_RDFLIB)
@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_writes(filled: Server, method: str) -> None:
    address = filled.root + SPARQL
    store = SPARQLUpdateStore(address, address, method=method, autocommit=False)
    dataset = rdflib.Dataset(store, default_union=False)
    graph = dataset.graph(EX.graph)
    triple = (EX.dora, EX.name, rdflib.Literal('D "o" {ra}\n'))
    graph.add(triple)
    graph.add((EX.dora, EX.age, rdflib.Literal(7)))
    store.commit()
    assert set(rdflib.Graph(SPARQLStore(address), EX.graph)) == set(graph)
    assert triple in graph
    assert EX.graph in {g.identifier for g in dataset.graphs()}
    graph.remove((EX.dora, EX.age, None))
    store.commit()
    assert set(graph) == {triple}
    graph.update("DELETE WHERE { ?s ?p ?o }")
    store.commit()
    assert len(graph) == 0
    assert len(dataset.graph(rdflib.graph.DATASET_DEFAULT_GRAPH_ID)) == 6


def curl(*arguments: str) -> bytes:
    command = ["curl", "--silent", "--show-error", "--fail-with-body", *arguments]
    return subprocess.run(command, capture_output=True, timeout=60, check=True).stdout


@CURL
def test_curl_asks(filled: Server) -> None:
    address = filled.root + SPARQL
    as_json = ("-H", "Accept: application/sparql-results+json")
    by_get = curl("-G", address, "--data-urlencode", f"query={ROWS}", *as_json)
    by_form = curl(address, "--data-urlencode", f"query={ROWS}", *as_json)
    direct = ("-H", "Content-Type: application/sparql-query", "--data-binary", ROWS)
    assert by_get == by_form == curl(address, *direct, *as_json, "--compressed")
    assert by_get == curl(address, "-X", "QUERY", *direct, *as_json)
    assert len(json.loads(by_get)["results"]["bindings"]) == 6


@CURL
def test_curl_puts_and_gets_a_graph(server: Server, expected: rdflib.Graph, tmp_path: Path) -> None:
    server.holding = None
    file = tmp_path / "graph.ttl"
    file.write_text(TURTLE, encoding="utf-8")
    address = f"{server.root}{STORE}?graph={EX.curl}"
    turtle = ("-H", "Content-Type: text/turtle")
    curl("-T", str(file), *turtle, address)
    found = curl("-H", "Accept: application/rdf+xml", address)
    assert isomorphic(rdflib.Graph().parse(data=found, format="xml"), expected)
    curl("--data-binary", "<s:a> <p:b> <o:c> .", *turtle, address)
    curl("-F", f"file=@{file};type=text/turtle", address)
    assert len(rdflib.Graph().parse(data=curl(address), format="turtle")) == 7
    assert b" 200 " in curl("-I", address).splitlines()[0]
    curl("-X", "DELETE", address)
    assert curl("-o", "/dev/null", "-w", "%{http_code}", "--no-fail-with-body", address) == b"404"
