"""The access log: one line of JSON for each request, without tokens; query texts for debugging."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable

from parley.tokens import masked

_LONGEST = 2000


class AccessLog:
    """Writes lines to standard error (`-`) or to the end of a file; nowhere when it is None.

    Each line is one write at the end of the file, so that several processes may share it.
    """

    def __init__(
        self, place: str | None, *, texts: bool = False, now: Callable[[], float] = time.time
    ) -> None:
        self._place = place
        self._texts = texts
        self._now = now
        self._lock = threading.Lock()
        self._file: int | None = None
        self.wanted = place is not None

    def write(self, query: str = "", **fields: str | int | float | None) -> None:
        """One line; fields that are None or empty are left out, `query` too unless asked for."""
        if not self.wanted:
            return
        line: dict[str, object] = {"time": round(self._now(), 3)}
        line |= {name: value for name, value in fields.items() if value not in (None, "")}
        if self._texts and query:
            line["query"] = masked(query)[:_LONGEST]
        os.write(self._opened(), masked(json.dumps(line)).encode() + b"\n")

    def _opened(self) -> int:
        with self._lock:
            if self._file is None:
                if self._place == "-":
                    self._file = sys.stderr.fileno()
                else:
                    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
                    self._file = os.open(str(self._place), flags, 0o640)
            return self._file
