"""W3C SPARQL 1.1 Query: evaluation, the answer compared in every format the server writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import pytest
from w3c_cases import of_kinds
from w3c_manifests import BASE, Case, cases, path, read
from w3c_results import GRAPHS, SELECTS, Table, isomorphic, read_file, same, triples
from w3c_results import read as read_results
from w3c_server import Answer, Data, Server

Ask = Callable[[str], Answer]
KINDS = ("QueryEvaluationTest", "CSVResultFormatTest")
NOTHING = f"{BASE}no-such-file"

# A query form that asks for an order of the answer itself, not of a subquery's.
_ORDERED = re.compile(r"\bORDER\s+BY\b[^{}]*\Z", re.IGNORECASE)
_GRAPH = re.compile(r"^\s*CONSTRUCT\b", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(r"\bFROM\b", re.IGNORECASE)


@cache
def every_graph() -> Data:
    """Each file with data for a query, in the graph of its own name."""
    actions = [case.node.one("mf:action") for case in cases() if case.kind in KINDS]
    files = {n.text for a in actions for n in a.all("qt:data") + a.all("qt:graphData")}
    return frozenset((file, file) for file in files)


@pytest.mark.parametrize("case", of_kinds(*KINDS))
def test_query(server: Server, case: Case) -> None:
    """All data is put there once; a test's dataset is what `default-graph-uri` and so on name."""
    server.hold(every_graph())
    action = case.node.one("mf:action")
    query = action.one("qt:query").text
    text = f"BASE <{query}>\n{read(query)}"
    dataset = {}
    if not _FROM.search(text):
        dataset["default"] = [n.text for n in action.all("qt:data")] or [NOTHING]
        dataset["named"] = [n.text for n in action.all("qt:graphData")]

    def ask(media_type: str) -> Answer:
        answer = server.query(text, media_type, **dataset)
        assert (answer.status, answer.media_type) == (200, media_type), answer.text
        return answer

    result = case.node.one("mf:result").text
    if _GRAPH.search(text):
        check_graph(ask, result)
    else:
        check_table(ask, result, ordered=bool(_ORDERED.search(text)))


def check_graph(ask: Ask, result: str) -> None:
    expected = list(triples(path(result).read_bytes(), "text/turtle", result))
    for media_type in GRAPHS:
        answer = ask(media_type)
        found = triples(answer.body, media_type, result)
        assert isomorphic(expected, found), answer.text


def check_table(ask: Ask, result: str, *, ordered: bool) -> None:
    expected = read_file(result)
    for media_type, form in SELECTS.items():
        if not isinstance(expected, Table) and form in {"csv", "tsv"}:
            continue  # the recommendation has no CSV or TSV for ASK
        if result.endswith(".csv") and form != "csv":
            continue  # the file does not say enough
        answer = ask(media_type)
        wanted = expected
        found = read_results(answer.body, form)
        if form == "csv" and isinstance(expected, Table) and isinstance(found, Table):
            wanted, found = expected.plain(), found.plain()
        problem = f"{media_type}: expected {wanted}\nfound {found}"
        assert same(wanted, found, ordered=ordered), problem
