"""Finished answers of the current version, in memory up to a bound; the least used go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from parley.web.exchange import Noted, Reply, Request, Shortcut

Key = tuple[str, str]  # ETag and content coding
_LARGEST = 16  # an answer may take this part of the bound at most
_OVERHEAD = 1024  # bytes an entry takes beside its texts and its body
_WAYS = 8  # in how many ways the same may be asked and found unread
_FOLLOWERS = 8  # threads that may wait for what another is asking


@dataclass(eq=False)
class _Kept:
    version: int
    reply: Reply
    kind: str
    text: str
    weight: int
    requests: list[Shortcut] = field(default_factory=list)

    def to(self, request: Request) -> Reply:
        request.noted = Noted(kind=self.kind, text=self.text)
        return self.reply


class Cache:
    """Replies by what they answer; threads may share it.

    A key is the ETag of a reply, which tells version, query, dataset and format apart, with the
    content coding. A request that was seen before finds its reply by a shortcut, unread. `hits`,
    `misses` and `bytes` are for monitoring.
    """

    def __init__(self, limit: int) -> None:
        self.hits = 0
        self.misses = 0
        self.bytes = 0
        self.largest = limit // _LARGEST
        self._limit = limit
        self._lock = threading.Lock()  # of the fields below; held for moments only
        self._version = 0
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._shortcuts: dict[Shortcut, Key] = {}
        self._running: dict[Key, threading.Event | None] = {}  # an event once somebody waits
        self._followers = 0

    def known(self, request: Request, version: Callable[[], int]) -> Reply | None:
        """The reply to a request that was seen before, if it is of the current `version`."""
        asked = request.shortcut
        key = self._shortcuts.get(asked) if asked is not None else None
        if key is None:
            return None
        kept = self._find(key, None, version())
        return None if kept is None else kept.to(request)

    def reply(
        self,
        key: Key,
        version: int,
        request: Request,
        seconds: float,
        answered: Callable[[], Reply],
    ) -> Reply:
        """The reply kept under a key, else what `answered` returns, which is kept.

        Of several that want the same at once one asks; others wait up to `seconds` for it.
        """
        kept = self._find(key, request.shortcut, version)
        if kept is None and self._follow(key, seconds):
            kept = self._find(key, request.shortcut, version)
        if kept is not None:
            return kept.to(request)
        try:
            reply = answered()
            self._keep(key, version, request, reply)
            return reply
        finally:
            with self._lock:
                running = self._running.pop(key, None)
            if running is not None:
                running.set()

    def _find(self, key: Key, asked: Shortcut | None, version: int) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.version != version:
                return None
            self._kept.move_to_end(key)
            self.hits += 1
            self._remember(kept, key, asked)
            return kept

    def _follow(self, key: Key, seconds: float) -> bool:
        """Waits while another asks the same; False when nobody does, or too many wait already."""
        with self._lock:
            if key not in self._running:
                self._running[key] = None
                return False
            if self._followers >= _FOLLOWERS:
                return False
            running = self._running[key]
            if running is None:
                running = self._running[key] = threading.Event()
            self._followers += 1
        running.wait(seconds)
        with self._lock:
            self._followers -= 1
        return True

    def _keep(self, key: Key, version: int, request: Request, reply: Reply) -> None:
        text = request.noted.text
        weight = len(reply.body) + len(text) + _OVERHEAD
        with self._lock:
            self.misses += 1
            if reply.file is not None or weight > self.largest or version < self._version:
                return
            if version > self._version:
                self._kept.clear()
                self._shortcuts.clear()
                self.bytes, self._version = 0, version
            if key not in self._kept:
                self._kept[key] = _Kept(version, reply, request.noted.kind, text, weight)
                self.bytes += weight
            self._remember(self._kept[key], key, request.shortcut)
            while self.bytes > self._limit:
                self._drop(*self._kept.popitem(last=False))

    def _remember(self, kept: _Kept, key: Key, asked: Shortcut | None) -> None:
        if asked is None or asked in self._shortcuts or len(kept.requests) >= _WAYS:
            return
        weight = sum(map(len, asked)) + _OVERHEAD
        self._shortcuts[asked] = key
        kept.requests.append(asked)
        kept.weight += weight
        self.bytes += weight

    def _drop(self, key: Key, kept: _Kept) -> None:
        self.bytes -= kept.weight
        for asked in kept.requests:
            del self._shortcuts[asked]
