"""What the web's tests share: an instance with the whole dataset, and a second, later version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from tests.web.curated import Instance

from parley.building import fill
from parley.files import Dataset, open_dataset
from parley.queries import load
from parley.rdf import RDFS_LABEL
from parley.settings import Settings
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app

ADDED = "zzz-added-in-version-2"


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return open_dataset(None)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> Settings:
    """Settings of an instance with two versions; the second has one thing more."""
    folder: Path = tmp_path_factory.mktemp("instance")
    versions = Versions(folder)
    with versions.stage(None) as staged:
        fill(staged.store, dataset, lambda count: None)
        first = versions.publish(staged, None, Message("tests", "first"))
    added = ox.Quad(
        dataset.names.thing(ADDED),
        RDFS_LABEL,
        ox.Literal("<b>Added & later</b>", language="en"),
        dataset.names.graph("entities/agents"),
    )
    with versions.stage(first) as staged:
        change = staged.apply(Change(frozenset({added}), frozenset()))
        versions.publish(staged, change, Message("tests", "second"))
    return Settings(instance=folder, query_timeout=20.0, row_limit=50_000, query_text_limit=20_000)


@pytest.fixture(scope="session")
def client(settings: Settings, dataset: Dataset) -> Iterator[FlaskClient]:
    """A client of the whole application, through the WSGI callable in front."""
    versions = Versions(settings.instance)
    backend = LocalBackend(versions, settings, prefixes=dataset.names.prefixes)
    saved = load(dataset.queries(), dataset.names)
    app = create_app(settings, backend, dataset, saved, versions)
    yield app.test_client()
    backend.close()


@pytest.fixture(scope="session")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The small dataset of `parley init`, served with its gate to a curator with a token."""
    made = Instance(tmp_path_factory.mktemp("curated"))
    yield made
    made.backend.close()
