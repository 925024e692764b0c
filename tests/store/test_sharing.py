"""The web processes of an instance have one copy of a version in memory."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_examples import DEADLINE, MESSAGE, adding, commit
from test_workers import FOREVER, Asking, count, eventually

from parley.errors import LimitReached
from parley.settings import Settings
from parley.store.local import LocalBackend
from parley.store.versions import Versions

Pair = Callable[..., tuple[LocalBackend, LocalBackend]]


@pytest.fixture
def pair(versions: Versions) -> Iterator[Pair]:
    """Starts the backends of two web processes, both in memory."""
    started: list[LocalBackend] = []

    def make(**settings: object) -> tuple[LocalBackend, LocalBackend]:
        commit(versions, adding(*range(200)))
        for _ in range(2):
            given = Settings(instance=versions.instance, workers=2, **settings)  # type: ignore[arg-type]
            started.append(LocalBackend(Versions(versions.instance), given))
            assert count(started[-1]) == 200
        for backend in started:
            assert backend.wait_loaded(30)
        return started[0], started[1]

    yield make
    for backend in started:
        backend.close()


def in_memory(backend: LocalBackend) -> bool:
    return backend.wait_loaded(30) and backend.stats()["in_memory"] == 1


def test_the_second_process_loads_nothing(pair: Pair) -> None:
    first, second = pair()
    assert (first.stats().get("loads", 0), second.stats().get("loads", 0)) in {(1, 0), (0, 1)}
    assert (count(first), count(second)) == (200, 200)


def test_commits_of_either_are_seen_by_both_at_once(pair: Pair) -> None:
    first, second = pair(concurrent_queries=2)
    for number in range(6):
        writer, reader = (first, second) if number % 2 else (second, first)
        writer.write(adding(1000 + number), MESSAGE, DEADLINE)
        assert count(reader) == 201 + number
        assert count(writer) == 201 + number
        assert count(reader, 1 + number) == 200 + number
    assert first.stats().get("loads", 0) + second.stats().get("loads", 0) == 1
    assert (in_memory(first), in_memory(second)) == (True, True)


def test_readers_of_both_see_whole_versions_while_both_write(pair: Pair) -> None:
    backends = pair(concurrent_queries=2)
    wrong: list[int] = []
    done = threading.Event()

    def read(backend: LocalBackend) -> None:
        last = 200
        while not done.is_set():
            seen = count(backend)
            if not last <= seen <= 212:
                wrong.append(seen)
            last = seen

    readers = [threading.Thread(target=read, args=(backend,)) for backend in backends]
    for reader in readers:
        reader.start()
    for number in range(12):
        writer = backends[number % 2]
        writer.write(adding(2000 + number), MESSAGE, DEADLINE)
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert [count(backend) for backend in backends] == [212, 212]


def owner(first: LocalBackend, second: LocalBackend) -> tuple[LocalBackend, LocalBackend]:
    """Who has loaded the version, and who has not."""
    return (first, second) if first.stats().get("loads") else (second, first)


def test_when_the_one_that_loaded_ends_the_other_goes_on(pair: Pair) -> None:
    loaded, other = owner(*pair(concurrent_queries=2))
    asking = Asking(other, FOREVER, 2)
    eventually(lambda: other.stats()["workers_busy"] == 1)
    loaded.close()
    assert count(other) == 200
    asking.join()
    assert isinstance(asking.error, LimitReached)
    eventually(lambda: in_memory(other))
    assert other.stats()["loads"] == 1


def test_when_its_fork_server_is_killed_one_of_them_loads_again(pair: Pair) -> None:
    loaded, other = owner(*pair(concurrent_queries=2))
    os.kill(loaded.pids()["root"][0], signal.SIGKILL)
    for _ in range(20):
        assert (count(loaded), count(other)) == (200, 200)
    eventually(lambda: in_memory(loaded) and in_memory(other))
    assert loaded.stats()["loads"] + other.stats().get("loads", 0) == 2
    other.write(adding(1000), MESSAGE, DEADLINE)
    assert (count(loaded), count(other)) == (201, 201)


def test_a_change_that_takes_a_new_load_is_loaded_once(pair: Pair) -> None:
    backends = pair(concurrent_queries=2, memory_store_limit=100_000)
    backends[0].write(adding(*range(5000, 26_000)), MESSAGE, DEADLINE)
    assert [count(backend) for backend in backends] == [21_200, 21_200]
    eventually(lambda: in_memory(backends[0]) and in_memory(backends[1]))
    assert sum(backend.stats().get("loads", 0) for backend in backends) == 2
    assert [count(backend) for backend in backends] == [21_200, 21_200]


def test_a_path_too_long_for_a_socket_is_no_harm(versions: Versions) -> None:
    deep = versions.instance / ("x" * 120)
    long = Versions(deep)
    commit(long, adding(*range(200)))
    backend = LocalBackend(long, Settings(instance=deep, workers=2))
    try:
        assert count(backend) == 200
        assert in_memory(backend)
    finally:
        backend.close()


def test_the_socket_is_for_the_servers_user_only(pair: Pair, versions: Versions) -> None:
    pair()
    (place,) = Path(versions.instance, "processes").glob("memory")
    assert place.is_socket()
    assert place.stat().st_mode & 0o777 == 0o600
