"""`python -m bench.pages` in short: every page is opened in a browser and asked for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(
    not shutil.which("chromium"), reason="there is no chromium; on Debian: apt-get install chromium"
)
def test_pages_are_light_and_answered(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = (
        f"-m bench.pages --quads 1000 --times 1 --seconds 0.2 --data {tmp_path} --json {figures}"
    )
    done = subprocess.run(
        [sys.executable, *command.split()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'server'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(figures.read_text(encoding="utf-8"))
    opened = {row["path"]: row for row in rows if "paint" in row}
    assert len(opened) == 11
    for path, row in opened.items():
        assert row["paint"] > 0
        assert row["bytes"] > 1000
        assert path == "/sparql" or row["scripts"] < 300_000
    assert {"/claims", "the query network.rq"} <= {row["what"] for row in rows if "again" in row}
    assert {row["server"] for row in rows if "p99" in row} == {"parley", "datasette"}
    assert all(row["answers"] >= 8 for row in rows if "p99" in row)
