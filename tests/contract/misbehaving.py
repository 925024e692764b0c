"""A proxy before a store that does to answers, when told to, what networks and engines do."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PASTED = (
    b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"a:b"}},'
    b"\nThe query timed out"
)


class Proxy:
    """Hands requests on to a store. `mode` is what it does to queries instead, `updates` to
    updates.

    `gone` hangs up, `silent` says nothing until `release` is set, `page` and `pasted` are answers
    that are none, `short` is cut, `redirect` and `refused` are statuses.
    """

    def __init__(self, query: str, update: str) -> None:
        self.targets = {"/query": query, "/update": update}
        self.mode = self.updates = ""
        self.asked: list[str] = []
        self.release = threading.Event()
        self.headers: list[str | None] = []

    def forward(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        parts = urlsplit(self.targets[path])
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            connection.request("POST", parts.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), answer.read()
        finally:
            connection.close()


@contextmanager
def misbehaving(query: str, update: str) -> Iterator[tuple[Proxy, str]]:
    """The proxy and its address, without a path, for the length of the block."""
    proxy = Proxy(query, update)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path = urlsplit(self.path).path
            proxy.asked.append(self.path)
            proxy.headers.append(self.headers["Authorization"])
            mode = proxy.updates if path == "/update" else proxy.mode
            if mode == "silent":
                proxy.release.wait(30)
            if mode in {"gone", "silent"}:
                self.close_connection = True
                return
            kept = ("Content-Type", "Accept")
            headers = {name: self.headers[name] for name in kept}
            status, media_type, answer = 200, "application/sparql-results+json", PASTED
            if mode in {"", "short"}:
                status, media_type, answer = proxy.forward(path, body, headers)
            if mode == "page":
                media_type, answer = "text/html", b"<h1>It works!</h1>"
            self.send_response({"redirect": 302, "refused": 401}.get(mode, status))
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(answer)))
            if mode == "redirect":
                self.send_header("Location", "http://elsewhere.example/")
            self.end_headers()
            self.wfile.write(answer[: len(answer) // 2] if mode == "short" else answer)
            self.close_connection = mode == "short"

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield proxy, f"http://127.0.0.1:{server.server_port}"
    finally:
        proxy.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
