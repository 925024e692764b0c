"""The client that asks: its own process, raw sockets kept open, one question at a time on each."""

from __future__ import annotations

import json
import resource
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

_RECEIVE = 1 << 18


@dataclass(frozen=True)
class Job:
    """What to ask: the queries in their order, how many connections, and when to stop.

    Each query is asked once at most, unless `repeat` is set: then they go round. At least one
    answer for each connection is waited for, however long `seconds` is; but once `most` seconds
    have passed and any answer is there, the others are given up.
    """

    url: str
    accept: str
    queries: tuple[str, ...]
    connections: int
    seconds: float
    repeat: bool = False
    most: float = 20.0


@dataclass(frozen=True)
class Outcome:
    """What came back: answers with status 200, others, latencies in seconds, CPU of the client;
    `cut` when questions under way were given up."""

    answers: int
    errors: int
    seconds: float
    per_second: float
    p50: float
    p99: float
    bytes: int
    client_cpu: float
    cut: bool = False


def request(url: str, accept: str, query: str) -> bytes:
    """One GET with keep-alive."""
    parts = urlsplit(url)
    return (
        f"GET {parts.path}?query={quote(query, safe='')} HTTP/1.1\r\n"
        f"Host: {parts.netloc}\r\nAccept: {accept}\r\n\r\n"
    ).encode()


class _Reply:
    """Reads one HTTP answer from pieces; counts the body and forgets it."""

    def __init__(self) -> None:
        self.status = 0
        self.body = 0
        self._buffer = b""
        self._left = -1  # bytes still to come: of the body, or of a chunk with its line end
        self._chunked = False

    def feed(self, piece: bytes) -> bool:
        """True when the answer is complete."""
        if not self.status:
            self._buffer += piece
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return False
            self._head(head)
            self._buffer, piece = b"", rest
        if not self._chunked:
            self._left -= len(piece)
            self.body += len(piece)
            return self._left <= 0
        return self._chunks(piece)

    def _head(self, head: bytes) -> None:
        self.status = int(head[9:12])
        head = head.lower() + b"\r\n"
        at = head.find(b"\r\ncontent-length:")
        if at >= 0:
            self._left = int(head[at + 17 : head.index(b"\r\n", at + 17)])
        elif b"\r\ntransfer-encoding: chunked" in head:
            self._chunked, self._left = True, 0
        else:
            raise ConnectionError("an answer without a length cannot be followed by another")

    def _chunks(self, piece: bytes) -> bool:
        data, at = self._buffer + piece, 0
        while True:
            if self._left:
                step = min(self._left, len(data) - at)
                at, self._left = at + step, self._left - step
                if self._left:
                    break
            end = data.find(b"\r\n", at)
            if end < 0:
                break
            size = int(data[at:end].partition(b";")[0], 16)
            if not size:
                if data.find(b"\r\n", end + 2) < 0:
                    break
                return True
            self.body += size
            at, self._left = end + 2, size + 2
        self._buffer = data[at:]
        return False


@dataclass
class _Line:
    """One connection with a question under way."""

    sock: socket.socket
    reply: _Reply
    asked: float


def ask(job: Job) -> Outcome:
    """Ask for the time the job says and measure each answer."""
    pending = _requests(job, [request(job.url, job.accept, query) for query in job.queries])
    parts = urlsplit(job.url)
    latencies: list[float] = []
    errors = received = 0
    choose = selectors.DefaultSelector()
    clock = time.perf_counter
    cpu = _cpu()
    began = clock()
    end, last = began + job.seconds, began + job.most
    open_lines = 0
    for _ in range(job.connections):
        first = next(pending, None)
        if first is None:
            break
        sock = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=300)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = _Line(sock, _Reply(), clock())
        sock.sendall(first)
        choose.register(sock, selectors.EVENT_READ, line)
        open_lines += 1
    while open_lines:
        if latencies and clock() > last:
            break
        ready = choose.select(timeout=max(0.01, last - clock()) if latencies else 300)
        if not ready and not latencies:
            raise TimeoutError("no answer for 300 seconds")
        for key, _events in ready:
            line = key.data
            piece = line.sock.recv(_RECEIVE)
            if not piece:
                raise ConnectionError("the server closed a connection that was to be kept")
            if not line.reply.feed(piece):
                continue
            now = clock()
            latencies.append(now - line.asked)
            errors += line.reply.status != 200
            received += line.reply.body
            following = next(pending, None) if now < end else None
            if following is None:
                choose.unregister(line.sock)
                line.sock.close()
                open_lines -= 1
                continue
            line.reply, line.asked = _Reply(), clock()
            line.sock.sendall(following)
    seconds = clock() - began
    for key in list(choose.get_map().values()):
        key.data.sock.close()
    latencies.sort()
    return Outcome(
        len(latencies) - errors,
        errors,
        seconds,
        (len(latencies) - errors) / seconds,
        latencies[len(latencies) // 2],
        latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))],
        received,
        (_cpu() - cpu) / seconds,
        open_lines > 0,
    )


def _requests(job: Job, made: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from made
        if not job.repeat:
            return


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(json.dumps(asdict(ask(Job(**given)))))
