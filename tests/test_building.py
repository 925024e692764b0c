"""A build publishes a checked version or changes nothing, also when it is killed half-way."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from parley.building import build
from parley.check.report import Report
from parley.check.run import check_store
from parley.errors import BadInput, Refused
from parley.files import Dataset, open_dataset
from parley.store.ledger import Message
from parley.store.versions import Versions

ROOT = Path(__file__).parents[1]
MESSAGE = Message("Amina", "a test")
EVENTS = "data/entities/events.ttl"


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    for name in ("ontology", "data", "queries"):
        shutil.copytree(ROOT / name, tmp_path / "dataset" / name)
    return open_dataset(tmp_path / "dataset")


def unchecked(store: ox.Store) -> Report:
    return Report(())


def test_a_build_is_repeatable_and_publishes_only_differences(
    dataset: Dataset, tmp_path: Path
) -> None:
    versions = Versions(tmp_path / "var")
    first = build(dataset, versions, MESSAGE, unchecked)
    assert first.is_new
    assert first.version.number == 1
    assert not build(dataset, versions, MESSAGE, unchecked).is_new
    path = dataset.root / EVENTS
    path.write_text(path.read_text().replace('"@en', ' (edited)"@en', 1))
    second = build(dataset, versions, MESSAGE, unchecked)
    assert second.version.number == 2
    entry = list(versions.history())[-1]
    assert (entry.added, entry.removed) == (1, 1)
    elsewhere = build(dataset, Versions(tmp_path / "other"), MESSAGE, unchecked)
    assert set(elsewhere.version.open()) == set(second.version.open())


def test_a_refused_build_changes_nothing(dataset: Dataset, tmp_path: Path) -> None:
    versions = Versions(tmp_path / "var")
    path = dataset.root / EVENTS
    good = path.read_text()
    path.write_text(good.replace("a parley:Meeting", "a parley:Meting", 1))
    with pytest.raises(Refused) as caught:
        build(dataset, versions, MESSAGE, lambda s: check_store(dataset, s, quick=True))
    report = caught.value.report
    assert isinstance(report, Report)
    assert any("Meting" in finding.message for finding in report.findings)
    assert versions.current() is None
    path.write_text(good + "\nid:broken a ;\n")
    with pytest.raises(BadInput, match=r"events\.ttl:\d+"):
        build(dataset, versions, MESSAGE, unchecked)
    assert versions.current() is None


KILLED = """
import os, signal, sys
from pathlib import Path
from parley.building import build
from parley.check.report import Report
from parley.files import open_dataset
from parley.store.ledger import Message
from parley.store.versions import Versions

def step(name):
    if name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

def check(store):
    step("checked")
    return Report(())

versions = Versions(Path(sys.argv[2]), step=step)
build(open_dataset(Path(sys.argv[1])), versions, Message("Amina", "killed"), check)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with the dataset of the checkout as version 1."""
    instance = tmp_path_factory.mktemp("built") / "var"
    build(open_dataset(None), Versions(instance), MESSAGE, unchecked)
    return instance


@pytest.mark.parametrize("step", ["checked", "prepared", "copied", "renamed", "recorded"])
def test_a_build_killed_on_its_way_leaves_the_former_version_serving(
    dataset: Dataset, built: Path, tmp_path: Path, step: str
) -> None:
    shutil.copytree(built, tmp_path / "var", symlinks=True, copy_function=os.link)
    before = Versions(tmp_path / "var").current()
    assert before is not None
    quads = set(before.open())
    path = dataset.root / EVENTS
    path.write_text(path.read_text().replace('"@en', ' (edited)"@en', 1))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, dataset.root, tmp_path / "var", step],
        env={"PYTHONPATH": str(ROOT / "server")},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    current = Versions(tmp_path / "var").current()
    assert current is not None
    assert current.number == 1
    assert set(current.open()) == quads
    after = build(dataset, Versions(tmp_path / "var"), MESSAGE, unchecked).version
    assert after.number == 2
    assert len(set(after.open()) ^ quads) == 2
