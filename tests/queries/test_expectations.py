"""Saved queries against their expected answers: what holds, what fails, and how it is rewritten."""

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from parley.check.answers import ask, expectation
from parley.check.expecting import update
from parley.check.report import Finding
from parley.check.saved import check_queries
from parley.check.tables import BAR, TAB, Rows, read_table, write_table
from parley.errors import BadInput
from parley.queries import SavedQuery, load
from parley.rdf import XSD, Namespaces

PREFIXES = Namespaces().prefixes
DATA = """
@prefix id: <https://w3id.org/parley/id/> .
@prefix graph: <https://w3id.org/parley/graph/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
graph:one { id:b rdfs:label "B"@en . id:a rdfs:label "A"@en , "a|b\\tc" . }
graph:two { id:c rdfs:label "C"@en ; rdfs:seeAlso id:a . }
"""
SELECT = """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

SELECT ?thing ?label
WHERE { ?thing rdfs:label ?label . FILTER(LANG(?label) = "en") }
"""
ROWS = '#+   ?thing | ?label\n#+   id:a | "A"@en\n#+   id:b | "B"@en\n#+   id:c | "C"@en\n'
Write = Callable[[str], SavedQuery]


@pytest.fixture
def store() -> ox.Store:
    store = ox.Store()
    store.load(DATA.encode(), format=ox.RdfFormat.TRIG)
    return store


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def writer(text: str) -> SavedQuery:
        path = tmp_path / "things.rq"
        path.write_text(text, encoding="utf-8")
        return load([path])["things"]

    return writer


def findings(query: SavedQuery, store: ox.Store) -> list[Finding]:
    return list(check_queries({query.name: query}, store))


def messages(query: SavedQuery, store: ox.Store) -> list[str]:
    return [finding.message for finding in findings(query, store)]


def test_the_answer_is_that_of_the_union_of_all_graphs(write: Write, store: ox.Store) -> None:
    assert messages(write(f"#+ expect: |\n{ROWS}{SELECT}"), store) == []


def test_rows_without_order_are_compared_as_a_multiset(write: Write, store: ox.Store) -> None:
    shuffled = ROWS.splitlines(keepends=True)
    text = "".join([shuffled[0], *reversed(shuffled[1:])])
    assert messages(write(f"#+ expect: |\n{text}{SELECT}"), store) == []


def test_a_wrong_row_is_named_both_ways(write: Write, store: ox.Store) -> None:
    query = write(f"#+ expect: |\n{ROWS.replace('id:b', 'id:x')}{SELECT}")
    found = findings(query, store)
    assert [f.message for f in found] == [
        'missing: id:x | "B"@en',
        'not expected: id:b | "B"@en',
    ]
    assert {f.severity for f in found} == {"violation"}
    assert {f.source for f in found} == {str(query.path)}


def test_a_row_too_many_fails_although_its_like_is_expected(write: Write, store: ox.Store) -> None:
    text = ROWS + '#+   id:c | "C"@en\n'
    assert messages(write(f"#+ expect: |\n{text}{SELECT}"), store) == ['missing: id:c | "C"@en']


def test_a_literal_of_another_type_fails(write: Write, store: ox.Store) -> None:
    query = write(f"#+ expect: |\n{ROWS.replace('@en', '', 1)}{SELECT}")
    assert messages(query, store) == ['missing: id:a | "A"', 'not expected: id:a | "A"@en']


def test_the_order_counts_when_the_query_orders(write: Write, store: ox.Store) -> None:
    query = write(f"#+ expect: |\n{ROWS}{SELECT}ORDER BY DESC(?label)")
    assert messages(query, store) == ['the order differs from row 1 on: id:c | "C"@en']


def test_other_columns_fail(write: Write, store: ox.Store) -> None:
    query = write(f"#+ expect: |\n{ROWS.replace('?thing', '?x')}{SELECT}")
    assert messages(query, store) == ["gives the columns ?thing, ?label, expected ?x, ?label"]


def test_many_differences_are_counted(write: Write, store: ox.Store) -> None:
    rows = "".join(f'#+   id:n{n} | "{n}"\n' for n in range(9))
    query = write(f"#+ expect: |\n{ROWS}{rows}{SELECT}")
    assert messages(query, store)[-1] == "missing: 4 rows more"


def test_no_expectation_fails(write: Write, store: ox.Store) -> None:
    assert messages(write(SELECT), store) == ["has no expected answer"]


def test_no_query_fails(store: ox.Store) -> None:
    (finding,) = check_queries({}, store)
    assert finding.severity == "violation"


def test_an_unreadable_expectation_fails(write: Write, store: ox.Store) -> None:
    for row, message in (
        ("id:a", "row 2 has 1 cells; there are 2 columns"),
        ("id:a | A", "row 2: A is no single term of Turtle"),
        ("id:a | _:b", "row 2: _:b is neither an IRI nor a literal"),
        ("id:a | 1, 2", "row 2: 1, 2 is no single term of Turtle"),
    ):
        query = write(f"#+ expect: |\n#+   ?thing | ?label\n#+   {row}\n{SELECT}")
        assert messages(query, store) == [message]


def test_a_query_that_does_not_run_fails(write: Write, store: ox.Store) -> None:
    (message,) = messages(write("#+ expect: true\nASK { ?s ?p }"), store)
    assert message.startswith("does not run:")


def test_an_ask_is_true_or_false(write: Write, store: ox.Store) -> None:
    assert messages(write("#+ expect: true\nASK { ?s ?p ?o }"), store) == []
    assert messages(write("#+ expect: false\nASK { ?s ?p ?o }"), store) == [
        "answers true, expected false"
    ]


CONSTRUCT = """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
CONSTRUCT { ?s rdfs:seeAlso ?o } WHERE { ?s rdfs:seeAlso ?o }"""


def test_graphs_are_compared_as_graphs(write: Write, store: ox.Store) -> None:
    query = write(CONSTRUCT)
    folder = query.path.parent / "expected"
    folder.mkdir()
    base = "https://w3id.org/parley/id/"
    same = f"<{base}c> <http://www.w3.org/2000/01/rdf-schema#seeAlso> <{base}a> ."
    (folder / "things.ttl").write_text(same, encoding="utf-8")
    assert messages(write(CONSTRUCT), store) == []
    (folder / "things.ttl").write_text(same.replace("/c>", "/x>"), encoding="utf-8")
    assert [m.partition(":")[0] for m in messages(write(CONSTRUCT), store)] == [
        "missing",
        "not expected",
    ]
    (folder / "things.ttl").write_text("not turtle", encoding="utf-8")
    (message,) = messages(write(CONSTRUCT), store)
    assert message.startswith("the expected graph is not valid Turtle")


def test_a_view_needs_its_columns(write: Write, store: ox.Store) -> None:
    query = write(f"#+ view: map\n#+ expect: |\n{ROWS}{SELECT}")
    assert messages(query, store) == ["the view map draws the columns item, wkt, not projected"]
    query = write("#+ view: map\n#+ expect: true\nASK { ?s ?p ?o }")
    assert messages(query, store) == ["the view map draws the rows of a SELECT"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("SELECT ?value ?label { ?value ?p ?label }", None),
        ("SELECT ?value { ?value ?p ?label }", "the choices of x have the columns ?value"),
        ("SELECT ?value ?label { ?value <urn:no> ?label }", "there are no choices for x"),
        (
            "SELECT ?value ?label { BIND(<urn:a> AS ?value) BIND('a' AS ?label) }",
            "the default id:a is not among the choices of x",
        ),
    ],
)
def test_choices_offer_the_default(
    write: Write, store: ox.Store, values: str, message: str | None
) -> None:
    metadata = f"#+ defaults:\n#+   - x: id:a\n#+ values:\n#+   x: {values}\n#+ expect: true\n"
    found = messages(write(metadata + "ASK { ?_x_iri ?p ?o }"), store)
    assert found == ([message] if message else [])


def test_update_writes_what_the_check_accepts(write: Write, store: ox.Store) -> None:
    for text in (SELECT, CONSTRUCT, "ASK { ?s ?p ?o }", f"#+ expect: |\n{ROWS}{CONSTRUCT}"):
        write(text)
        query = write(text)
        update([query], store)
        again = load([query.path])["things"]
        assert messages(again, store) == []
        assert again.body == query.body
        assert update([again], store) == []


def test_update_puts_a_long_table_into_a_file_of_its_own(write: Write, store: ox.Store) -> None:
    query = write(f"#+ summary: Things\n#+ expect: |\n{ROWS}#+ view: table\n{SELECT}")
    store.bulk_extend(
        ox.Quad(
            ox.NamedNode(f"https://w3id.org/parley/id/n{n}"),
            ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label"),
            ox.Literal(f"{n}", language="en"),
            ox.NamedNode("https://w3id.org/parley/graph/one"),
        )
        for n in range(20)
    )
    file = query.path.parent / "expected/things.tsv"
    assert update([query], store) == [file, query.path]
    assert query.path.read_text(encoding="utf-8") == f"#+ summary: Things\n#+ view: table\n{SELECT}"
    assert file.read_text(encoding="utf-8").startswith("?thing\t?label\n")
    assert messages(load([query.path])["things"], store) == []
    file.write_text(file.read_text(encoding="utf-8").replace("id:n7", "id:n77"), encoding="utf-8")
    assert len(messages(load([query.path])["things"], store)) == 2


@pytest.mark.parametrize("separator", [BAR, TAB])
def test_a_table_is_read_as_it_was_written(separator: str) -> None:
    table = Rows(
        ("a", "b"),
        (
            (ox.NamedNode("https://w3id.org/parley/id/a"), None),
            (ox.Literal("a|b\tc\n\u2028\x85d \\"), ox.Literal(" ", language="en")),
            (ox.Literal("12", datatype=ox.NamedNode(XSD + "integer")), ox.NamedNode("urn:a:b")),
        ),
    )
    assert read_table(write_table(table, PREFIXES, separator), PREFIXES) == table


def test_a_table_without_header_is_refused() -> None:
    with pytest.raises(BadInput, match="no header"):
        read_table("\n", PREFIXES)
    with pytest.raises(BadInput, match="names the columns"):
        read_table("id:a | id:b\n", PREFIXES)


def test_an_answer_with_a_blank_node_is_refused(write: Write, store: ox.Store) -> None:
    with pytest.raises(BadInput, match="blank node"):
        ask(write("SELECT (BNODE() AS ?b) { }"), store)


def test_the_default_graph_is_the_query_s_own_when_it_names_one(
    write: Write, store: ox.Store
) -> None:
    query = write("SELECT ?s FROM <https://w3id.org/parley/graph/two> { ?s ?p 'C'@en }")
    assert expectation(ask(query, store), query) == "?s\nid:c\n"
    query = write("SELECT ?s FROM <https://w3id.org/parley/graph/one> { ?s ?p 'C'@en }")
    assert expectation(ask(query, store), query) == "?s\n"
