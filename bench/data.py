"""The data of one comparison: a dataset, a version of it, and the same quads as N-Quads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from bench.synthetic import Made, generate, register
from parley.building import build
from parley.check.report import Report
from parley.files import open_dataset
from parley.store.ledger import Message
from parley.store.versions import Versions

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Data:
    """What every server is given: `quads` are those stored, with ontology and derived graphs."""

    made: Made
    dataset: Path
    instance: Path
    dump: Path
    quads: int

    def open(self) -> ox.Store:
        """The quads, read-only."""
        version = Versions(self.instance).current()
        assert version
        return version.open()


def make_data(folder: Path, quads: int) -> Data:
    """Generate, derive and store the quads; unchecked here, since `building` measures checks."""
    dataset, instance, dump = (folder / part for part in ("dataset", "instance", "dump.nq"))
    made = generate(dataset, quads, PROJECT)
    register(dataset, instance)
    versions = Versions(instance)
    built = build(
        open_dataset(dataset), versions, Message("bench", "Built to measure"), lambda _: Report(())
    )
    built.version.open().dump(str(dump), ox.RdfFormat.N_QUADS)
    return Data(made, dataset, instance, dump, built.version.quads)


def environment() -> dict[str, str]:
    """Variables with which a Python started elsewhere finds this checkout's packages."""
    path = f"{PROJECT / 'server'}{os.pathsep}{PROJECT}"
    return {"PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
