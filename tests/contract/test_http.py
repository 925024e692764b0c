"""The whole server on every backend: reads, curation through the gate, and a store that is gone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from bench.processes import free_port
from contract_stores import MESSAGE, Place
from flask.testing import FlaskClient
from misbehaving import misbehaving

from parley.building import build
from parley.check.report import Report
from parley.files import open_dataset
from parley.formats import BINDINGS, GRAPHS
from parley.queries import load
from parley.scaffold import make_dataset
from parley.store.local import LocalBackend
from parley.store.remote.backend import RemoteBackend
from parley.store.versions import Versions
from parley.web.app import create_app
from parley.web.loading import live_gate

ROOT = Path(__file__).parents[2]
BASE = "http://example.org/dataset/"
UPDATE = "application/sparql-update"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
GUARD = f"{BASE}id/river-guard"
THINGS = f"{BASE}graph/entities/example"
RENAME = f"""DELETE DATA {{ GRAPH <{THINGS}> {{ <{GUARD}> <{LABEL}> "River Guard"@en }} }} ;
INSERT DATA {{ GRAPH <{THINGS}> {{ <{GUARD}> <{LABEL}> "Guard of the river"@en }} }}"""
SPOIL = f"DELETE WHERE {{ GRAPH <{THINGS}> {{ <{GUARD}> <{LABEL}> ?label }} }}"
NAMES = f"SELECT ?label {{ <{GUARD}> <{LABEL}> ?label }}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small Parley dataset, and an instance with its first version."""
    folder = tmp_path_factory.mktemp("http")
    make_dataset(folder / "data", BASE, "Test")
    return folder


@pytest.fixture(scope="module")
def client(place: Place, folder: Path) -> Iterator[FlaskClient]:
    dataset = open_dataset(folder / "data")
    versions = Versions(folder / place.name)
    build(dataset, versions, MESSAGE, lambda store: Report(()))
    current = versions.current()
    assert current is not None
    place.empty(
        *(str(g.value) for g in current.open().named_graphs() if isinstance(g, ox.NamedNode))
    )
    settings = place.settings(versions.instance, open=True)
    guard, prefixes = live_gate(settings, dataset), dataset.names.prefixes
    backend: LocalBackend | RemoteBackend
    if settings.store is None:
        backend = LocalBackend(versions, settings, guard=guard, prefixes=prefixes)
    else:
        backend = RemoteBackend(settings, guard=guard, prefixes=prefixes)
        backend.follow()
        versions = backend.versions
    saved = load(dataset.queries(), dataset.names)
    yield create_app(settings, backend, dataset, saved, versions).test_client()
    backend.close()


def asked(client: FlaskClient, query: str, accept: str, status: int = 200, **more: str) -> bytes:
    answer = client.get(
        "/sparql", query_string={"query": query, **more}, headers={"Accept": accept}
    )
    assert answer.status_code == status, answer.text
    assert answer.mimetype == accept or status != 200
    return answer.data


def test_reading_in_every_format(client: FlaskClient) -> None:
    for form in BINDINGS:
        assert b"Harran Ford" in asked(client, f"SELECT * {{ ?s <{LABEL}> ?o }}", form.media_type)
    assert b"true" in asked(client, f"ASK {{ <{GUARD}> ?p ?o }}", BINDINGS[0].media_type)
    text = f"CONSTRUCT WHERE {{ <{GUARD}> ?p ?o }}"
    graphs = []
    for form in GRAPHS:
        assert isinstance(form.engine, ox.RdfFormat)
        graphs.append(set(ox.parse(asked(client, text, form.media_type), form.engine)))
    assert graphs[0]
    assert all(graph == graphs[0] for graph in graphs)
    assert client.get(f"/store?graph={THINGS}").status_code == 200
    assert client.get("/page/river-guard", headers={"Accept": "text/html"}).status_code == 200
    assert client.get("/data/river-guard.ttl").status_code == 200
    problem = asked(client, "SELECT * { ?s rdfs:label }", "application/json", 400)
    assert b"'rdfs:' is not declared" in problem


def test_curation_goes_through_the_gate(client: FlaskClient, place: Place) -> None:
    csv = "text/csv"
    before = client.get("/ready").get_json()
    assert (before["version"], before["status"]) == (1, "ok")
    refused = client.post("/sparql", data=SPOIL, content_type=UPDATE)
    assert (refused.status_code, refused.mimetype) == (422, "text/turtle")
    assert asked(client, NAMES, csv) == b"label\r\nRiver Guard\r\n"
    parent = client.get("/sparql?query=ASK%7B%7D").headers["ETag"]
    done = client.post("/sparql", data=RENAME, content_type=UPDATE)
    assert (done.status_code, done.headers["X-Parley-Version"]) == (204, "2"), done.text
    stale = client.post("/sparql", data=SPOIL, content_type=UPDATE, headers={"If-Match": parent})
    assert stale.status_code == 412
    assert asked(client, NAMES, csv) == b"label\r\nGuard of the river\r\n"
    assert asked(client, NAMES, csv, version="1") == b"label\r\nRiver Guard\r\n"
    graph = client.get(f"/store?graph={THINGS}")
    put = client.put(
        f"/store?graph={THINGS}",
        data=graph.data.replace(b"Guard of the river", b"River Guard"),
        content_type="text/turtle",
        headers={"If-Match": graph.headers["ETag"]},
    )
    assert (put.status_code, put.headers["X-Parley-Version"]) == (204, "3"), put.text
    assert asked(client, NAMES, csv) == b"label\r\nRiver Guard\r\n"
    with client.get("/history/2.rdfp") as patch:
        assert patch.data.count(b"\nA ") == patch.data.count(b"\nD ") > 0
    assert client.get("/ready").get_json()["version"] == 3


def test_the_command_serves_a_store_and_says_when_it_is_gone(
    place: Place, client: FlaskClient, folder: Path, tmp_path: Path
) -> None:
    if place.running is None:
        pytest.skip("the embedded store has no server that could go")
    with misbehaving(place.running.query, place.running.update) as (store, address):
        port = free_port()
        environ = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "server"),
            "PARLEY_DATASET": str(folder / "data"),
            "PARLEY_INSTANCE": str(tmp_path),
            "PARLEY_STORE": address,
            "PARLEY_PORT": str(port),
            "PARLEY_READ_ONLY": "yes",
        }
        command = [sys.executable, "-m", "parley", "serve"]
        with subprocess.Popen(command, env=environ) as process:
            try:
                with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as browser:
                    ready(browser, process)
                    query = {"query": NAMES}
                    assert browser.get("/sparql", params=query).status_code == 200
                    body = {"update": RENAME}
                    assert browser.post("/sparql", data=body).status_code == 403
                    store.mode = "gone"
                    gone = browser.get("/sparql", params={"query": NAMES + "#"})
                    while gone.status_code == 200:  # what is known of the head is believed a while
                        gone = browser.get("/sparql", params={"query": f"{NAMES}#{time.time()}"})
                    assert gone.status_code == 502
                    assert gone.json()["type"].endswith("/problems/store-failed")
                    assert browser.get("/ready").status_code == 503
                    assert browser.get("/health").json()["status"] == "degraded"
                    store.mode = ""
                    ready(browser, process)
                    assert browser.get("/sparql", params=query).status_code == 200
            finally:
                process.send_signal(signal.SIGINT)
                assert process.wait(20) == 0


def ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            if client.get("/ready").status_code == 200:
                return
        except httpx.TransportError:
            continue
    raise AssertionError("the server did not get ready")
