"""A short run of the fuzzer: no mistake of ours, no hang, and it did try something."""

from __future__ import annotations

import itertools
import logging
from pathlib import Path

import pytest

from bench import fuzz


def test_strange_requests_are_answered_or_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    with fuzz.application(tmp_path) as application:
        found = fuzz.fuzz_web(application, range(3_000), 12)
    assert found.wrong == []
    assert found.inputs > 100
    assert {"200", "400", "404"} <= set(found.statuses)


def test_strange_texts_are_read_or_refused() -> None:
    found = fuzz.fuzz_lexer(itertools.count(), 3)
    assert found.wrong == []
    assert {"read", "BadQuery", "Forbidden"} <= set(found.statuses)
