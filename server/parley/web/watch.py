"""Sees every request: its id, how it ended, how long it took; for metrics and the access log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from parley.errors import ParleyError
from parley.settings import Settings
from parley.web.accesslog import AccessLog
from parley.web.exchange import Request
from parley.web.metrics import Metrics, Sample
from parley.web.neighbours import Neighbours
from parley.web.patrol import Patrol
from parley.web.proxies import Proxies
from parley.web.running import Running

_TELL = 4  # rounds after which a process tells its figures
Headers = Iterable[tuple[str, str]]
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

    def sparql(self, request: Request, status: int, headers: Headers, began: float) -> str:
        """Counts and logs a reply of /sparql; the id of its query."""
        seconds = time.perf_counter() - began
        noted = request.noted
        name = noted.id or self.running.name()
        outcome = noted.outcome or _OUTCOMES.get(status, "refused")
        told = dict(headers)
        self.metrics.query(noted.kind or "none", outcome, seconds, _size(request, told))
        if self.log.wanted:
            more = {"id": name, "outcome": outcome, "kind": noted.kind}
            self._log(request, status, told, seconds, noted.text, **more)
        return name

    def other(self, request: Request, status: int, headers: Headers, began: float) -> None:
        """Counts and logs a reply of another address."""
        self.metrics.request(status)
        if self.log.wanted:
            self._log(request, status, dict(headers), time.perf_counter() - began)

    def _log(
        self,
        request: Request,
        status: int,
        headers: dict[str, str],
        seconds: float,
        query: str = "",
        **more: str,
    ) -> None:
        version = headers.get("X-Parley-Version")
        self.log.write(
            query,
            **more,
            method=request.method,
            path=request.path,
            status=status,
            version=int(version) if version else None,
            ms=round(seconds * 1000, 3),
            bytes=_size(request, headers),
            client=self._proxies.client(request),
        )


def _size(request: Request, headers: dict[str, str]) -> int:
    """The bytes of a body; the head alone says a length, too, and has none."""
    return 0 if request.method == "HEAD" else int(headers.get("Content-Length", "0"))
