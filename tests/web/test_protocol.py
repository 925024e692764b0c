"""/sparql over HTTP: operations, formats, datasets, versions, errors, caches, other origins."""

import json
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ADDED = "zzz-added-in-version-2"  # by the fixture
ARTICLE = "https://w3id.org/parley/id/siga-2024-02"
SELECT = f"SELECT ?p WHERE {{ <{ARTICLE}> ?p ?o }} ORDER BY ?p"
CONSTRUCT = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ BIND(<{ARTICLE}> AS ?s) ?s ?p ?o }}"
FORM = "application/x-www-form-urlencoded"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def ask(client: FlaskClient, query: str, accept: str = "", **fields: object) -> TestResponse:
    headers = {"Accept": accept} if accept else {}
    address = "/sparql?" + urlencode({"query": query, **fields}, doseq=True)
    return client.get(address, headers=headers, buffered=True)


def rows(response: TestResponse) -> list[dict[str, dict[str, str]]]:
    assert response.status_code == 200, response.text
    found: list[dict[str, dict[str, str]]] = json.loads(response.data)["results"]["bindings"]
    return found


def problem(response: TestResponse, status: int) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    document: dict[str, object] = json.loads(response.data)
    assert document["status"] == status
    assert document["title"]
    return document


def test_a_slash_at_the_end_of_the_address_makes_no_difference(client: FlaskClient) -> None:
    query = "query=ASK%7B%7D"
    asked = (client.get(f"/sparql/?{query}"), client.post("/sparql/", data={"query": "ASK {}"}))
    for response in asked:
        assert response.status_code == 200
        assert response.data == client.get(f"/sparql?{query}").data
    assert client.delete("/sparql/").status_code == 405


@pytest.mark.parametrize(
    ("method", "address", "body", "media_type"),
    [
        ("GET", "/sparql?" + urlencode({"query": SELECT}), "", None),
        ("POST", "/sparql", urlencode({"query": SELECT}), FORM),
        ("POST", "/sparql", SELECT, "application/sparql-query"),
        ("POST", "/sparql", SELECT, "application/sparql-query; charset=UTF-8"),
        ("QUERY", "/sparql", SELECT, "application/sparql-query"),
        ("QUERY", "/sparql", urlencode({"query": SELECT}), FORM),
    ],
)
def test_every_way_to_send_a_query_answers_the_same(
    client: FlaskClient, method: str, address: str, body: str, media_type: str | None
) -> None:
    response = client.open(address, method=method, data=body, content_type=media_type)
    assert rows(response)[0]["p"]["value"].endswith("creator")
    assert int(response.headers["Content-Length"]) == len(response.data)


FORMATS = [
    (SELECT, "", "application/sparql-results+json"),
    (SELECT, "*/*", "application/sparql-results+json"),
    (SELECT, "application/json", "application/json"),
    (SELECT, "application/sparql-results+xml", "application/sparql-results+xml"),
    (SELECT, "text/csv", "text/csv"),
    (SELECT, "text/csv; charset=utf-8", "text/csv"),
    (SELECT, "text/tab-separated-values;q=0.9, text/csv;q=0.8", "text/tab-separated-values"),
    (SELECT, "text/turtle, text/csv;q=0.1", "text/csv"),
    ("ASK {}", "application/sparql-results+xml;q=1, */*;q=0.1", "application/sparql-results+xml"),
    (CONSTRUCT, "", "text/turtle"),
    (CONSTRUCT, "application/n-triples", "application/n-triples"),
    (CONSTRUCT, "application/rdf+xml", "application/rdf+xml"),
    (CONSTRUCT, "application/ld+json", "application/ld+json"),
    (CONSTRUCT, "application/trig", "application/trig"),
    (CONSTRUCT, "application/n-quads", "application/n-quads"),
    (f"DESCRIBE <{ARTICLE}>", "text/turtle;q=0.5, */*;q=0.1", "text/turtle"),
]


@pytest.mark.parametrize(("query", "accept", "expected"), FORMATS)
def test_accept_chooses_the_format(
    client: FlaskClient, query: str, accept: str, expected: str
) -> None:
    response = ask(client, query, accept)
    assert response.status_code == 200
    assert response.mimetype == expected
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("query", "name"),
    [(SELECT, n) for n in ("json", "xml", "csv", "tsv")]
    + [(CONSTRUCT, n) for n in ("ttl", "nt", "rdf", "jsonld", "trig", "nq", "json", "xml")],
)
def test_format_parameter_goes_before_accept(client: FlaskClient, query: str, name: str) -> None:
    response = ask(client, query, "image/png", format=name)
    assert response.status_code == 200
    assert response.data


def test_graph_formats_hold_the_same_graph(client: FlaskClient) -> None:
    graphs = []
    for form in ("ttl", "nt", "rdf", "jsonld"):
        response = ask(client, CONSTRUCT, format=form)
        engine = ox.RdfFormat.from_media_type(response.mimetype)
        graphs.append({q.triple for q in ox.parse(response.data, engine)})
    assert len(graphs[0]) > 5
    assert all(graph == graphs[0] for graph in graphs)


def test_csv_has_no_question_marks_and_tsv_has(client: FlaskClient) -> None:
    assert ask(client, SELECT, format="csv").data.startswith(b"p\r\n")
    assert ask(client, SELECT, format="tsv").data.startswith(b"?p\n")


@pytest.mark.parametrize(("query", "accept"), [(SELECT, "text/turtle"), (CONSTRUCT, "text/csv")])
def test_unacceptable_type_is_406_with_the_list(
    client: FlaskClient, query: str, accept: str
) -> None:
    document = problem(ask(client, query, accept), 406)
    assert isinstance(document["acceptable"], list)
    assert accept not in document["acceptable"]
    assert problem(ask(client, query, format="docx"), 406)["acceptable"]


CASES = [
    ("GET", "query=SELECT+*+%7B", "", None, 400),
    ("GET", "query=ASK+%7B%7D&query=ASK+%7B%7D", "", None, 400),
    ("GET", "query=ASK+%7B%7D+ASK+%7B%7D", "", None, 400),
    ("GET", "query=", "", None, 400),
    ("GET", "query=%FF", "", None, 400),
    ("GET", "update=DROP+ALL", "", None, 400),
    ("GET", "query=DROP+ALL", "", None, 400),
    ("GET", "query=ASK+%7B%7D&default-graph-uri=relative", "", None, 400),
    ("GET", "query=ASK+%7B%7D&named-graph-uri=http://a%20b", "", None, 400),
    ("GET", "query=ASK+%7B%7D&using-graph-uri=http://a", "", None, 400),
    ("GET", "query=ASK+%7B%7D&timeout=soon", "", None, 400),
    ("GET", "query=ASK+%7B%7D&timeout=-1", "", None, 400),
    ("GET", "query=ASK+%7B%7D&version=soon", "", None, 400),
    ("GET", "query=ASK+%7B%7D&version=99", "", None, 404),
    ("GET", "query=ASK+%7B%7D&version=1999-01-01", "", None, 404),
    ("GET", "query=ASK+%7B%7D&truncate=perhaps", "", None, 400),
    ("POST", "", "query=ASK+%7B%7D&update=DROP+ALL", FORM, 400),
    ("POST", "", "query=ASK+%7B%7D+%3B+DROP+ALL", FORM, 400),
    ("POST", "", "nothing=1", FORM, 400),
    ("POST", "", b"\xff\xfe", "application/sparql-query", 400),
    ("POST", "", "update=SELECT+*+%7B%7D", FORM, 400),
    ("POST", "", "CLEAR XYZ", "application/sparql-update", 400),
    ("POST", "", "INSERT DATA { <a", "application/sparql-update", 400),
    (
        "POST",
        "using-graph-uri=http://g",
        "WITH <http://g> DELETE {} WHERE {}",
        "application/sparql-update",
        400,
    ),
    ("POST", "default-graph-uri=http://g", "DROP ALL", "application/sparql-update", 400),
    ("POST", "", "INSERT DATA { <http://a> <http://b> 1 }", "application/sparql-update", 401),
    ("POST", "", "update=DROP+ALL", FORM, 401),
    ("QUERY", "", "DROP ALL", "application/sparql-update", 400),
    ("GET", "query=ASK+%7B+SERVICE+%3Chttp://x/%3E+%7B%7D+%7D", "", None, 403),
    ("PUT", "", "ASK {}", "application/sparql-query", 405),
    ("DELETE", "", "", None, 405),
    ("POST", "", "ASK {}", "text/plain", 415),
    ("POST", "", "ASK {}", None, 415),
    ("POST", "", "ASK {}", "application/sparql-query; charset=latin-1", 415),
    ("POST", "", "#" + "x" * 25_000, "application/sparql-query", 413),
    ("POST", "", "#" + "x" * 250_000, "application/sparql-query", 413),
    ("GET", "query=" + "x" * 70_000, "", None, 414),
]


@pytest.mark.parametrize(("method", "search", "body", "media_type", "status"), CASES)
def test_errors_have_their_code(
    client: FlaskClient,
    method: str,
    search: str,
    body: str | bytes,
    media_type: str | None,
    status: int,
) -> None:
    address = "/sparql?" + search if search else "/sparql"
    response = client.open(address, method=method, data=body, content_type=media_type)
    document = problem(response, status)
    assert isinstance(document["type"], str)
    explained = client.get(document["type"].removeprefix("http://localhost"))
    assert explained.status_code == 200
    assert str(document["title"]) in explained.text


def test_a_syntax_error_has_line_and_column(client: FlaskClient) -> None:
    document = problem(ask(client, "SELECT *\nWHERE { ?s foaf:name ?o }"), 400)
    assert (document["line"], document["column"]) == (2, 12)
    assert "foaf:" in str(document["detail"])


def test_wrong_method_lists_the_right_ones(client: FlaskClient) -> None:
    response = client.delete("/sparql")
    assert "QUERY" in response.headers["Allow"]
    assert client.delete("/queries").headers["Allow"]


def test_write_without_a_token_says_how(client: FlaskClient) -> None:
    response = client.post("/sparql", data={"update": "DROP ALL"})
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_browser_gets_errors_as_a_page(client: FlaskClient) -> None:
    response = ask(client, "SELECT * { <b>", BROWSER)
    assert response.status_code == 400
    assert response.mimetype == "text/html"
    assert "&lt;b&gt;" in response.text or "is never closed" in response.text
    assert "<b>" not in response.text


def test_a_query_past_its_time_is_503_with_the_limit(client: FlaskClient) -> None:
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    document = problem(ask(client, slow, timeout="0.2"), 503)
    assert document["limit"] == "query_timeout"


WIDE = "SELECT * { ?a a ?b . ?c a ?d }"


def test_too_many_rows_are_an_error(client: FlaskClient) -> None:
    document = problem(ask(client, WIDE), 503)
    assert (document["limit"], document["value"]) == ("row_limit", 50_000)


def test_truncation_is_asked_for_and_flagged(client: FlaskClient) -> None:
    response = ask(client, WIDE, truncate="true")
    assert len(rows(response)) == 50_000
    assert "limit-reached" in json.loads(response.data)["head"]["link"][0]
    assert response.headers["X-Parley-Truncated"] == "true"


def count(client: FlaskClient, **fields: object) -> int:
    return int(rows(ask(client, COUNT, **fields))[0]["n"]["value"])


def test_dataset_of_a_request(client: FlaskClient) -> None:
    ontology, vocab = (f"https://w3id.org/parley/graph/{name}" for name in ("ontology", "vocab"))
    one, other = (count(client, **{"default-graph-uri": g}) for g in (ontology, vocab))
    assert 0 < one < count(client)
    assert count(client, **{"default-graph-uri": [ontology, vocab]}) == one + other
    assert count(client, **{"named-graph-uri": ontology}) == 0
    assert count(client, **{"default-graph-uri": "http://example.org/unknown"}) == 0
    query = f"SELECT (COUNT(*) AS ?n) FROM <{vocab}> {{ ?s ?p ?o }}"
    assert int(rows(ask(client, query))[0]["n"]["value"]) == other
    overridden = ask(client, query, **{"default-graph-uri": ontology})
    assert int(rows(overridden)[0]["n"]["value"]) == one
    named = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    found = ask(client, named, **{"named-graph-uri": [ontology, vocab]})
    assert int(rows(found)[0]["n"]["value"]) == one + other


def test_an_older_version_answers_by_number_and_by_date(client: FlaskClient) -> None:
    query = f"ASK {{ <https://w3id.org/parley/id/{ADDED}> ?p ?o }}"
    assert json.loads(ask(client, query).data)["boolean"] is True
    response = ask(client, query, version=1)
    assert json.loads(response.data)["boolean"] is False
    assert response.headers["X-Parley-Version"] == "1"
    assert ask(client, query, version="2999-01-01").headers["X-Parley-Version"] == "2"


def test_etag_belongs_to_version_format_query_and_dataset(client: FlaskClient) -> None:
    base = ask(client, SELECT)
    tags = {
        base.headers["ETag"],
        ask(client, SELECT, format="csv").headers["ETag"],
        ask(client, SELECT, version=1).headers["ETag"],
        ask(client, SELECT, **{"default-graph-uri": "http://g"}).headers["ETag"],
        ask(client, SELECT, truncate="true").headers["ETag"],
        ask(client, "ASK {}").headers["ETag"],
    }
    assert len(tags) == 6
    assert ask(client, SELECT).headers["ETag"] == base.headers["ETag"]


def test_if_none_match_is_answered_304(client: FlaskClient) -> None:
    address = "/sparql?" + urlencode({"query": SELECT})
    etag = client.get(address).headers["ETag"]
    response = client.get(address, headers={"If-None-Match": f'"x", {etag}'})
    assert (response.status_code, response.data) == (304, b"")
    assert response.headers["ETag"] == etag
    assert client.get(address, headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize("function", ["NOW()", "RAND()", "UUID()", "STRUUID()", r"N\u004fW()"])
def test_what_changes_by_itself_has_no_etag(client: FlaskClient, function: str) -> None:
    response = client.get(
        "/sparql?" + urlencode({"query": f"SELECT ({function} AS ?x) {{}}"}),
        headers={"If-None-Match": "*"},
    )
    assert response.status_code == 200
    assert "ETag" not in response.headers


def test_head_has_the_headers_of_get_and_no_body(client: FlaskClient) -> None:
    address = "/sparql?" + urlencode({"query": SELECT})
    head, full = client.head(address), client.get(address)
    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(full.data))
    assert head.headers["ETag"] == full.headers["ETag"]


def test_preflight_allows_reading_from_anywhere(client: FlaskClient) -> None:
    headers = {"Origin": "https://x", "Access-Control-Request-Method": "QUERY"}
    for path in ("/sparql", "/queries", "/id/afghan-taliban"):
        response = client.options(path, headers=headers)
        assert response.status_code in {200, 204}
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "QUERY" in response.headers["Access-Control-Allow-Methods"]
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert response.headers["Access-Control-Max-Age"]
    exposed = client.get("/sparql").headers["Access-Control-Expose-Headers"]
    assert {"ETag", "Link", "Location", "Retry-After"} <= set(exposed.split(", "))


def test_without_a_query_the_service_describes_itself(client: FlaskClient) -> None:
    response = client.get("/sparql")
    assert response.mimetype == "text/turtle"
    triples = {q.triple for q in ox.parse(response.data, ox.RdfFormat.TURTLE)}
    features = {t.object.value for t in triples if t.predicate.value.endswith("#feature")}
    assert any(feature.endswith("UnionDefaultGraph") for feature in features)
    limits = {t.predicate.value.rpartition("#")[2] for t in triples}
    assert {"queryTimeout", "rowLimit", "queryTextLimit", "resultFormat"} <= limits
    assert client.get("/sparql?format=jsonld").mimetype == "application/ld+json"


def test_a_browser_gets_a_form_and_a_table(client: FlaskClient) -> None:
    form = client.get("/sparql", headers={"Accept": BROWSER})
    assert "<textarea" in form.text
    table = ask(client, SELECT, BROWSER)
    assert table.mimetype == "text/html"
    assert "<caption>" in table.text
    assert "dcterms:creator" in table.text
    assert ask(client, "SELECT (?x AS ?y) {}", BROWSER).status_code == 200


def test_relative_iris_are_resolved_against_the_endpoint(client: FlaskClient) -> None:
    response = ask(client, "SELECT (<x> AS ?iri) {}")
    assert rows(response)[0]["iri"]["value"] == "http://localhost/x"


def test_values_in_a_page_are_escaped(client: FlaskClient) -> None:
    query = "SELECT ('<script>alert(1)</script>' AS ?x) (<javascript:alert(1)> AS ?y) {}"
    page = ask(client, query, BROWSER)
    assert "<script>" not in page.text
    assert 'href="javascript:' not in page.text
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
