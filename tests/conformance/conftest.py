"""One server on a plain dataset for the whole suite, and what is expected to fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for w3c_…
from w3c_server import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server; a test that changes its dataset by itself sets `holding` to None."""
    with serving(tmp_path_factory.mktemp("conformance")) as running:
        yield running
