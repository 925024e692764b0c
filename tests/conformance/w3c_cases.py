"""The suite's tests as pytest parameters: their IRI as id, expected failures with their reason."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any  # pytest names the type of its parameters only since release 9

import pytest
from w3c_manifests import BASE, SUITE, Case, cases

ABSENT = "the W3C tests are not in ../shared/w3c/sparql11 beside this checkout"


@cache
def expected() -> dict[str, str]:
    """The reason of each test that is expected to fail, by its IRI."""
    groups = tomllib.loads(Path(__file__).with_name("expected.toml").read_text(encoding="utf-8"))
    return {BASE + test: group["reason"] for group in groups.values() for test in group["tests"]}


def of_kinds(*kinds: str) -> list[Any]:
    """The tests of these kinds; one that is skipped where the suite is absent."""
    if not SUITE.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT))]
    return [_parameter(case) for case in cases() if case.kind in kinds]


def _parameter(case: Case) -> Any:
    reason = expected().get(case.iri)
    marks = [pytest.mark.xfail(reason=reason, raises=AssertionError)] if reason else []
    return pytest.param(case, id=case.iri, marks=marks)
