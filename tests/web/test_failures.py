"""Mistakes of ours: an id for the client, everything else in the log only."""

import logging
from collections.abc import Mapping

import pytest

from parley.files import Dataset
from parley.formats import Format
from parley.queries import SavedQuery
from parley.settings import Settings
from parley.store.backend import Answer, Backend, Cancel, Deadline, Query
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Version, Versions
from parley.web.app import create_app


class Broken:
    """A store with a mistake in it."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions

    def version(self) -> Version:
        return self._versions.get(1)

    def select(
        self,
        query: Query,
        fmt: Format,
        deadline: Deadline,
        version: int | None = None,
        cancel: Cancel | None = None,
    ) -> Answer:
        raise ZeroDivisionError("secret /etc/passwd")

    def commit(self, change: Change, message: Message, parent: Version) -> Version:
        raise ZeroDivisionError


@pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D", "/", "/data/x.ttl", "/ready"])
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_a_mistake_of_ours_is_an_id_and_a_line_in_the_log(
    settings: Settings,
    dataset: Dataset,
    caplog: pytest.LogCaptureFixture,
    path: str,
    accept: str,
) -> None:
    versions = Versions(settings.instance)
    backend: Backend = Broken(versions)
    saved: Mapping[str, SavedQuery] = {}
    client = create_app(settings, backend, dataset, saved, versions).test_client()
    with caplog.at_level(logging.ERROR):
        response = client.get(path, headers={"Accept": accept})
    assert response.status_code == 500
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    record = next(r for r in caplog.records if r.name == "parley.web")
    assert "secret" in str(record.exc_info)
    assert record.args
    assert str(record.args[0]) in response.text
