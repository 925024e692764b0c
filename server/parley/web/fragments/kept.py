"""What was fetched for one page and is wanted for the next, in memory up to a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
Key = tuple[int, str]  # version and query


class Kept(Generic[T]):
    """Values by version and query, `limit` bytes of them; the least used go first.

    Threads may share it. What is wanted by two at the same time may be made twice.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()  # of the fields below; held for moments only
        self._values: OrderedDict[Key, tuple[T, int]] = OrderedDict()
        self._size = 0

    def get(self, key: Key, made: Callable[[], tuple[T, int]]) -> T:
        """The value, which `made` returns with its size where it is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
        value, size = made()
        size += len(key[1])
        with self._lock:
            if key not in self._values:
                self._values[key] = (value, size)
                self._size += size
            while self._size > self._limit:
                self._size -= self._values.popitem(last=False)[1][1]
        return value
