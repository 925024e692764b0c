"""Lookups are answered without a worker, with the same bytes, from the version of their time."""

import re
import time

import pyoxigraph as ox
import pytest
from store_examples import GRAPH, MESSAGE, adding, commit
from test_workers import Start, run

from parley.errors import BadQuery
from parley.formats import BINDINGS, GRAPHS
from parley.store.backend import Deadline, Query
from parley.store.change import Change
from parley.store.local import LocalBackend
from parley.store.lookups import is_lookup
from parley.store.versions import Versions

THING, LABEL = "<http://example.org/7>", "<http://example.org/label>"
LOOKUPS = (
    f"SELECT ?p ?o WHERE {{ {THING} ?p ?o }}",
    f'SELECT * {{ ?s {LABEL} "thing 7" }}',
    "PREFIX e: <http://example.org/>\nselect ?o { e:7 e:label ?o . } LIMIT 3",
    f'ASK {{ {THING} {LABEL} "thing 7" }}',
    f"DESCRIBE {THING}",
    "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 5",
)
OTHERS = (
    f"SELECT DISTINCT ?p {{ {THING} ?p ?o }}",
    f"SELECT ?o {{ {THING} {LABEL} ?o }} OFFSET 1",
    f"SELECT ?o {{ {THING} {LABEL} ?o }} ORDER BY ?o",
    f"SELECT (COUNT(*) AS ?n) {{ {THING} {LABEL} ?o }}",
    f"SELECT ?o {{ {THING} {LABEL}+ ?o }}",
    f"SELECT ?o {{ {THING} {LABEL} ?o FILTER(?o != 1) }}",
    f"SELECT ?o {{ {THING} {LABEL} ?o . ?s ?p ?o }}",
    "SELECT ?x { ?x ?p ?x }",
    "SELECT ?x { ?x ?x ?o }",
    f"SELECT ?o FROM <{GRAPH.value}> {{ {THING} {LABEL} ?o }}",
    f"SELECT ?o {{ GRAPH ?g {{ {THING} {LABEL} ?o }} }}",
    "SELECT ?o { SERVICE <http://example.org/> { ?s ?p ?o } }",
    "DESCRIBE ?s { ?s ?p ?o }",
    f'SELECT ?s {{ ?s {LABEL} "thing \\" 7" }}',
)


def asked(backend: LocalBackend, text: str) -> tuple[int, bytes]:
    form = GRAPHS[0] if text.startswith("DESCRIBE") else BINDINGS[0]
    with backend.select(Query(text), form, Deadline(20, 1 << 30)) as answer:
        return answer.version, answer.read()


def opened(backend: LocalBackend) -> None:
    """Asks until lookups of the current version are answered without a worker."""
    until = time.monotonic() + 20
    before = backend.stats()["lookups"]
    while backend.stats()["lookups"] == before:
        assert time.monotonic() < until
        asked(backend, LOOKUPS[0])


@pytest.mark.parametrize("text", LOOKUPS)
def test_one_pattern_is_a_lookup(text: str) -> None:
    assert is_lookup(text)


@pytest.mark.parametrize("text", OTHERS)
def test_what_may_work_without_writing_rows_is_none(text: str) -> None:
    assert not is_lookup(text)


def test_both_ways_give_the_same_bytes(start: Start) -> None:
    backend = start(memory_store_limit=0)
    opened(backend)
    for text in LOOKUPS:
        before = backend.stats()
        version, here = asked(backend, text)
        after = backend.stats()
        assert after["lookups"] == before["lookups"] + 1
        assert after["queries"] == before["queries"]
        # A comment makes it no lookup and changes nothing else.
        assert asked(backend, text + "\n#") == (version, here)
        assert backend.stats()["queries"] == before["queries"] + 1
        assert re.search(rb"thing 7|/7\b|true|thing 0", here)


def test_a_hub_is_left_to_a_worker(start: Start) -> None:
    backend = start(things=3000, memory_store_limit=0)
    opened(backend)
    before = backend.stats()
    _, body = asked(backend, f"SELECT ?s ?o {{ ?s {LABEL} ?o }}")
    assert body.count(b"thing ") == 3000
    after = backend.stats()
    assert (after["lookups"], after["queries"]) == (before["lookups"], before["queries"] + 1)


def test_a_lookup_needs_no_free_worker(start: Start) -> None:
    backend = start(memory_store_limit=0, concurrent_queries=1)
    opened(backend)
    before = backend.stats()["lookups"]
    backend._started().places.take(1)  # as a query that runs does
    asked(backend, LOOKUPS[0])
    assert backend.stats()["lookups"] == before + 1
    backend._started().places.give()


def test_a_commit_is_seen_at_once(start: Start) -> None:
    backend = start(memory_store_limit=0)
    opened(backend)
    more = ox.Quad(ox.NamedNode(THING[1:-1]), ox.NamedNode(LABEL[1:-1]), ox.Literal("seven"), GRAPH)
    backend.commit(Change(added=frozenset({more})), MESSAGE, backend.version())
    for _ in range(2):
        version, body = asked(backend, LOOKUPS[0])
        assert version == 2
        assert b"seven" in body
        opened(backend)


def test_an_error_is_that_of_a_worker(start: Start) -> None:
    backend = start(memory_store_limit=0)
    opened(backend)
    with pytest.raises(BadQuery, match="unknown"):
        run(backend, "SELECT ?o { unknown:7 ?p ?o }", 20)


def test_older_versions_are_left_to_workers(start: Start, versions: Versions) -> None:
    backend = start(memory_store_limit=0)
    commit(versions, adding(5000))
    opened(backend)
    before = backend.stats()["lookups"]
    text = "SELECT ?o { <http://example.org/5000> ?p ?o }"
    answer = backend.select(Query(text), BINDINGS[0], Deadline(20, 1 << 30), 1)
    assert (answer.version, answer.rows) == (1, 0)
    assert backend.stats()["lookups"] == before
