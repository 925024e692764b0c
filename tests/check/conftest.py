"""A small valid dataset with the real ontology, copied afresh for each test that changes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest

from parley.files import Dataset
from parley.rdf import Namespaces
from parley.store.texts import Texts

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """The valid dataset of the tests, ontology and shapes included, free to be spoilt."""
    root = tmp_path / "dataset"
    shutil.copytree(REPOSITORY / "ontology", root / "ontology")
    shutil.copytree(HERE / "fixture/data", root / "data")
    shutil.copytree(HERE / "fixture/queries", root / "queries")
    return Dataset(root.resolve(), Namespaces())


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    """The registered texts: one article, free to be spoilt."""
    shutil.copytree(HERE / "fixture/articles", tmp_path / "articles")
    return Texts(tmp_path / "articles")


@pytest.fixture(scope="session")
def valid() -> tuple[ox.Quad, ...]:
    """The quads of the valid dataset with ontology and shapes, nothing derived."""
    names = Namespaces()
    sources = [
        source
        for root in (REPOSITORY, HERE / "fixture")
        for source in Dataset(root, names).sources()
        if root != REPOSITORY or source.path.is_relative_to(REPOSITORY / "ontology")
    ]
    return tuple(quad for source in sources for quad in source.quads(names))
