"""VoID, DCAT and the service description: in step with the quads, the settings and each other."""

import hashlib
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib.namespace import DCTERMS, FOAF, RDF, RDFS, VOID, XSD

from parley.building import build
from parley.check.report import Report
from parley.describing import Descriptions
from parley.files import Dataset, open_dataset
from parley.formats import DATASETS, FORMATS, GRAPHS, Format
from parley.rdf import RDF_TYPE
from parley.scaffold import make_plain
from parley.settings import Settings
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app

DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
EXT = rdflib.Namespace("http://ldf.fi/void-ext#")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
DATASET = rdflib.URIRef("https://w3id.org/parley/dataset")
ROOT = "http://localhost"
INTEGER = ox.NamedNode(f"{XSD}integer")


@pytest.fixture(scope="module", autouse=True)
def counted(settings: Settings, dataset: Dataset) -> None:
    """The first version is counted whole, the second from what changed."""
    descriptions = Descriptions(Versions(settings.instance), dataset.names.base)
    descriptions.build(1)
    descriptions.build(2)


def read(client: FlaskClient, path: str) -> rdflib.Graph:
    response = client.get(path, headers={"Accept": "application/n-triples"})
    assert response.status_code == 200, response.text
    return rdflib.Graph().parse(data=response.data, format="nt")


@pytest.fixture(scope="module")
def void(client: FlaskClient) -> rdflib.Graph:
    return read(client, "/void")


Pair = tuple[ox.Store, list[ox.Quad]]
PREFIXES = """
    PREFIX void: <http://rdfs.org/ns/void#>
    PREFIX ext: <http://ldf.fi/void-ext#>
    PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
    """


@pytest.fixture(scope="module", params=[1, 2])
def pair(client: FlaskClient, request: pytest.FixtureRequest) -> Pair:
    """The description of a version, and its quads."""
    store = ox.Store()
    store.load(client.get(f"/void.nt?version={request.param}").data, ox.RdfFormat.N_TRIPLES)
    dump = client.get(f"/dump.nq?version={request.param}", buffered=True).data
    return store, list(ox.parse(dump, ox.RdfFormat.N_QUADS))


def rows(store: ox.Store, query: str) -> set[tuple[str | int, ...]]:
    """The rows of a query, whole numbers as such; unbound cells are left out."""
    found = store.query(PREFIXES + query)
    assert isinstance(found, ox.QuerySolutions)
    return {
        tuple(
            int(term.value) if getattr(term, "datatype", None) == INTEGER else term.value
            for term in row
            if isinstance(term, ox.NamedNode | ox.Literal)
        )
        for row in found
    }


def number(graph: rdflib.Graph, node: rdflib.term.Node, property_: rdflib.URIRef) -> int:
    value = graph.value(node, property_, any=False)
    assert isinstance(value, rdflib.Literal), (node, property_)
    assert value.datatype == XSD.integer, (node, property_)
    return int(value)


def test_the_figures_are_those_of_the_quads(pair: Pair) -> None:
    store, quads = pair
    own = {q.subject for q in quads if str(q.subject).startswith("<https://w3id.org/parley/")}
    kinds = Counter(o for _, o in {(q.subject, q.object) for q in quads if q.predicate == RDF_TYPE})
    by_property: dict[str, list[ox.Quad]] = {}
    by_graph: dict[str, list[ox.Quad]] = {}
    for quad in quads:
        by_property.setdefault(quad.predicate.value, []).append(quad)
        by_graph.setdefault(quad.graph_name.value, []).append(quad)
    whole = {
        "triples": len({q.triple for q in quads}),
        "distinctSubjects": len({q.subject for q in quads}),
        "distinctObjects": len({q.object for q in quads}),
        "properties": len(by_property),
        "classes": len(kinds),
        "entities": len(own),
        "documents": len({s for s in own if "/parley/id/" in str(s)}),
    }
    assert len(by_property) > 80
    for name, count in whole.items():
        assert rows(store, f"SELECT ?n {{ <{DATASET}> void:{name} ?n }}") == {(count,)}, name
    query = f"SELECT ?p ?t ?s ?o {{ <{DATASET}> void:propertyPartition ?part ."
    query += "?part void:property ?p ; void:triples ?t ; void:distinctSubjects ?s ;"
    assert rows(store, query + "void:distinctObjects ?o }") == {
        (name, len(inside), len({q.subject for q in inside}), len({q.object for q in inside}))
        for name, inside in by_property.items()
    }
    query = f"SELECT ?c ?n {{ <{DATASET}> void:classPartition ?part ."
    assert rows(store, query + "?part void:class ?c ; void:entities ?n }") == {
        (kind.value, count) for kind, count in kinds.items()
    }
    query = f"SELECT ?g ?t ?s ?o ?p {{ <{DATASET}> void:subset ?part . ?part sd:name ?g ;"
    query += "void:triples ?t ; void:distinctSubjects ?s ; void:distinctObjects ?o ;"
    assert rows(store, query + "void:properties ?p }") == {
        (
            name,
            len(inside),
            len({q.subject for q in inside}),
            len({q.object for q in inside}),
            len({q.predicate for q in inside}),
        )
        for name, inside in by_graph.items()
    }


def test_a_class_says_what_its_properties_lead_to(pair: Pair) -> None:
    """In the form in which the SPARQL editor of the SIB asks for it."""
    store, quads = pair
    found = rows(
        store,
        """
        SELECT ?class ?property ?triples ?end ?count {
          ?cp void:class ?class ; void:propertyPartition ?pp .
          ?pp void:property ?property ; void:triples ?triples .
          OPTIONAL {
            { ?pp void:classPartition ?there . ?there void:class ?end ; void:triples ?count }
            UNION
            { ?pp ext:datatypePartition ?there . ?there ext:datatype ?end ; void:triples ?count }
          }
        }""",
    )
    types: dict[object, set[str]] = {}
    for quad in quads:
        if quad.predicate == RDF_TYPE:
            types.setdefault(quad.subject, set()).add(quad.object.value)
    used: Counter[tuple[str, str]] = Counter()
    ends: dict[tuple[str, str], Counter[str]] = {}
    for quad in quads:
        value, property_ = quad.object, quad.predicate.value
        there = {value.datatype.value} if isinstance(value, ox.Literal) else types.get(value, set())
        for kind in types.get(quad.subject, set()):
            used[kind, property_] += 1
            ends.setdefault((kind, property_), Counter()).update(there)
    expected: set[tuple[str | int, ...]] = set()
    for (kind, property_), triples in used.items():
        row = (kind, property_, triples)
        expected |= {(*row, *end) for end in ends[kind, property_].items()} or {row}
    assert len(expected) > 500
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
    assert whole.headers["Accept-Ranges"] == "bytes"
    rest = client.get("/dump.trig.gz?version=2", headers={"Range": "bytes=1000-"}, buffered=True)
    assert (rest.status_code, rest.data) == (206, whole.data[1000:])
    assert rest.headers["Repr-Digest"] == whole.headers["Repr-Digest"]
    current = client.get("/dump.trig.gz", headers={"Range": "bytes=1000-"}, buffered=True)
    assert (current.status_code, current.data) == (200, whole.data)
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

    csv = client.get("/as/tables/claims.csv?version=2", buffered=True).data
    worlds = client.get("/as?version=2").get_json()["translations"]
    translated = {file["url"]: file for world in worlds for file in world["files"]}
    claims = translated[f"{ROOT}/as/tables/claims.csv?version=2"]
    assert claims["sha256"] == hashlib.sha256(csv).hexdigest()

    void = read(client, "/void?version=2")
    parts = list(void.objects(DATASET, DCAT.distribution))
    places = {str(void.value(part, DCAT.downloadURL)): part for part in parts}
    dumps = {file["url"] for file in listed["files"]}
    assert {str(url) for url in void.objects(DATASET, VOID.dataDump)} == dumps
    assert set(places) == dumps | set(translated)
    table = places[claims["url"]]
    assert int(void.value(table, DCAT.byteSize)) == len(csv)
    assert void.value(table, DCTERMS.conformsTo) == rdflib.URIRef(worlds[-1]["standard"])
    metadata = str(void.value(table, FOAF.page)).removeprefix(ROOT)
    assert client.get(metadata).mimetype == "application/csvm+json"
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


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[FlaskClient]:
    """A plain dataset that anybody may write to, and that nobody has counted."""
    make_plain(tmp_path / "data", "http://example.org/d/", "Plain")
    dataset = open_dataset(tmp_path / "data")
    versions = Versions(tmp_path / "instance")
    build(dataset, versions, Message("tests", "first"), lambda store: Report(()))
    settings = Settings(instance=versions.instance, open=True, service_hosts=("example.org",))
    backend = LocalBackend(versions, settings, union=False)
    yield create_app(settings, backend, dataset, {}, versions).test_client()
    backend.close()


def test_a_live_commit_is_counted_when_somebody_asks(plain: FlaskClient) -> None:
    def update(text: str) -> None:
        assert plain.post("/sparql", data={"update": text}).status_code == 204

    def figures() -> tuple[int, int, int]:
        void = read(plain, "/void")
        node = rdflib.URIRef("http://example.org/d/dataset")
        names = (VOID.triples, VOID.distinctSubjects, VOID.classes)
        first, second, third = (number(void, node, name) for name in names)
        return first, second, third

    update(
        'INSERT DATA { GRAPH <http://g/> { <http://s/> a <http://c/> ; <http://p/> "x", <o:> } }'
    )
    uncounted = plain.get("/sparql")
    assert uncounted.status_code == 200
    triples, subjects, classes = figures()
    assert plain.get("/sparql").headers["ETag"] != uncounted.headers["ETag"]
    update(
        "DELETE DATA { GRAPH <http://g/> { <http://s/> <http://p/> <o:> } };"
        "INSERT DATA { <http://t/> a <http://d/>, <http://c/> . <http://s/> a <http://c/> }"
    )
    assert figures() == (triples + 1, subjects + 1, classes + 1)
    described = read(plain, "/sparql")
    service = rdflib.URIRef(f"{ROOT}/sparql")
    features = set(described.objects(service, SD.feature))
    assert features == {SD.BasicFederatedQuery}
    default = described.value(None, RDF.type, SD.Graph)
    assert default is not None
    assert number(described, default, VOID.triples) == 3
