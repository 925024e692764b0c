"""SERVICE between Parley and a server that no one here wrote, in both directions, over HTTP."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from bench.processes import free_port
from tests.web.ports import serving

from parley.files import Dataset
from parley.settings import Settings
from parley.store.local import LocalBackend
from parley.store.relay import Relay
from parley.store.versions import Versions
from parley.web.app import create_app

OXIGRAPH = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or shutil.which(
    "oxigraph"
)
pytestmark = pytest.mark.skipif(
    not OXIGRAPH, reason="oxigraph serve is not installed: pip install oxigraph"
)
FILES = """
@prefix id: <https://w3id.org/parley/id/> .
@prefix ex: <http://example.org/> .
id:afghan-taliban ex:file "A-17" .
id:ansorullah-tajikistan ex:file "A-18" .
id:nobody ex:file "A-19" .
"""
NAMES = "<http://www.w3.org/2000/01/rdf-schema#label>"
FILED = "<http://example.org/file>"
EXPECTED = [("A-17", "Afghan Taliban"), ("A-18", "Ansorullah Tajikistan")]


@pytest.fixture(scope="module")
def oxigraph() -> Iterator[int]:
    """The port of an `oxigraph serve` that holds FILES."""
    port = free_port()
    command = [str(OXIGRAPH), "serve", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            _fill(port)
            yield port
        finally:
            process.terminate()


def _fill(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            answer = httpx.put(
                f"http://127.0.0.1:{port}/store?default",
                content=FILES,
                headers={"Content-Type": "text/turtle"},
            )
        except httpx.TransportError:
            assert time.monotonic() < until
            time.sleep(0.02)
        else:
            answer.raise_for_status()
            return


@pytest.fixture(scope="module")
def parley(settings: Settings, dataset: Dataset, oxigraph: int) -> Iterator[str]:
    """The address of a Parley for whom `afar` leads to that server, as if it were public.

    `nowhere` leads to a port where nobody listens; the loopback address itself stays closed.
    """
    hosts = (f"http://afar:{oxigraph}", "http://nowhere:9")
    changed = replace(settings, service_hosts=hosts)
    versions = Versions(changed.instance)
    relay = Relay(resolve=lambda host, port: ["127.0.0.1"], public=lambda address: True)
    backend = LocalBackend(versions, changed, prefixes=dataset.names.prefixes, relay=relay)
    app = create_app(changed, backend, dataset, {}, versions)
    with serving(app) as address:
        yield address
    backend.close()


def rows(answer: httpx.Response) -> list[tuple[str, ...]]:
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return [
        tuple(row[name]["value"] if name in row else "" for name in found["head"]["vars"])
        for row in found["results"]["bindings"]
    ]


def ask(endpoint: str, query: str) -> httpx.Response:
    accept = {"Accept": "application/sparql-results+json"}
    return httpx.get(endpoint, params={"query": query}, headers=accept, timeout=30)


def test_parley_joins_what_another_server_holds(parley: str, oxigraph: int) -> None:
    query = f"""SELECT ?file ?name {{
        SERVICE <http://afar:{oxigraph}/query> {{ ?group {FILED} ?file }}
        ?group {NAMES} ?name
    }} ORDER BY ?file"""
    assert rows(ask(f"{parley}/sparql", query)) == EXPECTED


def test_another_server_joins_what_parley_holds(parley: str, oxigraph: int) -> None:
    query = f"""SELECT ?file ?name {{
        ?group {FILED} ?file
        SERVICE <{parley}/sparql> {{ ?group {NAMES} ?name }}
    }} ORDER BY ?file"""
    assert rows(ask(f"http://127.0.0.1:{oxigraph}/query", query)) == EXPECTED


def test_both_directions_in_one_query(parley: str, oxigraph: int) -> None:
    query = f"""SELECT ?file ?name {{
        SERVICE <{parley}/sparql> {{
            ?group {NAMES} ?name
            SERVICE <http://afar:{oxigraph}/query> {{ ?group {FILED} ?file }}
        }}
    }} ORDER BY ?file"""
    assert rows(ask(f"http://127.0.0.1:{oxigraph}/query", query)) == EXPECTED


def test_a_service_that_is_gone_is_named_or_passed_over_in_silence(parley: str) -> None:
    pattern = f"SERVICE %s <http://nowhere:9/> {{ ?group {FILED} ?file }}"
    named = f"?group {NAMES} ?name FILTER(?name = 'Afghan Taliban'@en)"
    query = f"SELECT ?name ?file {{ {named} {pattern} }}"
    failed = ask(f"{parley}/sparql", query % "")
    assert failed.status_code == 502
    assert "SERVICE <http://nowhere:9/> cannot be asked" in failed.json()["detail"]
    assert rows(ask(f"{parley}/sparql", query % "SILENT")) == [("Afghan Taliban", "")]


def test_the_loopback_address_itself_is_never_asked(parley: str, oxigraph: int) -> None:
    query = f"SELECT * {{ SERVICE <http://127.0.0.1:{oxigraph}/query> {{ ?s ?p ?o }} }}"
    refused = ask(f"{parley}/sparql", query)
    assert refused.status_code == 403
    assert "hosts allowed" in refused.json()["detail"]
