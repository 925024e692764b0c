"""A kind of backend to be tested, and small data for it."""

import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
from bench.stores import Running

from parley.settings import Settings
from parley.store.backend import Deadline
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.remote.backend import RemoteBackend
from parley.store.versions import Versions

GRAPH = "http://example.org/graph"
OTHER = "http://example.org/other"
MESSAGE = Message("Amina", "a test")
AMPLE = Deadline(30, 1 << 30)
AnyBackend = LocalBackend | RemoteBackend


def quad(number: int, text: str | None = None, graph: str = GRAPH) -> ox.Quad:
    return ox.Quad(
        ox.NamedNode(f"http://example.org/{number}"),
        ox.NamedNode("http://example.org/label"),
        ox.Literal(text or f"thing {number}"),
        ox.NamedNode(graph),
    )


def adding(*numbers: int) -> Change:
    return Change(added=frozenset(map(quad, numbers)))


def filled(instance: Path, *numbers: int) -> Versions:
    """An instance whose version 1 holds these things."""
    versions = Versions(instance)
    with versions.stage(None) as staged:
        versions.publish(staged, staged.apply(adding(*numbers)), MESSAGE)
    return versions


@dataclass
class Place:
    """A kind of backend, and the store that such backends share; None for the embedded one."""

    name: str
    running: Running | None = None
    opened: list[AnyBackend] = field(default_factory=list)

    def settings(self, instance: Path, **more: object) -> Settings:
        at = {}
        if self.running is not None:
            at = {"store": self.running.query, "store_update": self.running.update}
        return Settings(**{"instance": instance, **at, **more})  # type: ignore[arg-type]

    def open(self, instance: Path, **more: object) -> AnyBackend:
        """A backend on an instance folder, in step with the store."""
        settings = self.settings(instance, **more)
        if settings.store is None:
            backend: AnyBackend = LocalBackend(Versions(instance), settings)
        else:
            backend = RemoteBackend(settings)
            backend.follow()
        self.opened.append(backend)
        return backend

    def fresh(self, instance: Path, things: int = 3, **more: object) -> AnyBackend:
        """A backend on a new instance, and a store with nothing else in it."""
        self.empty()
        filled(instance, *range(things))
        return self.open(instance, **more)

    def update(self, text: str) -> None:
        assert self.running is not None
        request = urllib.request.Request(
            self.running.update, text.encode(), {"Content-Type": "application/sparql-update"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            assert response.status < 300

    def empty(self, *graphs: str) -> None:
        """Removes the ledger and the graphs of these tests from the store."""
        if self.running is not None:
            for graph in (*graphs, GRAPH, OTHER, "urn:x-parley:ledger"):
                self.update(f"CLEAR SILENT GRAPH <{graph}>")
