"""The wheel carries the program and the dataset, and builds a version without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the checkout, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run(
        [*command, "--no-build-isolation", "--wheel-dir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_every_file_of_the_dataset(unpacked: Path) -> None:
    for name in ("ontology", "data", "queries"):
        here = {p.relative_to(ROOT) for p in (ROOT / name).rglob("*") if p.is_file()}
        inside = unpacked / "parley/dataset"
        there = {p.relative_to(inside) for p in (inside / name).rglob("*") if p.is_file()}
        assert here
        assert here == there
    top = {p.name for p in unpacked.iterdir()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"parley"}


def test_the_wheel_holds_the_scripts_of_the_pages_but_not_their_sources(unpacked: Path) -> None:
    built = "server/parley/web/static/built"
    here = {path.name for path in (ROOT / built).glob("*")}
    there = {path.name for path in (unpacked / "parley/web/static/built").glob("*")}
    assert "manifest.json" in here, "install again with network access: pip install -e ."
    assert here == there
    assert not (unpacked / "parley/ui").exists()


def test_the_wheel_builds_and_answers(unpacked: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "parley", *arguments, "--instance", str(tmp_path / "var")],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(unpacked)},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    assert "published version 1" in run("build")
    assert "officially deny the presence" in run("query", "contradictions")
