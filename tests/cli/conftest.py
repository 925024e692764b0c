"""The commands run on the dataset of the checkout, or on a copy that a test may spoil."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result

from parley.cli import main
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Versions

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
def own(instance: Path, tmp_path: Path) -> Path:
    """A copy of the instance that a test may change: versions are hard links."""
    shutil.copytree(instance, tmp_path / "var", symlinks=True, copy_function=os.link)
    return tmp_path / "var"


@pytest.fixture
def live() -> Callable[..., None]:
    """Commits quads to an instance, and no file knows of it."""

    def commit(
        instance: Path, added: Iterable[ox.Quad] = (), removed: Iterable[ox.Quad] = ()
    ) -> None:
        versions = Versions(instance)
        with versions.stage(versions.current()) as staged:
            change = staged.apply(Change(frozenset(added), frozenset(removed)))
            versions.publish(staged, change, Message("Boris", "a live edit"))

    return commit


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A copy of the dataset that a test may change."""
    for name in ("ontology", "data", "queries"):
        shutil.copytree(ROOT / name, tmp_path / "dataset" / name)
    return tmp_path / "dataset"
