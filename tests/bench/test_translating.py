"""The measurement of translations gives the figures of a file that was really written."""

from __future__ import annotations

from pathlib import Path

from bench import translating


def test_every_figure_is_there(tmp_path: Path) -> None:
    translating.build(tmp_path)
    assert "tables/claims.csv" in translating.names()
    found = translating.measure(tmp_path, "reifiers.ttl")
    assert found.size > 100_000
    assert found.seconds > 0
