"""`python -m bench.describing`: what it costs that VoID and DCAT are in step with every version.

On a hard-link copy of an instance, or on a synthetic one: the time, processor time and peak memory
of the process that counts a whole version, and of one that counts a commit of three quads; then how
long `/void` and `/sparql` take to describe it, and point lookups beside the counting.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flask.testing import FlaskClient

from bench.data import environment, prepared
from bench.keeping import commits, copied, timed
from parley.files import Dataset, open_dataset
from parley.settings import Settings
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app

Figures = dict[str, float]
_LOOKUP = "SELECT * { <https://w3id.org/parley/dataset> ?p ?o }"
_ROUNDS = 5
_DESCRIPTIONS = (
    ("/void.ttl", "void"),
    ("/void.nt", "void as N-Triples"),
    ("/sparql", "service description"),
)


def counting(instance: Path, number: int, base: str) -> subprocess.Popen[bytes]:
    """Begins to count a version in a process of its own, as the server does."""
    command = [sys.executable, "-m", "parley.describing", str(instance), str(number), base]
    return subprocess.Popen(command, env={**os.environ, **environment()})


def used(process: subprocess.Popen[bytes], began: float) -> tuple[float, float, float]:
    """Waits for a process: its seconds, seconds of processor time, and peak memory in MiB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    seconds = time.perf_counter() - began
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(instance: Path, dataset: Dataset) -> Figures:
    """Counts the newest version, then a commit, and asks for the descriptions."""
    versions, base = Versions(instance), dataset.names.base
    version = versions.current()
    assert version is not None
    found: Figures = {"quads": version.quads}

    def note(what: str, figures: tuple[float, float, float]) -> None:
        for name, figure in zip(("s", "processor s", "peak MiB"), figures, strict=True):
            found[f"{what}, {name}"] = figure

    settings = Settings(instance=instance)
    backend = LocalBackend(versions, settings, prefixes=dataset.names.prefixes)
    client = create_app(settings, backend, dataset, {}, versions).test_client()
    try:
        _lookup(client, 0)
        backend.wait_loaded(600)
        found["point lookup alone, p50 ms"] = _p50(client, 200)
        began = time.perf_counter()
        process = counting(instance, version.number, base)
        found["point lookup while a version is counted, p50 ms"] = _p50(client, 200)
        note("all of it counted", used(process, began))
        for path, name in _DESCRIPTIONS:
            began = time.process_time()
            found[f"{name} written, s"] = timed(lambda path=path: _get(client, path))
            found[f"{name} written, processor s"] = time.process_time() - began
            again = [timed(lambda path=path: _get(client, path)) for _ in range(_ROUNDS)]
            found[f"{name} again, ms"] = 1e3 * statistics.median(again)
            found[f"{name}, KiB"] = len(_get(client, path)) / 1024
        found["triples of the description"] = _get(client, "/void.nt").count(b"\n")
        commits(instance, 1)
        began = time.perf_counter()
        note(
            "a commit of 3 quads counted", used(counting(instance, version.number + 1, base), began)
        )
        found["void after a commit, s"] = timed(lambda: _get(client, "/void.ttl"))
    finally:
        backend.close()
    return found


def _p50(client: FlaskClient, count: int) -> float:
    return 1e3 * statistics.median(timed(lambda n=n: _lookup(client, n)) for n in range(count))


def _lookup(client: FlaskClient, number: int) -> bytes:
    return _get(client, "/sparql", query=f"{_LOOKUP} # {number}")


def _get(client: FlaskClient, path: str, **query: str) -> bytes:
    response = client.get(path, query_string=query, buffered=True)
    assert response.status_code == 200, response.text
    return response.data


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.describing", description=__doc__)
    parser.add_argument("--data", type=Path, help="what `bench` prepared, such as bench/out/data")
    parser.add_argument("--quads", type=int, default=1_000_000, help="of the synthetic data")
    parser.add_argument("--short", action="store_true", help="a thousand quads")
    parser.add_argument("--out", type=Path, help="where the figures go as JSON")
    arguments = parser.parse_args()
    beside = arguments.data.parent if arguments.data else None  # where hard links are possible
    with tempfile.TemporaryDirectory(dir=beside) as name:
        quads = 1_000 if arguments.short else arguments.quads
        data = prepared(arguments.data or Path(name) / "data", quads)
        copied(data.instance, Path(name) / "instance")
        found = measure(Path(name) / "instance", open_dataset(data.dataset))
    print("| what | figure |\n| --- | --- |")
    for what, figure in found.items():
        print(f"| {what} | {figure:,.0f} |" if figure >= 100 else f"| {what} | {figure:.3g} |")
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
