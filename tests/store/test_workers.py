"""Workers are stopped, lost and replaced, and everybody else goes on."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from store_examples import DEADLINE, MESSAGE, adding, commit, quad

import parley
from parley.errors import BadInput, Busy, LimitReached, StoreDamaged, WorkerLost
from parley.formats import named
from parley.settings import Settings
from parley.store.backend import Cancel, Cancelled, Deadline, Query
from parley.store.change import Change
from parley.store.local import LocalBackend
from parley.store.versions import Versions

JSON = named("json")
FOREVER = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o }"
GREEDY = "SELECT (COUNT(DISTINCT *) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?d) }"
LONG = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 1500"
Start = Callable[..., LocalBackend]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBackend]:
    """A backend for queries that leave nothing behind."""
    versions = Versions(tmp_path_factory.mktemp("instance"))
    commit(versions, adding(*range(200)))
    backend = LocalBackend(versions, Settings(instance=versions.instance))
    yield backend
    backend.close()


def count(backend: LocalBackend, version: int | None = None) -> int:
    query = Query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert JSON is not None
    answer = backend.select(query, JSON, Deadline(20, 1 << 30), version)
    return int(json.loads(answer.read())["results"]["bindings"][0]["n"]["value"])


def run(backend: LocalBackend, text: str, seconds: float, memory: int = 1 << 30, cancel=None):
    assert JSON is not None
    return backend.select(Query(text), JSON, Deadline(seconds, memory), cancel=cancel)


class Asking(threading.Thread):
    """Asks in the background; `error` is what came of it."""

    def __init__(self, backend: LocalBackend, text: str, seconds: float) -> None:
        super().__init__()
        self._ask = lambda: run(backend, text, seconds, cancel=self.cancel)
        self.cancel = Cancel()
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self._ask()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            self.error = error


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Returns when the condition holds; fails when it does not in time."""
    turn = threading.Event()
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        turn.wait(0.005)


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_runaway_is_stopped_in_time_while_others_are_answered(start: Start, in_memory) -> None:
    backend = start(concurrent_queries=2, memory_store_limit=1000 if in_memory else 0)
    assert count(backend) == 200
    assert backend.wait_loaded(20) is in_memory
    runaway = Asking(backend, FOREVER, 1.0)
    began = time.monotonic()
    answered = 0
    while runaway.is_alive():
        assert count(backend) == 200
        answered += 1
    assert 0.9 <= time.monotonic() - began < 15  # how soon it is: python -m bench.limits
    assert answered
    assert isinstance(runaway.error, LimitReached)
    assert (runaway.error.limit, runaway.error.value) == ("query_timeout", 1.0)
    assert backend.stats()["query_timeout"] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not enforce RLIMIT_DATA")
@pytest.mark.parametrize("in_memory", [True, False])
def test_a_greedy_query_is_stopped_at_its_memory(start: Start, in_memory: bool) -> None:
    backend = start(concurrent_queries=2, memory_store_limit=1000 if in_memory else 0)
    backend.version()
    assert backend.wait_loaded(20) is in_memory
    with pytest.raises(LimitReached, match="memory") as caught:
        run(backend, GREEDY, 60, memory=64 << 20)
    assert (caught.value.limit, caught.value.value) == ("query_memory", 64 << 20)
    assert count(backend) == 200
    assert backend.stats()["query_memory"] == 1


def test_a_killed_idle_worker_is_replaced(start: Start) -> None:
    backend = start(concurrent_queries=2)
    count(backend)
    backend.wait_loaded(20)
    eventually(lambda: len(backend.pids()["idle"]) == 2)
    for pid in backend.pids()["idle"]:
        os.kill(pid, signal.SIGKILL)
    assert count(backend) == 200


def test_a_query_whose_worker_is_killed_is_asked_once_more(start: Start) -> None:
    backend = start(concurrent_queries=1)
    count(backend)
    backend.wait_loaded(20)
    eventually(lambda: len(backend.pids()["idle"]) == 1)
    (pid,) = backend.pids()["idle"]
    asking = Asking(backend, FOREVER, 30)
    eventually(lambda: backend.pids()["idle"] == [])
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: backend.stats().get("retried") == 1)
    asking.cancel.cancel()
    asking.join()
    assert isinstance(asking.error, Cancelled)
    assert count(backend) == 200


def test_a_killed_fork_server_is_started_again(start: Start) -> None:
    backend = start(concurrent_queries=2)
    for _ in range(2):
        count(backend)
        assert backend.wait_loaded(20)
        (root,) = backend.pids()["root"]
        os.kill(root, signal.SIGKILL)
        assert count(backend) == 200
        eventually(lambda root=root: backend.pids()["root"] not in ([], [root]))
    assert backend.wait_loaded(20)
    eventually(lambda: backend.stats()["in_memory"] == 1)


def test_a_query_survives_the_death_of_the_fork_server(start: Start) -> None:
    backend = start(concurrent_queries=1)
    count(backend)
    assert backend.wait_loaded(20)
    asking = Asking(backend, FOREVER, 1.5)
    eventually(lambda: backend.stats()["workers_busy"] == 1)
    os.kill(backend.pids()["root"][0], signal.SIGKILL)
    asking.join()
    assert isinstance(asking.error, LimitReached)
    assert count(backend) == 200


def test_the_queue_is_first_come_first_served_and_bounded(start: Start) -> None:
    backend = start(concurrent_queries=1, queue_length=2)
    count(backend)
    running = Asking(backend, FOREVER, 30)
    eventually(lambda: backend.stats()["workers_busy"] == 1)
    waiting = []
    for number in (1, 2):
        waiting.append(Asking(backend, FOREVER, 30))
        eventually(lambda number=number: backend.stats()["waiting"] == number)
    with pytest.raises(Busy) as caught:
        run(backend, FOREVER, 5)
    assert caught.value.retry_after == 5
    waiting[1].cancel.cancel()
    waiting[1].join()
    assert isinstance(waiting[1].error, Cancelled)
    running.cancel.cancel()
    running.join()
    assert isinstance(running.error, Cancelled)
    eventually(lambda: backend.stats()["waiting"] == 0)
    assert waiting[0].is_alive()
    waiting[0].cancel.cancel()
    waiting[0].join()
    assert isinstance(waiting[0].error, Cancelled)
    assert count(backend) == 200


def test_nobody_waits_for_a_place_longer_than_for_an_answer(start: Start) -> None:
    backend = start(concurrent_queries=1)
    running = Asking(backend, FOREVER, 30)
    eventually(lambda: backend.stats()["workers_busy"] == 1)
    with pytest.raises(Busy, match="no place"):
        run(backend, FOREVER, 0.1)
    running.cancel.cancel()
    running.join()


def test_a_query_given_up_before_it_starts_is_not_run(start: Start) -> None:
    backend = start()
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        run(backend, FOREVER, 30, cancel=cancel)
    assert count(backend) == 200


@pytest.mark.parametrize("after", [SLOW, LONG])
def test_a_slow_query_and_a_long_answer_do_not_hold_up_the_next(start: Start, after: str) -> None:
    backend = start(concurrent_queries=1)
    backend.wait_loaded(20)
    run(backend, after, 60).close()
    began = time.monotonic()
    assert count(backend) == 200
    assert time.monotonic() - began < 20


def test_a_query_keeps_its_version_while_commits_go_on(start: Start) -> None:
    backend = start(concurrent_queries=3)
    parent = backend.version()
    backend.wait_loaded(20)
    wrong = []

    def read() -> None:
        for _ in range(60):
            assert JSON is not None
            query = Query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
            answer = backend.select(query, JSON, Deadline(20, 1 << 30))
            seen = int(json.loads(answer.read())["results"]["bindings"][0]["n"]["value"])
            if seen != 199 + answer.version:
                wrong.append((answer.version, seen))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(6):
        parent = backend.write(adding(1000 + number), MESSAGE, DEADLINE, parent).version
        assert count(backend) == 200 + number + 1
    for reader in readers:
        reader.join()
    assert wrong == []
    assert [count(backend, n) for n in range(1, 8)] == list(range(200, 207))
    assert backend.stats()["loads"] == 1


def test_two_versions_are_served_at_once(start: Start) -> None:
    backend = start(concurrent_queries=2)
    first = backend.version()
    backend.wait_loaded(20)
    old = Asking(backend, FOREVER, 30)
    eventually(lambda: backend.stats()["workers_busy"] == 1)
    backend.write(adding(1000), MESSAGE, DEADLINE, first)
    assert (count(backend), count(backend, 1)) == (201, 200)
    assert old.is_alive()
    old.cancel.cancel()
    old.join()


def test_a_change_with_blank_nodes_is_loaded_anew(start: Start) -> None:
    backend = start(concurrent_queries=1)
    parent = backend.version()
    assert backend.wait_loaded(20)
    blank = quad(1)
    blank = ox.Quad(ox.BlankNode("x"), blank.predicate, blank.object, blank.graph_name)
    parent = backend.write(Change(frozenset({blank})), MESSAGE, DEADLINE, parent).version
    assert count(backend) == 201
    assert backend.wait_loaded(20)
    backend.write(Change(removed=frozenset({blank})), MESSAGE, DEADLINE, parent)
    assert count(backend) == 200
    assert backend.wait_loaded(20)
    assert count(backend) == 200


def test_a_damaged_version_is_named(start: Start, versions: Versions) -> None:
    version = commit(versions, adding(1))
    for path in version.folder.glob("*.sst"):
        path.write_bytes(b"")
    backend = start()
    with pytest.raises(StoreDamaged, match="parley rebuild"):
        count(backend)
    versions.rebuild(1)
    assert count(backend) == 1


def test_a_query_nested_too_deeply_loses_no_more_than_itself(start: Start) -> None:
    backend = start(concurrent_queries=1)
    with pytest.raises((WorkerLost, BadInput, LimitReached)):
        run(backend, "SELECT * { " + "{ " * 50_000 + "}" * 50_001, 10)
    assert count(backend) == 200


MANY = 10_000
CHAINS = {
    "patterns": "SELECT * { " + "?s ?p ?o . " * MANY + "}",
    "unions": "SELECT * { " + "{ ?s ?p ?o } UNION " * MANY + "{} }",
    "optionals": "SELECT * { " + "OPTIONAL { ?s ?p ?o } " * MANY + "}",
    "minuses": "SELECT * { ?s ?p ?o " + "MINUS { ?s ?p 1 } " * MANY + "}",
    "filters": "SELECT * { ?s ?p ?o " + "FILTER(?s) " * MANY + "}",
    "ors": "SELECT * { FILTER(" + "?s || " * MANY + "?s) }",
    "ands": "SELECT * { FILTER(" + "?s && " * MANY + "?s) }",
    "sums": "SELECT * { FILTER(" + "1 + " * MANY + "1) }",
    "steps": "SELECT * { ?s " + "<p:a>/" * MANY + "<p:a> ?o }",
    "nots": "SELECT * { FILTER(" + "!" * MANY + "true) }",
    "values": "SELECT * { " + "VALUES ?s { 1 } " * MANY + "}",
    "expressions": "SELECT " + " ".join(f"(1 AS ?v{i})" for i in range(MANY)) + " {}",
    "exists": "SELECT * { ?s ?p ?o " + "FILTER EXISTS { ?s ?p 1 } " * MANY + "}",
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_that_is_too_long_for_the_engine_is_a_limit(
    shared: LocalBackend, name: str
) -> None:
    with pytest.raises(LimitReached) as caught:
        run(shared, CHAINS[name], 3)
    assert caught.value.limit in {"engine_stack", "query_timeout"}
    assert count(shared) == 200


SERVING = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
from parley.formats import named
from parley.settings import Settings
from parley.store.backend import Deadline, Query
from parley.store.local import LocalBackend
from parley.store.versions import Versions
instance = Path(sys.argv[1])
backend = LocalBackend(Versions(instance), Settings(instance=instance))
backend.select(Query("ASK {}"), named("json"), Deadline(20, 1 << 30)).read()
backend.wait_loaded(20)
while not backend.pids()["idle"]:
    pass
pids = backend.pids()
print(*pids["root"], *pids["idle"], flush=True)
backend.select(Query(sys.argv[3]), named("json"), Deadline(60, 1 << 30)).read()
"""


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_process_outlives_its_web_process(versions: Versions) -> None:
    commit(versions, adding(*range(200)))
    package = str(Path(parley.__file__).parents[1])
    command = [sys.executable, "-c", SERVING, str(versions.instance), package, FOREVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as web:
        assert web.stdout is not None
        pids = [int(pid) for pid in web.stdout.readline().split()]
        web.kill()
    assert len(pids) > 1
    eventually(lambda: not any(map(is_running, pids)))
