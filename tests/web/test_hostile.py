"""Hostile requests get their own status, nothing is echoed unescaped, and nobody else suffers."""

import json
import re
import zlib
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

from parley.web.exchange import Environ

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
ASK = "query=ASK+%7B%7D"
SCRIPT = "\"'><script>alert(1)</script>{{7*7}}\r\nSet-Cookie: a=b"
READS = ["/", "/sparql", "/queries", "/ontology", "/data/{}.ttl", "/id/{}", "/page/{}", "/graph/{}"]


def raw(client: FlaskClient, method: str = "GET", path: str = "/sparql", **environ: object):
    """A request with its WSGI environment as a server would hand it on, nothing tidied up."""
    builder = EnvironBuilder(path="/", method=method)
    made: Environ = builder.get_environ()
    made["PATH_INFO"] = path
    made["QUERY_STRING"] = ""
    made.update(environ)
    return TestResponse(*run_wsgi_app(client.application, made, buffered=True), Request(made))


def refused(response: TestResponse, *statuses: int) -> None:
    assert response.status_code in statuses, response.text[:300]
    assert "Traceback" not in response.text
    if response.mimetype != "text/html":
        assert json.loads(response.data)["status"] == response.status_code


@pytest.mark.parametrize("path", ["/sparql", "/queries", "/", "/id/x", "/store"])
@pytest.mark.parametrize("search", ["query=%FF", "query=%C3%28", "version=%ED%A0%80", "%80=1"])
def test_percent_escapes_that_are_no_utf8_are_refused(client: FlaskClient, path, search) -> None:
    for accept in ("*/*", "text/html"):
        sent = raw(client, path=path, QUERY_STRING=search, HTTP_ACCEPT=accept)
        refused(sent, 400, 404, 405)


@pytest.mark.parametrize(
    "search", ["query=ASK%", "query=ASK%7", "query=%zz", "query=ASK%00%7B%7D", "query=%u0041"]
)
def test_broken_percent_escapes_are_refused(client: FlaskClient, search: str) -> None:
    refused(raw(client, QUERY_STRING=search), 400)


@pytest.mark.parametrize("search", ["query=ASK {}&x=é", "query=\x00", "\x00"])
def test_raw_bytes_in_an_address_are_no_mistake_of_ours(client: FlaskClient, search: str) -> None:
    assert raw(client, QUERY_STRING=search).status_code in (200, 400)


@pytest.mark.parametrize(
    "body", [b"\xff\xfeA\0S\0K\0", "ASK {}".encode("utf-16"), "ASK {}".encode("utf-32"), b"\x80"]
)
def test_other_encodings_are_refused(client: FlaskClient, body: bytes) -> None:
    refused(client.post("/sparql", data=body, content_type=QUERY), 400)


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "utf-7", '"x"', "a;b", "\u00e9"])
def test_other_charsets_are_refused(client: FlaskClient, charset: str) -> None:
    for media_type in (FORM, QUERY):
        sent = f"{media_type}; charset={charset}"
        response = raw(client, "POST", CONTENT_TYPE=sent, CONTENT_LENGTH="0")
        refused(response, 415)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x"])
def test_compressed_bodies_are_refused_unread(client: FlaskClient, coding: str) -> None:
    bomb = zlib.compress(b"ASK {}" + b" " * 10_000_000)
    for path in ("/sparql", "/store?default"):
        response = (
            client.put(path, data=bomb, content_type=QUERY, headers={"Content-Encoding": coding})
            if "store" in path
            else client.post(
                path, data=bomb, content_type=QUERY, headers={"Content-Encoding": coding}
            )
        )
        refused(response, 415, 404, 405, 401)
    assert (
        client.post(
            "/sparql", data="ASK {}", content_type=QUERY, headers={"Content-Encoding": "identity"}
        ).status_code
        == 200
    )


@pytest.mark.parametrize(
    "text",
    [
        "ASK { ?s ?p '\0' }",
        "ASK\0{}",
        "ASK { <http://a\0b> ?p ?o }",
        "ASK { <http://a b> ?p ?o }",
        "ASK { <http://a/%zz{> ?p ?o }",
        "ASK { <> <relative> ?o }" + "(" * 10_000,
        "ASK " + "{" * 10_000 + "}" * 10_000,
        "SELECT (" + "(" * 6_000 + "1" + ")" * 6_000 + " AS ?x) {}",
        "ASK { FILTER(" + "!" * 15_000 + "true) }",
        "ASK { FILTER(1" + "+1" * 9_000 + ") }",
        "ASK { " + "{} UNION " * 2_000 + "{} }",
        "ASK { ?s <p:a>" + "/<p:a>" * 2_500 + " ?o }",
        "'" * 19_999,
        '"' * 19_999,
        "'''" + '"""' * 6_000,
        "\\u0000",
        "\\U0010FFFF\\uD800",
        "\ufeff" * 100,
        "ASK { ?s ?p \ud800 }",
        "#" * 19_999,
        "PREFIX : <http://x/> " * 900,
        "SELECT * { VALUES ?x { " + "1e999999999 " * 1_500 + "} FILTER(?x * ?x) }",
        "SELECT (STRLEN(STR(1e-400)) AS ?x) {} LIMIT 99999999999999999999999",
        "SELECT * {} OFFSET -1",
        "BASE <x> ASK {}",
        "SELECT (SUBSTR('a', 999999999999999999999) AS ?x) {}",
        "SELECT (REPLACE('a', '(', '') AS ?x) {}",
        "SELECT (REGEX('a', 'a{1000000}{1000000}') AS ?x) {}",
    ],
    ids=lambda text: repr(text[:30]),
)
def test_a_hostile_query_is_answered_or_refused(client: FlaskClient, text: str) -> None:
    body = urlencode({"query": text, "timeout": "2"}, errors="surrogatepass")
    response = client.post("/sparql", data=body, content_type=FORM, buffered=True)
    assert response.status_code in (200, 400, 413, 503), response.text[:500]
    if response.status_code == 503:
        assert json.loads(response.data)["limit"]


def test_megabytes_of_anything_are_refused_quickly(client: FlaskClient) -> None:
    for body in ("'" * 3_000_000, "query=" + "%22" * 1_000_000, "&" * 3_000_000, "a=1&" * 500_000):
        refused(client.post("/sparql", data=body, content_type=FORM), 400, 413)
        refused(client.post("/sparql", data=body, content_type=QUERY), 400, 413)


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 30, "1e3", "", "0x10", "\u00b2", "1, 1"])
def test_absurd_lengths_are_no_mistake_of_ours(client: FlaskClient, length: str) -> None:
    response = raw(client, "POST", CONTENT_TYPE=QUERY, CONTENT_LENGTH=length)
    refused(response, 400, 411, 413, 415)


@pytest.mark.parametrize("name", ["query", "version", "timeout", "truncate"])
def test_a_parameter_given_twice_is_refused(client: FlaskClient, name: str) -> None:
    values = {"query": "ASK {}", "format": "json", "version": "1", "timeout": "1"}
    fields = [*values.items(), ("truncate", "true"), (name, {**values, "truncate": "true"}[name])]
    refused(client.get("/sparql?" + urlencode(fields)), 400)


NUMBERS = [
    "-1",
    "1e9",
    "9" * 400,
    "0x1",
    "NaN",
    "inf",
    "-inf",
    "\u0661",
    "\u00b2",
    " ",
    "1;2",
    "\0",
    "-0",
    "00",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_absurd_numbers_are_refused_or_harmless(client: FlaskClient, number: str) -> None:
    for name in ("timeout", "version"):
        response = client.get("/sparql?" + ASK + "&" + urlencode({name: number}))
        assert response.status_code in (200, 400, 404), (name, response.text)
    for path in ("/queries/denied-claims.csv", "/queries/contradictions.json"):
        for name in ("limit", "offset", "version"):
            response = client.get(path + "?" + urlencode({name: number}))
            assert response.status_code in (200, 400, 404), (name, response.text)


@pytest.mark.parametrize(
    "graph", ["", "x", "//a/b", "http://a b", "http://[", "a:<b>", "\0", "http://a/\ud7ff{", "?g"]
)
@pytest.mark.parametrize(
    "name", ["default-graph-uri", "named-graph-uri", "using-graph-uri", "using-named-graph-uri"]
)
def test_bad_graph_iris_are_refused(client: FlaskClient, name: str, graph: str) -> None:
    if name.startswith("using"):
        update = "INSERT DATA { <http://a> <http://b> 1 }"
        data = {"update": update, name: graph}
        refused(client.post("/sparql", data=data), 400)
    else:
        refused(client.get("/sparql?" + ASK + "&" + urlencode({name: graph})), 400)


@pytest.mark.parametrize(
    "accept",
    [
        ", ".join(f"text/x{i};q=0.{i % 10}" for i in range(10_000)),
        "*/*;q=" * 5_000,
        ";" * 10_000,
        "," * 10_000,
        '"' * 10_000,
        "text/html;q=abc",
        "text/csv;q=99999999999",
        "text/csv;q=-1",
        "text/csv;q=nan",
        "\xff\xfe",
        "/",
        "*",
        "a/b/c",
        "application/sparql-results+json;" + "a=b;" * 3_000,
    ],
    ids=lambda text: text[:20],
)
def test_absurd_accept_headers_are_answered_or_refused(client: FlaskClient, accept: str) -> None:
    for path in ("/sparql", "/queries", "/id/siga-2024-02", "/data/siga-2024-02.ttl"):
        search = ASK if path == "/sparql" else ""
        response = raw(client, path=path, QUERY_STRING=search, HTTP_ACCEPT=accept)
        assert response.status_code in (200, 303, 406)


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "....//etc/passwd",
        "%2e%2e/%2e%2e/x",
        "\0",
        "a\\..\\b",
        "/etc/passwd",
        "x" * 5_000,
        "<script>",
        "'\"",
        "a\r\nSet-Cookie: x",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
    ids=lambda text: repr(text[:20]),
)
@pytest.mark.parametrize(
    "place",
    [
        "/data/{}",
        "/data/{}.ttl",
        "/id/{}",
        "/page/{}",
        "/graph/{}",
        "/queries/{}",
        "/queries/{}.csv",
        "/static/{}",
        "/articles/{}",
        "/claims/{}",
        "/problems/{}",
        "/vocab/{}",
        "/history/{}",
        "/store/{}",
        "/{}",
    ],
)
def test_no_path_leads_out(client: FlaskClient, place: str, name: str) -> None:
    response = raw(client, path=place.format(name))
    assert response.status_code in (301, 303, 308, 400, 404, 405, 406, 410), response.text[:200]
    assert "root:" not in response.text
    for _, value in response.headers:
        assert "\n" not in value
        assert "\r" not in value


def test_every_echoed_value_is_escaped(client: FlaskClient) -> None:
    addresses = [
        *(read.format(quote(SCRIPT, safe="")) for read in READS),
        "/sparql?" + urlencode({"query": f"SELECT ('''{SCRIPT}''' AS ?x) {{}}"}),
        "/sparql?" + urlencode({"query": SCRIPT}),
        "/sparql?" + ASK + "&" + urlencode({"version": SCRIPT}),
        "/sparql?" + ASK + "&" + urlencode({"timeout": SCRIPT}),
        "/sparql?" + ASK + "&" + urlencode({"default-graph-uri": SCRIPT}),
        "/queries?" + urlencode({"version": SCRIPT}),
        "/queries/contradictions?" + urlencode({"limit": SCRIPT}),
        "/queries/contradictions?" + urlencode({SCRIPT: SCRIPT}),
        "/queries/contradictions?" + urlencode({"place_iri": SCRIPT, "_x": SCRIPT}),
        "/queries/" + quote(SCRIPT, safe=""),
        "/search?" + urlencode({"q": SCRIPT}),
    ]
    for address in addresses:
        response = client.get(address, headers={"Accept": BROWSER}, follow_redirects=True)
        assert response.status_code < 500, address
        if response.mimetype == "text/html":
            assert "<script>alert" not in response.text, address
            assert "49" not in re.findall(r"alert\(1\)&lt;/script&gt;(\d+)", response.text)
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "host",
    [
        'evil.example"><script>',
        "a\r\nX-Evil: 1",
        "evil.example/x?",
        "",
        "a b",
        "[::1",
        "\xff",
        "a@b",
    ],
)
def test_a_strange_host_is_not_echoed(client: FlaskClient, host: str) -> None:
    for path, search in (("/id/siga-2024-02", ""), ("/sparql", ""), ("/sparql", "query=A")):
        response = raw(client, path=path, QUERY_STRING=search, HTTP_HOST=host)
        assert response.status_code in (200, 303, 400)
        assert "<script>" not in response.text
        for name, value in response.headers:
            assert "evil" not in (name + value).lower()


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "FOO", "PATCH", "DELETE", "A" * 9000])
@pytest.mark.parametrize("path", ["/sparql", "/queries", "/", "/id/x", "*", "", "sparql", "//"])
def test_other_methods_are_refused(client: FlaskClient, method: str, path: str) -> None:
    refused(raw(client, method, path), 400, 404, 405, 501)


def test_thousands_of_parameters_are_refused(client: FlaskClient) -> None:
    refused(client.get("/queries?" + "&".join(f"a{i}=1" for i in range(5_000))), 400)
    refused(raw(client, QUERY_STRING="a=1&" * 20_000), 414)


def test_an_address_in_utf8_is_read_as_such(client: FlaskClient) -> None:
    query = "SELECT ('\u0416' AS ?x) {}".replace(" ", "+")
    response = raw(client, QUERY_STRING=f"query={query}".encode().decode("latin-1"))
    assert json.loads(response.data)["results"]["bindings"][0]["x"]["value"] == "\u0416"
    refused(raw(client, QUERY_STRING="query=\xff"), 400)
