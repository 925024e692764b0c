"""The fork server of live writes: its children carry one write out, derive, check, and end.

It is a module the backend is given the name of, because what is checked is no business of the
store. Started at the first write, or before it when asked to, it reads once what all checks need.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parley.errors import WorkerLost
from parley.store.processes import Root, Worker


@dataclass(frozen=True)
class Guard:
    """Who guards writes: `python -m MODULE FD SPOOL ARGUMENTS…`, a server as in `store.forks`.

    `report` makes of the JSON it sends what `Refused.report` and `Written.report` hold. `early`
    has it started before the first write.
    """

    module: str
    arguments: tuple[str, ...]
    report: Callable[[Any], object]  # Any: JSON
    early: bool = False


class Guarding:
    """Starts the server when it is needed, and again when it was lost."""

    def __init__(self, guard: Guard, spool: Path) -> None:
        self._guard = guard
        self._spool = spool
        self._lock = threading.Lock()
        self._root: Root | None = None
        if guard.early:
            self._started()

    def writer(self, folder: Path, parent: int) -> Worker:
        """A process for one write in the staged copy of version `parent`."""
        for _ in range(2):
            root = self._started()
            try:
                return root.writer(folder, parent)
            except WorkerLost:
                with self._lock:
                    if self._root is root:
                        self._root = None
                root.close()
        raise WorkerLost("the process that checks writes ends as soon as it starts; see the log")

    @property
    def pid(self) -> int | None:
        """The process id of the server, None when it is not running."""
        return self._root.pid if self._root is not None else None

    def close(self) -> None:
        """Ends it; it is started again when it is needed."""
        with self._lock:
            root, self._root = self._root, None
        if root is not None:
            root.close()

    def _started(self) -> Root:
        with self._lock:
            if self._root is None:
                guard = self._guard
                self._root = Root(self._spool, guard.module, guard.arguments)
            return self._root
