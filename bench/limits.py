"""`python -m bench.limits`: do runaways stop in time, and do point lookups go on meanwhile?

One runaway after another is sent with a deadline of one second while an open connection keeps
asking point lookups. Each line says when the runaway was answered, with which limit, and how the
lookups fared beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox

from bench.client import Job, Outcome, ask
from bench.data import PROJECT, environment
from bench.processes import free_port, running
from parley.store.ledger import Message
from parley.store.versions import Versions

_SITE = "http://example.org/"
_PREFIX = f"PREFIX e: <{_SITE}>\n"
DEADLINE = 1.0
_DIGITS = " ".join(map(str, range(10)))
# What each runaway does, and a query that would do it for hours.
RUNAWAYS = {
    "five-way product": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . "
    "?m ?o ?p }",
    "deep path": "SELECT (COUNT(*) AS ?n) { ?a (e:next|^e:next|e:label)+ ?b . ?b (e:next+)+ ?c }",
    "sort of millions": "SELECT ?a ?d { ?a e:label ?b . ?c e:label ?d } ORDER BY ?d ?b",
    "huge group_concat": "SELECT (GROUP_CONCAT(?x) AS ?n) { ?a e:label ?b . ?c e:label ?d "
    "BIND(CONCAT(?b, ?d) AS ?x) }",
    "catastrophic regex": "SELECT (COUNT(*) AS ?n) { ?a e:label ?b . ?c e:label ?d "
    'FILTER(REGEX(CONCAT(?b, ?d), "^(([a-z])+.)+[A-Z]([a-z])+$")) }',
    "product of values": "SELECT (SUM(?v0) AS ?n) { "
    + " ".join(f"VALUES ?v{i} {{ {_DIGITS} }}" for i in range(12))
    + " }",
    "eater of memory": "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?a ?d ?g { ?a e:label ?b . "
    "?c e:label ?d . ?f e:label ?g } }",
    "endless rows": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "slow planning": "SELECT * { " + " ".join(f"?s e:p{i} ?o{i} ." for i in range(1000)) + " }",
    "too deep": "SELECT * { FILTER(" + "!" * 10_000 + "true) }",
}


@dataclass(frozen=True)
class Stop:
    """How a runaway ended: its status, the limit named, and the seconds it took."""

    name: str
    status: int
    limit: str
    seconds: float


@dataclass(frozen=True)
class Line:
    """A runaway and the lookups beside it."""

    stops: tuple[Stop, ...]
    lookups: Outcome


def make(instance: Path, things: int) -> None:
    """A first version of things with a label, each leading to the next."""
    after, label, graph = (ox.NamedNode(_SITE + name) for name in ("next", "label", "graph"))

    def quads() -> Iterator[ox.Quad]:
        for number in range(things):
            thing = ox.NamedNode(f"{_SITE}{number}")
            follower = ox.NamedNode(f"{_SITE}{(number + 1) % things}")
            yield ox.Quad(thing, after, follower, graph)
            yield ox.Quad(thing, label, ox.Literal(f"thing number {number}"), graph)

    versions = Versions(instance)
    with versions.stage(None) as staged:
        staged.store.bulk_extend(quads())
        versions.publish(staged, None, Message("bench", "things to look up"))


@contextmanager
def served(folder: Path, things: int, **settings: object) -> Iterator[str]:
    """A server over that version; its address."""
    make(folder / "instance", things)
    given = {"instance": folder / "instance", "port": free_port(), **settings}
    env = {f"PARLEY_{name.upper()}": str(value) for name, value in given.items()}
    command = [sys.executable, "-m", "parley", "serve"]
    with running(command, log=folder / "log", cwd=PROJECT, env={**environment(), **env}) as server:
        address = f"http://127.0.0.1:{given['port']}"
        until = time.monotonic() + 60
        while time.monotonic() < until and server.poll() is None:
            try:
                with urllib.request.urlopen(f"{address}/ready"):
                    break
            except OSError:
                threading.Event().wait(0.05)
        else:
            raise RuntimeError((folder / "log").read_text())
        yield address


def stop(address: str, name: str, seconds: float = DEADLINE) -> Stop:
    """Sends one runaway and waits for what becomes of it."""
    began = time.monotonic()
    body = f"query={quote(_PREFIX + RUNAWAYS[name])}&timeout={seconds}".encode()
    try:
        with urllib.request.urlopen(f"{address}/sparql", data=body, timeout=60) as response:
            status, limit = response.status, ""
            response.read()
    except urllib.error.HTTPError as error:
        status, limit = error.code, str(json.load(error).get("limit", ""))
    return Stop(name, status, limit, time.monotonic() - began)


def lookups(address: str, seconds: float, things: int, connections: int = 2) -> Outcome:
    """Point lookups, every one different, for so long."""
    queries = tuple(
        f"SELECT ?o {{ <{_SITE}{number * 7919 % things}> <{_SITE}label> ?o }}"
        for number in range(min(things, 40_000))
    )
    accept = "application/sparql-results+json"
    return ask(Job(f"{address}/sparql", accept, queries, connections, seconds, repeat=True))


def beside(address: str, names: list[str], things: int, seconds: float = 1.6) -> Line:
    """The lookups while these runaways run, all at once."""
    stops: list[Stop] = []
    threads = [
        threading.Thread(target=lambda name=name: stops.append(stop(address, name)))
        for name in names
    ]
    for thread in threads:
        thread.start()
    found = lookups(address, seconds, things)
    for thread in threads:
        thread.join()
    return Line(tuple(stops), found)


def main() -> None:
    """Measures and prints; exit code 1 when a runaway was not stopped as promised."""
    parser = argparse.ArgumentParser(prog="python -m bench.limits", description=__doc__)
    parser.add_argument("--things", type=int, default=500_000, help="two quads each")
    parser.add_argument("--out", type=Path, help="where the figures go as JSON")
    arguments = parser.parse_args()
    things = arguments.things
    with (
        tempfile.TemporaryDirectory() as name,
        served(Path(name), things, query_memory=256 << 20, cache_bytes=0) as address,
    ):
        threading.Event().wait(min(15.0, things / 40_000))  # until the version is in memory
        lookups(address, 2, things)
        alone = lookups(address, 5, things)
        print(f"lookups alone: p50 {alone.p50 * 1e3:.2f} ms, p99 {alone.p99 * 1e3:.2f} ms")
        print("| runaway | status | limit | seconds | lookups p50 ms | p99 ms | times p99 alone |")
        print("|---|---|---|---|---|---|---|")
        lines = []
        for names in [*([name] for name in RUNAWAYS), list(RUNAWAYS)[:4]]:
            line = beside(address, names, things)
            lines.append(line)
            worst = max(line.stops, key=lambda s: s.seconds)
            title = worst.name if len(names) == 1 else f"{len(names)} at once"
            print(
                f"| {title} | {worst.status} | {worst.limit} | {worst.seconds:.2f} "
                f"| {line.lookups.p50 * 1e3:.2f} | {line.lookups.p99 * 1e3:.2f} "
                f"| {line.lookups.p99 / alone.p99:.1f} |",
                flush=True,
            )
        again = lookups(address, 3, things)
        print(f"lookups afterwards: p50 {again.p50 * 1e3:.2f} ms, p99 {again.p99 * 1e3:.2f} ms")
    if arguments.out:
        found = {"alone": asdict(alone), "lines": [asdict(line) for line in lines]}
        arguments.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    kept = all(s.status == 503 and s.seconds < DEADLINE + 1 for line in lines for s in line.stops)
    sys.exit(not kept)


if __name__ == "__main__":
    main()
