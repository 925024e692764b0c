"""The version that a process serves: the current one, or the last good one when that is damaged."""

from __future__ import annotations

import logging
import threading
import time

from parley.errors import NotFound, StoreDamaged
from parley.store.inspection import Condition, inspect
from parley.store.version import Version
from parley.store.versions import Versions

_LOG = logging.getLogger(__name__)
_SMALL = 64 << 20  # bytes that are read in about a twentieth of a second
_AGAIN = 2.0  # seconds after which a damaged instance is looked at again


class Served:
    """Follows the current version of an instance, whichever process publishes it."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._lock = threading.Lock()
        self._condition = Condition(None)
        self._suspected = True
        self._next = 0.0

    def version(self) -> Version:
        """The version to serve, as of now. Raises NotFound, StoreDamaged, NewerFormat."""
        condition = self._condition
        if condition.version is not None and not condition.troubles and not self._suspected:
            try:
                if self._versions.number() == condition.version.number:
                    return condition.version
            except StoreDamaged:
                pass  # said by what follows
        return self._looked_at()

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with the instance, in words, with the command that mends it."""
        return self._condition.troubles

    def refuse_writes(self) -> None:
        """Raises StoreDamaged while an older version stands in for a damaged one."""
        if self._condition.degraded:
            raise StoreDamaged(f"nothing can be written: {self._condition.troubles[0]}")

    def suspect(self) -> None:
        """Something read from the version was damaged: the next `version` looks closely."""
        self._suspected = True

    def _looked_at(self) -> Version:
        with self._lock:
            known = self._condition
            waits = known.version is not None and known.troubles and not self._suspected
            if waits and time.monotonic() < self._next:
                return _version(known)
            first = known.version is None and not known.troubles
            closely = (self._suspected and not first) or bool(known.troubles)
            found = inspect(self._versions, closely=closely)
            large = first and found.version is not None and found.version.size() > _SMALL
            if first and not large:
                found = inspect(self._versions, closely=True)
            if found.version is None and found.troubles and known.version is not None:
                # What is in memory, or open, still answers.
                found = Condition(known.version, found.troubles, degraded=True)
            if found.troubles != known.troubles:
                for trouble in found.troubles:
                    _LOG.error("%s", trouble)
                if not found.troubles:
                    _LOG.warning("the instance is whole again")
            self._condition, self._suspected = found, False
            if large:  # and served already
                threading.Thread(target=self._read, args=(found.version,), daemon=True).start()
            self._next = time.monotonic() + _AGAIN
            return _version(found)

    def _read(self, version: Version) -> None:
        if version.damage(closely=True) is not None:
            self._suspected = True


def _version(condition: Condition) -> Version:
    if condition.version is not None:
        return condition.version
    if condition.troubles:
        raise StoreDamaged(condition.troubles[0])
    raise NotFound("there is no version yet; 'parley build' makes the first one")
