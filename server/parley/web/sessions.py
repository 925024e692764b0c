"""Sessions of browsers: one small file each in the instance, named by the hash of its secret id."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from parley.store.disk import explained

_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_MOST = 20  # sessions of one token; the oldest goes first
_TOUCH = 60  # seconds after which a use is noted


class Sessions:
    """The sessions in a folder; web processes share it, and it outlives them.

    A session ends `idle` seconds after its last use and `lifetime` seconds after it began.
    """

    def __init__(
        self, folder: Path, idle: float, lifetime: float, now: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._idle = idle
        self._lifetime = lifetime
        self._now = now

    def begin(self, holder: str) -> str:
        """The id of a new session of a token's holder; ids are never chosen by a client."""
        with explained(self._folder, damage=False):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._sweep(holder)
            name = secrets.token_urlsafe(32)
            path = self._path(name)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "w", encoding="utf-8") as file:
                json.dump({"holder": holder, "began": self._now()}, file)
            os.utime(path, (self._now(), self._now()))
        return name

    def holder(self, name: str) -> str | None:
        """Whose session this is; None when there is none or it has ended."""
        if not _ID.fullmatch(name):
            return None
        path = self._path(name)
        found = self._read(path)
        if found is None:
            return None
        holder, _, used = found
        if self._now() - used > _TOUCH:
            try:
                os.utime(path, (self._now(), self._now()))
            except FileNotFoundError:
                return None  # signed out just now, in another window
        return holder

    def end(self, name: str) -> None:
        """Ends a session, if there is one."""
        if _ID.fullmatch(name):
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / (hashlib.sha256(name.encode()).hexdigest() + ".json")

    def _read(self, path: Path) -> tuple[str, float, float] | None:
        """Holder, begin and last use of a session that has not ended."""
        try:
            used = path.stat().st_mtime
            data = json.loads(path.read_text(encoding="utf-8"))
            holder, began = str(data["holder"]), float(data["began"])
        except (FileNotFoundError, ValueError, LookupError, TypeError):
            return None  # a file that a crash cut short is no session
        now = self._now()
        if now - used > self._idle or now - began > self._lifetime:
            return None
        return holder, began, used

    def _sweep(self, holder: str) -> None:
        """Removes what has ended, and the oldest sessions of somebody who has too many."""
        own = []
        for path in self._folder.glob("*.json"):
            found = self._read(path)
            if found is None:
                path.unlink(missing_ok=True)
            elif found[0] == holder:
                own.append((found[1], path))
        for _, path in sorted(own)[: max(0, len(own) - _MOST + 1)]:
            path.unlink(missing_ok=True)


def csrf_of(name: str) -> str:
    """What a form of this session must send along: follows from its id, and tells nothing of it."""
    return hmac.new(name.encode(), b"csrf", hashlib.sha256).hexdigest()
