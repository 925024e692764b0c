"""Writes in a process of their own: limits, kills, one writer at a time, graphs, blank nodes."""

import contextlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from store_examples import GRAPH, MESSAGE, adding, commit, quad

from parley.errors import BadInput, Busy, LimitReached, Stale, WorkerLost
from parley.store.backend import Deadline, GraphWrite, Part, Update
from parley.store.change import Change
from parley.store.local import LocalBackend
from parley.store.pending import NOTED
from parley.store.versions import Versions

Start = Callable[..., LocalBackend]
AMPLE = Deadline(20, 1 << 30)
FOREVER = """INSERT { <http://a> <http://b> ?n } WHERE { SELECT (COUNT(*) AS ?n) {
    GRAPH ?g { ?a ?b ?c } GRAPH ?h { ?d ?e ?f } GRAPH ?i { ?j ?k ?l } GRAPH ?m { ?n2 ?o ?p } } }"""
GREEDY = FOREVER.replace("COUNT(*)", "COUNT(DISTINCT *)")
PROC = pytest.mark.skipif(not Path("/proc").exists(), reason="looks in /proc: Linux only")
ONE = Update("INSERT DATA { <http://a> <http://b> 1 }")


def children(pid: int) -> list[int]:
    """The processes that a process has forked, and theirs; one that has just ended has none."""
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *children(int(child))]
    return found


def leftovers(versions: Versions) -> set[str]:
    names = {path.name for path in versions.instance.iterdir()}
    return names - {"write.lock", "ledger", "versions", "current", "spool", "dumps"}


def writer_of(backend: LocalBackend) -> int:
    """The process id of the one that has the staged copy open, as soon as there is one."""
    turn = threading.Event()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for pid in [child for root in backend.pids()["root"] for child in children(root)]:
            try:
                files = [os.readlink(f) for f in Path(f"/proc/{pid}/fd").iterdir()]
            except OSError:
                continue
            if any("/staging/" in file for file in files):
                return pid
        turn.wait(0.01)
    raise AssertionError("no writer")


def test_an_update_makes_the_next_version(start: Start, versions: Versions) -> None:
    backend = start(things=3)
    written = backend.write(ONE, MESSAGE, AMPLE)
    assert (written.version.number, written.added, written.removed) == (2, 1, 0)
    entry = versions.ledger.entry(2)
    assert (entry.author, entry.text, entry.added) == (MESSAGE.author, MESSAGE.text, 1)
    assert backend.write(ONE, MESSAGE, AMPLE).version.number == 2
    assert leftovers(versions) == set()


@pytest.mark.parametrize(
    ("text", "deadline", "limit"),
    [
        (FOREVER, Deadline(0.5, 1 << 30), "query_timeout"),
        (GREEDY, Deadline(20, 64 << 20), "query_memory"),
    ],
)
def test_a_runaway_update_is_stopped_and_leaves_nothing(
    start: Start, versions: Versions, text: str, deadline: Deadline, limit: str
) -> None:
    backend = start()
    began = time.monotonic()
    with pytest.raises(LimitReached) as caught:
        backend.write(Update(text), MESSAGE, deadline)
    assert caught.value.limit == limit
    assert time.monotonic() - began < 30
    assert versions.number() == 1
    assert leftovers(versions) == set()
    assert backend.write(ONE, MESSAGE, AMPLE).version.number == 2


@PROC
def test_a_killed_writer_leaves_nothing(start: Start, versions: Versions) -> None:
    backend = start()
    caught: list[Exception] = []

    def write() -> None:
        try:
            backend.write(Update(FOREVER), MESSAGE, AMPLE)
        except WorkerLost as error:
            caught.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    os.kill(writer_of(backend), signal.SIGKILL)
    thread.join()
    assert "nothing was changed" in str(caught[0])
    assert versions.number() == 1
    assert leftovers(versions) == set()
    assert backend.write(ONE, MESSAGE, AMPLE).version.number == 2


def test_writers_wait_for_their_turn_and_lose_nothing(start: Start, versions: Versions) -> None:
    backend = start(things=1)
    other = LocalBackend(versions, start(things=1)._settings)

    def write(number: int) -> None:
        text = f"INSERT DATA {{ <http://a> <http://b> {number} }}"
        (backend if number % 2 else other).write(Update(text), MESSAGE, AMPLE)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    current = versions.current()
    assert current is not None
    assert (current.number, current.quads) == (9, 9)


@PROC
def test_more_writers_than_may_wait_are_sent_away(start: Start) -> None:
    backend = start(queue_length=0)

    def run_away() -> None:
        with pytest.raises(WorkerLost):
            backend.write(Update(FOREVER), MESSAGE, AMPLE)

    thread = threading.Thread(target=run_away)
    thread.start()
    writer = writer_of(backend)
    with pytest.raises(Busy) as caught:
        backend.write(ONE, MESSAGE, Deadline(2, 1 << 30))
    assert caught.value.retry_after == 2
    os.kill(writer, signal.SIGKILL)
    thread.join()


def test_a_stale_parent_is_refused(start: Start, versions: Versions) -> None:
    backend = start(things=1)
    parent = backend.version()
    backend.write(ONE, MESSAGE, AMPLE)
    with pytest.raises(Stale):
        backend.write(Update("CLEAR ALL"), MESSAGE, AMPLE, parent)


def test_blank_nodes_keep_their_labels_in_versions_and_ledger(
    start: Start, versions: Versions
) -> None:
    backend = start(things=1)
    backend.write(Update("INSERT DATA { _:a <http://p> _:b . _:b <http://p> 1 }"), MESSAGE, AMPLE)
    second = versions.get(2)
    content = set(second.open())
    assert versions.ledger.read(2).added <= content
    backend.write(Update("DELETE WHERE { ?s <http://p> 1 }"), MESSAGE, AMPLE)
    third = set(versions.get(3).open())
    assert len(content - third) == 1
    assert versions.ledger.read(3) == Change(removed=frozenset(content - third))
    shutil.rmtree(second.folder)
    shutil.rmtree(versions.get(3).folder)
    assert set(versions.rebuild(2).open()) == content
    assert set(versions.rebuild(3).open()) == third


def test_a_graph_is_replaced_merged_and_deleted(
    start: Start, versions: Versions, tmp_path: Path
) -> None:
    backend = start(things=1)

    def part(text: str, media_type: str = "text/turtle") -> tuple[Part, ...]:
        path = tmp_path / "part"
        path.write_text(text, encoding="utf-8")
        return (Part(path, media_type),)

    graph = "http://example.org/new"
    first = backend.write(
        GraphWrite("replace", graph, part("<a> <b> 1.50, 2 ."), "http://x/"), MESSAGE, AMPLE
    )
    assert (first.existed, first.added, first.removed) == (False, 2, 0)
    second = backend.write(
        GraphWrite("replace", graph, part("<a> <b> 1.5, 3 ."), "http://x/"), MESSAGE, AMPLE
    )
    assert (second.existed, second.added, second.removed) == (True, 1, 1)
    third = backend.write(
        GraphWrite(
            "merge", graph, part("<http://x/a> <http://x/b> _:c .", "application/n-triples")
        ),
        MESSAGE,
        AMPLE,
    )
    assert (third.existed, third.added, third.removed) == (True, 1, 0)
    gone = backend.write(GraphWrite("delete", graph), MESSAGE, AMPLE)
    assert (gone.existed, gone.added, gone.removed) == (True, 0, 3)
    assert set(gone.version.open().named_graphs()) == {GRAPH}
    assert backend.write(GraphWrite("delete", graph), MESSAGE, AMPLE).existed is False
    assert versions.number() == 5


@pytest.mark.parametrize(
    ("text", "media_type", "message", "place"),
    [
        ("<http://a> <http://b>\n x:c .", "text/turtle", "prefix x: has not been", (2, 2)),
        ('{"@context": "http://e/c", "http://p": 1}', "application/ld+json", "context", None),
        ('{"@id": "http://g", "@graph": [{"http://p": 1}]}', "application/ld+json", "graphs", None),
        ("<a> <b> <c> .", "application/n-triples", "not valid N-Triples", (1, 1)),
        ("<rdf:RDF", "application/rdf+xml", "not valid RDF/XML", None),
    ],
)
def test_a_graph_that_cannot_be_read_is_refused_with_its_place(
    start: Start, tmp_path: Path, text: str, media_type: str, message: str, place
) -> None:
    path = tmp_path / "part"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=message) as caught:
        start(things=1).write(GraphWrite("merge", None, (Part(path, media_type),)), MESSAGE, AMPLE)
    if place is not None:
        assert (caught.value.line, caught.value.column) == place


def test_a_large_write_is_one_version(start: Start, versions: Versions, tmp_path: Path) -> None:
    path = tmp_path / "large.nt"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f'<http://x/{n}> <http://p> "{n}" .\n' for n in range(20_000))
    backend = start(things=1)
    part = Part(path, "application/n-triples")
    written = backend.write(GraphWrite("replace", "http://g", (part,)), MESSAGE, AMPLE)
    assert (written.added, written.version.quads) == (20_000, 20_001)
    assert versions.ledger.verify(2).added == 20_000
    assert len(written.version.open()) == 20_001


def test_commits_and_writes_follow_each_other(start: Start, versions: Versions) -> None:
    backend = start(things=1)
    backend.write(ONE, MESSAGE, AMPLE)
    commit(versions, adding(7))
    assert backend.write(Update("CLEAR DEFAULT"), MESSAGE, AMPLE).version.number == 4


def test_small_changes_wait_in_the_log_and_nothing_is_lost(
    start: Start, versions: Versions
) -> None:
    """Version by version: what is in no table yet, what has gone into tables, what others add."""
    backend = start(things=1)

    def insert(first: int, count: int) -> None:
        rows = " ".join(f'<http://x/{n}> <http://p> "{n}" .' for n in range(first, first + count))
        backend.write(Update(f"INSERT DATA {{ GRAPH <http://g> {{ {rows} }} }}"), MESSAGE, AMPLE)

    def noted() -> bool:
        current = versions.current()
        assert current
        return (current.folder / NOTED).exists()

    insert(0, 3)
    tables = sum(path.suffix == ".sst" for path in versions.get(2).folder.iterdir())
    for number in range(1, 8):
        insert(number * 10, 3)
    assert noted()
    assert sum(path.suffix == ".sst" for path in versions.get(9).folder.iterdir()) <= tables
    backend.write(Update("CLEAR GRAPH <http://g>"), MESSAGE, AMPLE)
    assert set(versions.get(10).open()) == {quad(0)}
    assert set(versions.get(10).open().named_graphs()) == {GRAPH}
    insert(0, 2000)
    assert not noted()
    insert(5000, 2)
    assert noted()
    commit(versions, adding(7))  # by another way to write
    assert not noted()
    insert(6000, 1)
    assert len(versions.get(14).open()) == 2005
    for number in (9, 12, 14):
        content = set(versions.get(number).open())
        assert set(versions.rebuild(number).open()) == content
    insert(7000, 1)
    assert len(versions.get(15).open()) == 2006
