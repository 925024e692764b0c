"""Sees every request: its id, how it ended, how long it took; for metrics and the access log."""

from __future__ import annotations

import time

from parley.settings import Settings
from parley.web.accesslog import AccessLog
from parley.web.exchange import Reply, Request
from parley.web.metrics import Metrics
from parley.web.patrol import Patrol
from parley.web.running import Running

_OUTCOMES = {200: "ok", 204: "ok", 304: "unchanged"}


class Watch:
    """What one web process knows of its requests."""

    def __init__(self, settings: Settings) -> None:
        self.running = Running()
        self.patrol = Patrol(self.running, settings.port, settings.request_timeout)
        self.metrics = Metrics()
        self.log = AccessLog(settings.access_log, texts=settings.log_queries)

    def sparql(self, request: Request, reply: Reply, began: float) -> Reply:
        """The reply of /sparql with its query id, once it is counted and logged."""
        seconds = time.perf_counter() - began
        noted = request.noted
        name = noted.id or self.running.name()
        outcome = noted.outcome or _OUTCOMES.get(reply.status, "refused")
        size = reply.size if reply.file else len(reply.body)
        self.metrics.query(noted.kind or "none", outcome, seconds, size)
        if self.log.wanted:
            self.log.write(
                noted.text,
                id=name,
                method=request.method,
                path=request.path,
                status=reply.status,
                outcome=outcome,
                kind=noted.kind,
                version=_version(reply),
                ms=round(seconds * 1000, 3),
                bytes=size,
                client=request.client,
            )
        return reply.header(("X-Parley-Query-Id", name))

    def other(self, request: Request, status: int, began: float) -> None:
        """Counts and logs a reply of another address."""
        self.metrics.request(status)
        if self.log.wanted:
            self.log.write(
                method=request.method,
                path=request.path,
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 3),
                client=request.client,
            )


def _version(reply: Reply) -> int | None:
    found = dict(reply.headers).get("X-Parley-Version")
    return int(found) if found else None
