"""The same questions to each server, one server after the other, on the same quads."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.answers import Answer, answer, fetch
from bench.client import Job, Outcome
from bench.data import PROJECT, Data, environment
from bench.processes import Memory, Peak, free_port, memory, running
from bench.servers import SERVERS, Server
from bench.workloads import JSON, Workload, workloads

_SMALLER = 50_000
Told = Callable[[str], None]


@dataclass(frozen=True)
class Figure:
    """One workload on one server at one number of connections."""

    server: str
    workload: str
    connections: int
    rows: int
    outcome: Outcome
    agrees: bool


@dataclass(frozen=True)
class Hosted:
    """What is known of one server besides its speed."""

    server: str
    version: str
    load_seconds: float
    start_seconds: float
    started: Memory
    peak: int | None


@dataclass(frozen=True)
class Comparison:
    """All figures over one amount of data; `skipped` says why a server has none."""

    quads: int
    figures: tuple[Figure, ...]
    hosted: tuple[Hosted, ...]
    skipped: dict[str, str]


@dataclass(frozen=True)
class _Measured:
    hosted: Hosted
    answers: dict[str, tuple[Answer, ...]]
    outcomes: dict[tuple[str, int], Outcome]


def sizes(quads: int) -> list[int]:
    """The amounts of data: the one asked for, and a smaller one when a server cannot take it."""
    limited = [s.most_quads for s in SERVERS if s.most_quads is not None]
    return [quads, _SMALLER] if any(quads > most for most in limited) else [quads]


@dataclass(frozen=True)
class Plan:
    """How long each workload is asked, at which numbers of connections, and how many of its
    queries have their answers held side by side first."""

    seconds: float = 5.0
    connections: tuple[int, ...] = (1, 8)
    checked: int = 3


def compare(data: Data, folder: Path, plan: Plan, told: Told) -> Comparison:
    """Measure every server that can run here; a figure counts only where the answers agree."""
    questions = workloads(data.open())
    measured: list[_Measured] = []
    skipped: dict[str, str] = {}
    for server in SERVERS:
        reason = server.missing()
        if reason is None and server.most_quads is not None and data.quads > server.most_quads:
            reason = f"not given more than {server.most_quads:,} quads"
        if reason is not None:
            skipped[server.name] = reason
            told(f"{server.name}: skipped, {reason}")
            continue
        place = folder / f"{server.name}-{data.quads}"
        place.mkdir(parents=True)
        measured.append(_measure(server, data, place, questions, plan, told))
    return Comparison(
        data.quads,
        tuple(_figures(measured, questions, plan)),
        tuple(one.hosted for one in measured),
        skipped,
    )


def _figures(
    measured: Sequence[_Measured], questions: Sequence[Workload], plan: Plan
) -> list[Figure]:
    figures = []
    for workload in questions:
        agreed = {one.answers[workload.name] for one in measured}
        for one in measured:
            answers = one.answers[workload.name]
            for connections in plan.connections:
                outcome = one.outcomes[workload.name, connections]
                figures.append(
                    Figure(
                        one.hosted.server,
                        workload.name,
                        connections,
                        answers[0].rows,
                        outcome,
                        len(agreed) == 1 and not outcome.errors,
                    )
                )
    return figures


def _measure(
    server: Server,
    data: Data,
    folder: Path,
    questions: Sequence[Workload],
    plan: Plan,
    told: Told,
) -> _Measured:
    told(f"{server.name}: loading {data.quads:,} quads")
    began = time.perf_counter()
    server.load(data, folder / "store")
    loaded = time.perf_counter() - began
    with serving(server, data, folder) as (url, started_after, process):
        started = memory(process)
        with Peak(process, 0.5) as peak:
            answers = {}
            for workload in questions:
                told(f"{server.name}: checking {workload.title}")
                asked = workload.queries[: plan.checked]
                answers[workload.name] = tuple(answer(url, workload, query) for query in asked)
            outcomes = {}
            for workload in questions:
                for connections in plan.connections:
                    told(f"{server.name}: {workload.title}, {connections} at once")
                    job = _job(url, workload, connections, plan)
                    outcomes[workload.name, connections] = measure(job, folder)
    hosted = Hosted(server.name, server.version(), loaded, started_after, started, peak.bytes)
    return _Measured(hosted, answers, outcomes)


def _job(url: str, workload: Workload, connections: int, plan: Plan) -> Job:
    """Queries that were not asked before: each number of connections has its own share."""
    queries = workload.queries
    if not workload.repeat:
        fresh = queries[plan.checked :]
        share = len(fresh) // len(plan.connections)
        place = plan.connections.index(connections) * share
        queries = fresh[place : place + share]
    return Job(url, workload.accept, queries, connections, plan.seconds, workload.repeat)


@contextmanager
def serving(server: Server, data: Data, folder: Path) -> Iterator[tuple[str, float, int]]:
    """A running server: its address, the seconds to its first answer, its process id."""
    port = free_port()
    url = server.url(port)
    began = time.perf_counter()
    log = folder / "log"
    command = server.command(data, folder / "store", port)
    with running(command, log=log, cwd=folder, env=environment()) as process:
        await_answer(url, process, log)
        yield url, time.perf_counter() - began, process.pid


def await_answer(url: str, process: subprocess.Popen[str], log: Path, limit: float = 600) -> None:
    """Wait until a query is answered; raises RuntimeError with the log when that fails."""
    end = time.perf_counter() + limit
    while time.perf_counter() < end and process.poll() is None:
        try:
            fetch(url, JSON, "SELECT ?s WHERE { ?s ?p ?o } LIMIT 1")
        except OSError:
            time.sleep(0.01)
        else:
            return
    text = log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"{url} does not answer; its log ends:\n{text}")


def measure(job: Job, folder: Path) -> Outcome:
    """Ask from a process of its own."""
    path = folder / "job.json"
    path.write_text(json.dumps(asdict(job)), encoding="utf-8")
    command = [sys.executable, "-m", "bench.client", str(path)]
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=job.seconds + 900,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the client failed: {done.stderr[-2000:]}")
    return Outcome(**json.loads(done.stdout))
