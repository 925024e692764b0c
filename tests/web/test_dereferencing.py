"""Dereferencing: headers of documents, names of every spelling, what is gone, odd formats."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parley.building import build
from parley.check.report import Report
from parley.files import open_dataset
from parley.rdf import RDFS_LABEL
from parley.scaffold import make_plain
from parley.settings import Settings
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app

BASE = "https://w3id.org/parley/"
HTML = {"Accept": "text/html"}
TURTLE = {"Accept": "text/turtle"}
FOAF, DCTERMS = "http://xmlns.com/foaf/0.1/", "http://purl.org/dc/terms/"
PROV = "http://www.w3.org/ns/prov#"
CLAIM = "claim-siga-2024-02-011-1"
LINK = re.compile(r'<([^>]*)>; rel="([^"]*)"')


def triples(response: TestResponse) -> set[ox.Triple]:
    assert response.status_code == 200, response.text[:300]
    engine = ox.RdfFormat.from_media_type(response.mimetype)
    return {quad.triple for quad in ox.parse(response.data, engine)}


def values(found: set[ox.Triple], subject: str, predicate: str) -> set[str]:
    wanted = ox.NamedNode(subject), ox.NamedNode(predicate)
    return {t.object.value for t in found if (t.subject, t.predicate) == wanted}


def linked(response: TestResponse) -> dict[str, list[str]]:
    """The targets of the Link headers by relation."""
    found: dict[str, list[str]] = {}
    for target, relation in LINK.findall(", ".join(response.headers.getlist("Link"))):
        found.setdefault(relation, []).append(target)
    return found


@pytest.mark.parametrize(
    ("iri", "document"),
    [
        ("id/afghan-taliban", "data/afghan-taliban"),
        (f"id/{CLAIM}", f"data/{CLAIM}"),
        ("vocab/denies", "vocab/denies"),
        ("ontology", "ontology"),
        ("queries/contradictions", "about/queries/contradictions"),
        ("dataset", "about/dataset"),
        ("shapes/Agent", "about/shapes/Agent"),
    ],
)
def test_a_document_says_what_it_is(client: FlaskClient, iri: str, document: str) -> None:
    response = client.get(f"/{iri}", headers=TURTLE, follow_redirects=True, buffered=True)
    found, here = triples(response), f"{BASE}{document}.ttl"
    assert values(found, here, f"{FOAF}primaryTopic") == {BASE + iri}
    assert values(found, here, f"{DCTERMS}license")
    assert values(found, here, "http://rdfs.org/ns/void#inDataset") == {f"{BASE}dataset"}
    assert values(found, here, f"{PROV}wasDerivedFrom") == {f"{BASE}history/2"}
    assert values(found, f"{BASE}history/2", f"{PROV}wasGeneratedBy") == {f"{BASE}history/2#commit"}
    for other in values(found, here, f"{DCTERMS}hasFormat"):
        assert client.get(other.removeprefix("https://w3id.org/parley")).status_code in {
            200,
            302,
            303,
        }
    assert any(t.subject.value == BASE + iri for t in found)


def test_a_thing_comes_with_its_claims_their_quotes_and_all_names(client: FlaskClient) -> None:
    found = triples(client.get("/data/ansorullah-tajikistan.ttl", buffered=True))
    claims = {t.subject for t in found if t.predicate.value.endswith("ontology#stance")}
    assert len(claims) > 10
    assert len([t for t in found if t.predicate.value.endswith("oa#exact")]) > 10
    assert any(t.object.value == f"{BASE}id/ansorullah-tajikistan" for t in found)
    labelled = {t.subject for t in found if t.predicate == RDFS_LABEL}
    things = {t.object for t in found if str(t.object).startswith(f"<{BASE}id/")}
    without = {node.value for node in things - labelled}
    assert all("#" in name or "/p-" in name or "/quote-" in name for name in without), without


def test_a_document_that_leaves_something_out_says_so(client: FlaskClient) -> None:
    found = triples(client.get("/vocab/affirms.nt", buffered=True))
    here = f"{BASE}vocab/affirms.nt"
    pointing = [t for t in found if t.object.value == f"{BASE}vocab/affirms"]
    (said,) = values(found, here, f"{DCTERMS}description") or {""}
    assert bool(said) == (len(pointing) > 499)


@pytest.mark.parametrize(
    "path",
    [
        "/page/kabul",
        "/data/kabul.rdf",
        f"/claims/{CLAIM}",
        "/vocab/denies.html",
    ],
)
@pytest.mark.parametrize("tail", ["", "?version=1"])
def test_links_lead_on(client: FlaskClient, path: str, tail: str) -> None:
    response = client.get(path + tail, buffered=True)
    found = linked(response)
    assert found["canonical"] == [path + tail]
    assert len(found["alternate"]) == 5
    assert found["license"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert found["service-desc"] == ["/sparql"]
    assert "/shapes.ttl" in found["describedby"]
    assert found["describes"][0].startswith(BASE)
    assert f"{PROV}has_provenance" in found
    assert ("original" in found) == bool(tail)
    for target in found["alternate"]:
        assert target.endswith(tail)
    assert client.get(found["alternate"][0], buffered=True).status_code == 200


@pytest.mark.parametrize(
    ("accept", "ending"),
    [
        ("text/html;q=0.2, text/turtle;q=0.8", ".ttl"),
        ("text/html;q=0.3, */*;q=0.8", ".ttl"),
        ("text/turtle;q=0.1, application/rdf+xml;q=0.9", ".rdf"),
        ("application/n-triples, text/turtle;q=0.9", ".nt"),
        ("text/turtle;q=0, application/ld+json", ".jsonld"),
        ("text/html, */*", "page"),
        ("application/xhtml+xml", "page"),
    ],
)
def test_q_values_decide(client: FlaskClient, accept: str, ending: str) -> None:
    place = client.get("/id/afghan-taliban", headers={"Accept": accept}).headers["Location"]
    expected = "/page/afghan-taliban" if ending == "page" else f"/data/afghan-taliban{ending}"
    assert place == expected


@pytest.mark.parametrize(
    "path",
    ["/id/afghan-taliban", "/vocab/denies", "/ontology", "/graph/vocab", "/shapes", "/prefixes"],
)
def test_nothing_that_fits_is_406_with_what_there_is(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert {"text/turtle", "application/ld+json", "text/html"} <= set(
        response.get_json()["acceptable"]
    )


@pytest.mark.parametrize(
    "path",
    ["/data/afghan-taliban.docx", "/vocab/denies.docx", "/ontology.docx", "/graph/vocab.docx"],
)
def test_an_unknown_extension_is_404_and_names_the_known(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "use ttl, nt, rdf, jsonld" in response.get_json()["detail"]


@pytest.mark.parametrize(
    "path", ["/data/afghan-taliban", "/vocab/denies", "/ontology", "/graph/vocab", "/about/dataset"]
)
def test_html_is_an_extension_too(client: FlaskClient, path: str) -> None:
    response = client.get(f"{path}.html", follow_redirects=True)
    assert (response.status_code, response.mimetype) == (200, "text/html")


@pytest.mark.parametrize(
    "path",
    ["/id/afghan-taliban", "/data/afghan-taliban.ttl", "/page/afghan-taliban", "/vocab/denies.nt",
     "/about/dataset.ttl", "/graph/vocab.trig", "/ontology", "/prefixes", "/sitemap.xml"],
)  # fmt: skip
def test_head_and_options_are_right(client: FlaskClient, path: str) -> None:
    got, head = client.get(path, buffered=True), client.head(path)
    assert (head.status_code, head.data) == (got.status_code, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Link", "Vary"):
        assert head.headers.getlist(name) == got.headers.getlist(name), name
    assert "accept-datetime" in ", ".join(got.headers.getlist("Vary")).lower()
    options = client.options(path)
    assert {"GET", "HEAD", "OPTIONS"} == set(options.headers["Allow"].split(", "))
    assert client.post(path).status_code == 405
    if got.status_code == 200:
        again = client.get(path, headers={"If-None-Match": got.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_pages_of_things_are_data_for_who_wants_data(client: FlaskClient) -> None:
    for path, place in (
        (f"/claims/{CLAIM}", f"/data/{CLAIM}.ttl"),
        ("/articles/siga-2024-02", "/data/siga-2024-02.ttl"),
        ("/page/afghan-taliban", "/data/afghan-taliban.ttl"),
        ("/", "/void"),
    ):
        response = client.get(path, headers=TURTLE)
        assert (response.status_code, response.headers["Location"]) == (303, place)
        assert client.get(path).mimetype == "text/html"


ODD = [
    "v1.2",
    "tar.gz",
    "Köln",
    "Москва",
    "K%C3%B6nig",
    "a%20b",
    "x(1),y;z=2",
    "q?r",
    "d/e",
    "end/",
]
PLAIN = "http://example.org/set/"


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A plain dataset with things of strange names, one of which was deleted."""
    folder: Path = tmp_path_factory.mktemp("odd")
    make_plain(folder / "data", PLAIN, "Odd")
    dataset, versions = open_dataset(folder / "data"), Versions(folder / "instance")
    build(dataset, versions, Message("t", "1"), lambda store: Report(()))
    named = [ox.NamedNode(f"{PLAIN}id/{name}") for name in ODD]
    named += [ox.NamedNode(f"{PLAIN}{path}") for path in ("people/42", "id/deleted", "people/gone")]
    graph = ox.NamedNode(f"{PLAIN}graph/g")
    quads = [ox.Quad(n, RDFS_LABEL, ox.Literal(f"called {n.value}"), graph) for n in named]
    knows = ox.NamedNode(f"{PLAIN}terms/knows")
    quads.append(ox.Quad(named[0], knows, named[1], ox.DefaultGraph()))
    quads.append(ox.Quad(named[0], knows, named[2], ox.NamedNode(f"{PLAIN}graph/gone")))
    for added, removed in ((quads, []), ([], [*quads[len(ODD) + 1 : len(ODD) + 3], quads[-1]])):
        with versions.stage(versions.current()) as staged:
            change = staged.apply(Change(frozenset(added), frozenset(removed)))
            versions.publish(staged, change, Message("Amina", "edits"))
    settings = Settings(instance=folder / "instance")
    backend = LocalBackend(versions, settings, union=False)
    yield create_app(settings, backend, dataset, {}, versions).test_client()
    backend.close()


@pytest.mark.parametrize("name", ODD)
def test_a_name_is_found_however_it_is_escaped(odd: FlaskClient, name: str) -> None:
    written = {quote(name, safe="/()=;,"), quote(name, safe="%/()=;,"), quote(name, safe="")}
    written -= {quote(name, safe="%/()=;,")} if "?" in name else set()
    for spelt in written:
        if "%2F" in spelt and name.endswith("/"):
            continue
        for accept, kind in ((TURTLE, "text/turtle"), (HTML, "text/html")):
            response = odd.get(f"/id/{spelt}", headers=accept, follow_redirects=True, buffered=True)
            assert (response.status_code, response.mimetype) == (200, kind), spelt
            if kind == "text/turtle":
                assert f"<{PLAIN}id/{name}>" in {str(t.subject) for t in triples(response)}
            for header in response.headers.getlist("Link"):
                header.encode("ascii")


@pytest.mark.parametrize("path", ["people/42", "terms/knows", "graph/g"])
def test_any_iri_under_the_base_leads_to_its_document(odd: FlaskClient, path: str) -> None:
    response = odd.get(f"/{path}", headers=HTML, follow_redirects=True)
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert f"{PLAIN}{path}" in response.text
    response = odd.get(f"/about/{path}", headers=TURTLE, follow_redirects=True)
    told = " ".join(map(str, triples(response)))
    assert f"<{PLAIN}{path}>" in told
    assert odd.get(f"/{path}?version=1").status_code == 404
    if not path.startswith("graph/"):
        assert odd.get(f"/{path}", headers={"Accept": "image/png"}).status_code == 406
        assert odd.options(f"/{path}").headers["Allow"] == "GET, HEAD, OPTIONS"
        assert odd.delete(f"/{path}").status_code == 405


def test_a_slash_at_the_end_is_forgiven(odd: FlaskClient, client: FlaskClient) -> None:
    assert odd.get("/id/v1.2/").headers["Location"] == "/data/v1.2.ttl"
    assert odd.get("/id/end/").headers["Location"] == "/data/end/.ttl"
    for path in ("/ontology/", "/prefixes/", "/page/afghan-taliban/", "/vocab/denies/"):
        assert client.get(path, headers=HTML, follow_redirects=True).status_code == 200, path


def test_a_version_goes_along_to_the_page(odd: FlaskClient) -> None:
    response = odd.get("/data/v1.2.html?version=2&format=ttl")
    assert response.headers["Location"] == "/page/v1.2?version=2"
    assert odd.get("/shapes", headers=HTML).status_code == 200  # also where there are none


def test_what_was_deleted_is_gone_everywhere(odd: FlaskClient) -> None:
    for path in (
        *("/id/deleted", "/data/deleted", "/data/deleted.ttl", "/about/id/deleted"),
        *("/graph/gone", "/graph/gone.ttl", "/people/gone"),
    ):
        response = odd.get(path)
        assert response.status_code == 410, path
        assert response.get_json()["last_version"] == 2
    for path in ("/id/never", "/data/never.ttl", "/about/never", "/never", "/id/%22", "/id/%00"):
        assert odd.get(path).status_code == 404, path
