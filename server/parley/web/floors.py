"""X-Parley-Version-At-Least: whoever has seen a version is not answered from an older one.

Behind a balancer each answer may come from another replica, and one may be behind another. Who
sends the header with the number of the newest version they have seen is answered from that or a
later one, or with 503, which a balancer takes to another replica. The answer says what to send
next.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from parley.errors import BadInput, ParleyError
from parley.store.version import Version
from parley.web.exchange import Environ
from parley.web.problems import Behind
from parley.web.site import Site

HEADER = "X-Parley-Version-At-Least"
_KEY = "HTTP_X_PARLEY_VERSION_AT_LEAST"
_WAITING = 16  # threads of a process that may wait at once; others are answered as things stand
_LOOK = 0.02  # seconds between two looks


class Floors:
    """Holds requests up to the version that they ask for, in one web process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._places = threading.BoundedSemaphore(_WAITING)

    def missed(self, environ: Environ) -> ParleyError | None:
        """Why a request cannot be answered from the version it asks for; None when it can.

        Waits up to the setting `version_wait` for a version that is not there yet.
        """
        if _KEY not in environ:
            return None
        floor = _floor(environ)
        if floor is None:
            return BadInput(f"{HEADER} is the number of a version")
        try:
            number = self.reached(floor, self._site.settings.version_wait).number
        except ParleyError as error:
            return error
        if number >= floor:
            return None
        return Behind(
            f"version {floor} is not here yet; the newest is {number}. Ask again, or ask another "
            "replica",
            retry_after=1,
        )

    def headers(self, environ: Environ) -> tuple[tuple[str, str], ...]:
        """What the client of an answer has seen with it, for one who says what it has seen."""
        if _KEY not in environ:
            return ()
        floor = _floor(environ) or 0
        with suppress(ParleyError):  # no version yet
            floor = max(floor, self._site.backend.version().number)
        return ((HEADER, str(floor)),)

    def reached(self, number: int, seconds: float) -> Version:
        """The current version, once it is `number` or a later one, or when the time is up."""
        version = self._site.backend.version()
        if version.number >= number or not self._places.acquire(blocking=False):
            return version
        try:
            until = time.monotonic() + seconds
            while version.number < number and time.monotonic() < until:
                time.sleep(_LOOK)
                version = self._site.backend.version()
            return version
        finally:
            self._places.release()


def _floor(environ: Environ) -> int | None:
    text = str(environ[_KEY]).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
