"""Runaways of every kind end at a limit that is named, long before their own end, at a server.

How long after it, on a machine that does nothing else, `python -m bench.limits` measures.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench import limits

THINGS = 20_000
NAMES = list(limits.RUNAWAYS)
SOON = 15  # seconds; other tests may have the processors, and the runaways would take hours
LIMITS = {"query_timeout", "query_memory", "row_limit", "engine_stack"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("limits")
    with limits.served(folder, THINGS, query_memory=256 << 20, spool_bytes=1 << 16) as address:
        yield address


@pytest.mark.parametrize("names", [NAMES[:5], NAMES[5:]], ids=["heavy", "strange"])
def test_runaways_end_at_their_limit_and_lookups_go_on(address: str, names: list[str]) -> None:
    line = limits.beside(address, names, THINGS)
    assert {stop.name for stop in line.stops} == set(names)
    for stop in line.stops:
        assert stop.status == 503, stop
        if not stop.limit:  # its worker was lost, which is told; then alone it names its limit
            stop = limits.stop(address, stop.name)
        assert stop.limit in LIMITS, stop
        assert stop.seconds < limits.DEADLINE + SOON, stop
    assert line.lookups.answers
    assert line.lookups.errors == 0
