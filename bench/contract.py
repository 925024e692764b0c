"""`python -m bench.contract`: what a store behind the server costs, on every store.

It runs `tests/contract` on the embedded store, `oxigraph serve` and Virtuoso, unless `--short`, and
then measures each: seconds to fill it, milliseconds of a point lookup and of a commit of one quad
through the backend (no gate, one client, medians).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from bench.processes import free_port
from bench.stores import STORES, Running, Store
from parley.formats import BINDINGS
from parley.settings import Settings
from parley.store.backend import Deadline, Query
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.remote.backend import RemoteBackend
from parley.store.versions import Versions

ROOT = Path(__file__).parents[1]
_AMPLE = Deadline(60, 1 << 30)
_MESSAGE = Message("bench", "measured")
_PER_GRAPH = 1_000


@dataclass(frozen=True)
class Line:
    """The figures of one store; `fill` is None for the embedded one, which is not filled."""

    store: str
    fill: float | None
    lookup: float
    commit: float


def measure(name: str, running: Running | None, folder: Path, quads: int, times: int) -> Line:
    """The figures of a store that holds nothing yet."""
    versions = _instance(folder / f"instance-{name}", quads)
    fill = None
    backend: LocalBackend | RemoteBackend
    if running is None:
        backend = LocalBackend(versions, Settings(instance=versions.instance))
    else:
        settings = Settings(
            instance=versions.instance, store=running.query, store_update=running.update
        )
        backend = RemoteBackend(settings)
        fill = _seconds(backend.follow)
    try:
        lookups = [_seconds(lambda n=n: _lookup(backend, n)) for n in range(times)]
        commits = [
            _seconds(lambda n=n: backend.write(_change(quads + n), _MESSAGE, _AMPLE))
            for n in range(times)
        ]
    finally:
        backend.close()
    return Line(name, fill, _milliseconds(lookups), _milliseconds(commits))


def lines(folder: Path, quads: int, times: int, wanted: tuple[Store, ...]) -> Iterator[Line]:
    """The embedded store, and each of the others that can be started here."""
    yield measure("embedded", None, folder, quads, times)
    for store in wanted:
        missing = store.missing()
        if missing:
            print(f"{store.name}: {missing}", file=sys.stderr)
            continue
        with store.running(folder / store.name, free_port()) as running:
            yield measure(store.name, running, folder, quads, times)


def main() -> int:
    """Runs the contract and prints the figures; the exit code is that of the contract."""
    parser = argparse.ArgumentParser(prog="python -m bench.contract", description=__doc__)
    parser.add_argument("--quads", type=int, default=20_000)
    parser.add_argument("--short", action="store_true", help="few quads, and not the contract")
    told = parser.parse_args()
    code = 0
    if not told.short:
        names = ",".join(["embedded", *(store.name for store in STORES)])
        environ = {**os.environ, "CONTRACT_STORES": names}
        command = [sys.executable, "-m", "pytest", "-q", "-rs", str(ROOT / "tests" / "contract")]
        code = subprocess.run(command, env=environ, cwd=ROOT, check=False).returncode
    quads, times = (500, 5) if told.short else (told.quads, 50)
    print("| store | fill, s | lookup, ms | commit, ms |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for line in lines(Path(folder), quads, times, STORES):
            fill = "" if line.fill is None else f"{line.fill:.1f}"
            print(f"| {line.store} | {fill} | {line.lookup:.1f} | {line.commit:.0f} |", flush=True)
    return code


def _instance(folder: Path, quads: int) -> Versions:
    versions = Versions(folder)
    with versions.stage(None) as staged:
        change = Change(frozenset(_quad(number) for number in range(quads)))
        versions.publish(staged, staged.apply(change), _MESSAGE)
    return versions


def _quad(number: int) -> ox.Quad:
    base = "http://example.org/"
    return ox.Quad(
        ox.NamedNode(f"{base}{number}"),
        ox.NamedNode(f"{base}label"),
        ox.Literal(f"thing {number}"),
        ox.NamedNode(f"{base}graph/{number // _PER_GRAPH}"),
    )


def _change(number: int) -> Change:
    return Change(frozenset({_quad(number)}))


def _lookup(backend: LocalBackend | RemoteBackend, number: int) -> None:
    query = Query(f"SELECT ?label {{ <http://example.org/{number}> ?p ?label }}")
    with backend.select(query, BINDINGS[0], _AMPLE) as answer:
        if b"thing" not in answer.read():
            raise RuntimeError("the answer is wrong")


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _milliseconds(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1000


if __name__ == "__main__":
    sys.exit(main())
