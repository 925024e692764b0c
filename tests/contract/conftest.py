"""One contract for every backend: the embedded one, and stores over HTTP that are started here.

Virtuoso takes ten seconds to make its first database, so it is asked only when CONTRACT_STORES
names it, as `python -m bench.contract` does.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from bench.processes import free_port
from bench.stores import STORES, Running

sys.path.insert(0, str(Path(__file__).parent))  # for contract_stores
from contract_stores import Place

WANTED = os.environ.get("CONTRACT_STORES", "embedded,oxigraph").split(",")


def _missing(name: str) -> str | None:
    if name == "embedded":
        return None
    return next(store for store in STORES if store.name == name).missing()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Running]]:
    """Starts a store when it is first asked for; all tests share it."""
    found: dict[str, Running] = {}
    with ExitStack() as stack:

        def start(name: str) -> Running:
            if name not in found:
                store = next(store for store in STORES if store.name == name)
                folder = tmp_path_factory.mktemp(name)
                found[name] = stack.enter_context(store.running(folder, free_port()))
            return found[name]

        yield start


@pytest.fixture(scope="module", params=WANTED)
def place(request: pytest.FixtureRequest, running: Callable[[str], Running]) -> Iterator[Place]:
    missing = _missing(request.param)
    if missing:
        pytest.skip(missing)
    here = Place(request.param, None if request.param == "embedded" else running(request.param))
    yield here
    for backend in here.opened:
        backend.close()
