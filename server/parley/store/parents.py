"""The processes that one pool forks its workers from, started and loaded, and again when lost."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from parley.errors import ParleyError, WorkerLost
from parley.store.advancing import advance
from parley.store.dumps import Dumps
from parley.store.ledger import Ledger
from parley.store.processes import Generation, Root, Worker
from parley.store.sharing import Common
from parley.store.versions import Version

_LOG = logging.getLogger(__name__)
_RENEW = 250_000  # a generation is renewed when so many quads were applied to it
_TRIES = 4  # loads of one version, before it stays on disk
_LOOK = 0.1  # seconds between two looks at what another process loads
_ENDS = "the fork server ends as soon as it starts; see the log"


class Parents:
    """The root of the fork server, and the generation with the current version in memory.

    A version of more than `quads` stays on disk. `share` is where web processes find what one of
    them has loaded; see `Common`. `lost` is called when all workers went with their parents, and
    `loaded` with the number of a version that is in memory from now on. Threads may share it.
    """

    def __init__(
        self,
        spool: Path,
        ledger: Ledger,
        quads: int,
        share: Path | None,
        counters: Counter[str],
        lost: Callable[[], None],
        loaded: Callable[[int], None],
    ) -> None:
        self._spool = spool
        self._ledger = ledger
        self._quads = quads
        self._counters = counters
        self._lost = lost
        self._loaded = loaded
        self._dumps = Dumps(ledger.folder.parent / "dumps", ledger)
        self._common = Common(share)
        self._moving = threading.Lock()  # held while a generation is brought to the version
        self._lock = threading.Lock()  # of the fields below; held for moments only
        self._version: Version | None = None
        self._root: Root | None = None
        self._generation: Generation | None = None
        self._loader: threading.Thread | None = None
        self._closed = False

    @property
    def holding(self) -> bool:
        """Whether there is a version in memory."""
        return self._generation is not None

    @property
    def root(self) -> int | None:
        """The process id of the fork server, None when it is not running."""
        root = self._root
        return None if root is None else root.pid

    def fits(self, version: Version) -> bool:
        """Whether a version may be held in memory."""
        return version.quads <= self._quads

    def move(self, version: Version, few: int) -> list[Worker]:
        """Makes a version the one to hold; up to `few` workers on it, if it is in memory now.

        Loading it may still be under way when this returns.
        """
        with self._moving:
            generation = self._generation
            moved = generation is not None and advance(generation, version, self._ledger)
            ready = self._several(generation, version, few) if generation and moved else []
            with self._lock:
                self._version = version
                if not moved:
                    self._generation = None
            if generation is not None and not moved:
                generation.retire()
            if not moved or (generation is not None and generation.applied > _RENEW):
                self._start_loading()
        return ready

    def _several(self, generation: Generation, version: Version, few: int) -> list[Worker]:
        found = []
        with contextlib.suppress(WorkerLost):
            for _ in range(few):
                worker = generation.fork(version.number)
                if worker is not None:
                    self._counters["forks"] += 1
                    found.append(worker)
        return found

    def worker(self, version: Version) -> Worker:
        """A new worker on a version, from memory where that holds it. Raises WorkerLost."""
        for _ in range(3):
            generation = self._generation
            if generation is not None:
                try:
                    worker = generation.fork(version.number)
                    if worker is not None:
                        self._counters["forks"] += 1
                        return worker
                except WorkerLost:
                    self._generation_lost(generation)
            root = self._started()
            try:
                worker = root.disk_worker(version)
                self._counters["forks"] += 1
                return worker
            except WorkerLost:
                self._root_lost(root)
        raise WorkerLost(_ENDS)

    def writer(self, folder: Path, parent: int) -> Worker:
        """A process that carries out one write in a staged folder; see `parley.store.writer`."""
        for _ in range(2):
            root = self._started()
            try:
                return root.writer(folder, parent)
            except WorkerLost:
                self._root_lost(root)
        raise WorkerLost(_ENDS)

    def wait_loaded(self, timeout: float) -> bool:
        """Waits until no load into memory is under way; whether the version is in memory now."""
        loader = self._loader
        if loader is not None:
            loader.join(timeout)
        return self.holding

    def close(self) -> None:
        """Ends all processes."""
        with self._lock:
            self._closed = True
            root, self._root = self._root, None
            generation, self._generation = self._generation, None
        if generation is not None:
            generation.close()
        if root is not None:
            root.close()
        if self._loader is not None:
            self._loader.join()

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
        self._counters["restarts"] += 1
        _LOG.warning("the fork server was lost and is started again")
        root.close()
        if generation is not None:
            generation.close()
        self._lost()
        self._start_loading()

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
            version, running = self._version, self._loader is not None and self._loader.is_alive()
            if running or self._closed or version is None or not self.fits(version):
                return
            self._loader = threading.Thread(target=self._load, name="version loader", daemon=True)
            self._loader.start()

    def _load(self) -> None:
        """Gets the version into memory: from another web process, or by loading it."""
        tries = 0
        while tries < _TRIES and not self._closed:
            with self._common.turn() as mine:
                if mine:
                    tries += 1
                    if self._taken() or self._filled():
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

    def _filled(self) -> bool:
        """Whether nothing is left to do; where it is False another try may help."""
        version = self._version
        if version is None or not self.fits(version):
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
                self._counters["loads"] += 1
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
            version = self._version
            if self._closed or version is None or not advance(generation, version, self._ledger):
                generation.retire()
                return False
            with self._lock:
                old, self._generation = self._generation, generation
        if old is not None:
            old.retire()
        self._loaded(version.number)
        return True
