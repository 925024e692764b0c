"""What a commit costs: checked edits through a running server, and readers beside them.

An edit adds a claim of ten quads to an article, on words that are quoted already; the server
derives what follows, checks it in full and publishes a version. Measured are such edits, the same
refused, and tried as a dry run; point lookups alone and beside a hundred commits; a load of many
quads as one commit; and, for comparison, pySHACL on the whole dataset, and the same update sent to
`oxigraph serve`, which checks nothing and keeps no versions.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from bench.client import Job
from bench.data import Data, environment
from bench.processes import free_port, run, running, tree
from bench.servers import Oxigraph
from bench.serving import await_answer, measure
from parley.formats import BINDINGS
from parley.rdf import RDF_TYPE, RDFS_LABEL, Namespaces, concept, term

_NAMES = Namespaces()
_LIMIT = 900.0  # seconds for the whole dataset
_COPIED = ("claims", "speaker", "evidence")


@dataclass(frozen=True)
class Timed:
    """Some requests of one kind, all answered with `status`, and how long they took in seconds.

    `cpu` is the processor time that the server took for one of them, None where not looked at: it
    depends less on what else the machine does.
    """

    name: str
    count: int
    status: int
    p50: float
    p99: float
    cpu: float | None = None


@dataclass(frozen=True)
class Model:
    """A claim that edits are made like: its article, what it claims, who speaks, the quote."""

    slug: str
    claims: ox.NamedNode
    speaker: ox.NamedNode
    evidence: ox.NamedNode


def measure_curating(
    data: Data, folder: Path, edits: int, load: int, told: Callable[[str], None]
) -> list[Timed]:
    """All of it on a hard-linked copy of the instance, which is left as it was."""
    instance = folder / "instance"
    shutil.copytree(data.instance, instance, copy_function=os.link, symlinks=True)
    store = data.open()
    models = _models(store, edits)
    labelled = store.quads_for_pattern(None, RDFS_LABEL, None)
    things = [quad.subject for quad in islice(labelled, 4000)]
    del store
    port = free_port()
    url = f"http://127.0.0.1:{port}/sparql"
    command = [
        *(sys.executable, "-m", "parley", "serve", "--open", "--port", str(port)),
        *("--instance", str(instance), "--dataset", str(data.dataset)),
        *("--query-timeout", "900", "--query-memory", str(4 << 30), "--cache-bytes", "0"),
        *("--keep-versions", "10"),
    ]
    log = folder / "log"
    found: list[Timed] = []

    def add(*rows: Timed) -> None:
        for row in rows:
            told(f"{row.name}: p50 {row.p50 * 1e3:.1f} ms, p99 {row.p99 * 1e3:.1f} ms, {row.cpu}")
        found.extend(rows)

    with running(command, log=log, cwd=folder, env=environment()) as process:
        await_answer(url, process, log)
        _await_memory(port)
        _await_rest(process.pid)
        update = _Sender(port, "/sparql")
        told("edits")
        warm = [update.send(_edit(models[0], f"w{n}")) for n in range(3)]
        if any(status != 204 for status, _ in warm):
            raise RuntimeError(f"an edit is answered with {warm}; the log is in {log}")
        dry = _Sender(port, "/sparql?dry-run=true")
        for name, sender, mark, sound in (
            ("commit of 10 quads, checked", update, "", True),
            ("the same, refused by the shapes", update, "r", False),
            ("the same as a dry run", dry, "d", True),
        ):
            before = _spent(process.pid)
            rows = [
                sender.send(_edit(model, f"{mark}{number}", sound=sound))
                for number, model in enumerate(models)
            ]
            add(_timed(name, rows, (_spent(process.pid) - before) / len(rows)))
        told("readers")
        add(*_readers(url, things, update, models, folder))
        told(f"a load of {load:,} quads")
        graph = _NAMES.graph("entities/benchmark").value
        bulk = _Sender(port, f"/store?graph={graph}", "application/n-triples")
        before = _spent(process.pid)
        rows = [bulk.send(_people(load))]
        add(_timed(f"{load:,} quads as one commit", rows, _spent(process.pid) - before))
    told("oxigraph serve")
    add(*_unchecked(data, folder, models))
    told("pySHACL on the whole dataset")
    add(_whole(data))
    return found


class _Sender:
    """Sends bodies to one address, each over a connection of its own."""

    def __init__(self, port: int, path: str, media_type: str = "application/sparql-update") -> None:
        self._port, self._path, self._type = port, path, media_type

    def send(self, body: str) -> tuple[int, float]:
        """The status and the seconds until the answer was complete."""
        began = time.perf_counter()
        headers = {"Content-Type": self._type, "Accept": "*/*"}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=1800)
        with contextlib.closing(connection):
            connection.request("POST", self._path, body.encode(), headers)
            response = connection.getresponse()
            response.read()
        return response.status, time.perf_counter() - began


def _await_memory(port: int) -> None:
    """Returns when the version is in memory: what a commit costs is asked of a server at rest."""
    turn = threading.Event()
    until = time.monotonic() + 300
    while not _in_memory(port):
        if time.monotonic() > until:
            raise RuntimeError("the version was not in memory after 300 s")
        turn.wait(0.5)


def _await_rest(pid: int) -> None:
    """Returns when the index of names and the figures of the version are made, too."""
    turn = threading.Event()
    until = time.monotonic() + 300
    before = -1.0
    while (spent := _spent(pid)) - before > 0.1 and time.monotonic() < until:
        before = spent
        turn.wait(3)


def _in_memory(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", "/metrics")
        return "\nparley_version_in_memory 1" in connection.getresponse().read().decode()


def _models(store: ox.Store, count: int) -> list[Model]:
    """Claims of different articles, spread over the dataset."""
    found: dict[str, Model] = {}
    start = _NAMES.graph("claims/").value
    for quad in store.quads_for_pattern(None, term("evidence"), None):
        slug = quad.graph_name.value.removeprefix(start)  # type: ignore[union-attr]  # named
        if slug not in found:
            values = {
                name: next(store.quads_for_pattern(quad.subject, term(name), None)).object
                for name in _COPIED
            }
            found[slug] = Model(slug, **values)  # type: ignore[arg-type]  # IRIs
    slugs = sorted(found)
    return [found[slugs[n * 7919 % len(slugs)]] for n in range(count)]


def _edit(model: Model, number: str, *, sound: bool = True) -> str:
    """An update of ten quads; one that is not sound has a status no concept of its scheme."""
    claim = _NAMES.thing(f"claim-{model.slug}-900-{number}")
    status = concept("status-claimed" if sound else "denies")
    rows = [
        (RDF_TYPE, term("Claim")),
        (RDFS_LABEL, f'"An edit of the benchmark, number {number}."@en'),
        *((term(name), getattr(model, name)) for name in _COPIED),
        (term("stance"), concept("affirms")),
        (term("epistemicStatus"), status),
        (term("reviewState"), concept("review-accepted")),
        (term("basis"), concept("direct-observation")),
        (term("hedgeText"), '"reportedly"@en'),
    ]
    body = " ; ".join(f"{predicate} {value}" for predicate, value in rows)
    graph = _NAMES.graph(f"claims/{model.slug}")
    return f"INSERT DATA {{ GRAPH {graph} {{ {claim} {body} }} }}"


def _people(quads: int) -> str:
    """Persons with a name each, four quads to one, as N-Triples."""
    rows = []
    note = ox.NamedNode("http://www.w3.org/2004/02/skos/core#scopeNote")
    also = ox.NamedNode("http://www.w3.org/2004/02/skos/core#altLabel")
    for number in range(quads // 4):
        thing = _NAMES.thing(f"loaded-{number}")
        rows += [
            f"{thing} {RDF_TYPE} {term('Person')} .\n",
            f'{thing} {RDFS_LABEL} "Loaded Person {number}"@en .\n',
            f'{thing} {note} "Person {number} of a load."@en .\n',
            f'{thing} {also} "L. P. {number}"@en .\n',
        ]
    return "".join(rows)


def _readers(
    url: str, things: Sequence[object], update: _Sender, models: Sequence[Model], folder: Path
) -> list[Timed]:
    """Point lookups over two connections: alone, and while commits follow one another."""
    seconds = max(2.0, len(models) / 8)
    queries = tuple(f"SELECT ?p ?o {{ {thing} ?p ?o }}" for thing in things)
    job = Job(url, BINDINGS[0].media_type, queries, 2, seconds, repeat=True)
    alone = measure(job, folder)
    rows: list[tuple[int, float]] = []
    stop = threading.Event()

    def curate() -> None:
        for number, model in enumerate(models):
            if stop.is_set():
                return
            rows.append(update.send(_edit(model, f"b{number}")))

    thread = threading.Thread(target=curate)
    thread.start()
    beside = measure(job, folder)
    stop.set()
    thread.join()
    return [
        Timed("point lookup, alone", alone.answers, 200, alone.p50, alone.p99),
        Timed("point lookup, beside commits", beside.answers, 200, beside.p50, beside.p99),
        _timed("commit beside lookups", rows),
    ]


def _whole(data: Data) -> Timed:
    code = (
        "import sys; from pathlib import Path; from parley.store.versions import Versions; "
        "from parley.check.shapes import *; from parley.rdf import Namespaces; "
        "s = Versions(Path(sys.argv[1])).current().open(); "
        "start = Namespaces().graph('shapes/').value; "
        "shapes = read_shapes(q for g in s.named_graphs() if g.value.startswith(start) "
        "for q in s.quads_for_pattern(None, None, None, g)); "
        "print(sum(1 for _ in check_core(s, shapes)))"
    )
    done = run([sys.executable, "-c", code, str(data.instance)], limit=_LIMIT, env=environment())
    if done.code:
        raise RuntimeError(done.output[-2000:])
    name = "pySHACL, core constraints, whole dataset"
    if done.code is None:
        name += ", stopped at"
    return Timed(name, 1, 0, done.seconds, done.seconds)


def _unchecked(data: Data, folder: Path, models: Sequence[Model]) -> list[Timed]:
    server = Oxigraph()
    if server.missing():
        return []
    place = folder / "oxigraph"
    place.mkdir()
    server.load(data, place)
    port = free_port()
    command = [
        "serve" if part == "serve-read-only" else part for part in server.command(data, place, port)
    ]
    log = folder / "oxigraph-log"
    with running(command, log=log, cwd=folder) as process:
        await_answer(server.url(port), process, log)
        update = _Sender(port, "/update")
        rows = [update.send(_edit(model, str(n))) for n, model in enumerate(models)]
    return [_timed("`oxigraph serve`, update of 10 quads, unchecked", rows)]


def _spent(root: int) -> float:
    """Seconds of processor time of a process tree, with its children that have ended."""
    ticks = 0
    for process in tree(root):
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
            ticks += sum(map(int, text.rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _timed(name: str, rows: Iterable[tuple[int, float]], cpu: float | None = None) -> Timed:
    found = list(rows)
    (status, *others) = sorted({status for status, _ in found})
    if others:
        raise RuntimeError(f"{name}: answered with {status} and {others}")
    times = sorted(seconds for _, seconds in found)
    last = times[min(int(0.99 * len(times)), len(times) - 1)]
    return Timed(name, len(times), status, times[len(times) // 2], last, cpu)
