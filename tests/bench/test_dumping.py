"""The measurement of dumps reads whole files from a server, and the second time at once."""

from __future__ import annotations

import os
from pathlib import Path

from bench import dumping, limits


def test_every_form_has_its_figures(tmp_path: Path) -> None:
    limits.make(tmp_path / "small", 200)
    (found,) = dumping.measure(tmp_path / "small", tmp_path, ["nq"])
    assert found.form == "nq"
    assert found.size > 400 * 40
    assert 0 < found.again < found.first + 5
    # A dump of this size may take less than one tick of the processor's clock.
    assert 0 <= found.cpu <= found.first * (os.cpu_count() or 1) + 0.1
