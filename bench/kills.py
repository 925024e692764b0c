"""`python -m bench.kills`: SIGKILL at random moments of commits; what was acknowledged stays.

Each round starts a server or a command on an instance, sends it commits, kills all its processes
at a random moment or at a named step of a commit, and looks at what is left: every acknowledged
commit is there, of the one under way all or nothing, the ledger is whole and replays to the same
quads, and nothing half done stays behind.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox

from bench import victims
from parley.files import open_dataset
from parley.rdf import RDFS_LABEL
from parley.scaffold import make_dataset, make_plain
from parley.store.replay import replay
from parley.store.versions import Versions

_BASE = "https://data.example.org/kills/"
_FRESH = 100  # rounds after which an instance is begun anew, so that rounds stay quick
_PASSING = 4  # a dump, a place for downloads; what a killed process was about is swept away
_HALF_DONE = {"staging", "rebuilding", "current.new", "tags.json.partial"}
_TURTLE, _UPDATE = "text/turtle", "application/sparql-update"


class Lost(AssertionError):
    """A promise that was not kept."""


@dataclass(frozen=True)
class Wish:
    """A commit to ask for: a request, and what a plain dataset then holds (None: not foretold)."""

    text: str
    method: str
    path: str
    body: str = ""
    media_type: str = ""
    quads: frozenset[ox.Quad] | None = None


@dataclass
class Trial:
    """One instance under trial, and what its driver knows of it."""

    folder: Path
    kind: str
    rng: random.Random
    model: frozenset[ox.Quad] = frozenset()
    acknowledged: int = 0
    messages: dict[int, str] = field(default_factory=dict)
    under_way: Wish | None = None
    replayed: ox.Store = field(default_factory=ox.Store)
    looked_at: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def instance(self) -> Path:
        """Its instance folder."""
        return self.folder / "instance"

    @property
    def dataset(self) -> Path:
        """Its dataset folder."""
        return self.folder / "dataset"

    def make(self, context: ForkServerContext) -> None:
        """Its dataset, and its first version."""
        if self.kind == "plain":
            make_plain(self.dataset, _BASE, "Kills")
        else:
            make_dataset(self.dataset, _BASE, "Kills")
        given = victims.variables(self.instance, self.dataset, 0)
        log = self.folder / "log"
        with victims.command(["build", "-m", "first"], given, log) as group:
            if not victims.ended(group, 120):
                raise RuntimeError(log.read_text())
        self.look()
        self.acknowledged = self.looked_at

    def wish(self, text: str) -> Wish:
        """A random commit."""
        return self._plain_wish(text) if self.kind == "plain" else self._label(text)

    def _plain_wish(self, text: str) -> Wish:
        rng = self.rng
        graph = ox.NamedNode(f"{_BASE}graph/{rng.randrange(4)}")
        held = frozenset(q for q in self.model if q.graph_name == graph)
        new = frozenset(
            ox.Quad(
                ox.NamedNode(f"{_BASE}{rng.randrange(40)}"),
                RDFS_LABEL,
                ox.Literal(f"{text}, {i}"),
                graph,
            )
            for i in range(rng.choice((1, 3, 20)))
        )
        triples = "".join(f"{q.triple} .\n" for q in sorted(new, key=str))
        address = f"/store?graph={quote(graph.value, safe='')}"
        match rng.choice(("insert", "insert", "replace", "put", "post", "delete")):
            case "put":
                wanted = (self.model - held) | new
                return Wish(text, "PUT", address, triples, _TURTLE, wanted)
            case "post":
                return Wish(text, "POST", address, triples, _TURTLE, self.model | new)
            case "delete" if held:
                return Wish(text, "DELETE", address, quads=self.model - held)
            case "replace" if held:
                thing = rng.choice(sorted(held, key=str)).subject
                old = frozenset(q for q in held if q.subject == thing)
                update = (
                    f"WITH {graph} DELETE {{ {thing} ?p ?o }} INSERT {{ {triples} }} "
                    f"WHERE {{ {thing} ?p ?o }}"
                )
                wanted = (self.model - old) | new
                return Wish(text, "POST", "/sparql", update, _UPDATE, wanted)
        update = f"INSERT DATA {{ GRAPH {graph} {{ {triples} }} }}"
        return Wish(text, "POST", "/sparql", update, _UPDATE, self.model | new)

    def _label(self, text: str) -> Wish:
        graph = open_dataset(self.dataset).names.graph("entities/example")
        thing = f"<{_BASE}id/{self.rng.choice(('harran-ford', 'river-guard', 'upland-envoys'))}>"
        update = (
            f"WITH {graph} DELETE {{ {thing} {RDFS_LABEL} ?o }} "
            f'INSERT {{ {thing} {RDFS_LABEL} "{text}"@en }} WHERE {{ {thing} {RDFS_LABEL} ?o }}'
        )
        return Wish(text, "POST", "/sparql", update, _UPDATE)

    def send(self, connection: http.client.HTTPConnection, wish: Wish) -> bool:
        """Asks for a commit; False when the other side is gone before it acknowledged it."""
        self.under_way = wish
        headers = {"X-Parley-Message": wish.text}
        if wish.media_type:
            headers["Content-Type"] = wish.media_type
        try:
            connection.request(wish.method, wish.path, wish.body.encode(), headers)
            response = connection.getresponse()
            status, said = response.status, response.headers
        except (OSError, http.client.HTTPException):
            return False
        with suppress(OSError, http.client.HTTPException):  # the status is the acknowledgement
            body = response.read()
        if not 200 <= status < 300:
            raise Lost(f"{wish.method} {wish.path} was answered {status}: {body[:2000]!r}")
        self._acknowledge(int(said["X-Parley-Version"]))
        return True

    def _acknowledge(self, number: int) -> None:
        assert self.under_way is not None
        if number != self.acknowledged + 1:
            raise Lost(f"version {number} was acknowledged after version {self.acknowledged}")
        self.acknowledged = number
        self.messages[number] = self.under_way.text
        if self.under_way.quads is not None:
            self.model = self.under_way.quads
        self.under_way = None
        self.counts["acknowledged"] += 1

    def look(self) -> None:
        """Looks at what a kill left. Raises Lost."""
        versions = Versions(self.instance)
        versions.recover()
        number = versions.number()
        if number == self.acknowledged + 1 and self.under_way is not None:
            self.counts["there though not acknowledged"] += 1
            self._acknowledge(number)
            self.counts["acknowledged"] -= 1
        self.under_way = None
        if self.acknowledged and number != self.acknowledged:
            raise Lost(f"version {self.acknowledged} was acknowledged, {number} is current")
        for n in range(self.looked_at + 1, number + 1):
            entry = versions.ledger.verify(n)
            if entry.text != self.messages.get(n, entry.text):
                raise Lost(f"entry {n} says {entry.text!r}, not {self.messages[n]!r}")
            with tempfile.TemporaryDirectory() as name:
                replay(self.replayed, versions.ledger.rows(n), entry.added, Path(name))
        self.looked_at = number
        version = versions.get(number)
        damage = version.damage(closely=True)
        if damage is not None:
            raise Lost(f"version {number} is damaged: {damage}")
        kept, again = digest(version.open()), digest(self.replayed)
        if kept != again:
            raise Lost(f"the ledger does not replay to version {number}")
        if self.kind == "plain" and self.messages and kept != digest(self.model):
            raise Lost(f"version {number} does not hold what was asked for")
        self._look_for_leftovers(versions)

    def _look_for_leftovers(self, versions: Versions) -> None:
        strange = _HALF_DONE & set(os.listdir(self.instance))
        strange |= {p.name for p in versions.ledger.folder.iterdir() if p.suffix != ".rdfp"}
        folders = os.listdir(self.instance / "versions")
        if strange or len(folders) != versions.number():
            raise Lost(f"left behind: {sorted(strange)}; {len(folders)} folders of versions")
        for name in ("spool", "dumps"):
            with suppress(FileNotFoundError):
                found = os.listdir(self.instance / name)
                if len(found) > _PASSING:
                    raise Lost(f"{name} grows: {sorted(found)[:10]}")


def digest(quads: Iterable[ox.Quad]) -> str:
    """A hash of quads, whatever their order."""
    return hashlib.sha256("\n".join(sorted(map(str, quads))).encode()).hexdigest()


def round_(trial: Trial, context: ForkServerContext, number: int, victim: str) -> None:
    """One round: start, commit, kill, look."""
    rng, log = trial.rng, trial.folder / "log"
    port = victims.free_port()
    given = victims.variables(trial.instance, trial.dataset, port)
    if victim == "command":
        _command(trial, given, log, number)
    elif victim == "step":
        step, commits = rng.choice(victims.STEPS), rng.randint(1, 3)
        with victims.application(context, given, log, step, commits):
            _commit(trial, port, number)
        trial.counts[f"at '{step}'"] += 1
    else:
        started = victims.server(given, log) if victim == "server" else None
        with started or victims.application(context, given, log) as group:
            kill = threading.Timer(_delay(trial), victims.kill, [group])
            _commit(trial, port, number, kill)
            kill.join()
    trial.counts["kills"] += 1
    trial.look()


def _delay(trial: Trial) -> float:
    """Seconds up to the kill: anywhere within about two commits, which the trial has timed."""
    return trial.rng.uniform(0.0, 2.2 * (trial.counts["ms of a commit"] or 300) / 1000)


def _commit(trial: Trial, port: int, number: int, kill: threading.Timer | None = None) -> None:
    """Commits until the other side is gone; the first, which starts processes, is often spared."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    count, spared = 1, trial.rng.random() < 0.7
    while True:
        if kill is not None and count == 1 + spared:
            kill.start()
        began = time.monotonic()
        if not trial.send(connection, trial.wish(f"round {number} commit {count}")):
            break
        if count > 1:
            trial.counts["ms of a commit"] = int((time.monotonic() - began) * 1000)
        count += 1
    connection.close()


def _command(trial: Trial, given: victims.Variables, log: Path, number: int) -> None:
    """`parley build` after an edit of the files, killed at a random moment of its work."""
    text = f"round {number} build"
    path = trial.dataset / "data/entities/example.ttl"
    lines = path.read_text().splitlines()
    place = next(i for i, line in enumerate(lines) if "parley:Settlement" in line) + 1
    lines[place] = f'    rdfs:label "{text}"@en .'
    path.write_text("\n".join(lines) + "\n")
    trial.under_way = Wish(text, "", "")
    with victims.command(["build", "-m", text], given, log) as group:
        seconds = trial.rng.uniform(0.5, 1.0) * (trial.counts["ms of a build"] or 3000) / 1000
        began = time.monotonic()
        done = victims.ended(group, seconds)
    if done:
        trial.counts["ms of a build"] = int((time.monotonic() - began) * 1000)
        trial._acknowledge(trial.acknowledged + 1)
    else:
        trial.counts["ms of a build"] = int(1.05 * (trial.counts["ms of a build"] or 3000))


def trials(
    folder: Path, seed: int, rounds: int, context: ForkServerContext
) -> Iterator[Counter[str]]:
    """Runs so many rounds; what was counted so far after each."""
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    current: dict[str, Trial] = {}
    for number in range(rounds):
        victim = rng.choices(("step", "application", "server", "command"), (50, 43, 5, 2))[0]
        kind = "parley" if victim == "command" or rng.random() < 0.1 else "plain"
        key = f"{kind} {'command' if victim == 'command' else 'http'}"
        trial = current.get(key)
        if trial is None or trial.counts["kills"] >= _FRESH:
            place = folder / f"{number:06d}"
            place.mkdir()
            trial = current[key] = Trial(place, kind, rng)
            trial.make(context)
        before = Counter(trial.counts)
        began = time.monotonic()
        try:
            round_(trial, context, number, victim)
        except Lost as error:
            error.add_note(f"round {number}, {victim}, {kind}, {trial.folder}")
            raise
        counts.update(trial.counts - before)
        counts[f"{victim}, {kind}"] += 1
        counts[f"{victim}, {kind}: ms"] += int((time.monotonic() - began) * 1000)
        counts["rounds"] += 1
        yield counts


def main() -> None:
    """Runs the rounds and prints what was counted; exit code 1 when anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the instances, which then stay")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and end what was started
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.keep or Path(name)
        counts: Counter[str] = Counter()
        try:
            for counts in trials(folder, arguments.seed, arguments.rounds, victims.context()):
                if counts["rounds"] % 50 == 0:
                    print(
                        f"{counts['rounds']} rounds, {counts['acknowledged']} commits", flush=True
                    )
        except Lost as error:
            print(f"LOST: {error} ({'; '.join(getattr(error, '__notes__', ()))})")
            sys.exit(1)
    del counts["ms of a build"], counts["ms of a commit"]
    print(json.dumps(counts, indent=1, sort_keys=True))
    print("Every acknowledged commit is there, none is half there, every ledger replays.")


if __name__ == "__main__":
    main()
