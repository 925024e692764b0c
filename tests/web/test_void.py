"""VoID, DCAT and the service description: in step with the quads, the settings and each other."""

import hashlib
import subprocess
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib.namespace import DCTERMS, RDF, RDFS, VOID, XSD

from parley.describing import Descriptions
from parley.files import Dataset
from parley.formats import DATASETS, FORMATS, GRAPHS, Format
from parley.settings import Settings
from parley.store.versions import Versions

DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
EXT = rdflib.Namespace("http://ldf.fi/void-ext#")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
DATASET = rdflib.URIRef("https://w3id.org/parley/dataset")
ROOT = "http://localhost"


@pytest.fixture(scope="module", autouse=True)
def counted(settings: Settings, dataset: Dataset) -> None:
    """The first version is counted whole, the second from what changed."""
    descriptions = Descriptions(Versions(settings.instance), dataset.names.base)
    descriptions.build(1)
    descriptions.build(2)


def read(client: FlaskClient, path: str) -> rdflib.Graph:
    response = client.get(path, headers={"Accept": "text/turtle"})
    assert response.status_code == 200, response.text
    return rdflib.Graph().parse(data=response.data, format="turtle")


@pytest.fixture(scope="module")
def void(client: FlaskClient) -> rdflib.Graph:
    return read(client, "/void")


@pytest.fixture(scope="module", params=[1, 2])
def pair(client: FlaskClient, request: pytest.FixtureRequest) -> tuple[rdflib.Graph, list[ox.Quad]]:
    """The description of a version, and its quads."""
    dump = client.get(f"/dump.nq?version={request.param}", buffered=True).data
    return read(client, f"/void?version={request.param}"), list(
        ox.parse(dump, ox.RdfFormat.N_QUADS)
    )


def number(graph: rdflib.Graph, node: rdflib.term.Node, property_: rdflib.URIRef) -> int:
    value = graph.value(node, property_, any=False)
    assert isinstance(value, rdflib.Literal), (node, property_)
    assert value.datatype == XSD.integer, (node, property_)
    return int(value)


def test_the_figures_are_those_of_the_quads(pair: tuple[rdflib.Graph, list[ox.Quad]]) -> None:
    graph, quads = pair
    own = {q.subject for q in quads if str(q.subject).startswith("<https://w3id.org/parley/")}
    typed = Counter((q.object, q.subject) for q in quads if q.predicate.value == str(RDF.type))
    kinds = Counter(kind for kind, _ in typed)
    for name, count in (
        ("triples", len({q.triple for q in quads})),
        ("distinctSubjects", len({q.subject for q in quads})),
        ("distinctObjects", len({q.object for q in quads})),
        ("properties", len({q.predicate for q in quads})),
        ("classes", len(kinds)),
        ("entities", len(own)),
        ("documents", len({s for s in own if "/parley/id/" in str(s)})),
    ):
        assert number(graph, DATASET, VOID[name]) == count, name

    by_property: dict[str, list[ox.Quad]] = {}
    by_graph: dict[str, list[ox.Quad]] = {}
    for quad in quads:
        by_property.setdefault(quad.predicate.value, []).append(quad)
        by_graph.setdefault(quad.graph_name.value, []).append(quad)
    properties = list(graph.objects(DATASET, VOID.propertyPartition))
    assert len(properties) == len(by_property) > 80
    for part in properties:
        property_ = graph.value(part, VOID.property, any=False)
        with_it = by_property[str(property_)]
        assert number(graph, part, VOID.triples) == len(with_it)
        assert number(graph, part, VOID.distinctSubjects) == len({q.subject for q in with_it})
        assert number(graph, part, VOID.distinctObjects) == len({q.object for q in with_it})

    classes = list(graph.objects(DATASET, VOID.classPartition))
    assert len(classes) == len(kinds)
    for part in classes:
        kind = graph.value(part, VOID["class"], any=False)
        assert number(graph, part, VOID.entities) == kinds[ox.NamedNode(str(kind))]

    graphs = {node: graph.value(node, SD.name) for node in graph.objects(DATASET, VOID.subset)}
    named = {node: name for node, name in graphs.items() if name is not None}
    assert {str(name) for name in named.values()} == set(by_graph)
    for node, name in named.items():
        inside = by_graph[str(name)]
        assert number(graph, node, VOID.triples) == len(inside)
        assert number(graph, node, VOID.distinctSubjects) == len({q.subject for q in inside})


def test_a_class_says_what_its_properties_lead_to(
    pair: tuple[rdflib.Graph, list[ox.Quad]],
) -> None:
    """By the very query with which the SPARQL editor of the SIB reads a description."""
    graph, quads = pair
    rows = graph.query(
        """
        PREFIX void: <http://rdfs.org/ns/void#>
        PREFIX ext: <http://ldf.fi/void-ext#>
        SELECT DISTINCT ?class ?property ?triples ?end ?count {
          ?cp void:class ?class ; void:propertyPartition ?pp .
          ?pp void:property ?property ; void:triples ?triples .
          OPTIONAL {
            { ?pp void:classPartition ?there . ?there void:class ?end ; void:triples ?count }
            UNION
            { ?pp ext:datatypePartition ?there . ?there ext:datatype ?end ; void:triples ?count }
          }
        }"""
    )
    types: dict[object, set[str]] = {}
    for quad in quads:
        if quad.predicate.value == str(RDF.type):
            types.setdefault(quad.subject, set()).add(quad.object.value)
    expected: Counter[tuple[str, ...]] = Counter()
    for quad in quads:
        value = quad.object
        ends = {value.datatype.value} if isinstance(value, ox.Literal) else types.get(value, set())
        for kind in types.get(quad.subject, set()):
            expected[kind, quad.predicate.value] += 1
            expected.update((kind, quad.predicate.value, end) for end in ends)
    found = {(str(r["class"]), str(r.property)): int(r.triples) for r in rows}
    found |= {
        (str(r["class"]), str(r.property), str(r.end)): int(r["count"]) for r in rows if r.end
    }
    assert found == expected


def test_the_whole_is_introduced(void: rdflib.Graph, client: FlaskClient) -> None:
    assert (DATASET, RDF.type, VOID.Dataset) in void
    assert (DATASET, DCTERMS.license, None) in void
    assert (DATASET, DCTERMS.publisher, None) in void
    assert (DATASET, VOID.sparqlEndpoint, rdflib.URIRef(f"{ROOT}/sparql")) in void
    assert str(void.value(DATASET, VOID.uriSpace)) == "https://w3id.org/parley/"
    assert str(void.value(DATASET, DCAT.version)) == "2"
    assert void.value(DATASET, DCAT.previousVersion) == rdflib.URIRef(
        "https://w3id.org/parley/history/1"
    )
    examples = list(void.objects(DATASET, VOID.exampleResource))
    assert len(examples) == 5
    for example in examples:
        path = str(example).removeprefix("https://w3id.org/parley")
        assert client.get(path).status_code == 303, path
    spaces = [str(space) for space in void.objects(DATASET, VOID.vocabulary)]
    for part in void.objects(DATASET, VOID.propertyPartition):
        property_ = str(void.value(part, VOID.property))
        assert any(property_.startswith(space) for space in spaces), property_
    wikidata = [
        link
        for link in void.subjects(RDF.type, VOID.Linkset)
        if str(void.value(void.value(link, VOID.objectsTarget), VOID.uriSpace)).find("wikidata") > 0
    ]
    assert wikidata
    for link in wikidata:
        assert void.value(link, VOID.subjectsTarget) == DATASET
        assert number(void, link, VOID.triples) > 0
    languages = {
        str(void.value(p, EXT.language)) for p in void.objects(DATASET, EXT.languagePartition)
    }
    assert "en" in languages


@pytest.mark.parametrize("form", [*GRAPHS, *DATASETS], ids=lambda form: form.extension)
def test_every_format_says_the_same(form: Format, client: FlaskClient, void: rdflib.Graph) -> None:
    response = client.get(f"/void.{form.extension}")
    assert response.mimetype == form.media_type
    assert isinstance(form.engine, ox.RdfFormat)
    quads = ox.parse(response.data, form.engine)
    assert len({quad.triple for quad in quads}) == len(void)


def test_the_well_known_address_leads_there(client: FlaskClient) -> None:
    response = client.get("/.well-known/void?version=1")
    assert response.status_code == 303
    assert response.headers["Location"] == "/void?version=1"
    followed = client.get(
        "/.well-known/void", headers={"Accept": "text/turtle"}, follow_redirects=True
    )
    assert followed.mimetype == "text/turtle"
    assert client.get("/void.csv").status_code == 404
    assert client.get("/void?format=csv").status_code == 406
    tag = client.get("/void.ttl").headers["ETag"]
    assert client.get("/void.ttl", headers={"If-None-Match": tag}).status_code == 304


def test_a_page_shows_it(client: FlaskClient) -> None:
    page = client.get("/void", headers={"Accept": "text/html"})
    assert page.mimetype == "text/html"
    for shown in ("Named graphs", "wikidata", "/graph/claims/siga-2024-02", "/ontology#Claim"):
        assert shown in page.text, shown


def test_dumps_are_listed_with_what_is_known_of_them(client: FlaskClient) -> None:
    before = client.get("/void.ttl?version=2").headers["ETag"]
    whole = client.get("/dump.trig.gz?version=2", buffered=True)
    listed = client.get("/dumps?version=2").get_json()
    assert listed["version"] == 2
    assert len(listed["files"]) == 12
    (file,) = [file for file in listed["files"] if file["name"] == "dump.trig.gz"]
    assert file["bytes"] == len(whole.data)
    assert file["sha256"] == hashlib.sha256(whole.data).hexdigest()
    told = client.get("/dump.trig.gz.sha256?version=2")
    assert told.text == f"{file['sha256']}  dump.trig.gz\n"
    graphs = listed["graphs"]
    assert listed["total"] == len(graphs) > 20
    path = graphs[0]["files"][0]["url"].removeprefix(ROOT)
    assert "graph=" in path
    assert "version=2" in path
    assert client.get(path, buffered=True).status_code == 200
    again = client.get("/dumps?version=2&limit=1").get_json()
    assert again["graphs"][0]["files"][0]["bytes"] > 0
    assert "offset=1" in again["next"]
    page = client.get("/dumps", headers={"Accept": "text/html"}).text
    assert file["sha256"] in page
    assert "sha256sum -c" in page
    assert client.get("/void.ttl?version=2").headers["ETag"] != before

    void = read(client, "/void?version=2")
    parts = list(void.objects(DATASET, DCAT.distribution))
    places = {str(void.value(part, DCAT.downloadURL)): part for part in parts}
    assert set(places) == {file["url"] for file in listed["files"]}
    assert {str(url) for url in void.objects(DATASET, VOID.dataDump)} == set(places)
    place = places[f"{ROOT}/dump.trig.gz?version=2"]
    assert int(void.value(place, DCAT.byteSize)) == len(whole.data)
    digest = void.value(place, SPDX.checksum)
    assert void.value(digest, SPDX.checksumValue) == rdflib.Literal(
        file["sha256"], datatype=XSD.hexBinary, normalize=False
    )


def test_a_digest_is_what_sha256sum_checks(client: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "dump.nt").write_bytes(client.get("/dump.nt", buffered=True).data)
    told = client.get("/dump.nt.sha256").data
    subprocess.run(["sha256sum", "-c"], input=told, cwd=tmp_path, check=True, capture_output=True)
    graph = "https://w3id.org/parley/graph/vocab"
    one = client.get(f"/dump.nt.sha256?graph={graph}").text
    assert one != told.decode()
    assert client.get("/dump.csv.sha256").status_code == 404
    assert client.get("/dump.nt.sha256?graph=http://nothing/").status_code == 404


def test_the_service_describes_itself_as_it_is_set(
    client: FlaskClient, settings: Settings, void: rdflib.Graph
) -> None:
    service = rdflib.URIRef(f"{ROOT}/sparql")
    described = read(client, "/sparql")
    assert set(described.triples((service, None, None))) <= set(void)
    assert {str(form) for form in described.objects(service, SD.resultFormat)} == {
        form.engine.iri for form in FORMATS
    }
    assert (service, SD.supportedLanguage, SD.SPARQL11Update) in described
    assert (service, SD.feature, SD.UnionDefaultGraph) in described
    assert (service, SD.feature, SD.BasicFederatedQuery) not in described
    parley = rdflib.Namespace("https://w3id.org/parley/ontology#")
    assert int(described.value(service, parley.rowLimit)) == settings.row_limit
    assert float(described.value(service, parley.queryTimeout)) == settings.query_timeout
    data = described.value(service, SD.defaultDataset)
    named = list(described.objects(data, SD.namedGraph))
    assert {described.value(node, SD.name) for node in named} == {
        void.value(node, SD.name) for node in void.objects(DATASET, VOID.subset)
    } - {None}
    default = described.value(data, SD.defaultGraph)
    assert number(described, default, VOID.triples) == number(void, DATASET, VOID.triples)
    assert number(described, DATASET, VOID.triples) == number(void, DATASET, VOID.triples)
    derived = [n for n in named if described.value(n, DCTERMS.description)]
    assert len(derived) == 6
    for link in described.objects(service, RDFS.seeAlso):
        path = str(link).removeprefix(ROOT)
        assert client.get(path, buffered=True).status_code == 200, path
