"""`python -m bench.federating`: what a join of two servers costs in Comunica, by kind of source.

A large dataset is joined with a small plain one, which says in which file one keeps what one has on
some of its groups. Comunica (npm, pinned in bench/npm) is given the two as SPARQL endpoints whose
description it does not read, as endpoints whose description it reads (with the figures of VoID), as
Triple Pattern Fragments, as Quad Pattern Fragments, and as fragments that it restricts by values.
Every run begins without a cache in the client; the first run of a kind does not count. Bytes are
those of the answers' bodies as sent, processor time is that of all processes of both servers.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.clients import Served, installed, put, serving
from bench.data import PROJECT, Data, prepared
from bench.processes import busy

PREFIXES = """
PREFIX ex: <http://example.org/>
PREFIX parley: <https://w3id.org/parley/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
QUERIES = {
    "names of groups": "SELECT * { ?group ex:file ?file ; rdfs:label ?name }",
    "their members": "SELECT * { ?group ex:file ?file . ?person parley:memberOf ?group ; "
    "rdfs:label ?name }",
    "what is said of them": "SELECT * { ?group ex:file ?file . ?said parley:subject ?group ; "
    "parley:predicate ?property . ?claim parley:claims ?said ; parley:stance ?stance }",
}
ALONE = "one group's leaders, first server alone"
QUERIES[ALONE] = (
    "SELECT * { ?person parley:leads <https://w3id.org/parley/id/group-1> ; rdfs:label ?name }"
)
KINDS = {
    "SPARQL, undescribed": "sparql@{}/sparql",
    "SPARQL, described": "{}/sparql",
    "triple fragments": "{}/fragments",
    "quad fragments": "{}/fragments/quads",
    "fragments with values": "brtpf@{}/fragments",
}
_PATIENCE = 600.0
_LOADING = 180.0  # seconds for a version to be loaded into memory; a larger one stays on disk


@dataclass(frozen=True)
class Cost:
    """What a query of one kind of source cost: medians in seconds, and figures for one run."""

    query: str
    kind: str
    rows: int
    first: float
    last: float
    requests: int
    bytes: int
    processor: float


def main() -> None:
    """Measure, print a table; exit code 1 when the kinds do not answer alike."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped too
    told = [] if arguments.quiet else [sys.stderr]
    costs = []
    with tempfile.TemporaryDirectory(prefix="parley-federating-") as name, ExitStack() as stack:
        folder = Path(name)
        modules = arguments.modules or folder / "npm"
        installed(modules)
        data = prepared(arguments.data or folder / "data", arguments.quads)
        servers = _servers(stack, folder, data, arguments.groups)
        for query in QUERIES:
            for kind in KINDS:
                costs.append(measured(query, kind, servers, modules, arguments.times))
                for stream in told:
                    print(asdict(costs[-1]), file=stream, flush=True)
    print(table(costs, data.quads, arguments.groups))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(c) for c in costs], indent=1) + "\n")
    answers = {query: {c.rows for c in costs if c.query == query} for query in QUERIES}
    sys.exit(any(len(rows) != 1 or 0 in rows for rows in answers.values()))


def measured(
    query: str, kind: str, servers: tuple[Served, Served], modules: Path, times: int
) -> Cost:
    """One query from one kind of source, after a run that does not count."""
    asked = servers[:1] if query == ALONE else servers
    sources = [KINDS[kind].format(server.address) for server in asked]
    text = PREFIXES + QUERIES[query]
    joined(1, text, sources, modules)
    before = sum(busy(server.process) for server in servers)
    runs = joined(times, text, sources, modules)
    spent = sum(busy(server.process) for server in servers) - before
    return Cost(
        query,
        kind,
        int(runs[0]["rows"]),
        statistics.median(run["first"] or run["last"] for run in runs) / 1000,
        statistics.median(run["last"] for run in runs) / 1000,
        int(runs[0]["requests"]),
        int(runs[0]["bytes"]),
        spent / times,
    )


def joined(times: int, query: str, sources: list[str], modules: Path) -> list[dict[str, float]]:
    """Each run of the query in Comunica; see `bench/npm/join.mjs`."""
    done = subprocess.run(
        ["node", "join.mjs", str(times), query, *sources],
        cwd=modules,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{sources}: {done.stderr[-2000:]}")
    found: list[dict[str, float]] = json.loads(done.stdout)
    return found


def table(costs: list[Cost], quads: int, groups: int) -> str:
    """The costs in Markdown."""
    lines = [
        f"{quads:,} quads joined with the files of {groups} groups.\n",
        "| query | rows | sources | first row, s | last row, s | requests | KB sent | "
        "processor time, s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {c.query} | {c.rows} | {c.kind} | {c.first:.2f} | {c.last:.2f} | {c.requests} | "
        f"{c.bytes / 1000:.0f} | {c.processor:.2f} |"
        for c in costs
    ]
    return "\n".join(lines)


def _servers(stack: ExitStack, folder: Path, data: Data, groups: int) -> tuple[Served, Served]:
    """The large dataset and the small one."""
    plain = folder / "plain"
    command = [sys.executable, "-m", "parley", "init", str(plain), "--plain"]
    subprocess.run(command, cwd=PROJECT / "server", capture_output=True, check=True)
    first = stack.enter_context(
        serving(folder / "first", data.dataset, "--read-only", instance=data.instance)
    )
    second = stack.enter_context(serving(folder / "second", plain, "--open"))
    put(second.address, "".join(_files(groups)))
    until = time.monotonic() + _LOADING
    while not _in_memory(first.address) and time.monotonic() < until:
        time.sleep(0.5)
    return first, second


def _in_memory(address: str) -> bool:
    """Whether a server has its version in memory, so that loading costs nothing any more."""
    with urllib.request.urlopen(f"{address}/metrics") as response:
        return b"\nparley_version_in_memory 1" in response.read()


def _files(groups: int) -> Iterator[str]:
    for number in range(groups):
        group = f"<https://w3id.org/parley/id/group-{number}>"
        yield f'{group} <http://example.org/file> "A-{number}" .\n'


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.federating", description=__doc__)
    parser.add_argument("--quads", type=int, default=1_000_000, help="size of the large dataset")
    parser.add_argument("--groups", type=int, default=20, help="groups that have a file")
    parser.add_argument("--times", type=int, default=3, help="runs of each query")
    parser.add_argument("--data", type=Path, help="keep and reuse the large dataset here")
    parser.add_argument("--modules", type=Path, help="keep and reuse npm's packages here")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    parser.add_argument("--quiet", action="store_true", help="print the table only")
    return parser.parse_args()


if __name__ == "__main__":
    main()
