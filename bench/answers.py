"""One server's answer reduced to its rows and a hash, so that answers can be held side by side."""

from __future__ import annotations

import hashlib
import http.client
import json
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import pyoxigraph as ox

from bench.workloads import JSON, Workload

_STRING = "http://www.w3.org/2001/XMLSchema#string"


@dataclass(frozen=True)
class Answer:
    """How many rows or triples, and the SHA-256 of them; sorted where no order was asked for."""

    rows: int
    sha256: str


def fetch(url: str, accept: str, query: str, timeout: float = 300) -> bytes:
    """The body of one answer; raises OSError when its status is not 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        path = f"{parts.path}?query={quote(query, safe='')}"
        connection.request("GET", path, headers={"Accept": accept})
        reply = connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise OSError(f"{url} answered {reply.status}: {body[:300].decode(errors='replace')}")
        return body
    finally:
        connection.close()


def answer(url: str, workload: Workload, query: str) -> Answer:
    """The server's answer to one query of the workload."""
    body = fetch(url, workload.accept, query)
    lines = _solutions(body) if workload.accept == JSON else _triples(body)
    if not workload.ordered:
        lines.sort()
    return Answer(len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest())


def _solutions(body: bytes) -> list[str]:
    """A line for each row; columns by position, since their names differ between queries."""
    document = json.loads(body)
    names = document["head"]["vars"]
    return [
        json.dumps([_term(row.get(name)) for name in names])
        for row in document["results"]["bindings"]
    ]


def _term(term: dict[str, str] | None) -> list[str | None] | None:
    if term is None:
        return None
    kind = "literal" if term["type"] == "typed-literal" else term["type"]
    datatype = term.get("datatype")
    return [
        kind,
        term["value"],
        term.get("xml:lang", "").lower(),
        None if datatype == _STRING else datatype,
    ]


def _triples(body: bytes) -> list[str]:
    return sorted({str(quad.triple) for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)})
