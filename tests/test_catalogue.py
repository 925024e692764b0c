"""Saved queries as RDF: whole, in the form that sparql-examples checks, and in every version."""

import shutil
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyshacl import validate
from rdflib import Graph

from parley.building import build, fill
from parley.catalogue import catalogue_quads, saved_in
from parley.check.report import Report
from parley.errors import BadInput
from parley.files import open_dataset
from parley.queries import load, read_text
from parley.rdf import to_graph
from parley.store.ledger import Message
from parley.store.versions import Versions

DATASET = open_dataset(Path(__file__).parents[1])
NAMES = DATASET.names
QUERIES = load(DATASET.queries(), NAMES)
# What the shapes of sib-swiss/sparql-examples ask of an example, in our words.
SHAPES = """
PREFIX : <http://example.org/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX spex: <https://purl.expasy.org/sparql-examples/ontology#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
:example a sh:NodeShape ;
  sh:targetClass sh:SPARQLExecutable ;
  sh:property [ sh:path [ sh:alternativePath ( sh:select sh:ask sh:construct spex:describe ) ] ;
    sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:string ] ;
  sh:property [ sh:path rdfs:comment ; sh:minCount 1 ; sh:datatype rdf:langString ] ;
  sh:property [ sh:path schema:target ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ;
  sh:property [ sh:path schema:keywords ; sh:datatype xsd:string ] .
"""


def test_every_query_is_an_example_as_sparql_examples_wants_it() -> None:
    graph = to_graph(catalogue_quads(QUERIES, NAMES))
    rows = graph.query("SELECT ?q { ?q a <http://www.w3.org/ns/shacl#SPARQLExecutable> }")
    assert len(rows) == len(QUERIES) > 20
    conforms, _, text = validate(graph, shacl_graph=Graph().parse(data=SHAPES, format="turtle"))
    assert conforms, text


def test_the_text_is_the_whole_file() -> None:
    texts = {
        quad.subject: quad.object.value
        for quad in catalogue_quads(QUERIES, NAMES)
        if isinstance(quad.object, ox.Literal) and quad.object.value.startswith("#+ ")
    }
    assert texts == {
        NAMES.query(path.stem): path.read_text(encoding="utf-8") for path in DATASET.queries()
    }


def test_a_version_holds_them() -> None:
    store = ox.Store()
    fill(store, DATASET, lambda count: None)
    quads = set(store.quads_for_pattern(None, None, None, NAMES.graph("queries")))
    assert quads == set(catalogue_quads(QUERIES, NAMES))
    assert saved_in(store, NAMES) == {
        name: replace(query, expected=known.expected, path=known.path)
        for name, query in QUERIES.items()
        for known in [read_text(name, query.text, NAMES)]
    }


def test_a_changed_query_makes_a_new_version(tmp_path: Path) -> None:
    root = tmp_path / "dataset"
    (root / "data/entities").mkdir(parents=True)
    (root / "queries").mkdir()
    shutil.copytree(DATASET.root / "ontology/rules", root / "ontology/rules")
    file = root / "queries/all.rq"
    versions = Versions(tmp_path / "instance")

    def made(text: str) -> tuple[int, list[str]]:
        file.write_text(text, encoding="utf-8")
        dataset = open_dataset(root)
        built = build(dataset, versions, Message("tests", "build"), lambda store: Report(()))
        store = built.version.open()
        select = ox.NamedNode("http://www.w3.org/ns/shacl#select")
        found = store.quads_for_pattern(None, select, None, None)
        return built.version.number, [quad.object.value for quad in found]

    one, two = "SELECT * { ?s ?p ?o }", "SELECT ?s { ?s ?p ?o }"
    assert made(one) == (1, [one])
    assert made(one) == (1, [one])
    assert made(two) == (2, [two])


def test_a_broken_query_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "ontology").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries/broken.rq").write_text("SELECT {", encoding="utf-8")
    with pytest.raises(BadInput, match=r"broken\.rq"):
        fill(ox.Store(), open_dataset(tmp_path), lambda count: None)
