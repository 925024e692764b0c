"""The suite is whole: as many tests of each kind as it is known to have."""

from __future__ import annotations

from collections import Counter

import pytest
from w3c_cases import ABSENT, expected
from w3c_manifests import SUITE, cases

pytestmark = pytest.mark.skipif(not SUITE.exists(), reason=ABSENT)


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


def test_every_expected_failure_is_a_test_of_the_suite() -> None:
    assert expected().keys() <= {case.iri for case in cases()}
