"""The same questions to each server, one server after the other, on the same quads."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench.answers import Answer, answer, fetch
from bench.client import Job, Outcome
from bench.data import PROJECT, Data, environment
from bench.processes import Memory, Peak, busy, free_port, memory, running
from bench.servers import Server
from bench.workloads import JSON, Workload, workloads

_SMALLER = 20_000
_SLOW = 5.0  # seconds of one answer after which no second one is looked at
Told = Callable[[str], None]


@dataclass(frozen=True)
class Figure:
    """One workload on one server at one number of connections; `note` says why its answers are
    known to differ from the others'."""

    server: str
    workload: str
    connections: int
    rows: int
    outcome: Outcome
    agrees: bool
    note: str = ""


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
    """All figures over one amount of data; `skipped` says which servers are not there or not given
    so much, and `failed` which broke."""

    quads: int
    figures: tuple[Figure, ...]
    hosted: tuple[Hosted, ...]
    skipped: dict[str, str]
    failed: dict[str, str]


@dataclass(frozen=True)
class _Measured:
    server: Server
    hosted: Hosted
    answers: dict[str, tuple[Answer, ...]]
    outcomes: dict[tuple[str, int], Outcome]


def sizes(quads: int, servers: Sequence[Server]) -> list[int]:
    """The amounts of data: the one asked for, and a smaller one when a server cannot take it."""
    limited = [s.most_quads for s in servers if s.most_quads is not None and not s.missing()]
    return [quads, _SMALLER] if any(quads > most for most in limited) else [quads]


@dataclass(frozen=True)
class Plan:
    """How long each workload is asked, at which numbers of connections, how many of its queries
    have their answers held side by side first, and how long it is asked before that counts."""

    seconds: float = 3.0
    connections: tuple[int, ...] = (1, 8)
    checked: int = 2
    warm: float = 1.0

    def shorter(self) -> Plan:
        """For the second, smaller comparison."""
        return replace(self, seconds=min(self.seconds, 2.0))


def compare(
    servers: Sequence[Server], data: Data, folder: Path, plan: Plan, told: Told
) -> Comparison:
    """Measure every server that can run here; a figure counts only where the answers agree."""
    questions = workloads(data.open())
    measured: list[_Measured] = []
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}
    for server in servers:
        reason = server.missing()
        if reason is None and server.most_quads is not None and data.quads > server.most_quads:
            reason = f"not given more than {server.most_quads:,} quads"
        if reason is not None:
            skipped[server.name] = reason
            told(f"{server.name}: skipped, {reason}")
            continue
        place = folder / f"{server.name}-{data.quads}"
        place.mkdir(parents=True)
        try:
            measured.append(_measure(server, data, place, questions, plan, told))
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            failed[server.name] = str(error)
            told(f"{server.name}: failed, {error}")
    return Comparison(
        data.quads,
        tuple(_figures(measured, questions, plan)),
        tuple(one.hosted for one in measured),
        skipped,
        failed,
    )


def _figures(
    measured: Sequence[_Measured], questions: Sequence[Workload], plan: Plan
) -> list[Figure]:
    figures = []
    for workload in questions:
        looked = min((len(one.answers[workload.name]) for one in measured), default=0)
        agreed = _agreed(measured, workload.name, looked)
        for one in measured:
            answers = one.answers[workload.name]
            agrees = answers[:looked] == agreed
            note = "" if agrees else one.server.differs.get(workload.name, "")
            for connections in plan.connections:
                outcome = one.outcomes[workload.name, connections]
                figures.append(
                    Figure(
                        one.hosted.server,
                        workload.name,
                        connections,
                        answers[0].rows,
                        outcome,
                        agrees and not outcome.errors,
                        "" if outcome.errors else note,
                    )
                )
    return figures


def _agreed(measured: Sequence[_Measured], name: str, looked: int) -> tuple[Answer, ...] | None:
    """The first answers of most servers, of those not known to differ; None without a most."""
    voters = [one for one in measured if name not in one.server.differs] or measured
    votes = Counter(one.answers[name][:looked] for one in voters).most_common(2)
    if not votes or (len(votes) > 1 and votes[0][1] == votes[1][1]):
        return None
    return votes[0][0]


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
                before = time.perf_counter()
                answers[workload.name] = _checked(url, workload, plan.checked)
                if time.perf_counter() - before < plan.warm:
                    measure(_job(url, workload, 0, plan), folder)
            outcomes = {}
            for workload in questions:
                for connections in plan.connections:
                    told(f"{server.name}: {workload.title}, {connections} at once")
                    job = _job(url, workload, connections, plan)
                    outcome = outcomes[workload.name, connections] = measure(job, folder)
                    if outcome.cut:
                        _settle(process)
    hosted = Hosted(server.name, server.version(), loaded, started_after, started, peak.bytes)
    return _Measured(server, hosted, answers, outcomes)


def _checked(url: str, workload: Workload, most: int) -> tuple[Answer, ...]:
    """The answers to the first queries; to fewer of them when one takes long."""
    answers: list[Answer] = []
    for query in workload.queries[:most]:
        began = time.perf_counter()
        answers.append(answer(url, workload, query))
        if time.perf_counter() - began > _SLOW:
            break
    return tuple(answers)


def _job(url: str, workload: Workload, connections: int, plan: Plan) -> Job:
    """Queries that were not asked before: each number of connections has its own share, and so
    have the answers that do not count, which no connections stand for."""
    queries = workload.queries
    if not workload.repeat:
        fresh = queries[plan.checked :]
        turns = (0, *plan.connections)
        share = len(fresh) // len(turns)
        place = turns.index(connections) * share
        queries = fresh[place : place + share]
    seconds = plan.seconds if connections else plan.warm
    asking = connections or max(plan.connections)
    return Job(url, workload.accept, queries, asking, seconds, workload.repeat)


def _settle(process: int, limit: float = 20.0) -> None:
    """Wait until the server has done with the questions that were given up."""
    end, used = time.perf_counter() + limit, busy(process)
    while time.perf_counter() < end:
        time.sleep(0.25)
        last, used = used, busy(process)
        if used - last < 0.03:
            return


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
