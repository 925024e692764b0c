"""The workers of one web process: who answers which query, and what happens when one is lost."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parley.errors import LimitReached, ParleyError, WorkerLost
from parley.store.advancing import advance
from parley.store.asking import Killed, ask
from parley.store.backend import Cancel, Cancelled, Deadline
from parley.store.dumps import Dumps
from parley.store.frames import Frame
from parley.store.idle import Idle
from parley.store.ledger import Ledger
from parley.store.places import Places
from parley.store.processes import Generation, Root, Worker
from parley.store.sharing import Common
from parley.store.versions import Version

_LOG = logging.getLogger(__name__)
_RENEW = 250_000  # a generation is renewed when so many quads were applied to it
_FEW = 2  # workers kept ready while a version is being loaded into memory, or is very new
_AT_ONCE = 0.2  # seconds in which a worker that was killed while idle shows it
_ALIVE = 0.1  # seconds for which an idle worker is taken to be alive
_ROUND = 5.0  # seconds after which the keeper looks at least
_LOOK = 0.1  # seconds between two looks at what another process loads
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
        self._spool = spool
        self._ledger = ledger
        self._dumps = Dumps(ledger.folder.parent / "dumps", ledger)
        self._common = Common(share)
        self._lock = threading.Lock()  # of the fields below; held for moments only
        self._idle = Idle()
        self._root: Root | None = None
        self._generation: Generation | None = None
        self._current: Version | None = None
        self._moved = 0.0  # when it became that
        self._loader: threading.Thread | None = None
        self._closed = False
        self._moving = threading.Lock()  # held while the current version moves on
        self._wake = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="worker keeper", daemon=True)
        self._keeper.start()

    def use(self, version: Version) -> None:
        """Makes a version the current one: workers on it are kept ready, others leave.

        Returns when queries on it can be answered; loading into memory may still be under way.
        """
        with self._moving:
            if self._current is not None and version.number <= self._current.number:
                return
            generation = self._generation
            moved = generation is not None and advance(generation, version, self._ledger)
            ready = self._prepared(generation, version) if generation and moved else []
            with self._lock:
                self._current, self._moved = version, time.monotonic()
                left = self._idle.leave_out(version.number)
                if self._closed:
                    left += ready
                else:
                    for worker in ready:
                        self._idle.put(worker)
                if not moved:
                    self._generation = None
            if generation is not None and not moved:
                generation.retire()
            if not moved or (generation is not None and generation.applied > _RENEW):
                self._start_loading()
        self._let_go(left)
        self._wake.set()

    def _prepared(self, generation: Generation, version: Version) -> list[Worker]:
        """A few workers on the next version: who asks next finds one, and forks none first."""
        found = []
        with contextlib.suppress(WorkerLost):
            for _ in range(min(_FEW, self._size.queries)):
                worker = generation.fork(version.number)
                if worker is not None:
                    self.counters["forks"] += 1
                    found.append(worker)
        return found

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
        for _ in range(2):
            root = self._started()
            try:
                return root.writer(folder, parent)
            except WorkerLost:
                self._root_lost(root)
        raise WorkerLost("the fork server ends as soon as it starts; see the log")

    def stats(self) -> dict[str, int]:
        """Counters since the start, and how many workers and waiting queries there are now."""
        with self._lock:
            idle = len(self._idle)
            in_memory = self._generation is not None
        return {
            **self.counters,
            "workers_idle": idle,
            "workers_busy": self.places.taken,
            "waiting": self.places.waiting,
            "in_memory": int(in_memory),
        }

    def pids(self) -> dict[str, list[int]]:
        """The process ids of the fork server and of the idle workers, for monitoring."""
        with self._lock:
            root = [self._root.pid] if self._root is not None else []
            return {"root": root, "idle": self._idle.pids()}

    def wait_loaded(self, timeout: float) -> bool:
        """Waits until no load into memory is under way; whether the version is in memory now."""
        loader = self._loader
        if loader is not None:
            loader.join(timeout)
        return self._generation is not None

    def close(self) -> None:
        """Ends all processes."""
        with self._lock:
            self._closed = True
            root, self._root = self._root, None
            generation, self._generation = self._generation, None
            left = self._idle.clear()
        self._wake.set()
        self._let_go(left)
        if generation is not None:
            generation.close()
        if root is not None:
            root.close()
        self._keeper.join()
        if self._loader is not None:
            self._loader.join()

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
                return self._fork(version)
            # One that went a moment ago is found out when it is asked, and another is asked then.
            if time.monotonic() - worker.idle_since < _ALIVE or worker.is_alive():
                return worker
            worker.leave(ended=True)
            self.counters["replaced"] += 1
            self._wake.set()

    def _give(self, worker: Worker) -> None:
        with self._lock:
            current = self._current
            generation = self._generation
            if self._closed:
                keep = False
            elif current is not None and worker.number == current.number:
                stays = not worker.on_disk or generation is None
                keep = stays and self._idle.keep(worker, current.quads)
            else:
                keep = self._idle.keep_other(worker)
        if not keep:
            worker.leave()
            self._wake.set()

    def _let_go(self, workers: Iterable[Worker]) -> None:
        for worker in workers:
            worker.leave()

    def _fork(self, version: Version) -> Worker:
        for _ in range(3):
            generation = self._generation
            if generation is not None:
                try:
                    worker = generation.fork(version.number)
                    if worker is not None:
                        self.counters["forks"] += 1
                        return worker
                except WorkerLost:
                    self._generation_lost(generation)
            root = self._started()
            try:
                worker = root.disk_worker(version)
                self.counters["forks"] += 1
                return worker
            except WorkerLost:
                self._root_lost(root)
        raise WorkerLost("the fork server ends as soon as it starts; see the log")

    def _started(self) -> Root:
        with self._lock:
            if self._closed:
                raise WorkerLost("the server is shutting down")
            if self._root is None:
                self._root = Root(self._spool)
                threading.Thread(target=self._watch, args=(self._root,), daemon=True).start()
            return self._root

    def _watch(self, root: Root) -> None:
        root.wait()
        self._root_lost(root)

    def _root_lost(self, root: Root) -> None:
        with self._lock:
            if self._root is not root:
                return
            self._root = None
            generation, self._generation = self._generation, None
            left = self._idle.clear()
        self.counters["restarts"] += 1
        _LOG.warning("the fork server was lost and is started again")
        root.close()
        if generation is not None:
            generation.close()
        self._let_go(left)
        self._start_loading()
        self._wake.set()

    def _generation_lost(self, generation: Generation) -> None:
        with self._lock:
            if self._generation is not generation:
                return
            self._generation = None
        _LOG.warning("the process that holds the version in memory was lost; loading it again")
        generation.close()
        self._start_loading()

    def _start_loading(self) -> None:
        with self._lock:
            current, running = self._current, self._loader is not None and self._loader.is_alive()
            if running or self._closed or current is None or current.quads > self._size.quads:
                return
            self._loader = threading.Thread(target=self._load, name="version loader", daemon=True)
            self._loader.start()

    def _load(self) -> None:
        """Gets the current version into memory: from another web process, or by loading it."""
        tries = 0
        while tries < 4 and not self._closed:
            with self._common.turn() as mine:
                if mine:
                    tries += 1
                    if self._taken() or self._loaded():
                        return
            if not mine:  # another loads; then there is something to take
                time.sleep(_LOOK)

    def _taken(self) -> bool:
        generation = self._common.generation()
        if generation is None:
            return False
        if generation.applied > _RENEW:
            generation.retire()
            return False
        return self._install(generation)

    def _loaded(self) -> bool:
        """Whether nothing is left to do; loads otherwise, and it may be worth another try."""
        version = self._current
        if version is None or version.quads > self._size.quads:
            return True
        with contextlib.suppress(WorkerLost):
            root = self._started()
            kept = self._dumps.newest(version.number)
            dump = kept or self._dumps.of(version.number, version.quads)
            try:
                generation = root.load(dump, None if kept else version.folder, self._common.place)
            except WorkerLost:
                self._root_lost(root)
                return False
            if self._ready(generation, version) and self._install(generation):
                self.counters["loads"] += 1
                return True
            if kept is not None and self._root is root:
                self._dumps.refuse(kept)  # the folder is the truth; begin with that
        return False

    def _ready(self, generation: Generation, version: Version) -> bool:
        try:
            generation.wait_ready()
        except ParleyError as error:
            if not self._closed:
                _LOG.warning("version %d stays on disk: %s", version.number, error)
            return False
        return True

    def _install(self, generation: Generation) -> bool:
        with self._moving:
            current = self._current
            if self._closed or current is None or not advance(generation, current, self._ledger):
                generation.retire()
                return False
            with self._lock:
                old, self._generation = self._generation, generation
                left = self._idle.on_disk(current.number)
        if old is not None:
            old.retire()
        self._let_go(left)
        self._wake.set()
        return True

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
            loading = self._generation is None and current.quads <= self._size.quads
            new = time.monotonic() < self._moved + _SETTLED
            wanted = min(_FEW, self._size.queries) if loading or new else self._size.queries
            have = self._idle.count(current.number) + self.places.taken
            return current if have < wanted else None

    def _refill(self) -> None:
        version = self._lacking()
        if version is None:
            return
        worker = self._fork(version)
        with self._lock:
            keep = self._current is version and not self._closed
            if keep:
                self._idle.put(worker)
        if not keep:
            worker.leave()
