"""The dumps of a version: every format, packed or not, with size and digest where one was made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pyoxigraph as ox

from parley.formats import Format
from parley.store.backend import Download
from parley.store.downloads import Made, made
from parley.store.versions import Version
from parley.web.downloads import FORMS
from parley.web.site import Site

IANA = "https://www.iana.org/assignments/media-types/"


@dataclass(frozen=True)
class Dump:
    """One file of a version, or of a graph of it: its address on this server, and what it is.

    `made` is None while nobody has asked for it yet.
    """

    form: Format
    packed: bool
    address: str
    made: Made | None

    @property
    def name(self) -> str:
        """The file's name, such as `dump.nq.gz`."""
        return f"dump.{self.form.extension}{'.gz' * self.packed}"


class Dumped:
    """The dumps of a version; looks once at what has been made."""

    def __init__(self, site: Site, version: Version) -> None:
        self._version = version
        self._pinned = site.versions is not None
        prefixes = site.dataset.names.prefixes
        self._made = made(site.settings.instance, version, prefixes)

    def of(self, graph: ox.NamedNode | None = None) -> Iterator[Dump]:
        """The dumps of a graph, or of everything."""
        given = [("graph", graph.value)] if graph is not None else []
        if self._pinned:  # what is fetched later has to be what is described now
            given.append(("version", str(self._version.number)))
        tail = f"?{urlencode(given)}" if given else ""
        for form in FORMS:
            for packed in (False, True):
                file = f"/dump.{form.extension}{'.gz' * packed}"
                found = self._made(Download(form, graph, packed))
                yield Dump(form, packed, file + tail, found)
