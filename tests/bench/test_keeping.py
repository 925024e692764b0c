"""The measurements of keeping give a figure each, on a few versions."""

from __future__ import annotations

from pathlib import Path

from bench import keeping


def test_every_figure_is_there(tmp_path: Path) -> None:
    keeping.fill(tmp_path / "first", 300)
    keeping.copied(tmp_path / "first", tmp_path / "instance")
    found = keeping.measure(tmp_path / "instance", 6, tmp_path, keep=2)
    assert found["versions"] == 7
    assert found["quads"] == 300 + 3 * 6
    assert found["disk per commit, KiB"] < 1024
    assert "rebuild a version of the middle, s" in found
    assert all(figure > 0 for figure in found.values()), found
