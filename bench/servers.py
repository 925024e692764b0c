"""The servers that are compared: how each loads the data, starts, and is asked.

Another server is another small class here; see `Server`.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from bench.data import Data
from bench.tdb2 import Jena
from bench.virtuoso import Virtuoso
from parley import __version__

NOTHING: Mapping[str, str] = MappingProxyType({})


class Server(Protocol):
    """One SPARQL server."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    @property
    def most_quads(self) -> int | None:
        """How much it is given at most, None for any amount."""

    @property
    def differs(self) -> Mapping[str, str]:
        """Workloads that it is known to answer otherwise than the others, and why."""

    def missing(self) -> str | None:
        """Why it cannot run here, or None when it can."""

    def version(self) -> str:
        """Which release is measured."""

    def load(self, data: Data, folder: Path) -> None:
        """Make the data ready in `folder`, as its makers advise; not part of a measurement."""

    def command(self, data: Data, folder: Path, port: int) -> list[str]:
        """Serve it on this port of the loopback address, the default graph the union of all."""

    def url(self, port: int) -> str:
        """Where queries go."""


def script(name: str) -> str | None:
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


class Parley:
    """This project, with the settings it comes with; read-only, since no one writes here.

    Several `processes` answer over the web, and share what is in memory.
    """

    most_quads: int | None = None
    differs: Mapping[str, str] = NOTHING

    def __init__(self, processes: int = 1) -> None:
        self._processes = processes

    @property
    def name(self) -> str:
        return "parley" if self._processes == 1 else f"parley-{self._processes}"

    def missing(self) -> str | None:
        if importlib.util.find_spec("parley.web.server"):
            return None
        return "parley.web.server is not there"

    def version(self) -> str:
        return __version__

    def load(self, data: Data, folder: Path) -> None:
        """Nothing: the version is there."""

    def command(self, data: Data, folder: Path, port: int) -> list[str]:
        return [
            *(sys.executable, "-m", "parley", "serve", "--read-only", "--port", str(port)),
            *("--instance", str(data.instance), "--dataset", str(data.dataset)),
            *("--workers", str(self._processes)),
        ]

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/sparql"


class Oxigraph:
    """Oxigraph's own server: a loaded and optimised database on disk, read-only."""

    name = "oxigraph"
    most_quads: int | None = None
    differs: Mapping[str, str] = NOTHING

    def missing(self) -> str | None:
        return None if script("oxigraph") else "not installed: pip install oxigraph"

    def version(self) -> str:
        return version("oxigraph")

    def load(self, data: Data, folder: Path) -> None:
        for task in (["load", "--file", str(data.dump)], ["optimize"]):
            command = [str(script("oxigraph")), task[0], "--location", str(folder), *task[1:]]
            subprocess.run(command, check=True, capture_output=True, timeout=1800)

    def command(self, data: Data, folder: Path, port: int) -> list[str]:
        return [
            *(str(script("oxigraph")), "serve-read-only", "--union-default-graph"),
            *("--location", str(folder), "--bind", f"127.0.0.1:{port}"),
        ]

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/query"


class RdflibEndpoint:
    """rdflib-endpoint with its default store in memory; too slow to be given a million quads."""

    name = "rdflib-endpoint"
    most_quads: int | None = 100_000
    differs: Mapping[str, str] = NOTHING

    def missing(self) -> str | None:
        if not importlib.util.find_spec("rdflib_endpoint"):
            return "not installed: pip install rdflib-endpoint"
        if not importlib.util.find_spec("uvicorn"):
            return "its command needs uvicorn: pip install uvicorn"
        return None

    def version(self) -> str:
        return version("rdflib-endpoint")

    def load(self, data: Data, folder: Path) -> None:
        """Nothing: it reads the file when it starts."""

    def command(self, data: Data, folder: Path, port: int) -> list[str]:
        return [
            *(sys.executable, "-m", "rdflib_endpoint", "serve", str(data.dump)),
            *("--host", "127.0.0.1", "--port", str(port)),
        ]

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/"


SERVERS: tuple[Server, ...] = (
    Parley(),
    Parley(2),
    Oxigraph(),
    Virtuoso(),
    Jena(),
    RdflibEndpoint(),
)
