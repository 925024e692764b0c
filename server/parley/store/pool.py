"""The workers of one web process: who answers which query, and what happens when one is lost."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parley.errors import LimitReached, ParleyError, WorkerLost
from parley.store.asking import Killed, ask
from parley.store.backend import Cancel, Cancelled, Deadline
from parley.store.frames import Frame
from parley.store.idle import Idle
from parley.store.ledger import Ledger
from parley.store.parents import Parents
from parley.store.places import Places
from parley.store.processes import Worker
from parley.store.versions import Version

_FEW = 2  # workers kept ready while a version is being loaded into memory, or is very new
_AT_ONCE = 0.2  # seconds in which a worker that was killed while idle shows it
_ALIVE = 0.1  # seconds for which an idle worker is taken to be alive
_ROUND = 5.0  # seconds after which the keeper looks at least
_SETTLED = 1.0  # seconds after a commit from which all places have a worker ready, not a few only


@dataclass(frozen=True)
class Size:
    """How many queries run at once, how many wait, and up to how many quads fit in memory."""

    queries: int
    queue: int
    quads: int


class Pool:
    """Answers requests with workers on the version asked for; `use` names the current one.

    Threads may share it. Make it in the process that uses it, after any fork. Pools of several
    web processes with the same `share`, a path for a socket, have one copy in memory.
    """

    def __init__(self, size: Size, spool: Path, ledger: Ledger, share: Path | None = None) -> None:
        self.counters: Counter[str] = Counter()
        self.places = Places(size.queries, size.queue)
        self._size = size
        self._parents = Parents(
            spool, ledger, size.quads, share, self.counters, self._lost, self._loaded
        )
        self._using = threading.Lock()  # held while the current version moves on
        self._lock = threading.Lock()  # of the fields below; held for moments only
        self._idle = Idle()
        self._current: Version | None = None
        self._moved = 0.0  # when it became that
        self._closed = False
        self._wake = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="worker keeper", daemon=True)
        self._keeper.start()

    def use(self, version: Version) -> None:
        """Makes a version the current one: workers on it are kept ready, others leave.

        Returns when queries on it can be answered; loading into memory may still be under way.
        """
        with self._using:
            if self._current is not None and version.number <= self._current.number:
                return
            ready = self._parents.move(version, min(_FEW, self._size.queries))
            with self._lock:
                self._current, self._moved = version, time.monotonic()
                left = self._idle.leave_out(version.number)
                if self._closed:
                    left += ready
                else:
                    for worker in ready:
                        self._idle.put(worker)
        self._let_go(left)
        self._wake.set()

    def ask(
        self,
        version: Version,
        request: dict[str, Any],  # Any: JSON
        deadline: Deadline,
        cancel: Cancel | None = None,
    ) -> Frame:
        """The reply of a worker on `version`; an `error` in its head is the caller's business.

        Raises Busy, LimitReached, Cancelled and WorkerLost.
        """
        self.places.take(deadline.seconds, cancel)
        try:
            return self._run(version, request, deadline, cancel)
        except LimitReached as error:
            self.counters[error.limit] += 1
            raise
        except (Cancelled, WorkerLost) as error:
            self.counters["cancelled" if isinstance(error, Cancelled) else "lost"] += 1
            raise
        finally:
            self.counters["queries"] += 1
            self.places.give()

    def fork_writer(self, folder: Path, parent: int) -> Worker:
        """A process that carries out one write in a staged folder; see `parley.store.writer`."""
        return self._parents.writer(folder, parent)

    def stats(self) -> dict[str, int]:
        """Counters since the start, and how many workers and waiting queries there are now."""
        with self._lock:
            idle = len(self._idle)
        return {
            **self.counters,
            "workers_idle": idle,
            "workers_busy": self.places.taken,
            "waiting": self.places.waiting,
            "in_memory": int(self._parents.holding),
        }

    def pids(self) -> dict[str, list[int]]:
        """The process ids of the fork server and of the idle workers, for monitoring."""
        root = self._parents.root
        with self._lock:
            return {"root": [] if root is None else [root], "idle": self._idle.pids()}

    def wait_loaded(self, timeout: float) -> bool:
        """Waits until no load into memory is under way; whether the version is in memory now."""
        return self._parents.wait_loaded(timeout)

    def close(self) -> None:
        """Ends all processes."""
        with self._lock:
            self._closed = True
            left = self._idle.clear()
        self._wake.set()
        self._let_go(left)
        self._parents.close()
        self._keeper.join()

    def _lost(self) -> None:
        """All workers went with the fork server."""
        with self._lock:
            left = self._idle.clear()
        self._let_go(left)
        self._wake.set()

    def _loaded(self, number: int) -> None:
        """A version is in memory: workers that opened its folder leave."""
        with self._lock:
            left = self._idle.on_disk(number)
        self._let_go(left)
        self._wake.set()

    def _run(
        self,
        version: Version,
        request: dict[str, Any],  # Any: JSON
        deadline: Deadline,
        cancel: Cancel | None,
    ) -> Frame:
        until = time.monotonic() + deadline.seconds
        retries = 0
        while True:
            worker = self._take(version)
            began = time.monotonic()
            try:
                reply = ask(worker, request, until, deadline, cancel)
            except Killed:
                self._wake.set()
                # Once more at most; idle workers that were killed all at once do not count.
                at_work = time.monotonic() - began > _AT_ONCE
                retries += self._size.queries if at_work else 1
                if retries > self._size.queries or self._closed:
                    raise
                self.counters["retried"] += 1
            except BaseException:
                self._wake.set()
                raise
            else:
                if reply.head.get("error") == "StoreDamaged":
                    worker.leave()  # another one may find the folder mended
                else:
                    self._give(worker)
                return reply

    def _take(self, version: Version) -> Worker:
        while True:
            with self._lock:
                worker = self._idle.take(version.number)
            if worker is None:
                return self._parents.worker(version)
            # One that went a moment ago is found out when it is asked, and another is asked then.
            if time.monotonic() - worker.idle_since < _ALIVE or worker.is_alive():
                return worker
            worker.leave(ended=True)
            self.counters["replaced"] += 1
            self._wake.set()

    def _give(self, worker: Worker) -> None:
        with self._lock:
            current = self._current
            if self._closed:
                keep = False
            elif current is not None and worker.number == current.number:
                stays = not worker.on_disk or not self._parents.holding
                keep = stays and self._idle.keep(worker, current.quads)
            else:
                keep = self._idle.keep_other(worker)
        if not keep:
            worker.leave()
            self._wake.set()

    def _let_go(self, workers: Iterable[Worker]) -> None:
        for worker in workers:
            worker.leave()

    def _keep(self) -> None:
        """Forks workers ahead of need, so that no query waits for one, and ends large ones."""
        while True:
            self._wake.wait(_ROUND)
            self._wake.clear()
            if self._closed:
                return
            with self._lock:
                left = self._idle.too_large()
            self._let_go(left)
            with contextlib.suppress(ParleyError):
                while self._lacking():
                    self._refill()
            settles = self._moved + _SETTLED - time.monotonic()
            if settles > 0:  # then the others
                self._wake.wait(settles)
                self._wake.set()

    def _lacking(self) -> Version | None:
        with self._lock:
            current = self._current
            if self._closed or current is None:
                return None
            loading = not self._parents.holding and self._parents.fits(current)
            new = time.monotonic() < self._moved + _SETTLED
            wanted = min(_FEW, self._size.queries) if loading or new else self._size.queries
            have = self._idle.count(current.number) + self.places.taken
            return current if have < wanted else None

    def _refill(self) -> None:
        version = self._lacking()
        if version is None:
            return
        worker = self._parents.worker(version)
        with self._lock:
            keep = self._current is version and not self._closed
            if keep:
                self._idle.put(worker)
        if not keep:
            worker.leave()
