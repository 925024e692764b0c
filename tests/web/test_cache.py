"""Answers are kept for who asks again: the same bytes, of the current version alone."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator

import pytest
from backports import zstd
from flask.testing import FlaskClient

from parley.files import Dataset
from parley.settings import Settings
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app
from parley.web.cache import Cache
from parley.web.compressing import coding
from parley.web.exchange import Reply, Request

LARGE = "SELECT * { ?s ?p ?o } ORDER BY ?s LIMIT 20000"
ALL = "SELECT ?s ?p { ?s ?p ?o } ORDER BY ?s ?p LIMIT 200"


@pytest.fixture(scope="module")
def backend(settings: Settings) -> Iterator[LocalBackend]:
    backend = LocalBackend(Versions(settings.instance), settings)
    yield backend
    backend.close()


@pytest.fixture
def client(settings: Settings, dataset: Dataset, backend: LocalBackend) -> FlaskClient:
    """A client of an application of its own, whose cache is empty."""
    return create_app(settings, backend, dataset, {}, Versions(settings.instance)).test_client()


@pytest.fixture
def queries(backend: LocalBackend) -> Callable[[], int]:
    """How many queries the workers have answered since the test began."""
    before = backend.stats().get("queries", 0)
    return lambda: backend.stats()["queries"] - before


def request(query: str = "", **headers: str) -> Request:
    return Request({"REQUEST_METHOD": "GET", "QUERY_STRING": query, **headers})


def keep(cache: Cache, name: str, body: bytes, version: int = 1) -> Reply:
    return cache.reply((name, ""), version, request(name), 1.0, lambda: Reply(body=body))


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_second_answer_is_the_first_without_a_worker(
    client: FlaskClient, queries: Callable[[], int], method: str
) -> None:
    def ask() -> tuple[bytes, dict[str, str]]:
        if method == "get":
            response = client.get("/sparql", query_string={"query": ALL})
        else:
            response = client.post("/sparql", data={"query": ALL})
        headers = dict(response.headers)
        del headers["X-Parley-Query-Id"]
        return response.data, headers

    first = ask()
    asked = queries()
    assert ask() == first
    assert queries() == asked == 1
    head = client.head("/sparql", query_string={"query": ALL})
    assert (head.data, head.content_length) == (b"", len(first[0]))
    assert queries() == 1


@pytest.mark.parametrize(
    "query",
    ["SELECT (NOW() AS ?n) {}", "SELECT (RAND() AS ?n) {}", "SELECT (BNODE() AS ?n) {}"],
)
def test_what_changes_from_one_time_to_the_next_is_not_kept(
    client: FlaskClient, queries: Callable[[], int], query: str
) -> None:
    for _ in range(2):
        response = client.get("/sparql", query_string={"query": query})
        assert response.status_code == 200
        assert "ETag" not in response.headers
    assert queries() == 2


def test_formats_datasets_and_hosts_are_told_apart(
    client: FlaskClient, queries: Callable[[], int]
) -> None:
    given = [
        {"query": ALL},
        {"query": ALL, "format": "csv"},
        {"query": ALL, "default-graph-uri": "urn:none"},
        {"query": ALL, "truncate": "true"},
    ]
    bodies = [client.get("/sparql", query_string=fields).data for fields in given * 2]
    assert bodies[:4] == bodies[4:]
    assert queries() == 4
    client.get("/sparql", query_string=given[0], headers={"Host": "elsewhere.example"})
    assert queries() == 5


def test_the_shape_of_an_error_is_not_kept(client: FlaskClient) -> None:
    for _ in range(2):
        assert client.get("/sparql", query_string={"query": "SELECT"}).status_code == 400


def test_memory_is_bounded_and_the_least_used_go_first() -> None:
    cache = Cache(100_000)
    keep(cache, "a", b"a" * 1000)
    for number in range(100):
        keep(cache, f"n{number}", b"x" * 1000)
        assert cache.known(request("a"), lambda: 1) is not None
        assert cache.bytes <= 100_000
    assert cache.known(request("n0"), lambda: 1) is None
    assert (cache.hits, cache.misses) == (100, 101)


def test_a_large_answer_is_not_kept() -> None:
    cache = Cache(160_000)
    keep(cache, "large", b"x" * 10_000)
    assert cache.known(request("large"), lambda: 1) is None
    assert cache.bytes == 0


def test_only_the_current_version_is_answered() -> None:
    cache = Cache(100_000)
    keep(cache, "a", b"one")
    assert cache.known(request("a"), lambda: 2) is None
    assert keep(cache, "b", b"two", 2).body == b"two"
    assert cache.known(request("a"), lambda: 1) is None
    keep(cache, "late", b"one", 1)
    assert cache.known(request("late"), lambda: 1) is None


def test_two_who_ask_the_same_at_once_are_answered_by_one_query() -> None:
    cache = Cache(100_000)
    asked, go_on = threading.Event(), threading.Event()
    replies = []

    def slow() -> Reply:
        asked.set()
        assert go_on.wait(10)
        return Reply(body=b"slow")

    def ask() -> None:
        replies.append(cache.reply(("k", ""), 1, request("k"), 10.0, slow))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    threads[0].start()
    assert asked.wait(10)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join()
    assert [reply.body for reply in replies] == [b"slow"] * 4
    assert (cache.hits, cache.misses) == (3, 1)


def test_who_waited_for_a_failure_asks_for_himself() -> None:
    cache = Cache(100_000)

    def fail() -> Reply:
        raise KeyError

    with pytest.raises(KeyError):
        cache.reply(("k", ""), 1, request("k"), 1.0, fail)
    assert keep(cache, "k", b"fine").body == b"fine"


def test_gzip_is_another_representation(client: FlaskClient) -> None:
    plain = client.get("/sparql", query_string={"query": ALL})
    coded = [
        client.get("/sparql", query_string={"query": ALL}, headers={"Accept-Encoding": given})
        for given in ("gzip", "deflate, gzip;q=0.5", "gzip")
    ]
    assert {response.data for response in coded} == {coded[0].data}
    assert gzip.decompress(coded[0].data) == plain.data
    assert coded[0].content_length == len(coded[0].data) < len(plain.data)
    assert coded[0].headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    for response in (plain, coded[0]):
        again = client.get(
            "/sparql",
            query_string={"query": ALL},
            headers={"If-None-Match": response.headers["ETag"], "Accept-Encoding": "gzip"},
        )
        assert (again.status_code, again.headers["ETag"]) == (304, response.headers["ETag"])
    head = client.head("/sparql", query_string={"query": ALL}, headers={"Accept-Encoding": "gzip"})
    assert head.content_length == coded[0].content_length


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("gzip;q=0.5, zstd;q=0.4, identity;q=0.1", "gzip"),
        ("zstd, identity;q=0.5", "zstd"),
        ("zstd;q=0, gzip", "gzip"),
        ("*", ""),
        ("zstandard", ""),
    ],
)
def test_the_coding_is_what_the_client_wants_most(accepted: str, wanted: str) -> None:
    assert coding(accepted) == wanted


def test_zstd_is_another_representation_in_memory_and_in_a_file(client: FlaskClient) -> None:
    for text in (ALL, LARGE):
        plain = client.get("/sparql", query_string={"query": text}, buffered=True)
        headers = {"Accept-Encoding": "gzip, zstd"}
        for _ in range(2):  # the second time from the cache
            coded = client.get(
                "/sparql", query_string={"query": text}, headers=headers, buffered=True
            )
            assert coded.headers["Content-Encoding"] == "zstd"
            assert int(coded.headers["Content-Length"]) == len(coded.data) < len(plain.data)
            assert len(zstd.decompress(coded.data)) == len(plain.data)
        assert coded.headers["ETag"] == plain.headers["ETag"][:-1] + '-zstd"'
        again = client.get(
            "/sparql",
            query_string={"query": text},
            headers={**headers, "If-None-Match": coded.headers["ETag"]},
        )
        assert (again.status_code, again.headers["ETag"]) == (304, coded.headers["ETag"])


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br", "identity, gzip;q=0.1"])
def test_nothing_is_compressed_for_who_does_not_want_it(client: FlaskClient, accepted: str) -> None:
    response = client.get(
        "/sparql", query_string={"query": ALL}, headers={"Accept-Encoding": accepted}
    )
    assert "Content-Encoding" not in response.headers
    assert response.json


def test_small_answers_are_not_compressed(client: FlaskClient) -> None:
    response = client.get(
        "/sparql", query_string={"query": "ASK {}"}, headers={"Accept-Encoding": "gzip"}
    )
    assert "Content-Encoding" not in response.headers


def test_a_spooled_answer_is_compressed_with_its_length(client: FlaskClient) -> None:
    text = "SELECT * { ?s ?p ?o BIND(STR(?s) AS ?t) BIND(STR(?p) AS ?u) }"
    plain = client.get("/sparql", query_string={"query": text})
    assert len(plain.data) > 4 << 20
    coded = client.get("/sparql", query_string={"query": text}, headers={"Accept-Encoding": "gzip"})
    assert coded.content_length == len(coded.data) < len(plain.data) / 4
    assert len(gzip.decompress(coded.data)) == len(plain.data)
    plain.close()
    coded.close()


def test_pages_are_compressed_too(client: FlaskClient) -> None:
    response = client.get("/", headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert b"<html" in gzip.decompress(response.data)
