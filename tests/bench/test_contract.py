"""What a store behind the server costs: figures for the embedded store and for a remote one."""

from pathlib import Path

import pytest
from bench.contract import lines
from bench.stores import OxigraphStore


def test_every_store_gets_its_figures(tmp_path: Path) -> None:
    missing = OxigraphStore().missing()
    if missing:
        pytest.skip(missing)
    embedded, remote = lines(tmp_path, 50, 2, (OxigraphStore(),))
    assert (embedded.store, embedded.fill) == ("embedded", None)
    assert remote.fill is not None
    assert min(remote.fill, remote.lookup, remote.commit, embedded.lookup, embedded.commit) > 0
