"""Versions: one writer at a time, nothing half done, every version there for good."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox
import pytest
from store_examples import GRAPH, MESSAGE, adding, commit, quad, removing

import parley
from parley.errors import BadInput, NotFound, ParleyError, Stale, StoreDamaged
from parley.store.change import Change
from parley.store.versions import Version, Versions

STEPS = ("prepared", "copied", "renamed", "recorded", "published")


def things(version: Version | None) -> set[str]:
    assert version is not None
    return {q.subject.value.rpartition("/")[2] for q in version.open()}


def program(versions: Versions, step: str, *numbers: int) -> list[str]:
    paths = [str(Path(__file__).parent), str(Path(parley.__file__).parents[1])]
    start = f"import sys; sys.path[:0] = {paths}; import store_examples as s; s.main(*sys.argv[1:])"
    return [sys.executable, "-c", start, str(versions.instance), step, *map(str, numbers)]


def test_a_new_instance_has_no_version(versions: Versions) -> None:
    assert versions.current() is None
    assert versions.list() == []
    with pytest.raises(NotFound):
        versions.get(1)


def test_a_commit_makes_the_next_version_and_leaves_the_old_one(versions: Versions) -> None:
    first = commit(versions, adding(1, 2))
    second = commit(versions, Change(adding(3).added, removing(1).removed))
    assert (first.number, second.number) == (1, 2)
    assert things(versions.current()) == {"2", "3"}
    assert things(versions.get(1)) == {"1", "2"}
    assert [v.quads for v in versions.list()] == [2, 2]


def test_the_first_version_may_be_empty(versions: Versions) -> None:
    assert commit(versions, Change()).quads == 0


def test_what_is_applied_is_told_exactly(versions: Versions) -> None:
    commit(versions, adding(1, 2))
    decimal = ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")
    written = ox.Quad(GRAPH, GRAPH, ox.Literal("1.50", datatype=decimal), GRAPH)
    stored = ox.Quad(GRAPH, GRAPH, ox.Literal("1.5", datatype=decimal), GRAPH)
    with versions.stage(versions.current()) as staged:
        asked = Change(frozenset({quad(1), quad(3), written}), frozenset({quad(2), quad(9)}))
        exact = staged.apply(asked)
        assert exact == Change(frozenset({quad(3), stored}), frozenset({quad(2)}))
        assert staged.apply(exact.inverse()) == exact.inverse()
        assert set(staged.store) == {quad(1), quad(2)}


def test_a_graph_without_quads_is_gone(versions: Versions) -> None:
    commit(versions, adding(1))
    emptied = commit(versions, removing(1))
    assert list(emptied.open().named_graphs()) == []


def test_publishing_what_was_not_applied_is_a_bug(versions: Versions) -> None:
    with versions.stage(None) as staged, pytest.raises(ValueError, match="not what was applied"):
        versions.publish(staged, adding(1), MESSAGE)


def test_a_stale_parent_is_refused(versions: Versions) -> None:
    first = commit(versions, adding(1))
    commit(versions, adding(2))
    with pytest.raises(Stale, match=r"version 2 \(Amina.*a test"), versions.stage(first):
        pytest.fail("a stale parent was staged")
    with pytest.raises(Stale), versions.stage(None):
        pytest.fail("a stale parent was staged")


def test_an_abandoned_stage_leaves_nothing(versions: Versions) -> None:
    first = commit(versions, adding(1))
    with pytest.raises(ValueError), versions.stage(first) as staged:
        versions.publish(staged, adding(2), MESSAGE)
    assert versions.current() == first
    assert not (versions.instance / "staging").exists()
    assert things(commit(versions, adding(3))) == {"1", "3"}


def test_a_large_load_finds_its_own_difference(versions: Versions) -> None:
    commit(versions, adding(*range(10)))
    with versions.stage(versions.current()) as staged:
        staged.store.remove(quad(3))
        staged.store.bulk_extend(map(quad, range(10, 12_010)))
        version = versions.publish(staged, None, MESSAGE)
    assert version.quads == len(version.open()) == 12_009
    entry = versions.ledger.entry(2)
    assert (entry.added, entry.removed) == (12_000, 1)
    shutil.rmtree(version.folder)
    assert set(versions.get(2).open()) == {quad(n) for n in range(12_010) if n != 3}


def test_any_version_is_rebuilt_from_the_ledger(versions: Versions) -> None:
    for number in range(1, 6):
        commit(versions, Change(adding(number).added, removing(number - 2).removed))
    before = {v.number: set(v.open()) for v in versions.list()}
    for number in (2, 4, 1):
        shutil.rmtree(versions.instance / f"versions/{number:06d}")
    assert [v.number for v in versions.list()] == [3, 5]
    assert {n: set(versions.get(n).open()) for n in range(1, 6)} == before


def test_a_corrupt_folder_is_named_and_rebuilt(versions: Versions) -> None:
    commit(versions, adding(1))
    version = commit(versions, adding(2))
    for path in version.folder.glob("*.sst"):
        path.unlink()
    with pytest.raises(StoreDamaged, match="parley rebuild 2") as caught:
        version.open()
    assert caught.value.source == str(version.folder)
    assert things(versions.rebuild(2)) == {"1", "2"}


def test_blank_nodes_keep_their_labels_through_a_rebuild(versions: Versions) -> None:
    blank = ox.Quad(ox.BlankNode("a1"), GRAPH, ox.BlankNode("b2"), GRAPH)
    version = commit(versions, Change(frozenset({blank})))
    commit(versions, Change(removed=frozenset({blank})))
    shutil.rmtree(version.folder)
    assert set(versions.get(1).open()) == {blank}
    assert set(versions.rebuild(2).open()) == set()


def test_a_date_names_the_version_of_that_day(tmp_path: Path) -> None:
    days = iter(
        [
            datetime(2026, 1, 30, 9, tzinfo=UTC),
            datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC),
            datetime(2026, 1, 20, tzinfo=UTC),  # the clock was put back
            datetime(2026, 2, 2, tzinfo=UTC),
        ]
    )
    versions = Versions(tmp_path, clock=lambda: next(days))
    for number in range(4):
        commit(versions, adding(number))
    at = {
        when: versions.at(when).number
        for when in (
            "2026-01-30",
            "2026-01-31",
            "2026-01-31T12:00:00+01:00",
            "2026-02-01",
            "2027-01-01",
        )
    }
    assert list(at.values()) == [1, 3, 1, 3, 4]
    with pytest.raises(NotFound):
        versions.at("2026-01-29")
    with pytest.raises(BadInput):
        versions.at("yesterday")


def test_concurrent_writers_take_turns(versions: Versions) -> None:
    commit(versions, adding(0))

    def write(number: int) -> None:
        for _ in range(200):
            try:
                commit(versions, adding(number))
                return
            except Stale:
                continue

    threads = [threading.Thread(target=write, args=(n,)) for n in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions.number() == 7
    assert things(versions.current()) == set("0123456")


def test_concurrent_processes_take_turns(versions: Versions) -> None:
    commit(versions, adding(0))
    writers = [
        subprocess.Popen(program(versions, "none", *numbers)) for numbers in ((1, 2, 3), (4, 5, 6))
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert things(versions.current()) == set("0123456")
    assert [versions.ledger.verify(n).number for n in range(1, 8)] == list(range(1, 8))


def crash(versions: Versions, step: str) -> None:
    done = subprocess.run(program(versions, step, 2), check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_leaves_the_old_version_or_the_new(versions: Versions, step: str) -> None:
    commit(versions, adding(1))
    crash(versions, step)
    published = step == "published"
    assert things(versions.current()) == ({"1", "2"} if published else {"1"})
    assert len(list(versions.history())) == versions.number()
    versions.recover()
    recorded = step in ("recorded", "published")
    assert things(versions.current()) == ({"1", "2"} if recorded else {"1"})
    latest = commit(versions, adding(3))
    assert things(latest) == ({"1", "2", "3"} if recorded else {"1", "3"})
    assert latest.number == (3 if recorded else 2)
    for number in range(1, latest.number + 1):
        versions.ledger.verify(number)
        assert len(versions.get(number).open()) == versions.get(number).quads
    there = {name for name in os.listdir(versions.instance) if not name.endswith(".lock")}
    assert there == {"current", "ledger", "versions"}
    assert len(os.listdir(versions.instance / "versions")) == latest.number
    assert len(os.listdir(versions.instance / "ledger")) == latest.number


@pytest.mark.parametrize("step", ["renamed", "recorded"])
def test_a_crash_of_the_first_write_is_survived(versions: Versions, step: str) -> None:
    crash(versions, step)
    assert versions.current() is None
    versions.recover()
    assert versions.number() == (1 if step == "recorded" else 0)


def test_a_lost_pointer_is_found_again(versions: Versions) -> None:
    commit(versions, adding(1))
    commit(versions, adding(2))
    (versions.instance / "current").unlink()
    versions.recover()
    assert things(versions.current()) == {"1", "2"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_a_full_disk_changes_nothing_and_says_so(versions: Versions) -> None:
    first = commit(versions, adding(1))
    with versions.stage(first) as staged:
        change = staged.apply(adding(2))
        (versions.instance / "ledger/000002.partial").symlink_to("/dev/full")
        with pytest.raises(ParleyError, match="is full; nothing was changed"):
            versions.publish(staged, change, MESSAGE)
    assert versions.current() == first
    assert things(commit(versions, adding(2))) == {"1", "2"}


def test_an_instance_that_is_no_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ParleyError, match="file"):
        commit(Versions(tmp_path / "file"), adding(1))
