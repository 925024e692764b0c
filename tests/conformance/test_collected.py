"""The suite is whole: as many tests of each kind as it is known to have."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from w3c_cases import ABSENT, expected
from w3c_manifests import BASE, SUITE, cases

GUIDE = Path(__file__).parents[2] / "docs" / "linked-data.md"
present = pytest.mark.skipif(not SUITE.exists(), reason=ABSENT)


@present
def test_every_test_of_the_suite_is_collected() -> None:
    assert Counter(case.kind for case in cases()) == {
        "QueryEvaluationTest": 239,
        "UpdateEvaluationTest": 94,
        "PositiveSyntaxTest": 66,
        "NegativeSyntaxTest": 48,
        "PositiveUpdateSyntaxTest": 42,
        "ProtocolTest": 34,
        "NegativeUpdateSyntaxTest": 13,
        "GraphStoreProtocolTest": 13,
        "CSVResultFormatTest": 3,
        "ServiceDescriptionTest": 3,
    }
    assert len({case.iri for case in cases()}) == 555


@present
def test_every_expected_failure_is_a_test_of_the_suite() -> None:
    assert expected().keys() <= {case.iri for case in cases()}


def test_the_guide_lists_the_expected_failures() -> None:
    lines = re.findall(r"^\| `([^/`].+?#.+?)` \| (.+) \|$", GUIDE.read_text(encoding="utf-8"), re.M)
    assert {BASE + test: reason for test, reason in lines} == expected()
