"""The data of one comparison: a dataset, a version of it, and the same quads as N-Quads."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from bench.synthetic import generate, register
from parley.building import build
from parley.check.report import Report
from parley.files import open_dataset
from parley.store.ledger import Message
from parley.store.versions import Versions

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Data:
    """What every server is given: `quads` are those stored, with ontology and derived graphs."""

    dataset: Path
    instance: Path
    dump: Path
    quads: int

    def open(self) -> ox.Store:
        """The quads, read-only."""
        version = Versions(self.instance).current()
        assert version
        return version.open()


def prepared(folder: Path, quads: int) -> Data:
    """The data in `folder`, made there when a former run has not left it complete."""
    dataset, instance, dump = (folder / part for part in ("dataset", "instance", "dump.nq"))
    version = Versions(instance).current() if dump.exists() else None
    if version and dataset.is_dir():
        return Data(dataset, instance, dump, version.quads)
    for part in (dataset, instance):
        shutil.rmtree(part, ignore_errors=True)
    dump.unlink(missing_ok=True)
    return _make(dataset, instance, dump, quads)


def _make(dataset: Path, instance: Path, dump: Path, quads: int) -> Data:
    """Generate, derive and store the quads; unchecked here, since `building` measures checks.

    The dump gets its name last: where it is, all is complete.
    """
    generate(dataset, quads, PROJECT)
    register(dataset, instance)
    versions = Versions(instance)
    built = build(
        open_dataset(dataset), versions, Message("bench", "Built to measure"), lambda _: Report(())
    )
    unfinished = dump.with_suffix(".part")
    built.version.open().dump(str(unfinished), ox.RdfFormat.N_QUADS)
    unfinished.rename(dump)
    return Data(dataset, instance, dump, built.version.quads)


def environment() -> dict[str, str]:
    """Variables with which a Python started elsewhere finds this checkout's packages."""
    path = f"{PROJECT / 'server'}{os.pathsep}{PROJECT}"
    return {"PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
