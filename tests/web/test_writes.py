"""Updates and graphs over HTTP: on a plain dataset, on a Parley dataset, and by whom."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parley.building import build
from parley.check.report import Report
from parley.files import open_dataset
from parley.queries import load
from parley.rdf import RDFS_LABEL, to_graph
from parley.scaffold import make_dataset, make_plain
from parley.settings import Settings
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app
from parley.web.loading import live_gate

UPDATE = "application/sparql-update"
FORM = "application/x-www-form-urlencoded"
TURTLE = "text/turtle"
G = "http://example.org/g"
BASE = "http://example.org/dataset/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
Serve = Callable[..., FlaskClient]


@contextmanager
def serving(folder: Path) -> Iterator[Serve]:
    """Serves a new dataset, plain or not, with these settings."""
    started: list[LocalBackend] = []

    def start(*, plain: bool = True, **given: object) -> FlaskClient:
        (make_plain if plain else make_dataset)(folder / "data", BASE, "Test")
        dataset = open_dataset(folder / "data")
        versions = Versions(folder / "instance")
        build(dataset, versions, Message("tests", "first"), lambda store: Report(()))
        values = {"open": True, "instance": versions.instance, **given}
        settings = Settings(**values)  # type: ignore[arg-type]
        guard = live_gate(settings, dataset)
        backend = LocalBackend(versions, settings, union=not plain, guard=guard)
        started.append(backend)
        saved = load(dataset.queries(), dataset.names)
        return create_app(settings, backend, dataset, saved, versions).test_client()

    yield start
    for backend in started:
        backend.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with serving(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A plain dataset that takes 2000 bytes at once, for tests that change nothing."""
    with serving(tmp_path_factory.mktemp("small")) as start:
        yield start(upload_limit=2000)


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A Parley dataset, for tests that change nothing."""
    with serving(tmp_path_factory.mktemp("gated")) as start:
        yield start(plain=False)


def update(client: FlaskClient, text: str, **headers: str) -> TestResponse:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/sparql", data=text, content_type=UPDATE, headers=given)


def put(client: FlaskClient, text: str, media_type: str = TURTLE, **headers: str) -> TestResponse:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.put(f"/store?graph={G}", data=text, content_type=media_type, headers=given)


def triples(response: TestResponse) -> set[ox.Triple]:
    assert response.status_code == 200, response.text
    form = ox.RdfFormat.from_media_type(response.mimetype)
    return {quad.triple for quad in ox.parse(response.data, form)}


def problem(response: TestResponse, status: int, text: str = "") -> dict[str, object]:
    assert response.status_code == status, response.text
    document: dict[str, object] = json.loads(response.data)
    assert text in str(document["detail"])
    return document


# ---- updates


@pytest.mark.parametrize("form", [True, False])
def test_an_update_is_published_with_author_and_message(
    serve: Serve, tmp_path: Path, form: bool
) -> None:
    client = serve()
    text = "INSERT DATA { <a> <b> 'c' }"
    if form:
        data = {"update": text, "message": "the first"}
        response = client.post("/sparql", data=data, content_type=FORM)
    else:
        response = update(client, text, X_Parley_Message="the first")
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["X-Parley-Version"] == "2"
    entry = Versions(tmp_path / "instance").ledger.entry(2)
    assert (entry.author, entry.text) == ("anonymous", "the first")
    asked = client.post("/sparql", data={"query": "ASK { <http://localhost/a> ?p 'c' }"})
    assert json.loads(asked.data)["boolean"] is True


def test_an_update_without_a_message_says_what_it_was(serve: Serve, tmp_path: Path) -> None:
    update(serve(), "INSERT DATA { <a> <b> 'c' }")
    assert Versions(tmp_path / "instance").ledger.entry(2).text == "SPARQL update"


def test_an_update_that_changes_nothing_makes_no_version(small: FlaskClient) -> None:
    response = update(small, "DELETE DATA { <a> <b> 'c' }")
    assert (response.status_code, response.headers["X-Parley-Version"]) == (204, "1")


def test_the_default_graph_of_a_plain_dataset_is_no_union(serve: Serve) -> None:
    client = serve()
    update(client, f"INSERT DATA {{ GRAPH <{G}> {{ <a> <b> 1 }} }}")
    asked = client.post("/sparql", data={"query": "ASK { ?s ?p ?o }"})
    assert json.loads(asked.data)["boolean"] is False


@pytest.mark.parametrize(
    ("text", "query", "status"),
    [
        ("INSERT DATA { <a> <b> }", "", 400),
        ("INSERT { <a> <b> 1 } USING <http://h> WHERE {}", f"using-graph-uri={G}", 400),
        ("WITH <http://h> INSERT { <a> <b> 1 } WHERE {}", f"using-named-graph-uri={G}", 400),
        ("CLEAR ALL", "version=1", 400),
        ("LOAD <http://127.0.0.1:9/x>", "", 403),
        ("LOAD SILENT <http://127.0.0.1:9/x>", "", 204),
        ("INSERT { <a> <b> 1 } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "", 403),
        ("MOVE <http://none> TO DEFAULT", "", 400),
        ("", "", 204),
    ],
)
def test_updates_that_are_refused_or_do_nothing(
    small: FlaskClient, text: str, query: str, status: int
) -> None:
    response = small.post(f"/sparql?{query}", data=text, content_type=UPDATE)
    assert response.status_code == status, response.text


def test_a_syntax_error_has_line_and_column(small: FlaskClient) -> None:
    found = problem(update(small, "CLEAR ALL ;\nINSERT DATA { <a> <b> }"), 400)
    assert (found["line"], found["column"]) == (2, 23)


def test_a_runaway_update_is_503_with_its_limit(serve: Serve) -> None:
    client = serve()
    update(client, "INSERT DATA { " + " ".join(f"<s{n}> <p> {n} ." for n in range(200)) + "}")
    text = (
        "INSERT { <a> <b> ?n } WHERE { SELECT (COUNT(*) AS ?n) "
        "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } }"
    )
    response = client.post("/sparql?timeout=0.5", data=text, content_type=UPDATE)
    found = problem(response, 503, "nothing was changed")
    assert (found["limit"], found["value"]) == ("query_timeout", 0.5)
    assert client.get("/ready").json["version"] == 2


def test_if_match_with_an_older_version_is_412(serve: Serve) -> None:
    client = serve()
    etag = client.get("/sparql?query=ASK%7B%7D").headers["ETag"]
    assert update(client, "INSERT DATA { <a> <b> 1 }", If_Match=etag).status_code == 204
    stale = update(client, "INSERT DATA { <a> <b> 2 }", If_Match=etag)
    (change,) = problem(stale, 412, "anonymous")["changes"]  # type: ignore[misc]
    assert change["version"] == 2
    assert len(change["rows"]) == 1


# ---- graphs


def test_a_graph_is_made_read_replaced_and_deleted(serve: Serve) -> None:
    client = serve()
    address = f"/store?graph={G}"
    problem(client.get(address), 404, G)
    assert put(client, "<a> <b> 1 .").status_code == 201
    first = client.get(address)
    assert {str(t.object.value) for t in triples(first)} == {"1"}
    assert first.content_type == "text/turtle; charset=utf-8"
    assert put(client, "<a> <b> 2 .").status_code == 204
    assert {str(t.object.value) for t in triples(client.get(address))} == {"2"}
    assert client.post(address, data="<a> <b> 3 .", content_type=TURTLE).status_code == 204
    assert {str(t.object.value) for t in triples(client.get(address))} == {"2", "3"}
    old = client.get(f"{address}&version=2")
    assert {str(t.object.value) for t in triples(old)} == {"1"}
    assert client.delete(address).status_code == 204
    problem(client.get(address), 404)
    problem(client.delete(address), 404)


@pytest.mark.parametrize(
    "accept", [TURTLE, "application/n-triples", "application/rdf+xml", "application/ld+json"]
)
def test_a_graph_goes_in_and_out_in_every_format(serve: Serve, accept: str) -> None:
    client = serve()
    put(client, "<http://a> <http://b/c> 'é', <http://d> .")
    answer = client.get(f"/store?graph={G}", headers={"Accept": accept})
    assert answer.mimetype == accept
    copied = client.put("/store/copy", data=answer.data, content_type=accept)
    assert copied.status_code == 201
    assert triples(client.get("/store/copy")) == triples(answer)
    assert client.head("/store/copy").headers["Content-Length"] != "0"


def test_the_address_names_the_graph(serve: Serve) -> None:
    client = serve()
    client.put("/store/person/1.ttl", data="<#me> <b> 1 .", content_type=TURTLE)
    iri = "http://localhost/store/person/1.ttl"
    (found,) = triples(client.get(f"/store?graph={iri}"))
    assert found.subject == ox.NamedNode(f"{iri}#me")


def test_a_post_without_a_graph_makes_one(serve: Serve) -> None:
    client = serve()
    made = client.post("/store", data="[] <b> 1 .", content_type=TURTLE)
    assert made.status_code == 201
    location = made.headers["Location"]
    assert location.startswith("http://localhost/store/")
    assert len(triples(client.get(location))) == 1
    assert len(triples(client.get("/store?" + urlencode({"graph": location})))) == 1


def test_the_default_graph(serve: Serve) -> None:
    client = serve()
    assert triples(client.get("/store?default")) == set()
    assert client.put("/store?default", data="<a> <b> 1 .", content_type=TURTLE).status_code == 204
    assert len(triples(client.get("/store?default"))) == 1
    assert client.delete("/store?default").status_code == 204
    assert client.delete("/store?default").status_code == 204


def test_an_empty_graph_is_not_kept(serve: Serve) -> None:
    client = serve()
    assert put(client, "").status_code == 204
    assert client.get(f"/store?graph={G}").status_code == 404


def test_a_form_brings_several_files(serve: Serve) -> None:
    client = serve()
    boundary = "x"
    body = (
        "--x\r\nContent-Disposition: form-data; name=a; filename=a.ttl\r\n"
        "Content-Type: text/turtle; charset=utf-8\r\n\r\n<http://a> <http://b> _:n .\r\n"
        "--x\r\nContent-Disposition: form-data; name=b; filename=b.nt\r\n"
        "Content-Type: application/octet-stream\r\n\r\n<http://a> <http://b> _:n .\r\n--x--\r\n"
    )
    sent = client.post(
        f"/store?graph={G}", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )
    assert sent.status_code == 201
    assert len(triples(client.get(f"/store?graph={G}"))) == 2


@pytest.mark.parametrize(
    ("body", "content_type", "status", "detail"),
    [
        ("<a> <b> 1 .", "", 415, "missing"),
        ("<a> <b> 1 .", "text/csv", 415, "text/csv"),
        ("<a> <b> 1 .", "turtle", 415, "no graph format"),
        ("<a> <b> 1 .", "application/trig", 415, "trig"),
        ("<a> <b> 1 .", "text/turtle; charset=utf-16", 415, "utf-16"),
        (b"<a> <b> '\xff' .", TURTLE, 400, "UTF-8"),
        (b"<a> <b> '\xc3", TURTLE, 400, "UTF-8"),
        (b"<a> <b> '\0' .", TURTLE, 400, "NUL"),
        ("<a> <b>\n c:d .", TURTLE, 400, "prefix"),
        (
            '{"@context": "http://127.0.0.1:9/c", "http://p": 1}',
            "application/ld+json",
            400,
            "context",
        ),
        (
            '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>',
            "application/rdf+xml",
            400,
            "entity",
        ),
        ("--x\r\n\r\n", "multipart/form-data; boundary=x", 400, "broken"),
        (" ", "multipart/form-data", 400, "boundary"),
        (
            "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
            415,
            "missing",
        ),
        ("<a> <b> '" + "c" * 3000 + "' .", TURTLE, 413, "larger than 2000"),
    ],
)
def test_bodies_that_are_refused(
    small: FlaskClient, body: str | bytes, content_type: str, status: int, detail: str
) -> None:
    response = small.put(f"/store?graph={G}", data=body, content_type=content_type or None)
    problem(response, status, detail)
    assert small.get("/ready").json["version"] == 1


def test_a_compressed_body_and_one_that_breaks_off_are_refused(small: FlaskClient) -> None:
    problem(put(small, "", Content_Encoding="gzip"), 415, "compressed")
    short = {"CONTENT_LENGTH": "500"}
    response = small.put(
        f"/store?graph={G}", data="<a> <b> 1 .", content_type=TURTLE, environ_overrides=short
    )
    problem(response, 400, "breaks off")


def test_nothing_of_a_body_is_left_on_the_disk(serve: Serve, tmp_path: Path) -> None:
    client = serve()
    put(client, "<a> <b> 1 .")
    put(client, "<a> <b>")
    assert list((tmp_path / "instance/spool").iterdir()) == []


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/store", 400),
        ("PUT", "/store", 400),
        ("GET", "/store?graph=person/1", 400),
        ("GET", f"/store?graph={G}&default", 400),
        ("GET", f"/store?graph={G}&graph={G}", 400),
        ("GET", f"/store/x?graph={G}", 400),
        ("DELETE", "/store?default&version=1", 400),
        ("GET", "/store?default&version=7", 404),
        ("GET", "/store?default&format=png", 406),
        ("PATCH", "/store?default", 405),
    ],
)
def test_requests_that_name_no_graph_or_too_many(
    small: FlaskClient, method: str, address: str, status: int
) -> None:
    response = small.open(address, method=method, data=b"", content_type=TURTLE)
    assert response.status_code == status, response.text


def test_options_names_the_methods(small: FlaskClient) -> None:
    allowed = small.options("/store").headers["Allow"]
    assert {"GET", "HEAD", "PUT", "POST", "DELETE"} <= {m.strip() for m in allowed.split(",")}


def test_two_people_edit_two_graphs_and_nobody_overwrites_anybody(serve: Serve) -> None:
    client = serve()
    put(client, "<a> <b> 1 .")
    address = f"/store?graph={G}"
    etag = client.get(address).headers["ETag"]
    client.put("/store/other", data="<a> <b> 1 .", content_type=TURTLE)
    packed = f'{etag[:-1]}-gzip"'  # as who asks for compression has it
    assert put(client, "<a> <b> 2 .", If_Match=packed).status_code == 204
    stale = problem(put(client, "<a> <b> 3 .", If_Match=etag), 412, "anonymous")
    (change,) = stale["changes"]  # type: ignore[misc]
    (left, came) = change["rows"]
    assert (left[0], came[0]) == ("D", "A")
    assert left.endswith(f"<{G}> .")
    assert came.endswith(f"<{G}> .")
    problem(client.delete(address, headers={"If-Match": etag}), 412)
    problem(client.delete(address, headers={"If-Match": '"nonsense"'}), 412)
    problem(put(client, "<a> <b> 4 .", If_None_Match="*"), 412, "exists already")
    new = {"If-None-Match": "*"}
    made = client.put("/store/new", data="<a> <b> 1 .", content_type=TURTLE, headers=new)
    assert made.status_code == 201
    problem(client.delete("/store/none", headers={"If-Match": "*"}), 412)
    fresh = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": fresh}).status_code == 304
    assert client.delete(address, headers={"If-Match": fresh}).status_code == 204


# ---- who may write, and the gate


@pytest.mark.parametrize(
    ("settings", "origin", "status"),
    [
        ({"open": False}, "", 401),
        ({"read_only": True}, "", 403),
        ({}, "http://evil.example", 403),
        ({}, "http://localhost", 204),
        ({}, "null", 403),
    ],
)
def test_who_may_write(serve: Serve, settings: dict[str, bool], origin: str, status: int) -> None:
    client = serve(**settings)
    headers = {"Origin": origin} if origin else {}
    assert update(client, "INSERT DATA { <a> <b> 1 }", **headers).status_code == status
    sent = client.put("/store?default", data="<a> <b> 2 .", content_type=TURTLE, headers=headers)
    assert sent.status_code == status
    assert client.get("/store?default").status_code == 200


def test_a_curator_may_add_a_thing_and_derived_graphs_follow(serve: Serve) -> None:
    client = serve(plain=False)
    graph = f"{BASE}graph/entities/example"
    thing = f"<{BASE}id/north-guard> a <https://w3id.org/parley/ontology#ArmedGroup>"
    refused = update(client, f"INSERT DATA {{ GRAPH <{graph}> {{ {thing} }} }}")
    assert (refused.status_code, refused.mimetype) == (422, TURTLE)
    report = rdflib.Graph().parse(data=refused.text, format="turtle")
    assert (None, rdflib.SH.conforms, rdflib.Literal(False)) in report
    assert any(str(n).endswith("north-guard") for n in report.objects(None, rdflib.SH.focusNode))
    assert client.get("/ready").json["version"] == 1
    label = f"{thing} ; {RDFS_LABEL} 'North Guard'@en"
    assert update(client, f"INSERT DATA {{ GRAPH <{graph}> {{ {label} }} }}").status_code == 204
    contested = f"{BASE}graph/contested"
    assert client.get(f"/store?graph={contested}").status_code == 200
    review = f"""PREFIX parley: <https://w3id.org/parley/ontology#>
        PREFIX vocab: <https://w3id.org/parley/vocab/>
        WITH <{BASE}graph/claims/example>
        DELETE {{ ?claim parley:reviewState ?state }}
        INSERT {{ ?claim parley:reviewState vocab:review-rejected }}
        WHERE {{ ?claim parley:stance vocab:denies ; parley:reviewState ?state }}"""
    assert update(client, review).status_code == 204
    assert client.get(f"/store?graph={contested}").status_code == 404


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("INSERT DATA { <http://a> <http://b> 1 }", "default graph"),
        (f"INSERT DATA {{ GRAPH <{BASE}graph/stated> {{ <http://a> <http://b> 1 }} }}", "derived"),
        (f"CLEAR GRAPH <{BASE}graph/contested>", "derived"),
        ("INSERT DATA { GRAPH <http://g> { <http://a> <http://b> 1 } }", "not among those"),
        (f"CLEAR GRAPH <{BASE}graph/shapes/claims>", "not among those"),
        (
            f"INSERT DATA {{ GRAPH <{BASE}graph/dataset> {{ <http://a> <http://b> [] }} }}",
            "blank node",
        ),
    ],
)
def test_the_gate_names_what_may_be_written(gated: FlaskClient, text: str, finding: str) -> None:
    response = update(gated, text, Accept="application/json")
    found = problem(response, 422, "nothing was changed")
    (only,) = found["report"]["findings"]  # type: ignore[index]
    assert finding in only["message"]
    assert f"{BASE}graph/entities/" in only["fix"] or f"{BASE}id/" in only["fix"]


def test_a_text_is_no_class(gated: FlaskClient) -> None:
    text = f"<{BASE}id/river-guard> a 'group'"
    refused = update(gated, f"INSERT DATA {{ GRAPH <{BASE}graph/entities/example> {{ {text} }} }}")
    assert (refused.status_code, "is no declared class" in refused.text) == (422, True)


def test_a_token_in_data_is_refused_and_not_repeated(gated: FlaskClient) -> None:
    secret = "parley_" + "x" * 43
    thing, path = f"{BASE}id/river-guard", f"{SKOS}altLabel"
    for subject, value, focus in (
        (f"<{thing}>", f"'ask with {secret}.'@en", thing),
        (f"<{BASE}id/{secret}>", "'a name'@en", f"{BASE}id/parley_…"),
    ):
        triple = f"{subject} <{path}> {value}"
        text = f"INSERT DATA {{ GRAPH <{BASE}graph/entities/example> {{ {triple} }} }}"
        report = problem(update(gated, text, Accept="application/json"), 422)["report"]
        found = [f for f in report["findings"] if f["check"] == "secrets"]  # type: ignore[index]
        assert [(f["focus"], f["path"]) for f in found] == [(focus, path)]
        assert secret not in str(found)


@pytest.mark.parametrize(
    ("accept", "media_type", "sign"),
    [
        ("", TURTLE, "sh:ValidationReport"),
        ("application/ld+json", "application/ld+json", "ValidationReport"),
        ("application/problem+json", "application/problem+json", "findings"),
        ("text/html,*/*;q=0.5", "text/html", "<table>"),
    ],
)
def test_a_refusal_comes_in_the_format_asked_for(
    gated: FlaskClient, accept: str, media_type: str, sign: str
) -> None:
    headers = {"Accept": accept} if accept else {}
    response = update(gated, "INSERT DATA { <http://a> <http://b> 1 }", **headers)
    assert (response.status_code, response.mimetype) == (422, media_type)
    assert sign in response.text


def test_the_page_of_a_refusal_names_node_property_and_value(gated: FlaskClient) -> None:
    name = f"<{BASE}id/river-guard> <{SKOS}altLabel> 'twice'@en"
    text = " ".join(f"GRAPH <{BASE}graph/entities/{graph}> {{ {name} }}" for graph in ("a", "b"))
    page = update(gated, f"INSERT DATA {{ {text} }}", Accept="text/html")
    assert page.status_code == 422
    for shown in (f"{BASE}id/river-guard", "skos:altLabel", "twice"):
        assert shown in page.text


# ---- dry runs, and what a refusal says


def test_a_dry_run_tells_the_change_with_what_follows_and_commits_nothing(
    gated: FlaskClient,
) -> None:
    text = f"""PREFIX parley: <https://w3id.org/parley/ontology#>
        PREFIX vocab: <https://w3id.org/parley/vocab/>
        WITH <{BASE}graph/claims/example>
        DELETE {{ ?claim parley:reviewState ?state }}
        INSERT {{ ?claim parley:reviewState vocab:review-rejected }}
        WHERE {{ ?claim parley:stance vocab:denies ; parley:reviewState ?state }}"""
    before = gated.get("/ready").json["version"]

    def tried(**headers: str) -> TestResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return gated.post("/sparql?dry-run=true", data=text, content_type=UPDATE, headers=given)

    response = tried()
    assert (response.status_code, response.mimetype) == (200, "application/json")
    found = response.json
    assert found["version"] == before
    assert found["report"]["conforms"] is True
    assert len(found["added"]["written"]) == len(found["removed"]["written"]) == 1
    (left,) = found["removed"]["derived"]
    (came,) = found["added"]["derived"]
    assert f"<{BASE}graph/contested>" in left
    assert left.rpartition("<")[0] == came.rpartition("<")[0]
    patch = tried(Accept="application/rdf-patch")
    assert patch.mimetype == "application/rdf-patch"
    assert patch.text.splitlines()[1:-1] == [
        *(f"D {row}" for row in sorted([left, *found["removed"]["written"]])),
        *(f"A {row}" for row in sorted([came, *found["added"]["written"]])),
    ]
    page = tried(Accept="text/html")
    assert page.mimetype == "text/html"
    assert "nothing has been changed" in page.text
    assert gated.get("/ready").json["version"] == before
    wrong = gated.post("/sparql?dry-run=maybe", data=text, content_type=UPDATE)
    problem(wrong, 400, "dry-run is true or false")


def test_a_graph_write_may_be_tried_too(serve: Serve) -> None:
    client = serve()
    sent = client.put(f"/store?graph={G}&dry-run=1", data="<a> <b> 'c' .", content_type=TURTLE)
    assert sent.status_code == 200
    assert len(sent.json["added"]["written"]) == 1
    assert sent.json["report"] is None
    assert client.get(f"/store?graph={G}").status_code == 404


def test_a_refused_dry_run_is_a_refusal(gated: FlaskClient) -> None:
    address = f"/store?graph={BASE}graph/claims/example&dry-run=true"
    response = gated.delete(address)
    assert (response.status_code, response.mimetype) == (422, TURTLE)
    found = problem(gated.delete(address, headers={"Accept": "application/json"}), 422)
    assert found["report"]["conforms"] is False  # type: ignore[index]
    assert found["added"] == {"written": [], "derived": []}
    assert all(f"<{BASE}graph/claims/example>" in row for row in found["removed"]["written"])  # type: ignore[index]
    assert len(found["removed"]["written"]) > 20  # type: ignore[index]
    page = gated.delete(address, headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (422, "text/html")
    assert page.text.count('class="minus"') > 20
    assert "nothing has been changed" in page.text


@pytest.mark.parametrize("accept", [TURTLE, "application/ld+json", "application/n-triples"])
def test_each_result_names_node_path_value_and_fix(gated: FlaskClient, accept: str) -> None:
    thing = f"<{BASE}id/north-guard>"
    text = f"""PREFIX parley: <https://w3id.org/parley/ontology#>
        INSERT DATA {{ GRAPH <{BASE}graph/entities/example> {{ {thing} a parley:ArmedGroup ;
        <{RDFS_LABEL.value}> 'Nordwache'@de }} }}"""
    response = update(gated, text, Accept=accept)
    assert (response.status_code, response.mimetype) == (422, accept)
    report = to_graph(ox.parse(response.data, ox.RdfFormat.from_media_type(accept)))
    sh = rdflib.SH
    (result,) = report.objects(None, sh.result)
    assert report.value(result, sh.focusNode) == rdflib.URIRef(thing[1:-1])
    assert report.value(result, sh.value) == rdflib.Literal("Nordwache", lang="de")
    assert report.value(result, sh.sourceShape) is not None
    message = str(report.value(result, sh.resultMessage))
    assert message.count(".") >= 2, "what is wrong, then the fix"


def test_two_curators_write_at_the_same_time(serve: Serve, tmp_path: Path) -> None:
    client = serve(plain=False)
    graph = f"{BASE}graph/entities/example"

    def add(name: str) -> int:
        thing = f"<{BASE}id/{name}> a <https://w3id.org/parley/ontology#ArmedGroup>"
        text = f"INSERT DATA {{ GRAPH <{graph}> {{ {thing} ; {RDFS_LABEL} '{name}'@en }} }}"
        return update(client.application.test_client(), text).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(add, ["north", "east", "south", "west"])) == {204}
    assert client.get("/ready").json["version"] == 5
    store = Versions(tmp_path / "instance").get(5).open()
    assert len(list(store.quads_for_pattern(None, RDFS_LABEL, None, ox.NamedNode(graph)))) >= 4
