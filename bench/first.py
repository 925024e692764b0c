"""From a fresh clone to the first answered query, the second start, and memory at rest."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.client import Job
from bench.data import PROJECT, environment
from bench.processes import Memory, free_port, memory, running
from bench.serving import await_answer, measure
from bench.workloads import JSON

_STEP, _LIMIT = 0.02, 1200.0
_QUESTIONS = 200  # scans of a hundredth of a second or so: a load that fills all workers


@dataclass(frozen=True)
class Start:
    """Seconds to the first answer and their parts; None for a part that did not happen."""

    name: str
    seconds: float
    install: float | None
    build: float | None
    serve: float | None
    at_rest: Memory
    after_load: Memory


def measure_first(
    folder: Path, told: Callable[[str], None], dataset: Path | None = None
) -> list[Start]:
    """First and second start: of `make serve` in a fresh clone, or of `parley serve` over a
    dataset whose texts are registered in the folder's instance.

    The clone installs what it needs from the package index, nothing taken from pip's cache.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clone = dataset is None
    if not clone:
        command = [sys.executable, "-m", "parley", "serve"]
        place, env = folder, {**environment(), "PARLEY_DATASET": str(dataset)}
        names = ("parley serve, new instance", "parley serve, second start")
    else:
        place = folder / "clone"
        told("cloning")
        subprocess.run(
            ["git", "clone", "--quiet", "--no-hardlinks", str(PROJECT), str(place)],
            check=True,
            timeout=300,
        )
        command = ["make", "serve", f"PYTHON={Path(sys.executable).resolve()}"]
        env = {"PIP_NO_CACHE_DIR": "1", "PYTHONPATH": "", "VIRTUAL_ENV": ""}
        names = ("make serve, fresh clone", "make serve, second start")
    starts = []
    for number, name in enumerate(names, start=1):
        told(name)
        starts.append(_start(name, command, place, folder / f"{number}.log", env, clone))
    if clone:
        shutil.rmtree(place)
    return starts


def _start(
    name: str, command: list[str], place: Path, log: Path, env: dict[str, str], clone: bool
) -> Start:
    port = free_port()
    instance = place / "var"
    stamp = place / ".venv/serve.stamp"
    marks = {"install": stamp, "build": instance / "current"}
    todo = [part for part, path in marks.items() if not path.exists()]
    todo = todo if clone else [part for part in todo if part != "install"]
    env = {**env, "PARLEY_PORT": str(port), "PARLEY_INSTANCE": str(instance)}
    url = f"http://127.0.0.1:{port}/sparql"
    parts: dict[str, float] = {}
    began = last = time.perf_counter()
    with running(command, log=log, cwd=place, env=env) as process:
        while todo and process.poll() is None and time.perf_counter() - began < _LIMIT:
            if marks[todo[0]].exists():
                parts[todo.pop(0)] = time.perf_counter() - last
                last = time.perf_counter()
            time.sleep(_STEP)
        await_answer(url, process, log)
        done = time.perf_counter()
        at_rest = memory(process.pid)
        queries = tuple(f"SELECT ?s ?o WHERE {{ ?s ?p{n} ?o }}" for n in range(_QUESTIONS))
        measure(Job(url, JSON, queries, 8, 10.0 if clone else 1.0), place)
        after = memory(process.pid)
    return Start(
        name, done - began, parts.get("install"), parts.get("build"), done - last, at_rest, after
    )
