"""W3C SPARQL 1.1 Query and Update: what must be accepted and what must be refused."""

from __future__ import annotations

import pytest
from w3c_cases import of_kinds
from w3c_manifests import Case, read
from w3c_server import Answer, Server


def send(server: Server, case: Case) -> Answer:
    file = case.node.one("mf:action").text
    if file.endswith(".ru"):
        return server.update(read(file))
    return server.query(read(file), "*/*")


@pytest.mark.parametrize("case", of_kinds("PositiveSyntaxTest", "PositiveUpdateSyntaxTest"))
def test_accepted(server: Server, case: Case) -> None:
    answer = send(server, case)
    assert answer.status in {200, 204}, answer.text


@pytest.mark.parametrize("case", of_kinds("NegativeSyntaxTest", "NegativeUpdateSyntaxTest"))
def test_refused(server: Server, case: Case) -> None:
    answer = send(server, case)
    assert answer.status == 400, answer.text
    assert answer.media_type == "application/problem+json"
