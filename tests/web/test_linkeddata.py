"""Linked data: identifiers, files per format, terms, graphs, dumps, older versions."""

import base64
import gzip
import hashlib
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

ADDED = "zzz-added-in-version-2"  # by the fixture
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FORMATS = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
}
BASE = "https://w3id.org/parley/"


@pytest.mark.parametrize("raw", ["a\rb\nc", "\x00", "\x7f", "\xc3\xa9"])
def test_any_byte_in_a_query_is_led_on_escaped(client: FlaskClient, raw: str) -> None:
    response = client.get("/id/afghan-taliban", environ_overrides={"QUERY_STRING": f"x={raw}"})
    assert response.status_code == 303
    tail = quote(raw.encode("latin-1"))
    assert response.headers["Location"] == f"/data/afghan-taliban.ttl?x={tail}"


@pytest.mark.parametrize(
    ("accept", "location"),
    [
        (BROWSER, "/page/afghan-taliban"),
        ("text/turtle", "/data/afghan-taliban.ttl"),
        ("application/ld+json, text/html;q=0.5", "/data/afghan-taliban.jsonld"),
        ("application/rdf+xml", "/data/afghan-taliban.rdf"),
        ("application/n-triples", "/data/afghan-taliban.nt"),
        ("", "/data/afghan-taliban.ttl"),
    ],
)
def test_an_identifier_leads_to_its_document(
    client: FlaskClient, accept: str, location: str
) -> None:
    response = client.get("/id/afghan-taliban", headers={"Accept": accept} if accept else {})
    assert response.status_code == 303
    assert response.headers["Location"] == location
    assert "Accept" in response.headers["Vary"]
    followed = client.get(location)
    assert followed.status_code == 200


@pytest.mark.parametrize("extension", FORMATS)
def test_every_format_has_its_address(client: FlaskClient, extension: str) -> None:
    response = client.get(f"/data/claim-siga-2024-02-011-1.{extension}", buffered=True)
    assert response.mimetype == FORMATS[extension]
    engine = ox.RdfFormat.from_media_type(response.mimetype)
    found = {q.triple for q in ox.parse(response.data, engine)}
    assert ox.NamedNode(f"{BASE}id/claim-siga-2024-02-011-1") in {t.subject for t in found}
    assert any(t.predicate.value == "http://www.w3.org/ns/oa#exact" for t in found)
    assert 'rel="describes"' in response.headers["Link"]


@pytest.mark.parametrize(
    "path",
    [
        "/id/nobody",
        "/data/nobody.ttl",
        "/page/nobody",
        "/data/afghan-taliban.docx",
        "/vocab/nothing",
        "/graph/nothing",
        "/claims/afghan-taliban",
        "/articles/afghan-taliban",
        "/dump.docx",
        "/problems/nothing",
        "/id/a b",
        "/data/%22%3E.ttl",
    ],
)
def test_what_is_not_there_is_404(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
    assert client.get(path, headers={"Accept": BROWSER}).mimetype == "text/html"


@pytest.mark.parametrize("prefix", ["/id/", "/page/"])
def test_a_thing_added_later_is_not_in_the_older_version(client: FlaskClient, prefix: str) -> None:
    assert client.get(f"{prefix}{ADDED}").status_code in {200, 303}
    assert client.get(f"{prefix}{ADDED}?version=1").status_code == 404


def test_the_version_goes_along_with_the_redirect(client: FlaskClient) -> None:
    response = client.get("/id/afghan-taliban?version=1")
    assert response.headers["Location"].endswith(".ttl?version=1")
    assert client.get(response.headers["Location"]).headers["X-Parley-Version"] == "1"


@pytest.mark.parametrize("path", ["/ontology", "/vocab/denies", "/graph/vocab"])
def test_terms_are_for_people_and_machines(client: FlaskClient, path: str) -> None:
    def got(accept: str) -> str:
        headers = {"Accept": accept}
        return client.get(path, headers=headers, follow_redirects=True, buffered=True).mimetype

    assert got(BROWSER) == "text/html"
    for extension, media_type in FORMATS.items():
        assert got(media_type) == media_type
        assert client.get(f"{path}.{extension}", buffered=True).mimetype == media_type


def test_the_ontology_page_documents_every_term(client: FlaskClient) -> None:
    page = client.get("/ontology", headers={"Accept": BROWSER}).text
    for name in ("ArmedGroup", "presentIn", "dateText"):
        assert f'id="{name}"' in page


def test_shapes_are_served(client: FlaskClient) -> None:
    response = client.get("/shapes.ttl", buffered=True)
    assert b"http://www.w3.org/ns/shacl#" in response.data


def test_the_dump_holds_every_quad(client: FlaskClient) -> None:
    quads = client.get("/ready").get_json()["quads"]
    for extension, engine in (("nq", ox.RdfFormat.N_QUADS), ("trig", ox.RdfFormat.TRIG)):
        response = client.get(f"/dump.{extension}", buffered=True)
        assert int(response.headers["Content-Length"]) == len(response.data)
        assert len(set(ox.parse(response.data, engine))) == quads
    triples = client.get("/dump.nt", buffered=True)
    assert len(set(ox.parse(triples.data, ox.RdfFormat.N_TRIPLES))) == quads


def test_a_dump_comes_packed_and_as_one_graph(client: FlaskClient) -> None:
    plain = client.get("/dump.nq", buffered=True)
    packed = client.get("/dump.nq.gz", buffered=True)
    assert packed.mimetype == "application/gzip"
    assert "Content-Encoding" not in packed.headers
    lines = plain.data.splitlines()
    assert sorted(gzip.decompress(packed.data).splitlines()) == sorted(lines)
    coded = client.get("/dump.nq", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert (coded.mimetype, coded.headers["Content-Encoding"]) == ("application/n-quads", "gzip")
    assert coded.data == packed.data
    assert coded.headers["ETag"] != plain.headers["ETag"]
    for response in (plain, packed, coded):
        digest = base64.b64encode(hashlib.sha256(response.data).digest()).decode()
        assert response.headers["Repr-Digest"] == f"sha-256=:{digest}:"
        assert int(response.headers["Content-Length"]) == len(response.data)
        assert "no-transform" in response.headers.get_all("Cache-Control")
    older = client.get("/dump.nq?version=1", buffered=True)
    assert older.headers["X-Parley-Version"] == "1"
    assert len(older.data.splitlines()) == len(lines) - 1
    agents = f"{BASE}graph/entities/agents"
    graph = client.get("/dump.nq", query_string={"graph": agents}, buffered=True)
    assert {str(q.graph_name) for q in ox.parse(graph.data, ox.RdfFormat.N_QUADS)} == {
        f"<{agents}>"
    }
    for extension in ("rdf", "jsonld", "ttl.gz"):
        assert client.get(f"/dump.{extension}", buffered=True).status_code == 200
    assert client.get("/dump.nq?graph=agents").status_code == 400
    assert client.get("/dump.nq?graph=http://nothing/").status_code == 404
    assert client.get("/dump.nq.zip").status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/queries", "/page/afghan-taliban", "/data/afghan-taliban.ttl", "/dump.nq"]
)
def test_a_read_says_where_it_comes_from(client: FlaskClient, path: str) -> None:
    response = client.get(path, buffered=True)
    for header in ("ETag", "Vary", "Link", "X-Parley-Version", "Content-Length"):
        assert header in response.headers, header
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
