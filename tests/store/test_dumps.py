"""Memory is filled from a kept text where there is one, and from the version's folder where not."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from store_examples import MESSAGE, adding, commit
from test_workers import Start, count

from parley.store.local import LocalBackend
from parley.store.versions import Versions


def dumps(versions: Versions) -> list[Path]:
    return sorted((versions.instance / "dumps").glob("*"))


def loaded(start: Callable[..., LocalBackend]) -> LocalBackend:
    backend = start(concurrent_queries=1)
    backend.version()
    assert backend.wait_loaded(20)
    return backend


def test_the_first_load_keeps_the_text_and_the_next_reads_it(
    start: Start, versions: Versions
) -> None:
    loaded(start)
    (kept,) = dumps(versions)
    made = kept.stat().st_mtime_ns
    assert count(loaded(start)) == 200
    assert [path.stat().st_mtime_ns for path in dumps(versions)] == [made]


def test_later_versions_are_the_text_and_the_ledger(start: Start, versions: Versions) -> None:
    backend = loaded(start)
    parent = backend.version()
    for number in range(3):
        parent = backend.commit(adding(1000 + number), MESSAGE, parent)
    (kept,) = dumps(versions)
    assert count(loaded(start)) == 203
    assert dumps(versions) == [kept]


@pytest.mark.parametrize("damage", [b"", b"no gzip", None])
def test_a_damaged_text_is_made_anew(
    start: Start, versions: Versions, damage: bytes | None
) -> None:
    loaded(start)
    (kept,) = dumps(versions)
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-20] if damage is None else damage)
    assert count(loaded(start)) == 200
    assert kept.read_bytes() == whole


def test_a_text_of_another_history_is_not_used(start: Start, versions: Versions) -> None:
    loaded(start)
    (kept,) = dumps(versions)
    kept.rename(kept.with_name("000001-200-0123456789abcdef.nq.gz"))
    loaded(start)
    assert dumps(versions) == [kept]


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
