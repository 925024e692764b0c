"""The exchanges that the protocol manifests describe: each request sent, each answer held to it."""

from __future__ import annotations

from dataclasses import dataclass

from w3c_manifests import Node
from w3c_results import GRAPHS, SELECTS, isomorphic, read, triples
from w3c_server import Answer, Server

_STATUS = {"OK": "200", "Created": "201", "NoContent": "204", "NotFound": "404"}
_FORMATS = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "tabular": set(SELECTS),
    "RDF": set(GRAPHS),
}


@dataclass
class Exchange:
    """A connection of a manifest; `path` in it stands for `address` on the server under test."""

    server: Server
    path: str
    address: str
    location: str = "$LOCATION$"

    def run(self, connection: Node) -> None:
        """Send every request in turn; AssertionError at the first unexpected answer."""
        for request in connection.one("ht:requests").items():
            self._check(request.one("ht:resp"), self._send(request))

    def _send(self, request: Node) -> Answer:
        target = request.one("ht:absolutePath").text
        assert target.startswith(self.path), target
        target = self.address + target.removeprefix(self.path)
        body = None
        for content in request.all("ht:body"):
            chars = content.one("cnt:chars").text.replace("$LOCATION$", self.location)
            body = chars.encode(content.one("cnt:characterEncoding").text)
        return self.server.send(
            request.one("ht:methodName").text,
            target.replace("$LOCATION$", self.location),
            body,
            **_headers(request),
        )

    def _check(self, response: Node, answer: Answer) -> None:
        expected = [_status(node) for node in response.all("mf:expectedStatus")]
        assert str(answer.status) in expected or f"{answer.status // 100}xx" in expected, (
            f"{answer.status}, expected {' or '.join(expected)}: {answer.body[:500]!r}"
        )
        for node in response.all("mf:expectedFormat"):
            assert answer.media_type in _FORMATS[node.text]
        for node in response.all("mf:expectedBoolean"):
            truth = read(answer.body, SELECTS[answer.media_type])
            assert truth is (node.text == "true")
        for _ in response.all("mf:expectedLocation"):
            self.location = answer.headers["location"]
        for name, value in _headers(response).items():
            assert answer.headers[name.lower()].lower() == value.lower()
        for content in response.all("ht:body"):
            kind = answer.media_type
            wanted = triples(content.one("cnt:chars").text, kind, self.server.root)
            found = triples(answer.body, kind, self.server.root)
            assert isomorphic(wanted, found), answer.text


def _headers(message: Node) -> dict[str, str]:
    fields = [field for list_ in message.all("ht:headers") for field in list_.items()]
    return {f.one("ht:fieldName").text: f.one("ht:fieldValue").text for f in fields}


def _status(node: Node) -> str:
    name = node.text.rpartition("#")[2]
    return _STATUS.get(name, name.removeprefix("StatusCode"))
