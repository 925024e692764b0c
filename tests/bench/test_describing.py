"""The measurement of the descriptions gives a figure each, on a small dataset."""

from __future__ import annotations

from pathlib import Path

from bench.data import prepared

from bench import describing, keeping
from parley.files import open_dataset


def test_every_figure_is_there(tmp_path: Path) -> None:
    data = prepared(tmp_path / "data", 500)
    keeping.copied(data.instance, tmp_path / "instance")
    found = describing.measure(tmp_path / "instance", open_dataset(data.dataset))
    assert found["quads"] == data.quads
    assert found["triples of the description"] > 1000
    assert all(figure > 0 for figure in found.values()), found
