"""The production server, started as a process: answers, several at once, and ends when told."""

import contextlib
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
    assert int(response.headers["Content-Length"]) == response.num_bytes_downloaded
    assert len(response.content) > 1_000_000


def test_the_same_connection_serves_head_and_errors(address: str) -> None:
    with httpx.Client(base_url=address, timeout=30) as client:
        for _ in range(3):
            assert client.head("/sparql", params=QUERY).content == b""
            assert client.get("/sparql", params={"query": "SELECT"}).status_code == 400
            assert client.get("/sparql", params=QUERY).status_code == 200


def serve(settings: Settings, port: int) -> subprocess.Popen[bytes]:
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "server"),
        "PARLEY_INSTANCE": str(settings.instance),
        "PARLEY_PORT": str(port),
    }
    command = [sys.executable, "-m", "parley", "serve"]
    return subprocess.Popen(command, env=environ, stderr=subprocess.PIPE)


def test_a_port_that_is_taken_is_said(settings: Settings) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])
        with serve(settings, port) as process:
            _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in said.decode()


@pytest.mark.skipif(sys.platform != "linux", reason="macOS tells no process of its parent's end")
def test_nothing_outlives_a_main_process_that_was_killed(settings: Settings) -> None:
    port = free_port()
    with serve(settings, port) as process:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process)
        assert httpx.get(f"{address}/sparql", params=QUERY, timeout=30).status_code == 200
        started = family(process.pid)
        process.kill()
        process.communicate()
    assert len(started) > 2
    until = time.monotonic() + 10
    while any(map(is_running, started)):
        assert time.monotonic() < until


def family(pid: int) -> list[int]:
    """The process and all that descend from it; one that has just ended has no descendants."""
    found = [pid]
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in path.read_text().split():
                found += family(int(child))
    return found


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False
