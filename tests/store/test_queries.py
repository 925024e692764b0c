"""What a backend answers: kinds, formats, datasets, limits and mistakes."""

import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pyoxigraph as ox
import pytest
import rdflib
from store_examples import DEADLINE, MESSAGE, adding, removing

from parley.errors import (
    BadInput,
    BadQuery,
    Forbidden,
    NotFound,
    Refused,
    Stale,
    TooLarge,
    Unwritable,
)
from parley.formats import FORMATS, named
from parley.settings import Settings
from parley.store.backend import Answer, Query, WrongFormat
from parley.store.change import Change
from parley.store.guarding import Guard
from parley.store.local import LocalBackend
from parley.store.spool import Spool
from parley.store.versions import Versions

ALL = "SELECT * { ?s ?p ?o }"


def ask(backend: LocalBackend, text: str, form: str = "json", **more: object) -> Answer:
    fmt = named(form)
    assert fmt is not None
    version = more.pop("version", None)
    query = Query(text, **more)  # type: ignore[arg-type]
    return backend.select(query, fmt, DEADLINE, version)  # type: ignore[arg-type]


def bindings(answer: Answer) -> list[dict[str, str]]:
    with answer:
        rows = json.loads(answer.read())["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in rows]


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory):
    """200 things in one graph; at most 100 rows an answer, of which 1 KiB stays in memory."""
    instance = tmp_path_factory.mktemp("instance")
    versions = Versions(instance)
    with versions.stage(None) as staged:
        versions.publish(staged, staged.apply(adding(*range(200))), MESSAGE)
    settings = Settings(instance=instance, row_limit=100, spool_bytes=1024, concurrent_queries=2)
    backend = LocalBackend(versions, settings)
    yield backend
    backend.close()


def test_a_select_is_answered_with_its_version(backend: LocalBackend) -> None:
    answer = ask(backend, "SELECT ?o { <http://example.org/7> ?p ?o }")
    assert (answer.version, answer.kind, answer.rows, answer.truncated) == (1, "bindings", 1, False)
    assert answer.media_type == "application/sparql-results+json"
    assert bindings(answer) == [{"o": "thing 7"}]


@pytest.mark.parametrize("form", FORMATS, ids=lambda f: f.extension)
def test_every_format_holds_its_kind_and_refuses_the_other(backend, form) -> None:
    table, graph = ALL + " LIMIT 5", "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 5"
    good, bad = (table, graph) if form.kind == "bindings" else (graph, table)
    with ask(backend, good, form.extension) as answer:
        assert (answer.rows, answer.size) == (5, len(answer.read()))
    with pytest.raises(WrongFormat) as caught:
        ask(backend, bad, form.extension)
    assert caught.value.result == ("graph" if form.kind == "bindings" else "bindings")


def test_a_yes_or_no_has_no_rows(backend: LocalBackend) -> None:
    answer = ask(backend, "ASK { ?s ?p 'thing 3' }")
    assert json.loads(answer.read())["boolean"] is True
    assert (answer.kind, answer.rows) == ("boolean", None)


def test_a_large_answer_is_a_file_without_a_name(backend: LocalBackend) -> None:
    with ask(backend, ALL + " LIMIT 100", "csv") as answer:
        assert answer.body is None
        assert answer.rows == 100
        assert len(answer.read()) == answer.size
    spool = Path(backend._settings.instance) / "spool"
    assert list(spool.iterdir()) == []


def test_a_disk_that_is_nearly_full_takes_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = SimpleNamespace(f_bavail=1000, f_frsize=4096, f_blocks=1 << 28)
    monkeypatch.setattr(os, "fstatvfs", lambda file: full)
    spool = Spool(tmp_path, inline=10, limit=1 << 20)
    spool.write(b"more than stays in memory")
    with pytest.raises(Unwritable, match="nearly full"):
        spool.finish()
    assert spool.file is not None
    spool.file.close()


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_too_many_rows_are_an_error_or_cut_on_request(backend: LocalBackend, form: str) -> None:
    with pytest.raises(TooLarge, match="more than 100 rows") as caught:
        ask(backend, ALL, form)
    assert (caught.value.limit, caught.value.value) == ("row_limit", 100)
    with ask(backend, ALL, form, truncate=True) as cut:
        assert (cut.rows, cut.truncated) == (100, True)
        if form == "json":
            assert len(bindings(cut)) == 100


LINK = "http://example.org/why?a=\"<'&b=é"


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
@pytest.mark.parametrize("rows", [3, 100, 40_000])
def test_a_cut_answer_is_well_formed_and_says_so_in_its_head(
    start: Callable[..., LocalBackend], form: str, rows: int
) -> None:
    backend = start(300, row_limit=rows, spool_bytes=1 << 20)
    text = "SELECT ?a ?b { ?a ?p ?b . ?c ?q ?d }"
    with ask(backend, text, form, truncate=True, cut_link=LINK) as cut:
        data = cut.read()
        assert (cut.rows, cut.truncated, cut.size) == (rows, True, len(data))
    links: list[str] = ["http://example.org/why?a=%22%3C%27%26b=%C3%A9"]
    if form == "json":
        document = json.loads(data)
        assert len(document["results"]["bindings"]) == rows
        assert document["head"] == {"vars": ["a", "b"], "link": links}
    elif form == "xml":
        head, results = ET.fromstring(data)
        assert len(results) == rows
        assert [child.tag.partition("}")[2] for child in head] == ["variable", "variable", "link"]
        assert [child.get("href") for child in head][2:] == links
    else:
        assert data.count(b"\n") == rows + 1
    with ask(backend, ALL + " LIMIT 2", form, truncate=True, cut_link=LINK) as whole:
        assert not whole.truncated
        data = whole.read()
        assert b"/why" not in data
        if form == "json":
            assert len(json.loads(data)["results"]["bindings"]) == 2
        elif form == "xml":
            assert len(ET.fromstring(data)[1]) == 2
    with ask(backend, "ASK {}", "json", truncate=True, cut_link=LINK) as yes:
        assert json.loads(yes.read()) == {"head": {}, "boolean": True}


@pytest.mark.parametrize(
    ("joins", "expected"),
    [
        ("GROUP_CONCAT(?x)", "x:a x:a a a"),
        ("GROUP_CONCAT(?x; separator='')", "x:ax:aaa"),
        ("group_concat ( distinct ?x ; SEPARATOR = ';)' )", "x:a;)a;)a"),
        ("GROUP_CONCAT(DISTINCT CONCAT(STR(?x), ')' # )\n))", "x:a) a)"),
    ],
)
def test_group_concat_joins_iris_and_texts_in_languages(
    backend: LocalBackend, joins: str, expected: str
) -> None:
    values = "VALUES ?x { <x:a> <x:a> 'a'@en 'a'@fr }"
    inner = f"SELECT ({joins} AS ?all) {{ {values} }}"
    answer = ask(backend, f"SELECT ?all (LANG(?all) AS ?tag) {{ {{ {inner} }} }}")
    assert bindings(answer) == [{"all": expected, "tag": ""}]


def test_a_mistake_beside_group_concat_is_placed_as_it_was_sent(backend: LocalBackend) -> None:
    text = "SELECT (GROUP_CONCAT(DISTINCT ?x) AS ?y) WHERE { ?s ?p }"
    with pytest.raises(BadQuery) as caught:
        ask(backend, text)
    assert (caught.value.line, caught.value.column) == (1, len(text) + 1)


def test_turtle_uses_the_prefixes_of_the_dataset(start: Callable[..., LocalBackend]) -> None:
    first = start()
    backend = LocalBackend(first._versions, first._settings, prefixes={"e": "http://example.org/"})
    try:
        with ask(backend, "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 2", "ttl") as answer:
            assert b"@prefix e: <http://example.org/>" in answer.read()
    finally:
        backend.close()


@pytest.mark.parametrize("inline", [0, 1 << 20])
@pytest.mark.parametrize("form", ["ttl", "trig", "rdf"])
def test_an_answer_declares_the_prefixes_it_uses(
    start: Callable[..., LocalBackend], form: str, inline: int
) -> None:
    first = start(spool_bytes=inline)
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    names = {"e": "http://example.org/", "xe": "http://other/", "dt": "http://types/", "rdf": rdf}
    backend = LocalBackend(first._versions, first._settings, prefixes=names)
    template = "CONSTRUCT { ?s <http://example.org/p> %s } { ?s ?p ?o } LIMIT 20"
    used = {"'xe:a'": {"e"}, "<http://types/a>": {"e", "dt"}, "'1'^^<http://types/a>": {"e", "dt"}}
    if form == "rdf":  # objects are written in full, and rdf: is the format's own
        used = {value: {"e", "rdf"} for value in used}
    try:
        for value, expected in used.items():
            with ask(backend, template % value, form) as answer:
                data = answer.read()
            declared = set(re.findall(r"(?:@prefix |xmlns:)(\w+)", data.decode()))
            assert declared == expected, data[:500]
            assert len(data) == answer.size
            engine = named(form)
            assert engine is not None
            assert isinstance(engine.engine, ox.RdfFormat)
            assert len(list(ox.parse(data, engine.engine))) == 20
        with ask(backend, "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(false) }", form) as nothing:
            assert b"example" not in nothing.read()
    finally:
        backend.close()


@pytest.mark.parametrize("form", ["ttl", "nt", "rdf", "jsonld", "trig", "nq"])
def test_too_many_triples_are_an_error_or_cut_on_request(backend, form: str) -> None:
    text = "CONSTRUCT WHERE { ?s ?p ?o }".replace("WHERE", "{ ?s ?p ?o } WHERE")
    with pytest.raises(TooLarge):
        ask(backend, text, form)
    with ask(backend, text, form, truncate=True) as cut:
        assert (cut.rows, cut.truncated) == (100, True)
        graph = rdflib.Dataset() if form in ("trig", "nq", "jsonld") else rdflib.Graph()
        if form in ("ttl", "nt", "rdf"):
            graph.parse(data=cut.read(), format={"rdf": "xml"}.get(form, form))
            assert len(graph) == 100


def test_an_answer_past_its_size_is_an_error(start: Callable[..., LocalBackend]) -> None:
    backend = start()
    small = LocalBackend(backend._versions, backend._settings, answer_limit=1000)
    try:
        with pytest.raises(TooLarge, match="1000 bytes"):
            ask(small, ALL)
        assert len(bindings(ask(small, ALL + " LIMIT 2"))) == 2
    finally:
        small.close()


def test_the_place_of_a_mistake_is_told(backend: LocalBackend) -> None:
    with pytest.raises(BadQuery) as caught:
        ask(backend, "SELECT *\n{ ?s ?p }")
    assert caught.value.line == 2
    assert caught.value.column is not None


def test_an_update_is_no_query(backend: LocalBackend) -> None:
    with pytest.raises(BadQuery):
        ask(backend, "INSERT DATA { <a:a> <a:a> <a:a> }")


def test_no_other_server_is_asked(backend: LocalBackend) -> None:
    with pytest.raises(Forbidden):
        ask(backend, "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }")


GRAPH = "http://example.org/graph"


def test_the_dataset_of_a_request(backend: LocalBackend) -> None:
    def count(text: str, **dataset: object) -> int:
        return int(bindings(ask(backend, f"SELECT (COUNT(*) AS ?n) {text}", **dataset))[0]["n"])

    default, graphs = "{ ?s ?p ?o }", "{ GRAPH ?g { ?s ?p ?o } }"
    assert (count(default), count(graphs)) == (200, 200)
    assert count(f"FROM <{GRAPH}> {default}") == 200
    assert count(f"FROM <{GRAPH}> {graphs}") == 0
    assert count(f"FROM NAMED <{GRAPH}> {default}") == 0
    assert count(f"FROM <http://example.org/none> {default}") == 0
    assert count(default, default_graphs=(GRAPH,)) == 200
    assert count(graphs, default_graphs=(GRAPH,)) == 0
    assert count(default, named_graphs=(GRAPH,)) == 0
    assert count(graphs, named_graphs=(GRAPH,)) == 200
    assert count(f"FROM <http://example.org/none> {default}", default_graphs=(GRAPH,)) == 200
    assert count(default, default_graphs=("http://example.org/none",)) == 0
    with pytest.raises(BadInput):
        count(default, default_graphs=("no iri",))


def test_a_plain_dataset_has_an_empty_default_graph(start: Callable[..., LocalBackend]) -> None:
    backend = start()
    plain = LocalBackend(backend._versions, backend._settings, union=False)
    try:
        assert bindings(ask(plain, ALL)) == []
        assert len(bindings(ask(plain, "SELECT * { GRAPH ?g { ?s ?p ?o } }"))) == 200
    finally:
        plain.close()


def test_a_relative_iri_is_resolved(backend: LocalBackend) -> None:
    answer = ask(backend, "SELECT ?o { <7> ?p ?o }", base="http://example.org/")
    assert bindings(answer) == [{"o": "thing 7"}]


def test_an_unknown_version_is_not_found(backend: LocalBackend) -> None:
    with pytest.raises(NotFound):
        ask(backend, ALL, version=9)


def test_no_version_is_not_found(versions: Versions) -> None:
    with pytest.raises(NotFound, match="parley build"):
        LocalBackend(versions, Settings(instance=versions.instance)).version()


def test_a_commit_is_read_at_once_and_the_old_version_stays(start) -> None:
    backend = start(3)
    first = backend.version()
    second = backend.write(
        Change(adding(3).added, removing(0).removed), MESSAGE, DEADLINE, first
    ).version
    assert second.number == backend.version().number == 2
    now = {row["o"] for row in bindings(ask(backend, ALL))}
    then = {row["o"] for row in bindings(ask(backend, ALL, version=1))}
    assert now == {"thing 1", "thing 2", "thing 3"}
    assert then == {"thing 0", "thing 1", "thing 2"}
    with pytest.raises(Stale):
        backend.write(adding(9), MESSAGE, DEADLINE, first)


def test_a_change_of_nothing_makes_no_version(start: Callable[..., LocalBackend]) -> None:
    backend = start(3)
    first = backend.version()
    assert backend.write(adding(1), MESSAGE, DEADLINE, first).version == first


def test_what_the_guard_derives_is_part_of_the_version(
    start, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = start(1)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parent))
    guard = Guard("store_guard", (), tuple)
    guarded = LocalBackend(backend._versions, backend._settings, guard=guard)
    try:
        first = guarded.version()
        assert guarded.write(adding(1), MESSAGE, DEADLINE, first, dry_run=True).version == first
        dry = guarded.write(adding(1), MESSAGE, DEADLINE, dry_run=True)
        assert (dry.version, dry.change, dry.report) == (first, adding(1).then(adding(100)), ())
        assert guarded.version() == first
        second = guarded.write(adding(1), MESSAGE, DEADLINE, first).version
        assert second.quads == 3
        assert {row["o"] for row in bindings(ask(guarded, ALL))} == {
            "thing 0",
            "thing 1",
            "thing 100",
        }
        with pytest.raises(RuntimeError, match="the log has"):
            guarded.write(adding(14), MESSAGE, DEADLINE, second)
        with pytest.raises(Refused) as refused:
            guarded.write(adding(13), MESSAGE, DEADLINE, second)
        assert refused.value.report == ("thirteen",)
        assert guarded.version() == second
    finally:
        guarded.close()


def test_a_commit_of_another_process_is_seen(start, versions: Versions) -> None:
    backend = start(2)
    assert len(bindings(ask(backend, ALL))) == 2
    with versions.stage(versions.current()) as staged:
        versions.publish(staged, staged.apply(adding(2)), MESSAGE)
    answer = ask(backend, ALL)
    assert (answer.version, len(bindings(answer))) == (2, 3)
