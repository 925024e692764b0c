"""Writes through a running server: several at once, bodies without a length, a killed writer."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from parley.scaffold import make_plain

ROOT = Path(__file__).parents[2]
UPDATE = {"Content-Type": "application/sparql-update"}
TURTLE = {"Content-Type": "text/turtle"}
FOREVER = """INSERT { <http://a> <http://b> ?n } WHERE { SELECT (COUNT(*) AS ?n)
    { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?o ?p } }"""
LIMIT = 200_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server").resolve()


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[httpx.Client]:
    make_plain(folder / "data", "http://example.org/", "Test")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = str(sock.getsockname()[1])
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "server"),
        "PARLEY_UPLOAD_LIMIT": str(LIMIT),
        "PARLEY_INSTANCE": str(folder / "instance"),
        "PARLEY_DATASET": str(folder / "data"),
        "PARLEY_PORT": port,
        "PARLEY_OPEN": "yes",
    }
    with subprocess.Popen([sys.executable, "-m", "parley", "serve"], env=environ) as process:
        try:
            transport = httpx.HTTPTransport(retries=10)
            address = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=address, timeout=60, transport=transport) as client:
                wait_for(client, process)
                yield client
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0


def wait_for(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            if client.get("/ready").status_code == 200:
                return
        except httpx.TransportError:
            continue
    raise AssertionError("the server did not get ready")


def version(client: httpx.Client) -> int:
    return int(client.get("/ready").json()["version"])


def writers(folder: Path) -> list[int]:
    """The processes that have a staged copy of this server's instance open."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            files = [os.readlink(file) for file in (process / "fd").iterdir()]
        except OSError:
            continue
        if any(file.startswith(f"{folder}/instance/staging/") for file in files):
            found.append(int(process.name))
    return found


def test_writers_at_once_each_make_a_version(server: httpx.Client) -> None:
    before = version(server)

    def write(number: int) -> int:
        text = f"INSERT DATA {{ <http://a> <http://b> {number} }}"
        return server.post("/sparql", content=text, headers=UPDATE).status_code

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(write, range(8))) == {204}
    assert version(server) == before + 8
    asked = server.get("/sparql", params={"query": "SELECT (COUNT(*) AS ?n) { <http://a> ?p ?o }"})
    assert asked.json()["results"]["bindings"][0]["n"]["value"] == "8"


def test_a_body_without_a_length_is_read_up_to_the_limit(server: httpx.Client) -> None:
    def body(size: int) -> Iterator[bytes]:
        for number in range(size // 100):
            yield f"<http://x/{number}> <http://p> '{number:060d}' .\n".encode()

    small = server.put("/store/streamed", content=body(50_000), headers=TURTLE)
    assert small.status_code == 201, small.text
    before = version(server)
    large = server.put("/store/streamed", content=body(10 * LIMIT), headers=TURTLE)
    assert large.status_code == 413, large.text
    assert large.json()["limit"] == "upload_limit"
    assert version(server) == before


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks in /proc: Linux only")
def test_a_killed_writer_is_an_error_and_the_next_write_works(
    server: httpx.Client, folder: Path
) -> None:
    numbers = " ".join(f"<http://s/{n}> <http://p> {n} ." for n in range(300))
    server.post("/sparql", content=f"INSERT DATA {{ {numbers} }}", headers=UPDATE)
    before = version(server)
    answers: list[httpx.Response] = []
    thread = threading.Thread(
        target=lambda: answers.append(server.post("/sparql", content=FOREVER, headers=UPDATE))
    )
    thread.start()
    until = time.monotonic() + 20
    while not (found := writers(folder)) and time.monotonic() < until:
        threading.Event().wait(0.01)
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    thread.join()
    assert answers[0].status_code >= 500
    assert version(server) == before
    text = "INSERT DATA { <http://a> <http://b> 'after' }"
    assert server.post("/sparql", content=text, headers=UPDATE).status_code == 204
