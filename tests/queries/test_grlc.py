"""grlc itself reads the saved queries as we do. `GRLC_PYTHON` names a Python that has grlc."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from parley.building import fill
from parley.files import open_dataset
from parley.queries import load

ROOT = Path(__file__).parents[2]
DATASET = open_dataset(ROOT)
QUERIES = load(DATASET.queries(), DATASET.names)
PYTHON = os.environ.get("GRLC_PYTHON")
pytestmark = pytest.mark.skipif(
    not PYTHON,
    reason="grlc needs libraries of its own: python3 -m venv /tmp/grlc && "
    "/tmp/grlc/bin/pip install grlc, then GRLC_PYTHON=/tmp/grlc/bin/python",
)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    assert PYTHON
    done = subprocess.run(
        [PYTHON, ROOT / "bench/read_by_grlc.py", *(query.path for query in QUERIES.values())],
        cwd=tmp_path_factory.mktemp("grlc"),
        capture_output=True,
        check=True,
        timeout=120,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_metadata_and_parameters_are_the_same(read: dict[str, Any]) -> None:
    assert set(read) == set(QUERIES)
    for name, query in QUERIES.items():
        theirs = read[name]
        assert theirs["summary"] == query.summary
        assert tuple(theirs["tags"]) == query.tags
        assert (theirs["pagination"] or 0) == query.pagination
        assert {
            key: (p["required"], str(p["default"]) if "default" in p else None, p.get("enum"))
            for key, p in theirs["parameters"].items()
        } == {
            p.name: (p.required, p.default, sorted(p.choices) or None) for p in query.parameters
        }, name


def test_what_grlc_sends_has_the_answer_that_ours_has(read: dict[str, Any]) -> None:
    store = ox.Store()
    fill(store, DATASET, lambda count: None)
    asked = 0
    for name, query in QUERIES.items():
        if query.kind == "select" and query.parameters:
            assert rows(store, read[name]["sent"]) == rows(store, query.bind({})), name
            asked += 1
    assert asked > 3


def rows(store: ox.Store, query: str) -> list[list[str]]:
    found = store.query(query, use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    return [[str(term) for term in row] for row in found]
