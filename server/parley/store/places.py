"""A fixed number of places and a bounded queue before them: first come, first served."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from parley.errors import Busy
from parley.store.backend import Cancel, Cancelled


@dataclass(eq=False)
class _Turn:
    come: threading.Event = field(default_factory=threading.Event)
    granted: bool = False


class Places:
    """Lets `size` queries run at once and `queue` more wait; a place must be given back.

    `what` is told to who finds no place.
    """

    def __init__(self, size: int, queue: int, what: str = "queries are") -> None:
        self._lock = threading.Lock()
        self._free = size
        self._queue = queue
        self._what = what
        self._turns: deque[_Turn] = deque()
        self.size = size

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self.size - self._free

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._turns)

    def take(self, timeout: float, cancel: Cancel | None = None) -> None:
        """Returns with a place. Raises Busy when the queue is full or the wait was too long."""
        with self._lock:
            if self._free and not self._turns:
                self._free -= 1
                return
            if len(self._turns) >= self._queue:
                raise Busy(
                    f"{self.size} {self._what} running and {self._queue} waiting",
                    retry_after=math.ceil(timeout),
                )
            turn = _Turn()
            self._turns.append(turn)
        if cancel is not None:
            cancel.attach(turn.come.set)
        turn.come.wait(timeout)
        if cancel is not None:
            cancel.detach()
        with self._lock:
            if not turn.granted:
                self._turns.remove(turn)
        if cancel is not None and cancel.called:
            if turn.granted:
                self.give()
            raise Cancelled("the query was given up while it waited for a place")
        if not turn.granted:
            raise Busy(
                f"{self.size} {self._what} running and no place became free in {timeout:g} s",
                retry_after=math.ceil(timeout),
            )

    @contextmanager
    def taken_for(self, timeout: float) -> Iterator[None]:
        """Holds a place; see `take`."""
        self.take(timeout)
        try:
            yield
        finally:
            self.give()

    def give(self) -> None:
        """Gives a place back, to the one who has waited longest if anybody waits."""
        with self._lock:
            if self._turns:
                turn = self._turns.popleft()
                turn.granted = True
                turn.come.set()
            else:
                self._free += 1
