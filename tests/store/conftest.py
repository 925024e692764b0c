"""Instances and backends for the tests of the store."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parley.settings import Settings
from parley.store.local import LocalBackend
from parley.store.versions import Versions

sys.path.insert(0, str(Path(__file__).parent))  # for store_examples
from store_examples import adding, commit


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    """An instance without a version."""
    return Versions(tmp_path / "instance")


Start = Callable[..., LocalBackend]


@pytest.fixture
def start(versions: Versions) -> Iterator[Start]:
    """Starts a backend on `versions`, by default one with 200 things in version 1."""
    started = []

    def make(things: int = 200, **settings: object) -> LocalBackend:
        if versions.number() == 0:
            commit(versions, adding(*range(things)))
        given = Settings(instance=versions.instance, **settings)  # type: ignore[arg-type]
        started.append(LocalBackend(versions, given))
        return started[-1]

    yield make
    for backend in started:
        backend.close()
