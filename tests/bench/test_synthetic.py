"""The synthetic dataset: the same every time, and one that Parley accepts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENV = {**os.environ, "PYTHONPATH": f"{ROOT / 'server'}{os.pathsep}{ROOT}"}
GENERATE = """
import sys
from pathlib import Path
from bench.synthetic import generate, register
made = generate(Path(sys.argv[1]), 3000, Path.cwd())
register(made.folder, Path(sys.argv[2]))
print(made.quads, made.articles, made.claims)
"""


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=ENV,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_generated_dataset_is_the_same_each_time_and_conforms(tmp_path: Path) -> None:
    outputs = [
        run("-c", GENERATE, str(tmp_path / name), str(tmp_path / f"{name}-instance"))
        for name in ("one", "two")
    ]
    assert outputs[0] == outputs[1]
    quads, articles, claims = map(int, outputs[0].split())
    assert quads >= 3000
    assert articles >= 3
    assert claims > articles * 10
    files = [path for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        other = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == other.read_bytes(), path
    places = ("--dataset", str(tmp_path / "one"), "--instance", str(tmp_path / "one-instance"))
    report = run("-m", "parley", "check", "--quick", *places)
    assert "0 violations, 0 warnings" in report
    built = run("-m", "parley", "build", *places)
    assert "published version 1" in built
