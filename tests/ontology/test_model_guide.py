"""Every query that the guide to the model prints runs on the dataset and finds something."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from parley.files import open_dataset
from parley.model.derivation import derived_quads, read_rules
from parley.rdf import PARLEY, VOCAB

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/model.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sparql\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(scope="module")
def store() -> ox.Store:
    dataset = open_dataset(ROOT)
    store = ox.Store()
    store.bulk_extend(dataset.quads())
    derived_quads(store, dataset.names, read_rules(dataset.rules()))
    return store


def _question(query: str) -> str:
    return next(line for line in query.splitlines() if line.startswith("# "))[2:]


def test_the_guide_has_queries() -> None:
    assert len(QUERIES) >= 8


@pytest.mark.parametrize("query", QUERIES, ids=_question)
def test_the_query_finds_something(query: str, store: ox.Store) -> None:
    rows = store.query(query, use_default_graph_as_union=True)
    assert isinstance(rows, ox.QuerySolutions)
    assert next(iter(rows), None) is not None


def test_every_term_the_guide_names_is_declared(store: ox.Store) -> None:
    used = {
        ox.NamedNode((PARLEY if prefix == "parley" else VOCAB) + name)
        for prefix, name in re.findall(r"\b(parley|vocab):([A-Za-z][\w-]*)", GUIDE)
    }
    declared = {quad.subject for quad in store.quads_for_pattern(None, None, None)}
    assert len(used) > 50
    assert used - declared == set()
