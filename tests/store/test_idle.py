"""Which idle workers stay: large ones as long as they are of use, used-up ones not at all."""

import os
import socket
from collections.abc import Callable, Iterator

import pytest

from parley.store.idle import Idle
from parley.store.processes import Parent, Worker

Make = Callable[..., Worker]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes handles on workers that have so many MiB of their own; no process stands behind."""
    ours, theirs = socket.socketpair()
    parent, made = Parent(ours), []

    def worker(grown: int = 0, number: int = 1, *, on_disk: bool = False) -> Worker:
        end, _ = pair = socket.socketpair()
        made.extend(pair)
        found = Worker(parent, end, 0, number, on_disk)
        found.grown = grown << 20
        return found

    yield worker
    for sock in (ours, theirs, *made):
        sock.close()


def test_a_worker_that_scanned_everything_stays(make: Make) -> None:
    idle = Idle()
    assert idle.keep(make(308), 1_000_000)  # its pages are copied by now: the next scan is quicker
    assert not idle.keep(make(900), 1_000_000)
    assert not idle.keep(make(308, on_disk=True), 1_000_000)
    assert not idle.keep(make(308), 100)


def test_the_last_to_come_is_the_first_to_go(make: Make) -> None:
    idle = Idle()
    first, second = make(), make()
    idle.put(first)
    idle.put(second)
    assert (idle.take(1), idle.take(1), idle.take(1)) == (second, first, None)


def test_large_workers_leave_when_nobody_needs_them(make: Make) -> None:
    idle = Idle()
    spare = [make(308) for _ in range((os.cpu_count() or 1) + 2)]
    small = make(1)
    for worker in (*spare, small):
        idle.put(worker)
    assert idle.too_large() == []  # not yet: the next queries may want them
    for worker in (*spare, small):
        worker.idle_since -= 60
    assert idle.too_large() == spare[:2]
    assert len(idle) == len(spare) - 2 + 1


def test_few_workers_on_other_versions_stay(make: Make) -> None:
    idle = Idle()
    assert not idle.keep_other(make(number=2))  # its parent has moved on
    assert [idle.keep_other(make(number=n, on_disk=True)) for n in (2, 3, 4)] == [True, True, False]
    assert [w.number for w in idle.leave_out(3)] == [2]
    assert idle.count(3) == 1
