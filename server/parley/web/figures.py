"""The figures of versions for whoever describes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from parley.describing import Descriptions, Statistics
from parley.errors import NotFound
from parley.store.versions import Version
from parley.web.recent import Recent

Ranked = list[tuple[str, int]]


class Figures:
    """The figures of an instance's versions, waited for at most so many `seconds`.

    `graphs` asks for the named graphs of a version and their triples. `descriptions` is None where
    no figures are kept. `texts` are what was written from them lately.
    """

    def __init__(
        self,
        descriptions: Descriptions | None,
        graphs: Callable[[Version], Ranked],
        seconds: float,
    ) -> None:
        self._descriptions = descriptions
        self._seconds = seconds
        self.texts = Recent()
        self._graphs = lru_cache(maxsize=4)(graphs)

    def of(self, version: Version) -> Statistics:
        """All figures of a version, waited for if need be. Raises Busy, NotFound."""
        if self._descriptions is None:
            raise NotFound("this server keeps the current version only, and does not count it")
        return self._descriptions.get(version.number, self._seconds)

    def known(self, version: Version) -> Statistics | None:
        """All figures of a version, if they are there."""
        if self._descriptions is None:
            return None
        return self._descriptions.known(version.number)

    def graphs(self, version: Version) -> Ranked:
        """The named graphs and how many triples each holds, the largest first."""
        return self._graphs(version)
