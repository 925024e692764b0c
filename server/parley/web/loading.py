"""The application of one server process, made from the settings in its environment."""

from __future__ import annotations

import gc
import os

import flask

from parley.check.report import Report
from parley.describing import Descriptions
from parley.files import Dataset, open_dataset
from parley.queries import load
from parley.search.keeping import Indexes
from parley.settings import Settings, from_environ
from parley.store.backend import Backend
from parley.store.guarding import Guard
from parley.store.local import LocalBackend
from parley.store.orphans import end_with_parent
from parley.store.remote.backend import RemoteBackend
from parley.store.versions import Versions
from parley.tokens import TOKENS
from parley.web.app import create_app


def load_app() -> flask.Flask:
    """The application of one server process, from the environment that `run` made."""
    end_with_parent()
    settings = from_environ(os.environ)
    dataset = open_dataset(settings.dataset)
    backend, versions = _opened(settings, dataset)
    queries = load(dataset.queries(), dataset.names)
    app = create_app(settings, backend, dataset, queries, versions)
    Indexes(versions).follow()
    Descriptions(versions, "" if dataset.plain else dataset.names.base).follow()
    gc.collect()
    gc.freeze()  # what is there now stays: the collector need not go over it again and again
    gc.set_threshold(10_000, 20, 20)
    return app


def _opened(settings: Settings, dataset: Dataset) -> tuple[Backend, Versions]:
    guard, prefixes = live_gate(settings, dataset), dataset.names.prefixes
    if settings.store is not None:
        remote = RemoteBackend(settings, guard=guard, prefixes=prefixes)
        return remote, remote.versions
    versions = Versions(settings.instance, keep=settings.keep_versions)
    union = not dataset.plain
    return LocalBackend(versions, settings, union=union, guard=guard, prefixes=prefixes), versions


def live_gate(settings: Settings, dataset: Dataset) -> Guard | None:
    """Who guards live writes: a process of its own, there early where anyone may write.

    Where nobody has a token yet it is started with the first write.
    """
    if dataset.plain or settings.read_only:
        return None
    early = settings.open or settings.instance.joinpath(TOKENS).exists()
    places = (str(dataset.root), str(settings.instance.resolve()))
    return Guard("parley.gate", places, Report.unpacked, early)
