"""SPARQL on the level of tokens: kinds, parameters, what a request may reach, hostile input."""

import contextlib
import re
import time

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley import sparql
from parley.errors import BadQuery, Forbidden
from parley.sparql.lexer import DEEPEST, decode_escapes

A = ox.NamedNode("http://example.org/a")
EVIL = '"} ; DROP ALL ; SELECT * { ?s ?p "'


def rows(text: str, data: str = "") -> list[dict[str, str]]:
    store = ox.Store()
    store.load(data.encode(), ox.RdfFormat.TURTLE)
    found = store.query(text, use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    names = [v.value for v in found.variables]
    return [{n: str(row[n]) for n in names if row[n] is not None} for row in found]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT * {}", "select"),
        ("# ASK\nPREFIX : <http://x/> BASE <http://y/>\nselect*{}", "select"),
        ("PREFIX ask: <http://x/> ASK { ?s ask:select 'DESCRIBE' }", "ask"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "construct"),
        ("DESCRIBE <http://x/SELECT>", "describe"),
        ("SELECT * { { SELECT ?x { ?x ?y ?z } } }", "select"),
        ("SELECT (EXISTS { ?a ?b ?c } AS ?x) {}", "select"),
        ('VERSION "1.2" SELECT * { <<( ?s ?p ?o )>> ?q "x"@en--ltr ~ ?r {| ?a ?b |} }', "select"),
        ("INSERT DATA { <http://a> <http://b> 'c' } ; PREFIX x: <http://x/> CLEAR ALL", "update"),
        ("WITH <http://g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", "update"),
        ("", "update"),
        (";", "update"),
        (r"\u0053ELECT * {}", "select"),
    ],
)
def test_kind_is_read_past_prologue_comments_and_strings(text: str, kind: str) -> None:
    assert sparql.kind(text) == kind


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("ASK {} ASK {}", (1, 8), "several queries"),
        ("ASK {} ; DROP ALL", (1, 10), "a query and an update"),
        ("DROP ALL ; SELECT * {}", (1, 12), "a query and an update"),
        ("SELEKT * {}", (1, 1), "did you mean SELECT?"),
        ("SELECT *\n { ?s ?p 'x }", (2, 10), "string does not end"),
        ('SELECT *\n { ?s ?p """x }', (2, 10), "string does not end"),
        ("SELECT * { ( }", (1, 14), "cannot close the '(' of line 1, column 12"),
        ("SELECT * { ", (1, 10), "never closed"),
        ("SELECT * } ", (1, 10), "nothing is open"),
        ("SELECT * { ?s ?p `x` }", (1, 18), "cannot stand here"),
        (r"SELECT * { ?s ?p \u0022x } # service", (1, 18), "not allowed here"),
        ("SELECT * " + "{" * 300 + "}" * 300, (1, 10 + DEEPEST), "brackets inside each other"),
        ("<http://x> SELECT * {}", (1, 1), "cannot begin a request"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    text: str, place: tuple[int, int], said: str
) -> None:
    with pytest.raises(BadQuery, match=re.escape(said)) as raised:
        sparql.read_closely(text)
    assert (raised.value.line, raised.value.column) == place


SMUGGLED = [
    "ASK { SERVICE <http://evil/> {} }",
    "ASK { service silent<http://evil/>{} }",
    "PREFIX : <http://evil/> ASK { SERVICE:x {} }",
    "PREFIX : <http://evil/> ASK { SERVICE : {} }",
    r"ASK { S\u0045RVICE <http://evil/> {} }",
    r"ASK { \U00000053ERVICE <http://evil/> {} }",
    "ASK { SERVICE ?x {} }",
    "ASK { ?s ?p ?o # '\n SERVICE <http://evil/> {} # '\n}",
    'ASK { BIND(1 AS ?a) FILTER(?a<?a)#>"""\n SERVICE <http://evil/> {} #"""\n}',
    "ASK { FILTER(?a<?b)SERVICE?x#>\n{} }",
    "PREFIX x: <http://evil/> ASK { FILTER EXISTS { SERVICE x:a {} } }",
    "BASE <http://evil/> ASK { SERVICE <> {} }",
    "PREFIX g: <http://good/> PREFIX g: <http://evil/> ASK { SERVICE g:x {} }",
    "ASK { SERVICE <http://good@evil/> {} }",
    "ASK { SERVICE <http://good:81/> {} }",
    "ASK { SERVICE <http://GOOD.evil/> {} }",
    "ASK { SERVICE <http:good> {} }",
    "ASK { SERVICE <http://[good> {} }",
    "ASK { SERVICE <file:///etc/passwd> {} }",
]


@pytest.mark.parametrize("text", SMUGGLED)
def test_service_is_found_however_it_is_hidden(text: str) -> None:
    """Either it is refused, or what is handed on is read by the engine without any SERVICE."""
    try:
        parsed = sparql.silence(sparql.read(text), ("good",))
        sparql.allow(parsed, ("good",))
    except (Forbidden, BadQuery):
        return
    with contextlib.suppress(SyntaxError):  # then it is no query for the engine either
        ox.Store().query(parsed.text)


def test_service_to_a_listed_host_is_allowed() -> None:
    text = "PREFIX g: <https://good/> ASK { SERVICE SILENT g:sparql {} SERVICE <http://x:81/> {} }"
    parsed = sparql.read(text)
    assert parsed.services == ("https://good/sparql", "http://x:81/")
    sparql.allow(parsed, ("good", "http://x:81"))
    with pytest.raises(Forbidden, match="hosts allowed: good"):
        sparql.allow(parsed, ("good",))


def test_a_prefix_called_silent_is_not_taken_for_the_keyword() -> None:
    text = "PREFIX silent: <http://good/> PREFIX : <http://evil/> ASK { SERVICE silent:x {} }"
    parsed = sparql.read(text)
    assert parsed.services == ("http://good/x",)
    assert "SERVICE  <http://good/x>" in parsed.text


def test_load_is_refused_and_its_target_named() -> None:
    parsed = sparql.read("PREFIX x: <http://evil/> LOAD SILENT x:data INTO GRAPH <http://g>")
    assert parsed.loads == ("http://evil/data",)
    with pytest.raises(Forbidden, match="LOAD is not allowed"):
        sparql.allow(parsed, ("evil",))


@pytest.mark.parametrize(
    "text",
    [
        "PREFIX service: <http://x/> SELECT ?s { ?s service:silent 'SERVICE <http://evil/> {}' }",
        "SELECT ?s { ?s <http://x/SERVICE> ?load # SERVICE <http://evil/>\n }",
        "PREFIX load: <http://x/> SELECT ?s { ?s load:a ?o }",
    ],
)
def test_the_word_service_elsewhere_is_harmless(text: str) -> None:
    parsed = sparql.read(text)
    sparql.allow(parsed, ())
    assert rows(parsed.text) == rows(text)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("SELECT * FROM <http://g> {}", True),
        ("SELECT * FROM NAMED <http://g> {}", True),
        ("SELECT * { ?from ?p 'FROM' } # FROM", False),
        ("PREFIX from: <http://x/> SELECT * { ?s from:from ?o }", False),
    ],
)
def test_dataset_clause_is_told_from_other_words(text: str, *, given: bool) -> None:
    assert sparql.read(text).dataset_clause is given


def test_rewritten_text_keeps_lines_and_meaning() -> None:
    text = "PREFIX s: <http://x/> # SERVICE\nSELECT (1 AS ?x) # <\n{ }\n# load"
    parsed = sparql.read(text)
    assert "#" not in parsed.text.replace("<http://x/>", "")
    assert parsed.text.count("\n") == text.count("\n")
    assert rows(parsed.text) == rows(text)


DATA = '<http://example.org/a> <http://p> "x", "y" . <http://example.org/b> <http://p> "z" .'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT ?o { ?_s <http://p> ?o } ORDER BY ?o", [{"o": '"x"'}, {"o": '"y"'}]),
        ("SELECT ?_s ?o { ?_s <http://p> ?o } ORDER BY ?o LIMIT 1", [{"_s": str(A), "o": '"x"'}]),
        (
            "SELECT DISTINCT ?_s (COUNT(?o) AS ?n) { $_s <http://p> ?o } GROUP BY ?_s ORDER BY ?_s",
            [
                {
                    "_s": str(A),
                    "n": '"2"^^<http://www.w3.org/2001/XMLSchema#integer>',
                }
            ],
        ),
        ("SELECT ?o { ?s <http://p> ?o FILTER(?s=?_s) } ORDER BY ?o LIMIT 1", [{"o": '"x"'}]),
        ("SELECT ?o { ?s <http://p> ?o FILTER(?s IN(?_s)) } ORDER BY ?o LIMIT 1", [{"o": '"x"'}]),
        ("SELECT (BOUND(?_s) AS ?b) {}", [{"b": str(ox.Literal(True))}]),
        ("SELECT ?x { BIND(?_s AS ?x) }", [{"x": str(A)}]),
        (
            "SELECT ?o { VALUES ?_s { 'default' } ?_s <http://p> ?o } ORDER BY ?o LIMIT 1",
            [{"o": '"x"'}],
        ),
        ("SELECT ?_s { VALUES (?_s) { (1) (2) } }", [{"_s": str(A)}]),
        ("SELECT (STR(?_s) AS ?x) { }", [{"x": '"http://example.org/a"'}]),
        ("SELECT ?o { { SELECT ?_s ?o { ?_s ?p ?o } } } ORDER BY DESC(?o) LIMIT 1", [{"o": '"y"'}]),
        ("SELECT ('?_s' AS ?x) {} # ?_s", [{"x": '"?_s"'}]),
    ],
)
def test_parameter_becomes_a_term_wherever_it_stands(
    text: str, expected: list[dict[str, str]]
) -> None:
    bound = sparql.bind(text, {"_s": A})
    assert rows(bound, DATA) == expected


def test_parameter_is_bound_in_a_template() -> None:
    text = "CONSTRUCT { ?_s <http://q> ?_v } WHERE { ?_s <http://p> ?o }"
    bound = sparql.bind(text, {"_s": A, "_v": ox.Literal(EVIL, language="en")})
    store = ox.Store()
    store.load(DATA.encode(), ox.RdfFormat.TURTLE)
    result = store.query(bound)
    assert isinstance(result, ox.QueryTriples)
    (triple,) = set(result)
    assert triple.object == ox.Literal(EVIL, language="en")


def test_an_injection_attempt_is_just_a_strange_literal() -> None:
    bound = sparql.bind("SELECT ?_v { }", {"_v": ox.Literal(EVIL)})
    assert rows(bound) == [{"_v": str(ox.Literal(EVIL))}]


def test_several_terms_fit_values_and_in_only() -> None:
    several = {"_v": (ox.Literal(1), ox.Literal(2))}
    assert len(rows(sparql.bind("SELECT ?_v { VALUES ?_v { 7 } }", several))) == 2
    assert len(rows(sparql.bind("SELECT ?x { BIND(2 AS ?x) FILTER(?x IN (?_v)) }", several))) == 1
    with pytest.raises(BadQuery, match="one value here"):
        sparql.bind("SELECT ?s { ?s ?p ?_v }", several)


@pytest.mark.parametrize("text", ["SELECT (1 AS ?_s) {}", "SELECT * { BIND(1 AS ?_s) }"])
def test_a_parameter_cannot_be_assigned(text: str) -> None:
    with pytest.raises(BadQuery, match="cannot be assigned"):
        sparql.bind(text, {"_s": A})


def test_values_of_several_parameters_need_all_of_them() -> None:
    text = "SELECT * { VALUES (?_a ?_b) { (1 2) } }"
    bound = sparql.bind(text, {"_a": ox.Literal("x"), "_b": ox.Literal("y")})
    assert rows(bound) == [{"_a": '"x"', "_b": '"y"'}]
    with pytest.raises(BadQuery, match="several variables"):
        sparql.bind(text, {"_a": ox.Literal("x")})


def test_using_is_added_before_every_where() -> None:
    text = (
        "PREFIX x: <http://x/> DELETE { ?s ?p 'WHERE' } WHERE { ?s ?p ?o } ;"
        " INSERT DATA { <http://a> <http://b> 1 } ; DELETE WHERE { ?s x:a ?o }"
    )
    changed = sparql.add_using(text, ["http://g"], ["http://n"])
    clause = "USING <http://g> USING NAMED <http://n> WHERE {"
    assert changed.count(clause) == 2
    assert "DELETE { ?s x:a ?o } USING" in changed
    ox.Store().update(changed)


@pytest.mark.parametrize(
    "text",
    [
        "WITH <http://g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "DELETE { ?s ?p ?o } USING <http://g> WHERE { ?s ?p ?o }",
    ],
)
def test_using_conflicts_with_the_updates_own_dataset(text: str) -> None:
    with pytest.raises(BadQuery, match="cannot stand together"):
        sparql.add_using(text, ["http://g"], [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT * { ?s ?p }", "at or before '}'"),
        ("SELECT * {\n ?s foaf:name ?n }", "the prefix 'foaf:' is not declared"),
        ("SELECT * { <a> ?p ?o }", "is relative"),
        ("SELECT ?s { ?s ?p ?o } GROUP BY ?o", "variable that is unbound"),
    ],
)
def test_an_engines_syntax_error_is_said_plainly(text: str, said: str) -> None:
    with pytest.raises(SyntaxError) as raised:
        ox.Store().query(text)
    error = sparql.explain(text, str(raised.value))
    assert said in error.message
    assert error.line is not None


def test_a_page_keeps_order_and_a_trailing_values() -> None:
    text = "SELECT ?x { } ORDER BY ?x VALUES ?x { 3 1 2 } # end"
    values = [row["x"][1] for row in rows(sparql.page(text, 2, 1))]
    assert values == ["2", "3"]
    assert rows(sparql.total(text))[0]["total"].startswith('"3"')


@pytest.mark.parametrize(
    "text", ["SELECT * {} LIMIT 1", "SELECT * FROM <http://g> {}", "ASK {}", ""]
)
def test_what_has_no_pages_is_refused(text: str) -> None:
    with pytest.raises(BadQuery, match="pages"):
        sparql.page(text, 1, 0)


HOSTILE = {
    "deep brackets": "(" * 1_250,
    "brackets in turn": "()" * 25_000,
    "quotes": '"' * 125_000,
    "mixed quotes": "'\"" * 62_500,
    "long strings": '"""' + 'a"' * 62_500,
    "escapes": '"\\q' * 37_500,
    "escaped quotes": '"' + 'a\\"' * 40_000,
    "escaped quotes after backslashes": ("\\'" + "a" * 10) * 10_000,
    "quotes and line ends": ('"' + "a" * 10 + "\n") * 10_000,
    "names with dots": "a." * 62_500,
    "dots": ":a" + "." * 500_000 + "b",
    "angles": "<" * 37_500,
    "angles and names": "<a" * 25_000,
    "code points": "\\u0041" * 18_750,
    "percents": ":" + "%2" * 37_500,
    "hashes": "#" * 125_000,
    "variables": "?" * 37_500,
    "languages": "@a-" * 25_000,
    "numbers": "1." * 25_000,
    "prologue": "PREFIX a: <a> " * 50_000 + "x",
    "words": "service " * 12_500,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_no_more_than_its_length(name: str) -> None:
    """Eight times the text takes about eight times the time; quadratic work would take 64."""
    text = HOSTILE[name]

    def cost(part: str) -> float:
        start = time.process_time()
        with contextlib.suppress(BadQuery):
            sparql.read_closely(part)
        return time.process_time() - start

    eighth = min(cost(text[: len(text) // 8]) for _ in range(3))
    assert min(cost(text) for _ in range(2)) < 24 * eighth + 0.1


PIECES = st.lists(
    st.sampled_from(
        [
            *"{}()[].;,<>?$:#'\"\\|^&!=*+-/@_ \n",
            *("SELECT", "ASK", "SERVICE", "LOAD", "FROM", "INSERT", "DATA", "WHERE", "VALUES"),
            *("?_x", "<http://x/>", "x:y", "'''", '"""', r"\u0053", r"\'", "1e5", "@en", "_:b"),
        ]
    ),
    max_size=40,
).map("".join)


@given(st.one_of(st.text(max_size=200), PIECES))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = sparql.tokens(decode_escapes(text))
    except BadQuery:
        return
    decoded = decode_escapes(text)
    position = 0
    for token in found:
        assert decoded[position : token.start].strip(" \t\r\n") == ""
        assert decoded[token.start : token.end] == token.text
        position = token.end
    assert decoded[position:].strip(" \t\r\n") == ""


@given(PIECES)
def test_what_passes_reaches_no_service(text: str) -> None:
    """Whatever is let through, the engine finds no SERVICE in it to call."""
    try:
        parsed = sparql.read(f"PREFIX x: <http://127.0.0.1:9/> ASK {{ {text} }}")
        sparql.allow(parsed, ())
        ox.Store().query(parsed.text)
    except (BadQuery, Forbidden, SyntaxError):
        pass


@given(st.text(), st.sampled_from(["", "en"]))
def test_a_bound_literal_comes_back_unchanged(value: str, language: str) -> None:
    try:
        literal = ox.Literal(value, language=language) if language else ox.Literal(value)
        bound = sparql.bind("SELECT ?_v { }", {"_v": literal})
    except UnicodeEncodeError:  # a lone surrogate is no text of RDF
        return
    assert rows(bound) == [{"_v": str(literal)}]


@given(st.text(), st.integers(min_value=0, max_value=50))
def test_place_counts_lines_and_columns_from_one(text: str, offset: int) -> None:
    offset = min(offset, len(text))
    line, column = sparql.place(text, offset)
    lines = text.split("\n")
    assert sum(len(part) + 1 for part in lines[: line - 1]) + column - 1 == offset
