"""Clients that hang up free their workers, and slow ones do not keep others out."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from parley.settings import Settings

ROOT = Path(__file__).parents[2]
FOREVER = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
COUNTED = "parley_query_seconds_count"
ONE = "/sparql?query=" + quote("SELECT ?p { <http://x/> ?p ?o }")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def serving(settings: Settings, port: int, **more: str) -> Iterator[None]:
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "server"),
        "PARLEY_INSTANCE": str(settings.instance),
        "PARLEY_PORT": str(port),
        "PARLEY_OPEN": "yes",
        **more,
    }
    with subprocess.Popen([sys.executable, "-m", "parley", "serve"], env=environ) as process:
        try:
            eventually(lambda: process.poll() is None and answers(port, "/ready"), 30)
            yield
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0


@pytest.fixture(scope="module")
def port(settings: Settings) -> Iterator[int]:
    port = free_port()
    with serving(settings, port, PARLEY_REQUEST_TIMEOUT="1"):
        yield port


def answers(port: int, path: str = ONE) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=10).status_code == 200
    return False


def eventually(condition: Callable[[], bool], seconds: float) -> float:
    """Returns the seconds until the condition held; fails when it does not in time."""
    turn = threading.Event()
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds
        turn.wait(0.02)
    return time.monotonic() - began


def running(port: int) -> int:
    return len(httpx.get(f"http://127.0.0.1:{port}/running").json()["running"])


def sent(port: int, data: bytes, room: int = 0) -> socket.socket:
    """A connection with something sent; `room` are the bytes that it takes before it is read."""
    sock = socket.socket()
    if room:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    sock.settimeout(60)
    sock.connect(("127.0.0.1", port))
    sock.sendall(data)
    return sock


def ends(sock: socket.socket, seconds: float) -> bool:
    """Whether the server answers or ends the connection in time, and makes no mistake."""
    sock.settimeout(seconds)
    try:
        said = sock.recv(1 << 16)
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True
    return b" 500 " not in said[:20]


@pytest.mark.skipif(sys.platform != "linux", reason="needs TCP_INFO; elsewhere the deadline counts")
def test_a_client_that_hangs_up_frees_its_worker(port: int) -> None:
    first, second = (
        f"GET /sparql?query={quote(FOREVER)}%23{n} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        for n in (1, 2)
    )
    staying = sent(port, first)
    eventually(lambda: running(port) == 1, 12)
    assert not ends(staying, 0.6)
    going = sent(port, second)
    eventually(lambda: running(port) == 2, 12)
    assert not ends(going, 0.6)
    going.close()
    eventually(lambda: running(port) == 1, 12)
    assert not ends(staying, 0.6)
    staying.close()
    eventually(lambda: running(port) == 0, 12)


BODY = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
SLOW = {
    "nothing": b"",
    "headers": b"GET /sparql HTTP/1.1\r\nHost: x\r\nX-",
    "body": BODY + b"Content-Length: 1000\r\n\r\nSELECT",
    "chunks": BODY + b"Transfer-Encoding: chunked\r\n\r\n6\r\nSELECT\r\n",
    "refused body": b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n",
    "upload": b"PUT /store?default HTTP/1.1\r\nHost: x\r\nContent-Type: text/turtle\r\n"
    b"Content-Length: 1000\r\n\r\n<a>",
    "body of a GET": b"GET /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n",
}


@pytest.mark.skipif(sys.platform != "linux", reason="needs TCP_INFO")
def test_slow_senders_are_hung_up_on_and_keep_nobody_out(port: int) -> None:
    slow = [(kind, sent(port, data)) for kind, data in SLOW.items() for _ in range(20)]
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: answers(port), range(16)))
    assert {kind for kind, sock in slow if not ends(sock, 30)} == set()
    for _, sock in slow:
        sock.close()
    assert answers(port)


@pytest.mark.skipif(sys.platform != "linux", reason="needs TCP_INFO")
def test_slow_readers_are_hung_up_on(port: int) -> None:
    steps = " ".join(f"BIND(CONCAT(?{n},?{n},?{n},?{n}) AS ?{n + 1})" for n in range(10))
    large = quote(f"SELECT ?10 {{ BIND('0123456789' AS ?0) {steps} }}")
    before = seen(port, "parley_hung_up_total")
    request = f"GET /sparql?format=csv&query={large} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with sent(port, request, room=4096) as sock:
        assert sock.recv(12) == b"HTTP/1.1 200"
        eventually(lambda: seen(port, "parley_hung_up_total") > before, 30)
        eventually(lambda: seen(port, "parley_answers_leaving") == 0, 30)
    assert answers(port)


@pytest.mark.skipif(sys.platform != "linux", reason="needs TCP_INFO")
@pytest.mark.parametrize("end", ["closed", "torn", "stalled"])
def test_a_body_in_chunks_that_breaks_off_is_not_written(port: int, end: str) -> None:
    text = b"<https://w3id.org/parley/id/broken-off> <http://example.org/p> 'x' .\n"
    head = b"POST /store?default HTTP/1.1\r\nHost: x\r\nContent-Type: text/turtle\r\n"
    chunk = b"%x\r\n%b\r\n" % (len(text), text)
    before = seen(port, 'parley_requests_total{status="400"}')
    with sent(port, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk) as sock:
        if end == "torn":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if end == "stalled":
            assert ends(sock, 30)
    eventually(lambda: seen(port, 'parley_requests_total{status="400"}') == before + 1, 30)


def test_a_connection_that_stays_silent_after_an_answer_is_ended(port: int) -> None:
    with sent(port, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n") as sock:
        assert sock.recv(1 << 16).startswith(b"HTTP/1.1 200")
        sock.settimeout(6)
        assert sock.recv(1 << 16) == b""


RAW = {
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 300_000 + b"\r\n\r\n": 431,
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Y: a\r\n" * 5_000 + b"\r\n": 431,
    b"GET /?a=" + b"a" * 80_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n": 414,
    b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    b"G@T / HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\n\r\n": 400,
    b"GET /sparql?query=ASK{} HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n": 400,
    b"GET / HTTP/1.0\r\n\r\n": 200,
    b"GET /sparql?query=\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    b"GET /id/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    b"GET /id/%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n": 404,
    b"GET / HTTP/1.1\r\nHost: x\r\nAccept: \xff\xfe\r\n\r\n": 200,
    b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab": 400,
    b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n": 400,
    BODY + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n": 400,
    BODY + b"Content-Length: 99999999999999999999999\r\n\r\n": 400,
    BODY + b"Content-Length: 99999999999\r\n\r\n": 413,
    BODY + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc": 415,
}


@pytest.mark.parametrize("data", RAW, ids=lambda data: repr(data[:40]))
def test_what_is_no_request_is_refused(port: int, data: bytes) -> None:
    with sent(port, data) as sock:
        status = sock.recv(12)
    assert status[:7] + status[8:] == b"HTTP/1. %d" % RAW[data]


def test_processes_know_of_each_others_queries(settings: Settings) -> None:
    port = free_port()
    with serving(settings, port, PARLEY_WORKERS="2"):
        staying = sent(
            port, f"GET /sparql?query={quote(FOREVER)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        )
        eventually(lambda: listed(port) != [], 30)
        (name,) = listed(port)
        for _ in range(8):  # whichever process answers
            eventually(lambda: listed(port) == [name], 30)
        status = httpx.post(f"http://127.0.0.1:{port}/running/{name}/stop").status_code
        assert status == 200
        assert ends(staying, 30)
        staying.close()
        eventually(lambda: listed(port) == [], 30)
        for _ in range(8):
            answers(port)
        assert httpx.post(f"http://127.0.0.1:{port}/running/{name}/stop").status_code == 404
        eventually(lambda: min(seen(port, COUNTED) for _ in range(6)) >= 9, 30)


def listed(port: int) -> list[str]:
    found = httpx.get(f"http://127.0.0.1:{port}/running").json()["running"]
    return [run["id"] for run in found]


def seen(port: int, name: str) -> float:
    """A figure of /metrics, 0 while there is nothing to tell."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    return sum(float(x.split()[1]) for x in text.splitlines() if x.startswith(f"{name} "))
