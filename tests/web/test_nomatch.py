"""Why a query returns nothing: the part that leaves nothing is named, and nothing false is said."""

from __future__ import annotations

import html
from typing import Any

import pytest
from flask.testing import FlaskClient

PREFIXES = """PREFIX parley: <https://w3id.org/parley/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX graph: <https://w3id.org/parley/graph/>
PREFIX id: <https://w3id.org/parley/id/>
"""
HEAD = PREFIXES.count("\n")


def ask(client: FlaskClient, text: str) -> dict[str, Any] | None:
    answer = client.get("/sparql/nomatch", query_string={"query": PREFIXES + text})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] | None = answer.json["noMatch"]
    return found


CASES = [
    (
        "a triple among others, on its line",
        "SELECT * {\n ?g a parley:ArmedGroup .\n ?g parley:noSuchThing ?x .\n ?g rdfs:label ?l }",
        (3, "Nothing has the property parley:noSuchThing"),
    ),
    (
        "an object of a list",
        "SELECT * {\n ?g a parley:ArmedGroup ;\n rdfs:label ?l ,\n 'no such label' }",
        (4, "`?g rdfs:label 'no such label'` (line 8) matches nothing."),
    ),
    (
        "a misspelt class",
        "SELECT * {\n ?g a parley:ArmedGrop }",
        (2, "parley:ArmedGrop occurs nowhere in the data; did you mean parley:ArmedGroup?"),
    ),
    (
        "a misspelt thing",
        "ASK {\n id:no-such-thing rdfs:label ?l }",
        (2, "id:no-such-thing occurs nowhere"),
    ),
    (
        "a missing language tag",
        'SELECT * {\n ?g rdfs:label "Kabul" }',
        (2, '"Kabul" has no match, "Kabul"@en has.'),
    ),
    (
        "the wrong direction",
        "SELECT * {\n parley:ArmedGroup a id:afghan-taliban . }",
        (2, "The other way round it does: `id:afghan-taliban a parley:ArmedGroup`"),
    ),
    (
        "patterns that match only apart",
        "SELECT * {\n ?g a parley:ArmedGroup .\n ?g a parley:State }",
        (3, "`?g a parley:State` (line 7) matches on its own, but nothing that goes with"),
    ),
    (
        "a filter, wherever it stands",
        'SELECT * {\n FILTER(?l = "x")\n ?g a parley:ArmedGroup ; rdfs:label ?l }',
        (2, "the FILTER in line 6 lets nothing pass"),
    ),
    (
        "a filter that asks for absence",
        "SELECT * {\n ?g a parley:ArmedGroup .\n FILTER NOT EXISTS { ?g rdfs:label ?l } }",
        (3, "the FILTER in line 7"),
    ),
    (
        "an optional part before, which is never to blame",
        "SELECT * {\n OPTIONAL { ?g parley:none ?x }\n ?g parley:alsoNone ?y }",
        (3, "Nothing has the property parley:alsoNone"),
    ),
    (
        "a union",
        "SELECT * {\n ?g a parley:ArmedGroup\n { ?g parley:no1 ?x } UNION\n { ?g parley:no2 ?x } }",
        (3, "No branch of the UNION in lines 7 to 8 matches anything."),
    ),
    (
        "a property path",
        "SELECT * {\n ?g rdfs:label/parley:none+ ?x }",
        (2, "Nothing has the property parley:none."),
    ),
    (
        "an inverse path",
        "SELECT * {\n ?g ^a/rdfs:label ?x .\n ?x rdfs:label ?y }",
        (3, "`?x rdfs:label ?y` (line 7) matches on its own, but nothing that goes with"),
    ),
    (
        "values",
        "SELECT * {\n ?g a parley:ArmedGroup .\n VALUES ?g { id:one id:other } }",
        (3, "None of the VALUES in line 7 goes with"),
    ),
    (
        "a graph that is empty",
        "SELECT * {\n GRAPH graph:nowhere { ?s ?p ?o } }",
        (2, "The graph graph:nowhere holds nothing."),
    ),
    (
        "a pattern that other graphs have",
        "SELECT * {\n GRAPH graph:confirmed {\n ?s rdfs:label ?o } }",
        (3, "It does match in other graphs."),
    ),
    (
        "minus",
        "SELECT * {\n ?g a parley:ArmedGroup .\n MINUS { ?g a parley:ArmedGroup } }",
        (3, "the MINUS in line 7 takes all away"),
    ),
    (
        "a subquery",
        "SELECT * {\n ?g a parley:ArmedGroup\n { SELECT ?g { ?g parley:none ?x } } }",
        (3, "The subquery in line 7 matches nothing."),
    ),
    (
        "a group inside",
        "SELECT * {\n { ?g a parley:ArmedGroup .\n ?g parley:none ?x } }",
        (3, "Nothing has the property parley:none"),
    ),
    (
        "brackets, which are taken whole",
        "SELECT * {\n ?g a parley:ArmedGroup .\n [] parley:none [ rdfs:label ?l ] ; a ?c }",
        (3, "(line 7) matches nothing."),
    ),
    (
        "a construct",
        "CONSTRUCT { ?g a ?c } WHERE {\n ?g parley:none ?c # not '}' yet\n }",
        (2, "Nothing has the property parley:none"),
    ),
    (
        "the dataset of the query",
        "SELECT * FROM graph:nowhere WHERE {\n ?g a parley:ArmedGroup }",
        (2, "matches nothing."),
    ),
    (
        "what comes after the group",
        "SELECT * {\n ?g a parley:ArmedGroup }\nOFFSET 100000",
        (3, "The patterns match; the OFFSET after them (line 7) leaves nothing."),
    ),
    (
        "having",
        "SELECT ?g {\n ?g a parley:ArmedGroup }\nGROUP BY ?g HAVING(COUNT(*) > 99)",
        (3, "the HAVING after them"),
    ),
    (
        "a variable for the verb",
        "SELECT * {\n id:afghan-taliban ?p 'no such value' }",
        (2, "`id:afghan-taliban ?p 'no such value'` (line 6) matches nothing."),
    ),
]


@pytest.mark.parametrize(
    ("text", "wanted"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_the_part_that_leaves_nothing_is_named(
    client: FlaskClient, text: str, wanted: tuple[int, str]
) -> None:
    found = ask(client, text)
    assert found is not None
    line, words = wanted
    assert words in found["message"]
    assert found["line"] == HEAD + line


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?g a parley:ArmedGroup }",
        "SELECT * { ?g a parley:ArmedGroup FILTER(RAND() > 2) }",
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "DESCRIBE id:no-such-thing",
        "ASK {}",
        "CONSTRUCT { ?x a ?y } WHERE { ?g a parley:ArmedGroup }",
    ],
)
def test_where_it_cannot_be_told_nothing_is_said(client: FlaskClient, text: str) -> None:
    assert ask(client, text) is None


def test_a_query_that_is_no_query_is_an_error(client: FlaskClient) -> None:
    answer = client.post("/sparql/nomatch", data={"query": "SELECT * { ?g a"})
    assert answer.status_code == 400
    assert answer.json["line"] == 1


def test_the_page_says_it_without_any_script(client: FlaskClient) -> None:
    text = PREFIXES + "SELECT * { ?g a parley:ArmedGrop }"
    page = client.get("/sparql", query_string={"query": text}, headers={"Accept": "text/html"})
    assert "Nothing found." in page.text
    assert "did you mean parley:ArmedGroup?" in html.unescape(page.text)
    found = client.get(
        "/sparql",
        query_string={"query": PREFIXES + "SELECT * { ?g a parley:ArmedGroup }"},
        headers={"Accept": "text/html"},
    )
    assert "Nothing found." not in found.text


def test_hostile_names_stay_text_in_the_page(client: FlaskClient) -> None:
    text = "SELECT * { ?s ?p '<script>alert(1)</script>' }"
    page = client.get("/sparql", query_string={"query": text}, headers={"Accept": "text/html"})
    assert "Nothing found." in page.text
    assert "<script>alert" not in page.text
