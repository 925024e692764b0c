"""How fast the client can ask at all: a server that answers every request with the same bytes."""

from __future__ import annotations

import multiprocessing
import selectors
import socket
from pathlib import Path

from bench.client import Job, Outcome
from bench.serving import measure
from bench.workloads import JSON

_BODY = b'{"head":{"vars":["p","o"]},"results":{"bindings":[]}}'
_REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)


def ceiling(folder: Path, connections: tuple[int, ...], seconds: float) -> dict[int, Outcome]:
    """The client against that server, by the number of connections."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        process = multiprocessing.get_context("fork").Process(
            target=_serve, args=(listener,), daemon=True
        )
        process.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"
        job = ("SELECT ?p ?o WHERE { <urn:x> ?p ?o }",)
        try:
            return {n: measure(Job(url, JSON, job, n, seconds, True), folder) for n in connections}
        finally:
            process.kill()
            process.join()


def _serve(listener: socket.socket) -> None:
    choose = selectors.DefaultSelector()
    choose.register(listener, selectors.EVENT_READ)
    while True:
        for key, _events in choose.select():
            if key.fileobj is listener:
                sock, _address = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                choose.register(sock, selectors.EVENT_READ)
                continue
            assert isinstance(key.fileobj, socket.socket)
            asked = key.fileobj.recv(65536)
            if asked:
                key.fileobj.sendall(_REPLY)
            else:
                choose.unregister(key.fileobj)
                key.fileobj.close()
