"""`python -m bench.translating`: what whole versions in other vocabularies cost.

Writes each translation of an instance's current version, or of the article's dataset, as a worker
does, in a process of its own, and tells how long it takes, how long the processor works, how many
bytes come out, and how much memory is needed beyond that of the open version. Nothing is kept.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, cast

from bench.data import environment
from parley.building import fill
from parley.files import open_dataset
from parley.store.ledger import Message
from parley.store.translations import translate
from parley.store.versions import Versions
from parley.translating.worlds import WORLDS


@dataclass(frozen=True)
class Figures:
    """Of one file: seconds, those of the processor, bytes, and MiB beyond the open version."""

    name: str
    seconds: float
    processor: float
    size: int
    memory: float


class _Sink:
    """Counts what is written to it."""

    size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """There is nothing to wait for."""


def names() -> list[str]:
    """Every file of the first form of each world, each table for itself."""
    return [
        f"{world.name}{'/' * bool(part)}{part}.{world.forms[0].extension}"
        for world in WORLDS.values()
        for part in world.parts or ("",)
    ]


def measure(instance: Path, name: str) -> Figures:
    """The figures of one file, measured in a process of its own."""
    command = [sys.executable, "-m", "bench.translating", "--instance", str(instance)]
    done = subprocess.run(
        [*command, "--file", name], env=environment(), check=True, stdout=subprocess.PIPE
    )
    return Figures(**json.loads(done.stdout))


def build(instance: Path) -> None:
    """An instance with the article's dataset."""
    versions = Versions(instance)
    with versions.stage(None) as staged:
        fill(staged.store, open_dataset(None), lambda count: None)
        versions.publish(staged, None, Message("bench", "the article's dataset"))


def _one(instance: Path, name: str) -> Figures:
    version = Versions(instance).current()
    assert version is not None
    store = version.open()
    path, _, extension = name.partition(".")
    told = {"base": open_dataset(None).names.base, "name": path, "extension": extension}
    told |= {"number": version.number, "time": version.time}
    before, sink = _peak(), _Sink()
    began, worked = time.perf_counter(), time.process_time()
    translate(store, cast(BinaryIO, sink), told)
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    return Figures(name, seconds, processor, sink.size, _peak() - before)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.translating", description=__doc__)
    parser.add_argument("--instance", type=Path, help="an instance; else the article's dataset")
    parser.add_argument("--file", help="one file such as nanopub.trig, its figures as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        instance = arguments.instance or Path(folder)
        if arguments.instance is None:
            build(instance)
        if arguments.file:
            print(json.dumps(asdict(_one(instance, arguments.file))))
            return
        print(
            "| file | s | processor, s | MB | peak beyond the version, MiB |\n|---|---|---|---|---|"
        )
        for name in names():
            found = measure(instance, name)
            times = f"{found.seconds:.2f} | {found.processor:.2f}"
            print(
                f"| `{found.name}` | {times} | {found.size / 1e6:.1f} | {found.memory:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
