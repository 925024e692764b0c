"""Lookups: queries of a single triple pattern, answered here, without a worker.

A worker can be killed and costs two hand-overs between processes; a lookup needs no killing. The
engine reads one triple pattern with an index whose every entry is a row, and hands rows on as it
finds them. So when nothing but the pattern stands in the query (no DISTINCT, ORDER, OFFSET, filter
or second pattern, no variable twice), its work follows what it writes, and ends where that passes
a bound: then a worker answers instead. The same code writes the answer here and there.
"""

from __future__ import annotations

import contextlib
import re
import threading
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from parley.errors import ParleyError
from parley.sparql import Parsed
from parley.store.frames import Frame
from parley.store.versions import Version
from parley.store.worker import answer

_LARGEST = 1 << 16  # bytes of an answer that is written here
_IRI = r'<[^<>"{}|^`\\\x00-\x20]*+>'
_NAME = r"[A-Za-z][A-Za-z0-9_\-]*+"
_NAMED = rf"(?:{_NAME})?:[A-Za-z0-9_][A-Za-z0-9_\-]*+"
_VARIABLE = r"[?$][A-Za-z0-9_]++"
_LITERAL = rf'"[^"\\\r\n]*+"(?!")(?:@[A-Za-z]++(?:-[A-Za-z0-9]++)*+|\^\^(?:{_IRI}|{_NAMED}))?+'
_PATTERN = rf"""\{{\s*+
    (?P<s>{_IRI}|{_NAMED}|{_VARIABLE})\s++
    (?P<p>{_IRI}|{_NAMED}|{_VARIABLE}|a(?=\s))\s++
    (?P<o>{_IRI}|{_NAMED}|{_VARIABLE}|{_LITERAL})
    (?:\s*+\.)?+\s*+\}}"""
_LOOKUP = re.compile(
    rf"""\s*+(?:PREFIX\s++(?:{_NAME})?:\s*+{_IRI}\s*+)*+
    (?: DESCRIBE\s*+{_IRI}
    |   (?:ASK|SELECT(?:\s*+\*|(?:\s++{_VARIABLE})++))\s*+(?:WHERE\s*+)?+{_PATTERN}
        (?:\s*+LIMIT\s++[0-9]{{1,18}}+)?+
    )\s*+""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def is_lookup(text: str) -> bool:
    """Whether a query is a single triple pattern, or describes one thing, and is nothing else."""
    found = _LOOKUP.fullmatch(text)
    if found is None:
        return False
    names = [term[1:] for term in found.group("s", "p", "o") if term and term[0] in "?$"]
    return len(set(names)) == len(names)


class Lookups:
    """Answers lookups from the newest version asked for; threads may share it.

    Never before a fork: an open folder has threads. `answered` counts, for monitoring.
    """

    def __init__(self, folder: Path) -> None:
        self.answered = 0
        self._folder = folder
        self._opened: tuple[int, ox.Store] | None = None
        self._opening = threading.Lock()

    def reply(
        self,
        version: Version,
        request: dict[str, Any],  # Any: JSON
        parsed: Parsed,
    ) -> Frame | None:
        """What a worker would reply; None when one has to, also because it may fail."""
        if request["default_graphs"] is not None or request["named_graphs"] is not None:
            return None
        if not is_lookup(parsed.text):
            return None
        opened = self._opened
        if opened is None or opened[0] != version.number:
            if opened is None or opened[0] < version.number:
                self._begin(version)
            return None
        most = min(request["inline"], request["answer_limit"], _LARGEST)
        bounded = {**request, "inline": most, "answer_limit": most}
        with contextlib.suppress(ParleyError):
            head, body, _ = answer(opened[1], bounded, self._folder, [])
            self.answered += 1
            return Frame(head, body, ())
        return None

    def close(self) -> None:
        """Closes the folder, once the last answer from it is written."""
        with self._opening:
            self._opened = None

    def _begin(self, version: Version) -> None:
        """Opens a version in the background: that takes as long as a hundred answers."""
        if self._opening.acquire(blocking=False):
            threading.Thread(target=self._open, args=(version,), daemon=True).start()

    def _open(self, version: Version) -> None:
        try:
            with contextlib.suppress(OSError, RuntimeError):  # a worker says what is wrong with it
                self._opened = version.number, ox.Store.read_only(str(version.folder))
        finally:
            self._opening.release()
