"""What the browser tests share: a running server, one chromium, and pages that are watched.

Every page that `visit` opens is watched: a test fails when a page sends a request to another
server, breaks its content security policy, throws, or complains in the console.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pyoxigraph as ox
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright
from tests.web.test_server import wait_for

from parley.files import Dataset, open_dataset
from parley.model.derivation import derived_quads, read_rules
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Versions
from parley.tokens import Tokens

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "tests/browser/screenshots"  # not in git
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
PATIENCE = 60_000  # milliseconds; a page is there in a tenth of a second on a quiet machine
WAITING = "claim-siga-2024-02-003-1"  # the claim that waits for review
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return open_dataset(None)


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> Path:
    """An instance with two versions of the whole dataset, of which one claim waits for review."""
    folder: Path = tmp_path_factory.mktemp("desk")
    parley, vocab = dataset.names.prefixes["parley"], dataset.names.prefixes["vocab"]
    state = ox.NamedNode(f"{parley}reviewState")
    versions = Versions(folder)
    with versions.stage(None) as staged:
        staged.store.bulk_extend(dataset.quads(lambda count: None))
        (quad,) = staged.store.quads_for_pattern(dataset.names.thing(WAITING), state, None)
        staged.store.remove(quad)
        waits = ox.NamedNode(f"{vocab}review-proposed")
        staged.store.add(ox.Quad(quad.subject, state, waits, quad.graph_name))
        derived_quads(staged.store, dataset.names, read_rules(dataset.rules()))
        first = versions.publish(staged, None, Message("tests", "first"))
    also = ox.NamedNode(f"{dataset.names.prefixes['skos']}altLabel")
    name = ox.Literal("Base 201", language="en")
    places = dataset.names.graph("entities/places")
    added = ox.Quad(dataset.names.thing("military-base-201"), also, name, places)
    with versions.stage(first) as staged:
        change = staged.apply(Change(frozenset({added}), frozenset()))
        versions.publish(staged, change, Message("tests", "second"))
    return folder


@pytest.fixture(scope="session")
def token(instance: Path) -> str:
    """The secret of a curator."""
    return Tokens(instance).add("Curator", "curator")[1]


def wait_for_search(address: str) -> None:
    """Returns once the index of names is there, which a process of its own makes."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with urlopen(f"{address}/search?q=Ansarullah&format=json") as answer:
            if json.load(answer)["complete"]:
                return
        time.sleep(0.2)
    raise TimeoutError("the index of names was not made")


@pytest.fixture(scope="session")
def address(instance: Path) -> Iterator[str]:
    """The address of a running server."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "server"),
        "PARLEY_INSTANCE": str(instance),
        "PARLEY_PORT": str(port),
    }
    with subprocess.Popen([sys.executable, "-m", "parley", "serve"], env=environ) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}", process)
            wait_for_search(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def session(chromium: Browser, address: str, token: str) -> Any:
    """The cookies of a curator who signed in."""
    context = chromium.new_context(base_url=address)
    page = context.new_page()
    page.goto("/login?next=/review")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/review")
    cookies = context.storage_state()
    context.close()
    return cookies


class Watched:
    """A browser context whose pages must leave their server alone and the console empty."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.wrong: list[str] = []
        self._server = urlsplit(address).netloc
        context.set_default_timeout(PATIENCE)
        context.on("request", self._asked)
        context.on("weberror", lambda error: self.wrong.append(f"thrown: {error.error}"))
        context.on("console", lambda said: self._said(said.type, said.text, said.location["url"]))

    def _asked(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.netloc != self._server:
            self.wrong.append(f"asked another server: {request.url}")

    def _said(self, kind: str, words: str, source: str) -> None:
        own_status = re.match(r"Failed to load resource.*status of 4\d\d", words)
        if kind in ("error", "warning") and not own_status:
            self.wrong.append(f"{kind} in the console: {words} ({source})")
        elif own_status and "/static/" in source:
            self.wrong.append(f"missing: {source}")


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Visit]:
    """Opens an address of the server in a new context and returns the page.

    Further arguments are those of Playwright's `new_context`.
    """
    opened: list[Watched] = []

    def go(path: str, **options: Any) -> Page:
        given = {"viewport": DESK, "reduced_motion": "reduce", **options}
        opened.append(Watched(chromium.new_context(base_url=address, **given), address))
        page = opened[-1].context.new_page()
        page.goto(path)
        return page

    yield go
    for watched in opened:
        watched.context.close()
    assert [fault for watched in opened for fault in watched.wrong] == []


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """Keeps a screenshot of the whole page for who wants to look at it."""

    def keep(page: Page, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    return keep
