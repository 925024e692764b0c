"""What the editor asks for: the terms in use, and errors of syntax with their place."""

from __future__ import annotations

import html
import re
import threading
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parley.errors import LimitReached
from parley.files import Dataset
from parley.settings import Settings
from parley.store.local import LocalBackend
from parley.store.versions import Version, Versions
from parley.web.rendering import Renderer
from parley.web.site import Row, Site
from parley.web.vocabulary import Vocabularies
from parley.web.watch import Watch


def once_counted(client: FlaskClient, address: str) -> TestResponse:
    """The terms, once they are counted: then the answer has an ETag."""
    turn = threading.Event()
    until = time.monotonic() + 60
    while "ETag" not in (answer := client.get(address)).headers:
        assert time.monotonic() < until
        turn.wait(0.1)
    return answer


def test_terms_are_those_of_the_data_with_labels_and_counts(client: FlaskClient) -> None:
    answer = once_counted(client, "/sparql/terms.json")
    assert answer.content_type == "application/json"
    terms = answer.json
    assert terms["prefixes"]["parley"] == "https://w3id.org/parley/ontology#"
    groups = next(one for one in terms["classes"] if one["name"] == "parley:ArmedGroup")
    assert groups["label"] == "armed group"
    asked = "SELECT (COUNT(?g) AS ?n) { ?g a <https://w3id.org/parley/ontology#ArmedGroup> }"
    counted = client.get("/sparql", query_string={"query": asked, "format": "csv"})
    assert groups["count"] == int(counted.text.split()[1])
    counts = [one["count"] for one in terms["properties"]]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] > 0


def test_where_counting_takes_too_long_the_declared_terms_are_offered(
    settings: Settings, dataset: Dataset
) -> None:
    versions = Versions(settings.instance)
    backend = LocalBackend(versions, settings, prefixes=dataset.names.prefixes)
    site = Site(settings, backend, dataset, {}, Renderer(dataset.names), Watch(settings), versions)

    def ask(name: str, version: Version, **terms: Any) -> list[Row]:  # Any: terms of a query
        if name.endswith("-used"):
            raise LimitReached("too long", limit="query_timeout", value=1)
        return site.rows(name, version, **terms)

    found = Vocabularies(ask, dataset.names.prefixes).of(versions.find("1"))
    backend.close()
    groups = next(used for used in found.classes if used.name == "parley:ArmedGroup")
    assert (groups.label, groups.count, found.counted) == ("armed group", None, False)
    assert "parley:takesPlaceIn" in [used.name for used in found.properties]


def test_terms_are_of_one_version_and_are_not_sent_twice(client: FlaskClient) -> None:
    first = once_counted(client, "/sparql/terms.json?version=1")
    second = once_counted(client, "/sparql/terms.json")
    assert (first.json["version"], second.json["version"]) == (1, 2)
    again = client.get("/sparql/terms.json", headers={"If-None-Match": second.headers["ETag"]})
    assert again.status_code == 304
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    one, other = (
        next(p["count"] for p in answer.json["properties"] if p["iri"] == label)
        for answer in (first, second)
    )
    assert other == one + 1


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("SELECT * {\n ?s a parley:ArmedGroup }", 2, "'parley:' is not declared"),
        ("SELECT * {\n ?s ?p }", 2, "not valid SPARQL"),
        ("SELECT * {\n ?s ?p ?o", 1, "never closed"),
        ("SELEKT * { ?s ?p ?o }", 1, "did you mean SELECT"),
        ("CONSTRUCT { ?s ?p }\nWHERE { ?s ?p ?o }", 1, "not valid SPARQL"),
        ("INSERT DATA { <a:b> <a:b> 1 }", 1, "update"),
    ],
)
def test_an_error_has_its_place(client: FlaskClient, text: str, line: int, words: str) -> None:
    answer = client.post("/sparql/check", data={"query": text})
    assert answer.status_code == 200
    (error,) = answer.json["errors"]
    assert words in error["message"]
    assert error["line"] == line
    assert error["column"] >= 1


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o }",
        "ASK {}",
        "CONSTRUCT WHERE { ?s ?p ?o }",
        "DESCRIBE <x>",
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    ],
)
def test_a_query_without_error_has_none(client: FlaskClient, text: str) -> None:
    assert client.get("/sparql/check", query_string={"query": text}).json == {"errors": []}


def test_checking_does_not_carry_the_query_out(client: FlaskClient) -> None:
    text = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?a"
    assert client.post("/sparql/check", data={"query": text}).json == {"errors": []}


def test_an_answer_has_labels_beside_names_and_leads_on(client: FlaskClient) -> None:
    text = (
        "SELECT ?item ?label ('2023' AS ?begin) ('2024' AS ?end) {\n"
        " ?item a <https://w3id.org/parley/ontology#ArmedGroup> ;\n"
        " <http://www.w3.org/2000/01/rdf-schema#label> ?label }"
    )
    asked = {"query": text, "version": "1"}
    page = client.get("/sparql", query_string=asked, headers={"Accept": "text/html"}).text
    assert '<a href="/page/afghan-taliban">Afghan Taliban</a>' in page
    assert '<code class="curie">id:afghan-taliban</code>' in page
    assert page.count('name="version" value="1"') == 2  # asked again, downloaded: the same version
    assert 'formaction="/sparql/draw?view=timeline&amp;file=true"' in page
    assert "view=map" not in page
    link = html.unescape(re.findall(r'rel="bookmark" href="([^"]+)"', page)[0])
    assert client.get(link, headers={"Accept": "text/html"}).status_code == 200
    assert f"curl --fail --output answer.csv '{link}&format=csv'" in html.unescape(page)
    drawn = client.post("/sparql/draw?view=timeline&file=true", data=asked)
    assert drawn.content_type.startswith("image/svg+xml")
    assert "Afghan Taliban" in drawn.text
    table = client.post("/sparql", data={**asked, "format": "csv"})
    assert table.content_type.startswith("text/csv")
    assert table.headers["X-Parley-Version"] == "1"


def test_an_iri_that_is_none_has_no_label(client: FlaskClient) -> None:
    text = "SELECT (IRI('http://example.org/a b') AS ?x) (IRI('javascript:alert(1)') AS ?y) {}"
    page = client.get("/sparql", query_string={"query": text}, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert 'href="javascript:' not in page.text


def test_a_wrong_query_in_an_address_stays_to_be_mended(client: FlaskClient) -> None:
    asked = {"query": "SELECT * {\n ?s ?p <b>&", "version": "1"}
    answer = client.get("/sparql", query_string=asked, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "\n ?s ?p &lt;b&gt;&amp;</textarea>" in answer.text
    assert 'name="version" value="1"' in answer.text
    assert re.search(r'role="alert">Line \d+, column \d+: ', answer.text)
