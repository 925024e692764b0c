"""`python -m bench.pages --data DIR`: what pages cost a browser, and a server under eight readers.

One reader asks for each page, first and again. In chromium each page is opened anew, with an empty
cache: first contentful paint, total blocking time (what tasks take beyond 50 ms each;
https://web.dev/articles/tbt), bytes as they were sent. Then eight connections ask for pages, each
of another thing, beside `datasette` with the claims of the same data as one table.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pyoxigraph as ox
from playwright.sync_api import sync_playwright

from bench.data import PROJECT, Data, environment, prepared
from bench.processes import free_port, running
from bench.servers import Parley

FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync".split()
READERS, TIMES = 8, 5
ID = "https://w3id.org/parley/id/"
PARLEY = "https://w3id.org/parley/ontology#"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
OA = "http://www.w3.org/ns/oa#"
MOST = 20_000  # claims in the table
WATCH = """window.longTasks = [];
new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(
  task => [task.startTime, task.duration]))).observe({type: "longtask", buffered: true});"""
PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null"""


@dataclass(frozen=True)
class Opened:
    """A page in a browser with an empty cache: medians of several openings, in milliseconds and
    in bytes as sent; `scripts` are the bytes of its JavaScript."""

    path: str
    paint: float
    blocked: float
    bytes: int
    scripts: int


@dataclass(frozen=True)
class Alone:
    """A page for one reader: seconds the first time, and the median of further times."""

    what: str
    first: float
    again: float


@dataclass(frozen=True)
class Asked:
    """Pages under eight readers: seconds to the whole page."""

    server: str
    what: str
    answers: int
    per_second: float
    p50: float
    p99: float


def opened(address: str, paths: Sequence[str], times: int) -> list[Opened]:
    """What each page costs a browser."""
    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        found = []
        for path in paths:
            runs = []
            for _ in range(times):
                page = browser.new_page()
                page.add_init_script(WATCH)
                wire = page.context.new_cdp_session(page)
                wire.send("Network.enable")
                kinds: dict[str, str] = {}
                sent = {"Script": 0, "": 0}

                def came(event: dict[str, Any], kinds: dict[str, str] = kinds) -> None:
                    kinds[event["requestId"]] = event["type"]

                def done(
                    event: dict[str, Any],
                    kinds: dict[str, str] = kinds,
                    sent: dict[str, int] = sent,
                ) -> None:
                    sent[""] += int(event["encodedDataLength"])
                    if kinds.get(event["requestId"]) == "Script":
                        sent["Script"] += int(event["encodedDataLength"])

                wire.on("Network.responseReceived", came)
                wire.on("Network.loadingFinished", done)
                page.goto(address + path, wait_until="networkidle")
                paint = page.wait_for_function(PAINT, polling=50).json_value()
                tasks = page.evaluate("window.longTasks")
                blocked = sum(length - 50 for start, length in tasks if start + length > paint)
                runs.append((paint, blocked, sent[""], sent["Script"]))
                page.close()
            middle = [statistics.median(column) for column in zip(*runs, strict=True)]
            found.append(Opened(path, middle[0], middle[1], int(middle[2]), int(middle[3])))
        browser.close()
    return found


def asked(server: str, what: str, address: str, paths: Sequence[str], seconds: float) -> Asked:
    """Eight connections that each ask for one page after the other, never the same at once."""
    numbers = count()
    until = time.perf_counter() + seconds

    def read(_: int) -> list[float]:
        took = []
        host = urlsplit(address).netloc
        with closing(http.client.HTTPConnection(host, timeout=120)) as line:
            while time.perf_counter() < until:
                path = paths[next(numbers) % len(paths)]
                began = time.perf_counter()
                line.request("GET", path, headers={"Accept": "text/html"})
                reply = line.getresponse()
                reply.read()
                if reply.status != 200:
                    raise RuntimeError(f"{server} answered {reply.status} to {path}")
                took.append(time.perf_counter() - began)
        return took

    began = time.perf_counter()
    with ThreadPoolExecutor(READERS) as threads:
        took = sorted(t for some in threads.map(read, range(READERS)) for t in some)
    rate = len(took) / (time.perf_counter() - began)
    middle, late = took[len(took) // 2], took[int(len(took) * 0.99)]
    return Asked(server, what, len(took), rate, middle, late)


def alone(address: str, paths: Mapping[str, str], times: int) -> Iterator[Alone]:
    """One reader asks for one page after the other: what it takes the first time, and then."""
    with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)) as line:
        for what, path in paths.items():
            took = []
            for _ in range(times + 1):
                began = time.perf_counter()
                line.request("GET", path, headers={"Accept": "text/html, */*;q=0.1"})
                reply = line.getresponse()
                reply.read()
                if reply.status != 200:
                    raise RuntimeError(f"{reply.status} to {path}")
                took.append(time.perf_counter() - began)
            yield Alone(what, took[0], statistics.median(took[1:]))


def of_one(thing: str, claim: str) -> dict[str, str]:
    """The pages that one reader asks for; each with a parameter of its own is in no cache."""
    lists = ["/claims", "/claims?stance=denies", "/claims?q=garrison", "/claims?limit=100"]
    lists += ["/contradictions", "/sources", "/articles", "/search?q=Taliban", "/sparql/terms.json"]
    network = (PROJECT / "queries/network.rq").read_text(encoding="utf-8")
    return {path: path for path in ("/", *lists)} | {
        "a thing": thing,
        "a claim": claim,
        "the query network.rq": f"/sparql?{urlencode({'query': network})}",
    }


def claims_of(data: Data) -> list[dict[str, str]]:
    """Claims with their speaker, stance, status and quote."""
    store = data.open()

    def value(subject: Any, *predicates: str) -> Any:  # Any: terms of the store
        for predicate in predicates:
            named = ox.NamedNode(predicate)
            subject = next((q.object for q in store.quads_for_pattern(subject, named, None)), None)
            if subject is None:
                return ox.Literal("")
        return subject

    speaks = ox.NamedNode(f"{PARLEY}speaker")
    return [
        {
            "claim": quad.subject.value,
            "gloss": value(quad.subject, LABEL).value,
            "speaker": value(quad.object, LABEL).value,
            "stance": value(quad.subject, f"{PARLEY}stance").value,
            "status": value(quad.subject, f"{PARLEY}epistemicStatus").value,
            "quote": value(
                quad.subject, f"{PARLEY}evidence", f"{OA}hasSelector", f"{OA}exact"
            ).value,
        }
        for quad in islice(store.quads_for_pattern(None, speaks, None), MOST)
    ]


def things_of(data: Data) -> list[str]:
    """Things that something is said of."""
    said = data.open().quads_for_pattern(None, ox.NamedNode(f"{PARLEY}subject"), None)
    named = {quad.object.value for quad in islice(said, 2000)}
    return sorted(iri for iri in named if iri.startswith(ID))


def table(file: Path, claims: Sequence[dict[str, str]]) -> None:
    """The claims as one SQLite table, with an index on who speaks."""
    with closing(sqlite3.connect(file)) as base, base:
        base.execute(
            "CREATE TABLE claims"
            "(id INTEGER PRIMARY KEY, claim, gloss, speaker, stance, status, quote)"
        )
        base.executemany(
            "INSERT INTO claims (claim, gloss, speaker, stance, status, quote) "
            "VALUES (:claim, :gloss, :speaker, :stance, :status, :quote)",
            claims,
        )
        base.execute("CREATE INDEX by_speaker ON claims (speaker)")


def ready(address: str, path: str) -> None:
    """Waits until a server answers."""
    for _ in range(600):
        try:
            with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)) as line:
                line.request("GET", path)
                if line.getresponse().status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"{address} did not get ready")


def measure(data: Path, quads: int, times: int, seconds: float) -> Iterator[Opened | Alone | Asked]:
    """All figures of one size, one after the other."""
    with tempfile.TemporaryDirectory(prefix="parley-pages-") as name:
        folder = Path(name)
        port, other = free_port(), free_port()
        home, beside = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}"
        given = prepared(data / str(quads), quads)
        command = Parley().command(given, folder, port)
        with running(command, log=folder / "parley.log", env=environment()):
            ready(home, "/ready")
            of_things = [f"/page/{quote(iri.removeprefix(ID))}" for iri in things_of(given)]
            claims = claims_of(given)
            of_claims = [f"/claims/{quote(row['claim'].removeprefix(ID))}" for row in claims]
            kinds = [
                "/",
                "/queries",
                "/claims",
                "/articles",
                "/sources",
                "/history",
                "/contradictions",
            ]
            kinds += ["/search?q=Taliban", "/sparql", of_things[0], of_claims[0]]
            yield from alone(home, of_one(of_things[0], of_claims[0]), times)
            yield from opened(home, kinds, times)
            for path in ("/", "/queries", "/claims", "/contradictions", "/search?q=Taliban"):
                yield asked("parley", path, home, [path], seconds)
            yield asked("parley", "pages of things", home, of_things, seconds)
            yield asked("parley", "pages of claims", home, of_claims, seconds)
        file = folder / "claims.db"
        table(file, claims)
        served = [sys.executable, "-m", "datasette", "serve", str(file), "--port", str(other)]
        with running(served, log=folder / "datasette.log"):
            ready(beside, "/claims/claims/1")
            single = [f"/claims/claims/{number}" for number in range(1, len(claims) + 1)]
            lists = [f"/claims/claims?_size=100&_next={n}" for n in range(0, len(claims), 100)]
            yield asked("datasette", "pages of rows", beside, single, seconds)
            yield asked("datasette", "100 rows of the table", beside, lists, seconds)


def main() -> None:
    """Measures and prints three tables in Markdown, and the JSON to a file where one is named."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="where prepared data is kept")
    parser.add_argument("--quads", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=TIMES, help="openings of each page")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each page is asked")
    parser.add_argument("--json", type=Path, help="where the figures go, too")
    given = parser.parse_args()
    found = list(measure(given.data, given.quads, given.times, given.seconds))
    print("| one reader | first, ms | then, ms |")
    print("| --- | --- | --- |")
    for row in found:
        if isinstance(row, Alone):
            print(f"| {row.what} | {row.first * 1e3:.0f} | {row.again * 1e3:.0f} |")
    print("\n| page | first contentful paint, ms | blocked, ms | KB sent | KB of scripts |")
    print("| --- | --- | --- | --- | --- |")
    for row in found:
        if isinstance(row, Opened):
            sizes = f"{row.bytes / 1000:.1f} | {row.scripts / 1000:.1f}"
            print(f"| `{row.path}` | {row.paint:.0f} | {row.blocked:.0f} | {sizes} |")
    print("\n| server | page | pages a second | p50, ms | p99, ms |")
    print("| --- | --- | --- | --- | --- |")
    for row in found:
        if isinstance(row, Asked):
            times = f"{row.p50 * 1e3:.1f} | {row.p99 * 1e3:.1f}"
            print(f"| {row.server} | {row.what} | {row.per_second:,.0f} | {times} |")
    if given.json:
        given.json.write_text(json.dumps([asdict(row) for row in found], indent=2) + "\n")


if __name__ == "__main__":
    main()
