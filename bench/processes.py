"""Starts programs to be measured, watches the memory of all their processes, and stops them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Memory:
    """Bytes in all processes of a tree. `pss` divides shared pages among those who share them and
    so adds up; `rss` counts them once per process. Both are None where /proc is missing."""

    pss: int | None
    rss: int | None
    processes: int


@dataclass(frozen=True)
class Run:
    """A program that ended: its exit code, seconds, peak bytes (PSS of its tree), its output."""

    code: int | None
    seconds: float
    peak: int | None
    output: str


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tree(root: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in _PROC.glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        children[int(fields[1])].append(int(entry.parent.name))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += children[found[-1]]
    return found


def memory(root: int) -> Memory:
    """What the process and its descendants hold now."""
    totals = {"Pss": 0, "Rss": 0}
    count = 0
    for process in tree(root):
        try:
            lines = (_PROC / f"{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        count += 1
        for line in lines:
            key, _, value = line.partition(":")
            if key in totals:
                totals[key] += int(value.split()[0]) * 1024
    return Memory(totals["Pss"] or None, totals["Rss"] or None, count)


def busy(root: int) -> float:
    """Seconds of processor time that the process and its descendants have used."""
    ticks = 0
    for process in tree(root):
        try:
            fields = (_PROC / f"{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Peak:
    """The highest memory of a process tree while the block runs, looked at every `step` seconds."""

    def __init__(self, root: int, step: float = 0.25) -> None:
        self.bytes: int | None = None
        self._root, self._step, self._stop = root, step, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            now = memory(self._root).pss
            self.bytes = max(now or 0, self.bytes or 0) or None
            if self._stop.wait(self._step):
                return


def run(command: Sequence[str], *, limit: float, env: Mapping[str, str] | None = None) -> Run:
    """Run a program to its end, or to `limit` seconds: then it is killed and its code is None."""
    began = time.perf_counter()
    with _start(command, env, subprocess.PIPE) as process, Peak(process.pid, 0.1) as peak:
        try:
            output, _ = process.communicate(timeout=limit)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            _kill(process)
            output, code = process.communicate()[0], None
        seconds = time.perf_counter() - began
    return Run(code, seconds, peak.bytes, output)


@contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A server for the length of the block; its output goes to `log`; its whole group is ended."""
    with log.open("w") as sink:
        process = _start(command, env, sink.fileno(), cwd)
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            _kill(process)
            process.wait()


def _start(
    command: Sequence[str],
    env: Mapping[str, str] | None,
    output: int,
    cwd: Path | None = None,
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )


def _kill(process: subprocess.Popen[str]) -> None:
    """End the group that `process` leads; it was started as a session of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
