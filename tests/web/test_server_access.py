"""Tokens and sessions through a running server of two web processes."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
import SPARQLWrapper as sw

from parley.scaffold import make_plain
from parley.tokens import Tokens

ROOT = Path(__file__).parents[2]
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
GOOD = "INSERT DATA { <http://a> <http://b> <http://c> }"
Answer = tuple[int, dict[str, str], str]


class Server:
    """A running server; every request has a connection of its own, so any process may answer."""

    def __init__(self, port: int, instance: Path) -> None:
        self.port = port
        self.instance = instance

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body.encode(), given)
            response = connection.getresponse()
            return response.status, dict(response.headers), response.read().decode()

    def update(self, text: str, **headers: str) -> Answer:
        return self.ask(
            "POST", "/sparql", text, Content_Type="application/sparql-update", **headers
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("access").resolve()
    make_plain(folder / "data", "http://example.org/", "Test")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "server"),
        "PARLEY_INSTANCE": str(folder / "instance"),
        "PARLEY_DATASET": str(folder / "data"),
        "PARLEY_PORT": str(port),
        "PARLEY_WORKERS": "2",
        "PARLEY_ACCESS_LOG": str(folder / "access.log"),
    }
    with (
        (folder / "errors.log").open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "parley", "serve"], env=environ, stderr=errors
        ) as process,
    ):
        try:
            made = Server(port, folder / "instance")
            wait_for(made, process)
            yield made
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0


def wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 90
    while process.poll() is None and time.monotonic() < until:
        try:
            if server.ask("GET", "/ready")[0] == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not get ready")


def test_tokens_and_sessions_hold_in_every_process(server: Server) -> None:
    assert server.update(GOOD)[0] == 401
    tokens = Tokens(server.instance)  # made while the server runs, as by 'parley token add'
    _, secret = tokens.add("anna", "curator")
    bearer = {"Authorization": f"Bearer {secret}"}

    assert server.update(GOOD, **bearer)[0] == 204

    wrapper = sw.SPARQLWrapper(f"http://127.0.0.1:{server.port}/sparql")  # knows Basic only
    wrapper.setMethod(sw.POST)
    wrapper.setQuery(GOOD)
    wrapper.setCredentials("me", secret)
    wrapper.query()

    status, headers, _ = server.ask("POST", "/login", urlencode({"token": secret}), **FORM)
    assert (status, headers["location"]) == (303, "/")
    cookie = {"Cookie": headers["set-cookie"].partition(";")[0]}
    pages = [server.ask("GET", "/", **cookie)[2] for _ in range(8)]
    assert all("Signed in as anna" in page for page in pages)
    (csrf,) = {found for page in pages for found in re.findall(r'"csrf" value="(\w+)"', page)}
    form = urlencode({"update": GOOD.replace("INSERT", "DELETE"), "csrf": csrf})
    assert server.ask("POST", "/sparql", form, **FORM, **cookie)[0] == 204
    assert server.ask("POST", "/sparql", urlencode({"update": GOOD}), **FORM, **cookie)[0] == 403

    tokens.revoke("anna")
    assert {server.update(GOOD, **bearer)[0] for _ in range(8)} == {401}
    assert "Signed in" not in "".join(server.ask("GET", "/", **cookie)[2] for _ in range(8))

    folder = server.instance.parent
    assert (folder / "access.log").stat().st_size > 0
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            assert secret.encode() not in data, path
            assert cookie["Cookie"].partition("=")[2].encode() not in data, path


def test_a_header_of_a_megabyte_hurts_nobody(server: Server) -> None:
    try:
        status = server.update(GOOD, Authorization="Bearer " + "x" * (1 << 20))[0]
    except OSError:
        status = 431  # the server may close while the header is still being sent
    assert status == 431
    many = "; ".join(f"c{number}=x" for number in range(5000))
    assert server.ask("GET", "/", Cookie=many)[0] == 200
    assert server.update(GOOD, Authorization="Bearer parley_\u00fc")[0] == 401
    assert json.loads(server.ask("GET", "/ready")[2])["status"] == "ok"
