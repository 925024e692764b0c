"""Graphs past the row limit are files, at /store and /graph alike; queries keep the limit."""

from collections.abc import Iterator
from dataclasses import replace

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from parley.files import Dataset
from parley.settings import Settings
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app

AGENTS = "https://w3id.org/parley/graph/entities/agents"


@pytest.fixture(scope="module")
def narrow(settings: Settings, dataset: Dataset) -> Iterator[FlaskClient]:
    """A client of a server whose queries may have ten rows."""
    few = replace(settings, row_limit=10)
    versions = Versions(few.instance)
    backend = LocalBackend(versions, few, prefixes=dataset.names.prefixes)
    yield create_app(few, backend, dataset, {}, versions).test_client()
    backend.close()


def triples(data: bytes) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(data, ox.RdfFormat.N_TRIPLES)}


def test_a_graph_past_the_row_limit_is_read_whole(narrow: FlaskClient, client: FlaskClient) -> None:
    query = {"query": "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", "default-graph-uri": AGENTS}
    assert narrow.get("/sparql", query_string=query).status_code == 503
    nt = {"Accept": "application/n-triples"}
    for path in (f"/store?graph={AGENTS}", "/graph/entities/agents.nt", "/store?default"):
        found = narrow.get(path, headers=nt, buffered=True)
        assert found.status_code == 200, found.text
        assert "Repr-Digest" in found.headers
        assert int(found.headers["Content-Length"]) == len(found.data)
        wanted = client.get(path, headers=nt, buffered=True)
        assert triples(found.data) == triples(wanted.data)
        assert wanted.headers.get("Repr-Digest") is None
        again = narrow.get(path, headers={**nt, "If-None-Match": found.headers["ETag"]})
        assert again.status_code == 304
    assert narrow.head("/store?default", headers=nt, buffered=True).status_code == 200
    assert narrow.get("/store?graph=http://nothing/").status_code == 404
