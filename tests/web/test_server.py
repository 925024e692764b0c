"""The production server, started as a process: answers, several at once, and ends when told."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from parley.settings import Settings

ROOT = Path(__file__).parents[2]
QUERY = {"query": "SELECT ?p { <https://w3id.org/parley/id/afghan-taliban> ?p ?o } ORDER BY ?p ?o"}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    port = free_port()
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "server"),
        "PARLEY_INSTANCE": str(settings.instance),
        "PARLEY_PORT": str(port),
    }
    with subprocess.Popen([sys.executable, "-m", "parley", "serve"], env=environ) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(address, process)
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=10)) as client:
        until = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < until:
            try:
                if client.get(f"{address}/ready").status_code == 200:
                    return
            except httpx.TransportError:
                continue
    raise AssertionError("the server did not get ready")


def test_many_clients_at_once_get_complete_answers(address: str) -> None:
    def ask(number: int) -> tuple[int, bytes]:
        response = client.post("/sparql", data=QUERY)
        return response.status_code, response.content

    with httpx.Client(base_url=address, timeout=30) as client, ThreadPoolExecutor(16) as threads:
        answers = set(threads.map(ask, range(64)))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 200


def test_the_method_query_reaches_the_server(address: str) -> None:
    response = httpx.request(
        "QUERY",
        f"{address}/sparql",
        content=QUERY["query"],
        headers={"Content-Type": "application/sparql-query"},
        timeout=30,
    )
    assert response.status_code == 200
    assert response.headers["X-Parley-Version"] == "2"


def test_a_large_answer_has_its_length(address: str) -> None:
    response = httpx.get(f"{address}/dump.nq", timeout=60)
    assert int(response.headers["Content-Length"]) == len(response.content) > 1_000_000


def test_the_same_connection_serves_head_and_errors(address: str) -> None:
    with httpx.Client(base_url=address, timeout=30) as client:
        for _ in range(3):
            assert client.head("/sparql", params=QUERY).content == b""
            assert client.get("/sparql", params={"query": "SELECT"}).status_code == 400
            assert client.get("/sparql", params=QUERY).status_code == 200
