"""The queries that are running now: what they are, since when, and a way to stop each."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from parley.store.backend import Cancel
from parley.tokens import masked


@dataclass(eq=False, slots=True)  # not frozen: one is made for every query
class Run:
    """One running query; `began` is on the monotonic clock."""

    id: str
    text: str
    version: int
    client: str
    began: float
    cancel: Cancel = field(default_factory=Cancel)


class Running:
    """All running queries of one web process; threads share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.process = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._runs: dict[str, Run] = {}

    def name(self) -> str:
        """A new query id."""
        return f"{self.process}-{next(self._numbers)}"

    def begin(self, name: str, text: str, version: int, client: str) -> Run:
        """Notes that a query runs, until `end` is called."""
        run = Run(name, masked(text), version, client, self._clock())
        self._runs[name] = run
        return run

    def end(self, run: Run) -> None:
        """The query has ended, in whatever way."""
        self._runs.pop(run.id, None)

    def all(self) -> list[Run]:
        """The running queries, the oldest first."""
        return sorted(self._runs.values(), key=lambda run: run.began)

    def seconds(self, run: Run) -> float:
        """How long a query has been running."""
        return self._clock() - run.began

    def rows(self) -> list[dict[str, object]]:
        """The running queries as they are shown."""
        return [
            {
                "id": run.id,
                "seconds": round(self.seconds(run), 3),
                "version": run.version,
                "client": run.client,
                "query": run.text,
            }
            for run in self.all()
        ]

    def stop(self, name: str) -> bool:
        """Stops a query; False when none of this id is running."""
        run = self._runs.get(name)
        if run is None:
            return False
        run.cancel.cancel()
        return True
