"""The commands run on the dataset of the checkout, or on a copy that a test may spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from parley.cli import main

ROOT = Path(__file__).parents[2]
Run = Callable[..., Result]


@pytest.fixture(scope="session")
def run() -> Run:
    def call(*arguments: str | Path, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)

    return call


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """An instance with the checkout's dataset as version 1."""
    folder = tmp_path_factory.mktemp("instance")
    built = run("build", "--instance", folder, "--author", "Amina", "--message", "first")
    assert built.exit_code == 0, built.output
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A copy of the dataset that a test may change."""
    for name in ("ontology", "data", "queries"):
        shutil.copytree(ROOT / name, tmp_path / "dataset" / name)
    return tmp_path / "dataset"
