"""`python -m bench --short`: every measurement gives a figure and the servers' answers agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any  # the parsed JSON

import pytest

# The others take long to start; a full run holds their answers beside these.
QUICK = ("parley", "oxigraph")
ROOT = Path(__file__).resolve().parents[2]
ENV = {**os.environ, "PYTHONPATH": f"{ROOT / 'server'}{os.pathsep}{ROOT}"}
WORKLOADS = {"lookup", "repeated", "join", "text", "aggregate", "rows", "triples"}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("bench")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bench", "--short"),
            *("--out", str(folder), "--data", str(folder / "data"), "--servers", *QUICK),
        ],
        cwd=ROOT,
        env=ENV,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("short-*.json")
    assert list(folder.glob("data/*/dump.nq")), "the prepared data was not kept"
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_start_is_timed_and_weighed(results: Any) -> None:
    first, second = results["first"]
    assert first["build"] > 0
    assert second["build"] is None
    for start in (first, second):
        assert start["seconds"] > 0
        if sys.platform == "linux":
            assert start["at_rest"]["pss"] > 0
            assert start["after_load"]["pss"] > 0


def test_every_build_and_check_succeeds(results: Any) -> None:
    steps = results["building"]
    assert {(s["dataset"], s["command"]) for s in steps} == {
        ("synthetic", command) for command in ("build", "check --quick")
    }
    for step in steps:
        assert step["outcome"] == "done", step["output"]
        assert step["quads"] > 0
        assert step["seconds"] > 0


@pytest.mark.parametrize("server", QUICK)
def test_every_workload_has_a_figure_and_agreeing_answers(results: Any, server: str) -> None:
    (comparison,) = results["serving"]["comparisons"]
    if server in comparison["skipped"]:
        assert server != "parley"
        pytest.skip(f"{server}: {comparison['skipped'][server]}")
    figures = [f for f in comparison["figures"] if f["server"] == server]
    assert {f["workload"] for f in figures} == WORKLOADS
    assert {f["connections"] for f in figures} == {2}
    for figure in figures:
        assert figure["agrees"], figure
        assert figure["rows"] > 0, figure
        assert figure["outcome"]["per_second"] > 0
        assert figure["outcome"]["errors"] == 0


def test_commits_are_checked_and_readers_are_timed_beside_them(results: Any) -> None:
    rows = {row["name"]: row for row in results["curating"]}
    assert rows["commit of 10 quads, checked"]["status"] == 204
    assert rows["the same, refused by the shapes"]["status"] == 422
    assert rows["the same as a dry run"]["status"] == 200
    assert rows["400 quads as one commit"]["count"] == 1
    assert rows["point lookup, beside commits"]["count"] > 0
    assert all(0 < row["p50"] <= row["p99"] for row in rows.values())
