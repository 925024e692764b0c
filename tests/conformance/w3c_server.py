"""A `parley serve` process on a plain dataset, asked over a socket without any HTTP library."""

from __future__ import annotations

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
from w3c_manifests import path

ROOT = Path(__file__).parents[2]
SPARQL, STORE = "/sparql", "/store"
QUERY, UPDATE = "application/sparql-query", "application/sparql-update"
EVERYTHING = "SELECT ?g ?s ?p ?o { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
_FORMATS = {
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "ttl": ox.RdfFormat.TURTLE,
}

# The name of a graph, None for the default graph, with the IRI of the file that is to be in it.
Data = Set[tuple[str | None, str]]


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()


@dataclass
class Server:
    """A server under test, and what the last test left in its dataset as far as that is known."""

    port: int
    holding: Data | None = None
    used: float = 0.0
    connection: http.client.HTTPConnection = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(self, method: str, target: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send exactly this request; an underscore in a header's name stands for a hyphen."""
        connection, now = self.connection, time.monotonic()
        if now - self.used > 10:
            connection.close()  # the server lets go of idle connections; the next request reopens
        self.used = now
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        try:
            connection.endheaders(body)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        except (OSError, http.client.HTTPException):
            connection.close()  # so that the next request begins anew
            raise

    def query(self, text: str, accept: str, **dataset: list[str]) -> Answer:
        """Ask by direct POST; `dataset` is `default` and `named` with names of graphs."""
        fields = urlencode({f"{kind}-graph-uri": dataset[kind] for kind in dataset}, doseq=True)
        target = f"{SPARQL}?{fields}" if fields else SPARQL
        return self.send("POST", target, text.encode(), Content_Type=QUERY, Accept=accept)

    def update(self, text: str) -> Answer:
        """Change the dataset by direct POST."""
        self.holding = None
        return self.send("POST", SPARQL, text.encode(), Content_Type=UPDATE)

    def hold(self, data: Data) -> None:
        """Make this the whole content of the dataset, in one commit."""
        if self.holding == data:
            return
        graphs = "".join(f"{_block(graph, file)}\n" for graph, file in sorted(data, key=str))
        answer = self.update(f"DROP ALL ; INSERT DATA {{\n{graphs}}}")
        assert answer.status in {200, 204}, answer
        self.holding = data

    def quads(self) -> ox.Dataset:
        """Everything in the dataset."""
        answer = self.query(EVERYTHING, "application/sparql-results+json")
        assert answer.status == 200, answer
        found = ox.parse_query_results(answer.body, format=ox.QueryResultsFormat.JSON)
        assert isinstance(found, ox.QuerySolutions)
        rows = [(row["s"], row["p"], row["o"], row["g"]) for row in found]
        return ox.Dataset(ox.Quad(s, p, o, g or ox.DefaultGraph()) for s, p, o, g in rows)


def quads(data: Data) -> Iterator[ox.Quad]:
    """What a dataset with these graphs has in it."""
    for graph, file in data:
        name = ox.NamedNode(graph) if graph else ox.DefaultGraph()
        form = _FORMATS[file.rpartition(".")[2]]
        found = ox.parse(path=path(file), format=form, base_iri=file, rename_blank_nodes=True)
        for triple in found:
            yield ox.Quad(triple.subject, triple.predicate, triple.object, name)


def _block(graph: str | None, file: str) -> str:
    """The content of a file as INSERT DATA takes it."""
    triples = "".join(f"{q.subject} {q.predicate} {q.object} .\n" for q in quads({(graph, file)}))
    return f"GRAPH <{graph}> {{ {triples} }}" if graph else triples


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server in a process of its own, on a new plain dataset that anyone may change."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "server")}
    parley = [sys.executable, "-m", "parley"]
    subprocess.run([*parley, "init", str(folder / "plain"), "--plain"], env=environ, check=True)
    options = ["--dataset", str(folder / "plain"), "--instance", str(folder / "instance")]
    serve = [*parley, "serve", *options, "--port", str(port), "--open"]
    with subprocess.Popen(serve, env=environ) as process:
        server = Server(port)
        try:
            _wait(server, process)
            yield server
        finally:
            server.connection.close()
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            if server.send("GET", "/ready").status == 200:
                return
        except OSError:
            server.connection.close()
        select.select([], [], [], 0.05)
    raise AssertionError("the server did not get ready")
