"""The workers that have nothing to do: which of them stay, and for how long."""

from __future__ import annotations

import os
import time
from collections import defaultdict

from parley.store.processes import Worker

_QUERIES = 10_000  # a worker is renewed after so many
_GROWN = 256 << 20  # or when it has so many bytes of its own,
# and, in memory, what a whole scan copies of what workers share: the engine counts the users of
# each quad and term beside it, and a page that is written to becomes the worker's own.
_COPIED = 512  # bytes a quad; half of it was measured
_LARGE = 64 << 20  # a worker with so many bytes of its own is large
_STAYS = 10.0  # seconds for which more large ones than there are processors stay
_OTHERS = 2  # workers kept for versions that are not current


class Idle:
    """Idle workers by version; the last to come is the first to go, its pages are still its own.

    Whoever shares it guards it with a lock.
    """

    def __init__(self) -> None:
        self._workers: defaultdict[int, list[Worker]] = defaultdict(list)
        self._processors = os.cpu_count() or 1

    def __len__(self) -> int:
        return sum(map(len, self._workers.values()))

    def count(self, number: int) -> int:
        """How many there are on a version."""
        return len(self._workers[number])

    def pids(self) -> list[int]:
        """Their process ids."""
        return [worker.pid for workers in self._workers.values() for worker in workers]

    def take(self, number: int) -> Worker | None:
        """One on a version, which leaves the idle."""
        workers = self._workers[number]
        return workers.pop() if workers else None

    def put(self, worker: Worker) -> None:
        """Keeps a worker, whatever it is like."""
        worker.idle_since = time.monotonic()
        self._workers[worker.number].append(worker)

    def keep(self, worker: Worker, quads: int) -> bool:
        """Keeps a worker on the current version, of so many quads, if it can serve on."""
        most = _GROWN + (0 if worker.on_disk else _COPIED * quads)
        if worker.served >= _QUERIES or worker.grown > most or worker.slowed:
            return False
        self.put(worker)
        return True

    def keep_other(self, worker: Worker) -> bool:
        """Keeps a worker on another version, if few others are kept."""
        others = len(self) - self.count(worker.number)
        return worker.on_disk and others < _OTHERS and self.keep(worker, 0)

    def too_large(self) -> list[Worker]:
        """Large workers that nobody needed for a while, which leave the idle."""
        large = [w for ws in self._workers.values() for w in ws if w.grown > _LARGE]
        until = time.monotonic() - _STAYS
        left = [w for w in large[: -self._processors] if w.idle_since < until]
        for worker in left:
            self._workers[worker.number].remove(worker)
        return left

    def leave_out(self, number: int) -> list[Worker]:
        """All that are on other versions than this one, which leave the idle."""
        return [w for n in list(self._workers) if n != number for w in self._workers.pop(n)]

    def on_disk(self, number: int) -> list[Worker]:
        """Those on a version that opened its folder, which leave the idle."""
        workers = self._workers[number]
        self._workers[number] = [w for w in workers if not w.on_disk]
        return [w for w in workers if w.on_disk]

    def clear(self) -> list[Worker]:
        """All of them, which leave the idle."""
        return self.leave_out(-1)
