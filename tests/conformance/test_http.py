"""What HTTP and SPARQL 1.2 ask of the endpoint beside the W3C tests: QUERY, HEAD, OPTIONS, …"""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from w3c_server import QUERY, SPARQL, STORE, UPDATE, Answer, Server

JSON = "application/sparql-results+json"
FORM = "application/x-www-form-urlencoded"
ROWS = "SELECT ?s { ?s ?p ?o } ORDER BY ?s"
INSIDE = "SELECT ?s { GRAPH ?g { ?s ?p ?o } } ORDER BY ?s"
FILLED = """
DROP ALL ;
INSERT DATA { <s:0> <p:p> 0 . GRAPH <g:1> { <s:1> <p:p> 1 } GRAPH <g:2> { <s:2> <p:p> 2 } }
"""


@pytest.fixture(autouse=True)
def _filled(server: Server) -> None:
    """One triple in the default graph and one in each of two named graphs."""
    assert server.update(FILLED).status in {200, 204}


def subjects(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [row["s"]["value"] for row in json.loads(answer.body)["results"]["bindings"]]


def get(server: Server, method: str = "GET", accept: str = JSON, **fields: object) -> Answer:
    return server.send(method, f"{SPARQL}?{urlencode(fields, doseq=True)}", Accept=accept)


# SPARQL 1.2: a media type may carry the version of RDF or SPARQL that its content uses.


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.2-basic", '"1.2"'])
@pytest.mark.parametrize(
    ("query", "media_type"),
    [
        (ROWS, JSON),
        (ROWS, "application/sparql-results+xml"),
        (ROWS, "text/csv"),
        (ROWS, "text/tab-separated-values"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "text/turtle"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "application/n-triples"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "application/rdf+xml"),
    ],
)
def test_the_version_of_a_result_may_be_asked_for(
    server: Server, query: str, media_type: str, version: str
) -> None:
    answer = server.query(query, f"text/html;q=0.1, {media_type};version={version}")
    assert (answer.status, answer.media_type) == (200, media_type)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_version_of_what_is_sent_may_be_named(server: Server, version: str) -> None:
    body = ROWS.encode()
    answer = server.send("POST", SPARQL, body, Content_Type=f"{QUERY};version={version}")
    assert subjects(answer) == ["s:0"]
    body = b"INSERT DATA { <s:00> <p:p> 0 }"
    answer = server.send("POST", SPARQL, body, Content_Type=f"{UPDATE}; version={version}")
    assert answer.status in {200, 204}
    body = b"<s:3> <p:p> 3 ."
    target = f"{STORE}?graph=g:3"
    answer = server.send("PUT", target, body, Content_Type=f"text/turtle; version={version}")
    assert answer.status == 201
    assert subjects(server.query(ROWS, JSON)) == ["s:0", "s:00"]


def test_a_query_may_say_its_version(server: Server) -> None:
    assert subjects(server.query(f'VERSION "1.2"\n{ROWS}', JSON)) == ["s:0"]


def test_triple_terms_are_answered(server: Server) -> None:
    answer = server.query("SELECT (<<( <s:a> <p:b> 1 )>> AS ?t) {}", f"{JSON};version=1.2")
    assert answer.status == 200
    assert json.loads(answer.body)["results"]["bindings"][0]["t"]["type"] == "triple"


# The method QUERY: safe, idempotent, with a body.


def test_query_answers_as_post_does(server: Server) -> None:
    posted = server.query(ROWS, JSON)
    asked = server.send("QUERY", SPARQL, ROWS.encode(), Content_Type=QUERY, Accept=JSON)
    form = urlencode({"query": ROWS}).encode()
    by_form = server.send("QUERY", SPARQL, form, Content_Type=FORM, Accept=JSON)
    assert (posted.status, posted.body) == (asked.status, asked.body)
    assert asked.body == by_form.body


def test_query_takes_a_dataset(server: Server) -> None:
    target = f"{SPARQL}?default-graph-uri=g:1"
    answer = server.send("QUERY", target, ROWS.encode(), Content_Type=QUERY, Accept=JSON)
    assert subjects(answer) == ["s:1"]


def test_query_reads_only(server: Server) -> None:
    answer = server.send("QUERY", SPARQL, b"CLEAR ALL", Content_Type=UPDATE)
    assert 400 <= answer.status < 500
    answer = server.send("QUERY", SPARQL, b"update=CLEAR+ALL", Content_Type=FORM)
    assert 400 <= answer.status < 500
    assert subjects(server.query(ROWS, JSON)) == ["s:0"]


def test_query_without_a_content_type_is_refused(server: Server) -> None:
    assert server.send("QUERY", SPARQL, ROWS.encode()).status == 415


# HEAD and OPTIONS.


@pytest.mark.parametrize(
    "target",
    [
        f"{SPARQL}?query={quote(ROWS)}",
        f"{SPARQL}?query=SELECT",
        SPARQL,
        f"{STORE}?default",
        f"{STORE}?graph=g:1",
        f"{STORE}?graph=g:none",
        f"{STORE}?graph=relative",
        "/nowhere",
    ],
)
def test_head_is_get_without_the_body(server: Server, target: str) -> None:
    head, answer = server.send("HEAD", target), server.send("GET", target)
    assert head.status == answer.status
    assert head.body == b""
    told = {"content-type", "content-length", "etag", "vary", "x-parley-version", "link"}
    shown = {name: value for name, value in answer.headers.items() if name in told}
    assert {name: value for name, value in head.headers.items() if name in told} == shown
    assert int(answer.headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (SPARQL, {"GET", "HEAD", "POST", "QUERY", "OPTIONS"}),
        (f"{STORE}?default", {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}),
        (f"{STORE}/some/graph.ttl", {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}),
    ],
)
def test_options_names_the_methods(server: Server, path: str, methods: set[str]) -> None:
    answer = server.send("OPTIONS", path)
    assert answer.status in {200, 204}
    assert {name.strip() for name in answer.headers["allow"].split(",")} >= methods
    assert answer.headers["access-control-allow-origin"] == "*"


def test_preflight_allows_what_browsers_need(server: Server) -> None:
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "QUERY"}
    answer = server.send("OPTIONS", SPARQL, **headers)
    assert "QUERY" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", SPARQL), ("PUT", SPARQL), ("PATCH", f"{STORE}?default")]
)
def test_another_method_is_told_the_right_ones(server: Server, method: str, path: str) -> None:
    answer = server.send(method, path, b"", Content_Type=QUERY)
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]


# The dataset of a request, on a dataset whose default graph is a graph of its own.


def test_the_default_graph_is_not_the_union(server: Server) -> None:
    assert subjects(get(server, query=ROWS)) == ["s:0"]
    assert subjects(get(server, query=INSIDE)) == ["s:1", "s:2"]


def test_the_kind_of_graph_that_is_not_given_is_empty(server: Server) -> None:
    default = {"default-graph-uri": ["g:1", "g:2", "g:unknown"]}
    assert subjects(get(server, query=ROWS, **default)) == ["s:1", "s:2"]
    assert subjects(get(server, query=INSIDE, **default)) == []
    named = {"named-graph-uri": ["g:2", "g:unknown"]}
    assert subjects(get(server, query=ROWS, **named)) == []
    assert subjects(get(server, query=INSIDE, **named)) == ["s:2"]


def test_the_protocol_goes_before_from(server: Server) -> None:
    query = ROWS.replace("{", "FROM <g:2> {", 1)
    assert subjects(get(server, query=query)) == ["s:2"]
    assert subjects(get(server, query=query, **{"default-graph-uri": "g:1"})) == ["s:1"]


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
@pytest.mark.parametrize("iri", ["relative", "", "http://example.org/a b", "g:\x00"])
def test_a_bad_graph_name_is_refused(server: Server, name: str, iri: str) -> None:
    assert get(server, query=ROWS, **{name: iri}).status == 400


def test_answers_are_not_sent_twice(server: Server) -> None:
    answer = get(server, query=ROWS)
    again = server.send(
        "GET", f"{SPARQL}?query={quote(ROWS)}", Accept=JSON, If_None_Match=answer.headers["etag"]
    )
    assert (again.status, again.body) == (304, b"")
    server.update("INSERT DATA { <s:new> <p:p> 1 }")
    assert get(server, query=ROWS).headers["etag"] != answer.headers["etag"]


# Bodies.


@pytest.mark.parametrize(("method", "path"), [("POST", SPARQL), ("DELETE", SPARQL), ("POST", "/")])
def test_a_refusal_reaches_who_is_still_sending(server: Server, method: str, path: str) -> None:
    answer = server.send(method, path, b"x" * 3_000_000, Content_Type="text/plain")
    assert answer.status in {404, 405, 415}
    assert subjects(server.query(ROWS, JSON)) == ["s:0"]  # on the same connection


def test_a_body_in_chunks_is_read(server: Server) -> None:
    headers = {"Content-Type": "text/turtle"}
    chunks = iter([b"<s:4> <p:", b"p> 4 ."])
    server.connection.request("PUT", f"{STORE}?graph=g:4", chunks, headers)
    response = server.connection.getresponse()
    assert (response.status, response.read()) == (201, b"")
    assert subjects(get(server, query=ROWS, **{"default-graph-uri": "g:4"})) == ["s:4"]


def test_an_unknown_function_is_the_querys_mistake(server: Server) -> None:
    answer = server.query("SELECT (<http://example.org/function>(1) AS ?x) {}", JSON)
    assert answer.status == 400
    assert "http://example.org/function" in json.loads(answer.body)["detail"]
