"""Memory is filled from the ledger, from a kept text, or from the version's folder."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from store_examples import DEADLINE, MESSAGE, adding, commit
from test_workers import Start, count

from parley.store.local import LocalBackend
from parley.store.versions import Versions


def dumps(versions: Versions) -> list[Path]:
    return sorted((versions.instance / "dumps").glob("*"))


@pytest.fixture
def grown(versions: Versions) -> Versions:
    """An instance whose first version is a small part of its second one with 200 things."""
    commit(versions, adding(0))
    commit(versions, adding(*range(1, 200)))
    return versions


def loaded(start: Callable[..., LocalBackend]) -> LocalBackend:
    backend = start(concurrent_queries=1)
    backend.version()
    assert backend.wait_loaded(20)
    return backend


def test_a_short_history_is_read_from_the_ledger(start: Start, versions: Versions) -> None:
    backend = loaded(start)
    backend.write(adding(1000), MESSAGE, DEADLINE, backend.version())
    assert count(loaded(start)) == 201
    assert dumps(versions) == []


def test_a_damaged_ledger_is_left_for_the_folder(start: Start, versions: Versions) -> None:
    start()
    entry = versions.ledger.path(1)
    entry.write_bytes(damaged := entry.read_bytes().replace(b"thing 7", b"thing X"))
    assert count(loaded(start)) == 200
    assert len(dumps(versions)) == 1
    assert entry.read_bytes() == damaged


def test_the_first_load_keeps_the_text_and_the_next_reads_it(start: Start, grown: Versions) -> None:
    loaded(start)
    (kept,) = dumps(grown)
    made = kept.stat().st_mtime_ns
    assert count(loaded(start)) == 200
    assert [path.stat().st_mtime_ns for path in dumps(grown)] == [made]


def test_later_versions_are_the_text_and_the_ledger(start: Start, grown: Versions) -> None:
    backend = loaded(start)
    parent = backend.version()
    for number in range(3):
        parent = backend.write(adding(1000 + number), MESSAGE, DEADLINE, parent).version
    (kept,) = dumps(grown)
    assert count(loaded(start)) == 203
    assert dumps(grown) == [kept]


@pytest.mark.parametrize("damage", [b"", b"no gzip", None])
def test_a_damaged_text_is_made_anew(start: Start, grown: Versions, damage: bytes | None) -> None:
    loaded(start)
    (kept,) = dumps(grown)
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-20] if damage is None else damage)
    assert count(loaded(start)) == 200
    assert kept.read_bytes() == whole


def test_a_text_of_another_history_is_not_used(start: Start, grown: Versions) -> None:
    loaded(start)
    (kept,) = dumps(grown)
    kept.rename(kept.with_name("000002-200-0123456789abcdef.nq.gz"))
    loaded(start)
    assert dumps(grown) == [kept]


def test_closing_before_the_load_has_ended_says_nothing(
    start: Start, versions: Versions, caplog: pytest.LogCaptureFixture
) -> None:
    commit(versions, adding(*range(5000)))
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            backend = start(concurrent_queries=1)
            backend.version()
            backend.close()
    assert caplog.records == []
