"""W3C SPARQL 1.1 Protocol and Graph Store Protocol: the exchanges of their manifests."""

from __future__ import annotations

import pytest
from w3c_cases import of_kinds
from w3c_http import Exchange
from w3c_manifests import Case
from w3c_server import SPARQL, STORE, Server


@pytest.mark.parametrize("case", of_kinds("ProtocolTest"))
def test_protocol(server: Server, case: Case) -> None:
    graphs = case.node.all("ut:graphData")
    server.hold(frozenset((g.one("rdfs:label").text, g.one("ut:graph").text) for g in graphs))
    if not case.iri.rpartition("#")[2].startswith("query"):
        server.holding = None
    Exchange(server, "/sparql/", SPARQL).run(case.node.one("mf:action"))


@pytest.mark.parametrize("case", of_kinds("GraphStoreProtocolTest"))
def test_graph_store(server: Server, case: Case) -> None:
    server.hold(frozenset())
    server.holding = None
    Exchange(server, "/gsp", STORE).run(case.node.one("mf:action"))
