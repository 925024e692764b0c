"""The saved queries that ship: their number, their metadata, and that any tool can read them."""

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml
from rdflib.plugins.sparql import prepareQuery

from parley.check.saved import check_queries
from parley.files import Dataset, open_dataset
from parley.model.derivation import derived_quads, read_rules
from parley.queries import VIEWS, SavedQuery, load, read_metadata
from parley.rdf import Namespaces

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "queries").glob("*.rq"))
QUERIES = load(FILES)
SAVED = pytest.mark.parametrize("query", QUERIES.values(), ids=list(QUERIES))
# grlc's way of finding parameters, on the variables that rdflib finds in a query.
GRLC = re.compile(r"(?!__agg_\d+__)_{1,2}(?P<name>[^_]+)")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return open_dataset(ROOT)


@pytest.fixture(scope="module")
def store(dataset: Dataset) -> ox.Store:
    store = ox.Store()
    store.bulk_extend(dataset.quads())
    derived_quads(store, dataset.names, read_rules(dataset.rules()))
    return store


def variables(algebra: object) -> set[str]:
    return {str(name) for name in algebra["_vars"]}  # type: ignore[index]


def test_there_are_enough_questions() -> None:
    assert len(QUERIES) >= 50
    assert len({query.question for query in QUERIES.values()}) == len(QUERIES)


def test_every_view_is_in_use() -> None:
    assert {query.view for query in QUERIES.values()} == set(VIEWS)


@SAVED
def test_a_query_says_what_it_asks(query: SavedQuery) -> None:
    assert query.question.endswith("?")
    assert query.summary[0].isupper()
    assert not query.summary.endswith(".")
    assert query.tags


@SAVED
def test_metadata_is_what_grlc_understands(query: SavedQuery) -> None:
    rows = [row for row in query.text.split("\n") if row.startswith("#+")]
    assert all(row[2:3] in ("", " ") for row in rows)
    assert not any(row[2:].lstrip().startswith(("#", "+")) for row in rows)
    data = yaml.safe_load("\n".join(row.lstrip("#+") for row in rows))
    assert isinstance(data["summary"], str)
    assert isinstance(data.get("description", ""), str)
    assert all(isinstance(tag, str) for tag in data["tags"])
    for key in ("defaults", "enumerate"):
        assert isinstance(data.get(key, []), list)
        assert all(isinstance(entry, dict) and len(entry) == 1 for entry in data.get(key, []))
    assert {name for entry in data.get("defaults", []) for name in entry} == {
        parameter.name for parameter in query.parameters if parameter.default is not None
    }


@SAVED
def test_a_query_runs_unchanged_in_other_tools(query: SavedQuery) -> None:
    algebra = prepareQuery(query.text).algebra
    found = {match["name"] for name in variables(algebra) if (match := GRLC.match(name))}
    assert found == {parameter.name for parameter in query.parameters}
    ox.Store().query(query.text, use_default_graph_as_union=True)


@SAVED
def test_a_bound_query_has_no_parameter_left_but_free_ones(query: SavedQuery) -> None:
    values = {p.name: p.choices[0] if p.choices else VALUE[p.form] for p in query.parameters}
    algebra = prepareQuery(query.bind(values)).algebra
    assert not any(GRLC.match(name) for name in variables(algebra))
    ox.Store().query(query.bind(values), use_default_graph_as_union=True)


VALUE = {
    "an IRI, a name with a known prefix such as id:taliban, or a bare slug": "kabul",
    "a date such as 2023-11-08": "2023-11-08",
}


@SAVED
def test_prefixes_are_those_used(query: SavedQuery) -> None:
    declared = re.findall(r"^PREFIX (\S+): +<(\S+)>$", query.body, re.MULTILINE)
    rest = re.sub(r"^PREFIX .*$", "", query.body, flags=re.MULTILINE)
    assert declared == sorted(declared)
    assert {name for name, _ in declared} == set(re.findall(r"([a-z]+):(?=[A-Za-z])", rest))
    known = Namespaces().prefixes
    assert all(known[name] == iri for name, iri in declared)


@SAVED
def test_a_required_parameter_has_a_default_that_grlc_can_bind(query: SavedQuery) -> None:
    for parameter in query.parameters:
        if parameter.required:
            assert parameter.default
            assert parameter.kind != "iri" or parameter.default.startswith("https://")


@SAVED
def test_the_order_is_stated(query: SavedQuery) -> None:
    assert query.kind != "select" or re.search(r"^ORDER BY ", query.body, re.MULTILINE)


@SAVED
def test_the_expected_answer_holds(query: SavedQuery, store: ox.Store) -> None:
    assert [f.message for f in check_queries({query.name: query}, store)] == []


def test_every_expected_answer_belongs_to_a_query() -> None:
    answers = {path.stem for path in (ROOT / "queries/expected").iterdir()}
    assert answers <= set(QUERIES)


def test_a_parameter_narrows_the_answer(store: ox.Store) -> None:
    query = QUERIES["facts-about"]
    stated_graph = "graph:stated"

    def rows(**values: str) -> int:
        found = store.query(query.bind(values), use_default_graph_as_union=True)
        assert isinstance(found, ox.QuerySolutions)
        return sum(1 for _ in found)

    whole = rows(thing="ansorullah-tajikistan")
    stated = rows(thing="ansorullah-tajikistan", status=stated_graph)
    assert 0 < stated < whole
    assert rows(thing="nobody") == 0


DOCS = (ROOT / "docs/querying.md").read_text(encoding="utf-8")


def test_the_documentation_lists_every_question() -> None:
    listed = re.findall(r"^\| `([a-z-]+)`(?: \(([^)]*)\))? \| (.+\?) \|$", DOCS, re.MULTILINE)
    assert sorted(listed) == sorted(
        (query.name, ", ".join(f"`{p.name}`" for p in query.parameters), query.question)
        for query in QUERIES.values()
    )


def test_the_documentation_lists_every_view_with_its_columns() -> None:
    for view, columns in VIEWS.items():
        assert f"| `{view}` | {', '.join(f'`{c}`' for c in columns)}".rstrip() in DOCS


def test_the_documented_example_is_a_saved_query(tmp_path: Path) -> None:
    (text,) = re.findall(r"```sparql\n(#\+ question:.*?)```", DOCS, re.DOTALL)
    path = tmp_path / "an-example.rq"
    path.write_text(text, encoding="utf-8")
    query = load([path])["an-example"]
    assert [p.name for p in query.parameters] == ["source"]
    assert "regional-diplomat>" in query.bind({})


def test_every_documented_key_is_read() -> None:
    (table,) = re.findall(r"\| key \| holds \|\n\|---\|---\|\n(.*?)\n\n", DOCS, re.DOTALL)
    keys = re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    assert len(keys) == 12
    assert set(read_metadata("".join(f"#+ {key}: a\n" for key in keys))) == set(keys)
