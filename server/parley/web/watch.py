"""Sees every request: its id, how it ended, how long it took; for metrics and the access log."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from parley.errors import ParleyError
from parley.settings import Settings
from parley.web.accesslog import AccessLog
from parley.web.exchange import Reply, Request
from parley.web.metrics import Metrics, Sample
from parley.web.neighbours import Neighbours
from parley.web.patrol import Patrol
from parley.web.proxies import Proxies
from parley.web.running import Running

_TELL = 4  # rounds after which a process tells its figures
_OUTCOMES = {200: "ok", 204: "ok", 304: "unchanged"}


class Watch:
    """What one web process knows of its requests."""

    def __init__(self, settings: Settings) -> None:
        self.running = Running()
        several = settings.workers > 1
        folder = settings.instance / "processes"
        self.neighbours = Neighbours(folder, self.running.process) if several else None
        self.samples: Callable[[], list[Sample]] = list  # the health views know them
        self._round = 0
        self.patrol = Patrol(
            self.running, settings.port, settings.request_timeout, self._share if several else None
        )
        self.metrics = Metrics()
        self._proxies = Proxies(settings.trusted_proxies)
        self.log = AccessLog(settings.access_log, texts=settings.log_queries)

    def stop(self, name: str) -> bool:
        """Stops a query, in whatever process it runs; False when none of this id is running."""
        if self.running.stop(name):
            return True
        return self.neighbours is not None and self.neighbours.stop(name)

    def _share(self) -> None:
        """Once a round of the patrol: what the other processes want, and want to know."""
        assert self.neighbours is not None
        with suppress(OSError, ParleyError):
            for name in self.neighbours.asked():
                self.running.stop(name)
            if self._round % _TELL == 0 or self.running.all():
                self.neighbours.tell(self.samples(), self.running.rows())
        self._round += 1

    def sparql(self, request: Request, reply: Reply, began: float) -> str:
        """Counts and logs a reply of /sparql; the id of its query."""
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
                client=self._proxies.client(request),
            )
        return name

    def other(self, request: Request, status: int, began: float) -> None:
        """Counts and logs a reply of another address."""
        self.metrics.request(status)
        if self.log.wanted:
            self.log.write(
                method=request.method,
                path=request.path,
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 3),
                client=self._proxies.client(request),
            )


def _version(reply: Reply) -> int | None:
    found = dict(reply.headers).get("X-Parley-Version")
    return int(found) if found else None
