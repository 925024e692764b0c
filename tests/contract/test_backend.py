"""What every backend does with queries and changes, whatever answers behind it."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyoxigraph as ox
import pytest
from contract_stores import AMPLE, GRAPH, MESSAGE, OTHER, AnyBackend, Place, adding, quad

from parley.errors import BadQuery, Stale, TooLarge
from parley.formats import BINDINGS, GRAPHS, Format
from parley.store.backend import Answer, GraphWrite, Part, Query, Update, WrongFormat
from parley.store.change import Change
from parley.store.remote.backend import RemoteBackend

LABELS = "SELECT ?thing ?label { ?thing <http://example.org/label> ?label } ORDER BY ?thing LIMIT 3"
AWKWARD = (
    "plain",
    'a "quote" and a \\ backslash',
    "\\u0022 } ; DROP ALL #",
    "two\nlines\tand a tab\r",
    "Таджикистан 塔吉克斯坦 \U0001f54a",
    "'''\"\"\"",
)
TYPED = (
    ox.Literal("bonjour", language="fr"),
    ox.Literal("2021-07-28", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")),
    ox.Literal("12", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
)


@pytest.fixture(scope="module")
def backend(place: Place, tmp_path_factory: pytest.TempPathFactory) -> AnyBackend:
    """One backend for all tests here; each adds things of its own."""
    return place.fresh(tmp_path_factory.mktemp("contract") / "instance", row_limit=2000)


def ask(backend: AnyBackend, query: Query | str, form: Format = BINDINGS[0]) -> Answer:
    query = Query(query) if isinstance(query, str) else query
    return backend.select(query, form, AMPLE)


def rows(backend: AnyBackend, query: Query | str) -> list[list[str]]:
    """The values of a result, row by row, in the order of its columns."""
    with ask(backend, query) as answer:
        found = json.loads(answer.read())
    names = found["head"]["vars"]
    return [[row[name]["value"] for name in names] for row in found["results"]["bindings"]]


def yes(backend: AnyBackend, query: Query | str) -> bool:
    with ask(backend, query) as answer:
        assert answer.kind == "boolean"
        return bool(json.loads(answer.read())["boolean"])


@pytest.mark.parametrize("form", BINDINGS, ids=lambda form: form.extension)
def test_a_table_is_answered_in_every_format(backend: AnyBackend, form: Format) -> None:
    with ask(backend, LABELS, form) as answer:
        assert (answer.media_type, answer.kind, answer.rows) == (form.media_type, "bindings", 3)
        body = answer.read()
    assert len(body) == answer.size
    if form.extension == "csv":
        assert body.splitlines()[:2] == [b"thing,label", b"http://example.org/0,thing 0"]
        return
    assert isinstance(form.engine, ox.QueryResultsFormat)
    found = ox.parse_query_results(body, form.engine)
    assert isinstance(found, ox.QuerySolutions)
    assert [row["label"].value for row in found] == ["thing 0", "thing 1", "thing 2"]


@pytest.mark.parametrize("form", GRAPHS, ids=lambda form: form.extension)
def test_a_graph_is_answered_in_every_format(backend: AnyBackend, form: Format) -> None:
    text = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o VALUES ?o { 'thing 0' 'thing 1' } }"
    with ask(backend, text, form) as answer:
        assert (answer.kind, answer.rows) == ("graph", 2)
        found = {quad.triple for quad in ox.parse(answer.read(), form.engine)}  # type: ignore[arg-type]  # of graphs
    assert found == {quad(0).triple, quad(1).triple}


def test_a_question_is_answered_by_yes_or_no(backend: AnyBackend) -> None:
    assert yes(backend, "ASK { ?s ?p 'thing 1' }")
    assert not yes(backend, "ASK { ?s ?p 'nothing' }")


def test_columns_come_in_the_order_of_the_query(backend: AnyBackend) -> None:
    text = "SELECT * { ?thing ?is ?label FILTER(?label = 'thing 2') }"
    assert [row[0] for row in rows(backend, text)] == ["http://example.org/2"]
    with ask(backend, text, BINDINGS[2]) as answer:
        assert answer.read().startswith(b"thing,is,label\r\n")


def test_a_relative_iri_is_read_against_the_base(backend: AnyBackend) -> None:
    query = Query("SELECT ?o { <1> ?p ?o }", base="http://example.org/")
    assert rows(backend, query) == [["thing 1"]]


def test_the_graphs_are_those_of_the_dataset(backend: AnyBackend) -> None:
    assert rows(backend, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }") == [[GRAPH]]
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    assert rows(backend, count) == [[str(backend.version().quads)]]


def test_a_request_names_its_dataset(backend: AnyBackend) -> None:
    text = "ASK { ?s ?p 'thing 1' }"
    assert yes(backend, Query(text, default_graphs=(GRAPH,)))
    assert not yes(backend, Query(text, default_graphs=("http://example.org/none",)))
    within = "ASK { GRAPH ?g { ?s ?p 'thing 1' } }"
    assert yes(backend, Query(within, named_graphs=(GRAPH,)))
    assert not yes(backend, Query(within, named_graphs=("http://example.org/none",)))
    assert yes(backend, f"ASK FROM <{GRAPH}> {{ ?s ?p 'thing 1' }}")


@pytest.mark.parametrize(
    ("text", "said"),
    [("SELECT * {", "never closed"), ("SELECT * { ?s a:b ?c }", "'a:' is not declared")],
)
def test_a_mistake_is_told(backend: AnyBackend, text: str, said: str) -> None:
    with pytest.raises(BadQuery, match=said):
        ask(backend, text)


def test_a_format_has_to_fit(backend: AnyBackend) -> None:
    with pytest.raises(WrongFormat):
        ask(backend, "ASK {}", GRAPHS[0])


def test_more_rows_than_allowed_are_an_error_or_cut(backend: AnyBackend) -> None:
    numbers = f"VALUES ?n {{ {' '.join(map(str, range(50)))} }}"
    text = f"SELECT * {{ {numbers} {numbers.replace('?n', '?m')} ?s ?p 'thing 1' }}"
    with pytest.raises(TooLarge, match="more than 2000 rows"):
        ask(backend, text)
    with ask(backend, Query(text, truncate=True)) as answer:
        assert (answer.rows, answer.truncated) == (2000, True)
        assert len(json.loads(answer.read())["results"]["bindings"]) == 2000


def test_a_change_makes_the_next_version(backend: AnyBackend) -> None:
    before = backend.version()
    written = backend.write(
        Update(f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <a:a> <a:b> 'c' }} }}"), MESSAGE, AMPLE
    )
    assert (written.version.number, written.added) == (before.number + 1, 1)
    assert backend.version() == written.version
    assert yes(backend, "ASK { <a:a> <a:b> 'c' }")
    with backend.select(Query("ASK { <a:a> ?p ?o }"), BINDINGS[0], AMPLE, before.number) as old:
        assert (old.version, json.loads(old.read())["boolean"]) == (before.number, False)
    text = "DELETE { GRAPH ?g { <a:a> ?p ?o } } WHERE { GRAPH ?g { <a:a> ?p ?o } }"
    assert backend.write(Update(text), MESSAGE, AMPLE).removed == 1
    assert not yes(backend, "ASK { <a:a> ?p ?o }")
    assert backend.write(Update(text), MESSAGE, AMPLE).version == backend.version()


def test_literals_come_back_as_they_were_written(backend: AnyBackend) -> None:
    said = ox.NamedNode("http://example.org/says")
    subject, graph = ox.NamedNode("http://example.org/awkward"), ox.NamedNode(GRAPH)
    literals = {*map(ox.Literal, AWKWARD), *TYPED}
    change = Change(added=frozenset(ox.Quad(subject, said, text, graph) for text in literals))
    backend.write(change, MESSAGE, AMPLE)
    text = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?s = <http://example.org/awkward>) }"
    with ask(backend, text, GRAPHS[1]) as answer:
        found = {quad.object for quad in ox.parse(answer.read(), ox.RdfFormat.N_TRIPLES)}
    assert found == literals
    assert backend.write(change.inverse(), MESSAGE, AMPLE).removed == len(literals)
    assert not yes(backend, "ASK { <http://example.org/awkward> ?p ?o }")


XSD, GEO = "http://www.w3.org/2001/XMLSchema#", "http://www.opengis.net/ont/geosparql#"
REWRITTEN = {
    "boolean": ox.Literal("true", datatype=ox.NamedNode(f"{XSD}boolean")),
    "wkt": ox.Literal("POINT(68.8 38.6)", datatype=ox.NamedNode(f"{GEO}wktLiteral")),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_a_literal_is_not_rewritten(
    backend: AnyBackend, place: Place, name: str, request: pytest.FixtureRequest
) -> None:
    if place.name == "virtuoso":
        reason = "it says 1 for true, and keeps coordinates in single precision"
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    said, literal = ox.NamedNode(f"http://example.org/says-{name}"), REWRITTEN[name]
    change = Change(frozenset({ox.Quad(said, said, literal, ox.NamedNode(GRAPH))}))
    backend.write(change, MESSAGE, AMPLE)
    with ask(backend, f"SELECT ?o {{ {said} ?p ?o }}", BINDINGS[0]) as answer:
        found = ox.parse_query_results(answer.read(), ox.QueryResultsFormat.JSON)
    assert isinstance(found, ox.QuerySolutions)
    assert [row["o"] for row in found] == [literal]


def test_a_graph_is_replaced_and_deleted(backend: AnyBackend, tmp_path: Path) -> None:
    file = tmp_path / "graph.nt"
    file.write_text(f"{quad(70).triple} .\n{quad(71).triple} .\n", "utf-8")
    part = Part(file, "application/n-triples")
    for do, added, existed in (("replace", 2, False), ("replace", 0, True), ("merge", 0, True)):
        done = backend.write(GraphWrite(do, OTHER, (part,)), MESSAGE, AMPLE)  # type: ignore[arg-type]  # of the three
        assert (done.added, done.existed) == (added, existed)
    assert yes(backend, f"ASK {{ GRAPH <{OTHER}> {{ ?s ?p 'thing 70' }} }}")
    assert backend.write(GraphWrite("delete", OTHER), MESSAGE, AMPLE).removed == 2
    # Not an ASK: Virtuoso says yes to one about a graph outside the dataset of the request.
    assert rows(backend, f"SELECT ?s {{ GRAPH <{OTHER}> {{ ?s ?p ?o }} }}") == []


def test_a_stale_parent_is_refused(backend: AnyBackend) -> None:
    parent = backend.version()
    made = backend.write(adding(80), MESSAGE, AMPLE, parent).version
    with pytest.raises(Stale, match=f"moved on to version {made.number}"):
        backend.write(adding(81), MESSAGE, AMPLE, parent)
    assert backend.version() == made
    assert not yes(backend, "ASK { ?s ?p 'thing 81' }")


def test_a_dry_run_changes_nothing(backend: AnyBackend) -> None:
    before = backend.version()
    tried = backend.write(adding(90), MESSAGE, AMPLE, dry_run=True)
    assert tried.change == adding(90)
    assert backend.version() == before
    assert not yes(backend, "ASK { ?s ?p 'thing 90' }")


def test_a_large_change_is_one_version(backend: AnyBackend) -> None:
    before = backend.version().number
    large = adding(*range(1000, 2200))
    assert backend.write(large, MESSAGE, AMPLE).added == 1200
    assert backend.version().number == before + 1
    text = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(STRLEN(STR(?o)) = 10) }"
    assert rows(backend, text) == [["1200"]]
    assert backend.write(large.inverse(), MESSAGE, AMPLE).removed == 1200
    assert rows(backend, text) == [["0"]]


def test_writers_in_parallel_lose_nothing(place: Place, tmp_path: Path) -> None:
    """Two servers with a folder of their own each on one store; embedded, two on one folder."""
    first = place.fresh(tmp_path / "first")
    second = place.open(tmp_path / ("second" if place.running else "first"))
    assert second.version().number == 1
    start = threading.Barrier(2)

    def write(backend: AnyBackend, numbers: range) -> None:
        start.wait()
        for number in numbers:
            backend.write(adding(number), MESSAGE, AMPLE)

    with ThreadPoolExecutor(2) as pool:
        done = [
            pool.submit(write, first, range(100, 103)),
            pool.submit(write, second, range(200, 203)),
        ]
    for one in done:
        one.result()
    for backend in (first, second):
        if isinstance(backend, RemoteBackend):
            backend.follow()
        assert (backend.version().number, backend.version().quads) == (7, 9)
        assert rows(backend, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == [["9"]]
    place.empty()
