"""`python -m bench.replicas`: three read replicas behind a balancer, and one of them is killed.

A primary takes commits, three replicas follow it, and HAProxy or nginx stands before them with the
configuration of the operator's guide. It tells how long the first copy takes, how soon a commit can
be read at the replicas, how many lookups three replicas answer against one, and what clients notice
when one replica is killed under load and started again: every read has to be answered, from a
version that is not older than the one the same client saw before, with what that version holds.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from subprocess import Popen
from urllib.parse import quote, urlsplit

from bench.balancers import BALANCERS, balanced, missing
from bench.client import Job, Outcome, ask
from bench.data import PROJECT, environment
from bench.limits import make
from bench.processes import free_port, running
from parley.scaffold import make_plain

_SITE = "http://example.org/"
_COMMITS = f"<{_SITE}commits>"
_COUNT = f"SELECT (COUNT(*) AS ?n) {{ GRAPH {_COMMITS} {{ ?s ?p ?o }} }}"
_AT_LEAST = "X-Parley-Version-At-Least"
_PATIENCE = 300.0
_ACCEPT = "application/sparql-results+json"
_READERS = 4  # of each balancer
_PAUSE = 0.1  # seconds between two commits


@dataclass
class Group:
    """A primary and its replicas: their ports, and the processes that run."""

    folder: Path
    primary: int = field(default_factory=free_port)
    replicas: tuple[int, ...] = field(default_factory=lambda: tuple(free_port() for _ in range(3)))
    running: dict[int, Popen[str]] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)
    copied: float = 0.0

    def start(self, port: int) -> None:
        """Starts the primary or a replica; does not wait until it is ready."""
        name = "primary" if port == self.primary else f"replica-{port}"
        given = {
            "PARLEY_INSTANCE": str(self.folder / name),
            "PARLEY_DATASET": str(self.folder / "dataset"),
            "PARLEY_PORT": str(port),
        }
        if port == self.primary:
            given["PARLEY_OPEN"] = "yes"
        else:
            given["PARLEY_REPLICA_OF"] = f"http://127.0.0.1:{self.primary}"
        number = len(list(self.folder.glob(f"{name}-*.log")))
        self.running[port] = self.stack.enter_context(
            running(
                [sys.executable, "-m", "parley", "serve"],
                log=self.folder / f"{name}-{number}.log",
                cwd=PROJECT,
                env={**environment(), **given},
            )
        )

    def kill(self, port: int) -> None:
        """SIGKILL for the main process; whatever it started ends with it."""
        os.killpg(self.running[port].pid, signal.SIGKILL)
        self.running[port].wait()

    def logs(self) -> str:
        """What the servers said, for an error."""
        return "".join(p.read_text()[-2000:] for p in sorted(self.folder.glob("*.log")))


@contextmanager
def group(folder: Path, things: int) -> Iterator[Group]:
    """A primary with so many things, and three replicas of it that have copied them."""
    make_plain(folder / "dataset", _SITE, "Replicas")
    make(folder / "primary", things)
    found = Group(folder)
    with found.stack:
        found.start(found.primary)
        ready(found, found.primary)
        began = time.monotonic()
        for port in found.replicas:
            found.start(port)
        for port in found.replicas:
            ready(found, port)
        found.copied = time.monotonic() - began
        yield found


def ready(group: Group, port: int) -> None:
    """Returns when a server answers queries."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and group.running[port].poll() is None:
        try:
            if get(f"http://127.0.0.1:{port}", "/ready")[0] == 200:
                return
        except (OSError, HTTPException):
            pass
        time.sleep(0.05)
    raise RuntimeError(f"it did not get ready: {group.logs()}")


def get(root: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and body of one GET on a connection of its own."""
    connection = HTTPConnection(urlsplit(root).netloc, timeout=60)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


class Writer:
    """Commits one triple after another; `version` is the newest that was acknowledged."""

    def __init__(self, root: str) -> None:
        self._connection = HTTPConnection(urlsplit(root).netloc, timeout=60)
        self._numbers = itertools.count(int(time.time() * 1000))
        self.version = 0

    def commit(self) -> int:
        """The version of the next commit."""
        name = f"<{_SITE}commit/{next(self._numbers)}>"
        update = f'INSERT DATA {{ GRAPH {_COMMITS} {{ {name} <{_SITE}is> "made" }} }}'
        self._connection.request(
            "POST", "/sparql", update, {"Content-Type": "application/sparql-update"}
        )
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 204:
            raise RuntimeError(f"a commit was answered {response.status}: {body.decode()}")
        self.version = int(response.headers["X-Parley-Version"])
        return self.version

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()


@dataclass
class Reader:
    """A client that looks at every answer; it keeps cookies, and may keep the version itself.

    `address` is where it comes from: HAProxy tells clients apart by that.
    """

    root: str
    balancer: str
    address: str
    remembers: bool
    seen: int = 0
    reads: int = 0
    failed: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def read(self, stop: threading.Event) -> None:
        """Reads until told to stop."""
        connection, cookie = self._connected(), ""
        path = f"/sparql?query={quote(_COUNT)}"
        while not stop.is_set():
            headers = {"Accept": _ACCEPT, **({"Cookie": cookie} if cookie else {})}
            if self.remembers:
                headers[_AT_LEAST] = str(self.seen)
            began = time.monotonic()
            try:
                connection.request("GET", path, headers=headers)
                response = connection.getresponse()
                body = response.read()
            except (OSError, HTTPException) as error:
                self.failed.append(repr(error))
                connection.close()
                connection = self._connected()
                continue
            self.slowest = max(self.slowest, time.monotonic() - began)
            cookie = (response.headers["Set-Cookie"] or cookie).partition(";")[0]
            version = int(response.headers["X-Parley-Version"] or 0)
            self.look(response.status, version, _count(body) if response.status == 200 else 0)
        connection.close()

    def look(self, status: int, version: int, count: int) -> None:
        """Judges an answer: version N holds the first N - 1 commits."""
        self.reads += 1
        if status != 200:
            self.failed.append(f"status {status}")
            return
        if version < self.seen:
            self.back.append(f"{self.seen} -> {version}")
        self.seen = max(self.seen, version)
        if count != version - 1:
            self.wrong.append(f"version {version} was said to hold {count} commits")

    def _connected(self) -> HTTPConnection:
        return HTTPConnection(
            urlsplit(self.root).netloc, timeout=30, source_address=(self.address, 0)
        )


def _count(body: bytes) -> int:
    return int(json.loads(body)["results"]["bindings"][0]["n"]["value"])


@dataclass(frozen=True)
class Noticed:
    """What clients noticed while one replica was killed and started again."""

    balancer: str
    reads: int
    commits: int
    failed: tuple[str, ...]
    back: tuple[str, ...]
    wrong: tuple[str, ...]
    slowest: float
    caught_up: float

    @property
    def kept(self) -> bool:
        """Whether every read was answered, rightly, and no client was led back."""
        return bool(self.reads and self.commits) and not (self.failed or self.back or self.wrong)


def killing(
    group: Group, folder: Path, balancers: Sequence[str], seconds: float, commits: int
) -> list[Noticed]:
    """Reads through each balancer, and commits, for so long and for so many.

    A replica is killed after a quarter of that, and started again after a half.
    """
    stop, victim = threading.Event(), group.replicas[1]
    with ExitStack() as stack:
        roots = {
            name: stack.enter_context(balanced(name, group.primary, group.replicas, folder / name))
            for name in balancers
        }
        readers = [_reader(root, name, n) for name, root in roots.items() for n in range(_READERS)]
        writer = stack.enter_context(closing(Writer(roots[balancers[0]])))
        pool = stack.enter_context(ThreadPoolExecutor(len(readers)))
        stack.callback(stop.set)  # before the pool waits for the readers
        under_way = [pool.submit(reader.read, stop) for reader in readers]
        began, made, steps = time.monotonic(), 0, [group.kill, group.start]
        while (part := min((time.monotonic() - began) / seconds, made / commits)) < 1:
            if steps and part > 1 / (2 * len(steps)):
                steps.pop(0)(victim)
            writer.commit()
            made += 1
            time.sleep(_PAUSE)
        stop.set()
        for each in under_way:
            each.result()
    began = time.monotonic()
    for port in group.replicas:
        at_least(port, writer.version)
    caught_up = time.monotonic() - began
    return [
        _noticed(name, [r for r in readers if r.balancer == name], made, caught_up)
        for name in balancers
    ]


def _reader(root: str, balancer: str, number: int) -> Reader:
    """Each comes from an address of its own where it may: Linux has all of 127.0.0.0/8."""
    place = f"127.0.0.{11 + number}" if sys.platform == "linux" else "127.0.0.1"
    return Reader(root, balancer, place, remembers=number == 0)


def _noticed(name: str, readers: Sequence[Reader], commits: int, caught_up: float) -> Noticed:
    return Noticed(
        name,
        sum(reader.reads for reader in readers),
        commits,
        tuple(text for reader in readers for text in reader.failed),
        tuple(text for reader in readers for text in reader.back),
        tuple(text for reader in readers for text in reader.wrong),
        max(reader.slowest for reader in readers),
        caught_up,
    )


def at_least(port: int, version: int) -> float:
    """When a server answers a query from that version or a later one (monotonic time)."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            headers = {_AT_LEAST: str(version)}
            if get(f"http://127.0.0.1:{port}", "/sparql?query=ASK%7B%7D", headers)[0] == 200:
                return time.monotonic()
        except (OSError, HTTPException):
            time.sleep(0.05)
    raise RuntimeError(f"the server at {port} does not get to version {version}")


def catching_up(group: Group, commits: int) -> list[float]:
    """Seconds from the acknowledgement of a commit until each replica answers from it."""
    found = []
    with (
        closing(Writer(f"http://127.0.0.1:{group.primary}")) as writer,
        ThreadPoolExecutor(len(group.replicas)) as pool,
    ):
        for _ in range(commits):
            version = writer.commit()
            began = time.monotonic()
            ends = pool.map(at_least, group.replicas, [version] * len(group.replicas))
            found += [end - began for end in ends]
            time.sleep(_PAUSE)
    return found


def lookups(root: str, things: int, seconds: float, connections: int = 8) -> Outcome:
    """Point lookups, each of another thing as far as there are enough."""
    queries = tuple(
        f"SELECT ?p ?o {{ GRAPH <{_SITE}graph> {{ <{_SITE}{n * 7919 % things}> ?p ?o }} }}"
        for n in range(min(things, 40_000))
    )
    return ask(Job(f"{root}/sparql", _ACCEPT, queries, connections, seconds, repeat=True))


def throughput(group: Group, things: int, seconds: float, folder: Path) -> dict[str, float]:
    """Lookups a second of one replica alone, one behind HAProxy, and three behind HAProxy."""
    found = {}
    direct = f"http://127.0.0.1:{group.replicas[0]}"
    lookups(direct, things, seconds / 2)
    found["one replica, asked directly"] = lookups(direct, things, seconds).per_second
    for count, name in ((1, "one replica behind haproxy"), (3, "three replicas behind haproxy")):
        place = folder / f"throughput-{count}"
        with balanced("haproxy", group.primary, group.replicas[:count], place) as root:
            lookups(root, things, seconds / 2)
            found[name] = lookups(root, things, seconds).per_second
    return found


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which such a part of the others lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def main() -> None:
    """Measures and prints; exit code 1 when a client noticed what it must not."""
    parser = argparse.ArgumentParser(prog="python -m bench.replicas", description=__doc__)
    parser.add_argument("--things", type=int, default=500_000, help="two quads each")
    parser.add_argument("--commits", type=int, default=100, help="whose catching up is timed")
    parser.add_argument("--seconds", type=float, default=20.0, help="of load around the kill")
    parser.add_argument("--short", action="store_true", help="tiny sizes, to see that it works")
    parser.add_argument("--out", type=Path, help="where the figures go as JSON")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and end what was started
    lacking = [said for name in BALANCERS if (said := missing(name))]
    if lacking:
        sys.exit("; ".join(lacking))
    if arguments.short:
        arguments.things, arguments.commits, arguments.seconds = 500, 5, 4.0
    things = arguments.things
    with tempfile.TemporaryDirectory(prefix="parley-replicas-") as name:
        folder = Path(name)
        with group(folder, things) as found:
            print(f"three first copies at once, {2 * things:,} quads: {found.copied:.1f} s")
            times = catching_up(found, arguments.commits)
            print(
                f"from a commit's acknowledgement until a replica answers from it, {len(times)} "
                f"times: p50 {statistics.median(times) * 1e3:.0f} ms, "
                f"p99 {percentile(times, 0.99) * 1e3:.0f} ms"
            )
            rates = throughput(found, things, min(5.0, arguments.seconds / 4), folder)
            for who, rate in rates.items():
                print(f"{who}: {rate:,.0f} lookups a second")
            seconds = arguments.seconds
            noticed = killing(found, folder, BALANCERS, seconds, int(seconds) * 2)
            for one in noticed:
                print(
                    f"{one.balancer}: {one.reads:,} reads, {one.commits} commits, one replica "
                    f"killed: {len(one.failed)} reads failed, {len(one.back)} steps back, "
                    f"{len(one.wrong)} wrong; slowest read {one.slowest:.2f} s; all replicas had "
                    f"everything {one.caught_up:.2f} s after the last commit"
                )
                for text in (*one.failed[:3], *one.back[:3], *one.wrong[:3]):
                    print(f"  {text}")
    if arguments.out:
        told = {"copied": found.copied, "times": times, "rates": rates}
        told["noticed"] = [asdict(one) for one in noticed]
        arguments.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    sys.exit(not all(one.kept for one in noticed))


if __name__ == "__main__":
    main()
