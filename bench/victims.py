"""The processes that `bench.kills` kills: the application, the real server, and commands.

The application runs in a child of a process that has imported everything, so that a round does not
wait for imports; apart from that it is what a web process of `parley serve` is. It can be told to
kill its whole group at a named step of a commit (see `parley.store.versions`).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from bench.data import PROJECT, environment
from bench.processes import free_port

STEPS = ("prepared", "copied", "renamed", "recorded", "published")
_PRELOADED = ["bench.victims", "werkzeug.serving", "parley.web.loading"]
_PATIENCE = 60.0
Variables = Mapping[str, str]


def context(*, gate: bool = True) -> ForkServerContext:
    """What starts children of a process that has imported everything, the gate if wanted."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([*_PRELOADED, *(["parley.gate"] if gate else [])])
    return found


def variables(instance: Path, dataset: Path, port: int) -> dict[str, str]:
    """The environment of a server that anyone may write to."""
    return {
        "PARLEY_INSTANCE": str(instance),
        "PARLEY_DATASET": str(dataset),
        "PARLEY_PORT": str(port),
        "PARLEY_OPEN": "yes",
    }


def _application(given: Variables, log: Path, step: str, commits: int) -> None:
    """Serves until it is killed: by others, or by itself at `step` of so many commits from now."""
    from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415  # in the child

    from parley.web import loading  # noqa: PLC0415  # in the child

    os.setsid()
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(given)
    left = commits

    def reached(name: str) -> None:
        nonlocal left
        left -= name == STEPS[0]
        if left == 0 and name == step:
            os.killpg(0, signal.SIGKILL)

    loading.Versions = partial(loading.Versions, step=reached)  # type: ignore[misc,assignment]

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Says nothing."""

    app = loading.load_app()
    make_server(
        "127.0.0.1", int(given["PARLEY_PORT"]), app, threaded=True, request_handler=Quiet
    ).serve_forever()


@contextmanager
def application(
    start: ForkServerContext, given: Variables, log: Path, step: str = "", commits: int = 1
) -> Iterator[int]:
    """The application, ready; the id of its process group."""
    child = start.Process(target=_application, args=(dict(given), log, step, commits))
    child.start()
    pid = child.pid
    assert pid is not None
    try:
        _wait(given["PARLEY_PORT"], log, child.is_alive)
        yield pid
    finally:
        kill(pid)
        _join(child)


@contextmanager
def server(given: Variables, log: Path) -> Iterator[int]:
    """`parley serve`, ready; the id of its process group."""
    with _started(["serve"], given, log) as process:
        _wait(given["PARLEY_PORT"], log, lambda: process.poll() is None)
        yield process.pid


@contextmanager
def command(arguments: Sequence[str], given: Variables, log: Path) -> Iterator[int]:
    """A command of `parley`, begun; the id of its process group."""
    with _started(arguments, given, log) as process:
        yield process.pid


def kill(group: int) -> None:
    """SIGKILL for every process of a group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def ended(group: int, seconds: float) -> bool:
    """Whether the first process of a group, a child of ours, ends by itself within so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = os.waitid(os.P_PID, group, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is not None:
            return found.si_status == 0
        time.sleep(0.002)
    return False


@contextmanager
def _started(
    arguments: Sequence[str], given: Variables, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "parley", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=PROJECT,
            env={**environment(), **given},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill(process.pid)
        process.wait()


def _wait(port: str, log: Path, alive: object) -> None:
    assert callable(alive)
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and alive():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=10):
                return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"it did not get ready: {log.read_text(errors='replace')[-4000:]}")


def _join(child: BaseProcess) -> None:
    child.join(_PATIENCE)
    child.close()


__all__ = [
    "STEPS",
    "application",
    "command",
    "context",
    "ended",
    "free_port",
    "kill",
    "server",
    "variables",
]
