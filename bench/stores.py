"""SPARQL stores that `parley serve --store` may stand before, started to be tried."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Protocol

from bench import virtuoso
from bench.processes import free_port, running
from bench.servers import Oxigraph, script

_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """A store that runs: where it takes queries and updates, and its process."""

    query: str
    update: str
    process: Popen[str]


class Store(Protocol):
    """One kind of store; its data are kept in a folder, so that it may be ended and go on."""

    name: str

    def missing(self) -> str | None:
        """Why it cannot run here, or None when it can."""

    def running(self, folder: Path, port: int) -> contextmanager[Running]:
        """The store on this port of the loopback address for the length of a block."""


class OxigraphStore:
    """`oxigraph serve` with its database on disk, as its makers run it.

    With `union` its default graph is the union of all graphs.
    """

    def __init__(self, *, union: bool = False) -> None:
        self.name = "oxigraph"
        self._more = ["--union-default-graph"] if union else []

    def missing(self) -> str | None:
        return Oxigraph().missing()

    @contextmanager
    def running(self, folder: Path, port: int) -> Iterator[Running]:
        command = [str(script("oxigraph")), "serve", "--location", str(folder / "data")]
        command += ["--bind", f"127.0.0.1:{port}", *self._more]
        folder.mkdir(parents=True, exist_ok=True)
        with running(command, log=folder / "log") as process:
            root = f"http://127.0.0.1:{port}"
            _await(f"{root}/query", process, folder / "log")
            yield Running(f"{root}/query", f"{root}/update", process)


class VirtuosoStore:
    """Virtuoso open source with 80 MB of buffers; its anonymous user may update."""

    name = "virtuoso"

    def missing(self) -> str | None:
        return virtuoso.Virtuoso().missing()

    @contextmanager
    def running(self, folder: Path, port: int) -> Iterator[Running]:
        folder.mkdir(parents=True, exist_ok=True)
        new, sql = not (folder / "virtuoso.db").exists(), free_port()
        text = virtuoso.configuration(folder, folder, sql, port, buffers=10_000)
        (folder / "virtuoso.ini").write_text(text, encoding="utf-8")
        (folder / "virtuoso.lck").unlink(missing_ok=True)  # of a process that was killed
        command = ["virtuoso-t", "+configfile", str(folder / "virtuoso.ini"), "+foreground"]
        with running(command, log=folder / "log", cwd=folder) as process:
            virtuoso.wait(sql, process, folder / "log")
            if new:
                virtuoso.run(sql, 'GRANT SPARQL_UPDATE TO "SPARQL";')
            address = f"http://127.0.0.1:{port}/sparql"
            yield Running(address, address, process)


STORES: tuple[Store, ...] = (OxigraphStore(), VirtuosoStore())


def _await(url: str, process: Popen[str], log: Path) -> None:
    end = time.monotonic() + _SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{url}?query=ASK%7B%7D", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > end:
                said = log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{process.args!r} did not start: {said}") from None
            time.sleep(0.02)
