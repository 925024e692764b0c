"""Sessions end in time, are few, and say nothing of themselves on the disk; limits refill."""

from pathlib import Path

import pytest

from parley.web.problems import TooMany
from parley.web.ratelimit import RateLimit
from parley.web.sessions import Sessions


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_session_ends_after_idleness_and_after_its_lifetime(tmp_path: Path, clock: Clock) -> None:
    sessions = Sessions(tmp_path, 100, 1000, clock)
    used, left = sessions.begin("anna"), sessions.begin("anna")
    for _ in range(12):
        clock.now += 80
        assert sessions.holder(used) == "anna"
    assert sessions.holder(left) is None
    clock.now += 80  # in use, and still over
    assert sessions.holder(used) is None


def test_another_process_sees_a_session_and_its_end(tmp_path: Path, clock: Clock) -> None:
    here, there = Sessions(tmp_path, 100, 1000, clock), Sessions(tmp_path, 100, 1000, clock)
    name = here.begin("anna")
    assert there.holder(name) == "anna"
    there.end(name)
    assert here.holder(name) is None
    here.end(name)


def test_sessions_are_few_and_what_has_ended_is_swept(tmp_path: Path, clock: Clock) -> None:
    sessions = Sessions(tmp_path, 100, 1000, clock)
    names = []
    for _ in range(30):
        clock.now += 1
        names.append(sessions.begin("anna"))
    assert [sessions.holder(name) for name in names] == [None] * 10 + ["anna"] * 20
    clock.now += 200
    sessions.begin("ben")
    assert len(list(tmp_path.iterdir())) == 1


def test_files_neither_name_nor_hold_the_id(tmp_path: Path, clock: Clock) -> None:
    sessions = Sessions(tmp_path / "sessions", 100, 1000, clock)
    name = sessions.begin("anna")
    (file,) = (tmp_path / "sessions").iterdir()
    assert name not in file.name + file.read_text()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("name", ["", "x", "../" * 13 + "abcd", "A" * 43, "ü" * 43, "A" * 100_000])
def test_a_made_up_id_is_nobody(tmp_path: Path, clock: Clock, name: str) -> None:
    sessions = Sessions(tmp_path, 100, 1000, clock)
    sessions.begin("anna")
    assert sessions.holder(name) is None
    sessions.end(name)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"holder": 1}', '{"holder": "a", "began": "x"}'])
def test_a_session_file_that_was_cut_short_is_no_session(
    tmp_path: Path, clock: Clock, text: str
) -> None:
    sessions = Sessions(tmp_path, 100, 1000, clock)
    name = sessions.begin("anna")
    (file,) = tmp_path.iterdir()
    file.write_text(text)
    assert sessions.holder(name) is None


def test_attempts_come_back_evenly(clock: Clock) -> None:
    limit = RateLimit(60, clock)
    for _ in range(60):
        limit.count("192.0.2.1")
    with pytest.raises(TooMany) as refused:
        limit.count("192.0.2.1")
    assert refused.value.retry_after == 1
    clock.now += 2
    limit.count("192.0.2.1")
    limit.count("192.0.2.1")
    with pytest.raises(TooMany):
        limit.count("192.0.2.1")
    limit.count("192.0.2.2")


def test_a_network_of_ipv6_is_one_client_and_memory_is_bounded(clock: Clock) -> None:
    limit = RateLimit(1, clock)
    limit.count("2001:db8::1")
    with pytest.raises(TooMany):
        limit.count("2001:db8::ffff:2")
    limit.count("2001:db8:0:1::1")
    for number in range(20_000):
        limit.count(f"10.0.{number // 250}.{number % 250}")
    assert len(limit) <= 10_000
