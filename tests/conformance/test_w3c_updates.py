"""W3C SPARQL 1.1 Update: the dataset after an update is the one the suite says."""

from __future__ import annotations

import pytest
from w3c_cases import of_kinds
from w3c_manifests import Case, Node, read
from w3c_results import isomorphic
from w3c_server import Data, Server, quads


def state(node: Node) -> Data:
    graphs = {(g.one("rdfs:label").text, g.one("ut:graph").text) for g in node.all("ut:graphData")}
    return frozenset({(None, file.text) for file in node.all("ut:data")} | graphs)


@pytest.mark.parametrize("case", of_kinds("UpdateEvaluationTest"))
def test_update(server: Server, case: Case) -> None:
    action = case.node.one("mf:action")
    request = action.one("ut:request").text
    server.hold(state(action))
    answer = server.update(f"BASE <{request}>\n{read(request)}")
    assert answer.status in {200, 204}, answer.text
    found = list(server.quads())
    expected = list(quads(state(case.node.one("mf:result"))))
    assert isomorphic(expected, found), f"expected {expected}\nfound {found}"
