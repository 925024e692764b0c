"""The files of a version, dumps and translations: size and digest of those that were made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pyoxigraph as ox

from parley.store.backend import Download
from parley.store.downloads import Made, made
from parley.store.versions import Version
from parley.translating.worlds import WORLDS, Translation
from parley.web.downloads import FORMS
from parley.web.site import Site


@dataclass(frozen=True)
class File:
    """One file of a version, or of a graph of it: its name and its address on this server.

    `made` is None while nobody has asked for it yet.
    """

    asked: Download
    name: str
    address: str
    made: Made | None

    def told(self, root: str) -> dict[str, object]:
        """The file for JSON; `bytes` and `sha256` are there once it was made."""
        told = {
            "name": self.name,
            "url": root + self.address,
            "media_type": self.asked.form.media_type,
            "packed": self.asked.packed,
        }
        if self.made is None:
            return told
        return told | {"bytes": self.made.size, "sha256": self.made.sha256}


class Dumped:
    """The files of a version; looks once at what has been made."""

    def __init__(self, site: Site, version: Version) -> None:
        self._pinned = [] if site.versions is None else [("version", str(version.number))]
        self._dataset = site.dataset
        self._made = made(site.settings.instance, version, site.dataset.names.prefixes)

    def of(self, graph: ox.NamedNode | None = None) -> Iterator[File]:
        """The dumps of a graph, or of everything."""
        for form in FORMS:
            yield from self._files(Download(form, graph), "/", "dump")

    def translations(self) -> Iterator[File]:
        """What `/as` has of everything; nothing of a plain dataset, which has no claims."""
        for world in () if self._dataset.plain else WORLDS.values():
            for part in world.parts or ("",):
                for form in world.forms:
                    wanted = Translation(self._dataset.names.base, world, form, part)
                    yield from self._files(Download(wanted), "/as/", wanted.name)

    def _files(self, plain: Download, folder: str, stem: str) -> Iterator[File]:
        """A file as it is, and packed."""
        given = [("graph", plain.graph.value)] if isinstance(plain.graph, ox.NamedNode) else []
        given += self._pinned  # what is fetched later has to be what is described now
        tail = f"?{urlencode(given)}" if given else ""
        for asked in (plain, replace(plain, packed=True)):
            name = f"{stem}.{asked.form.extension}{'.gz' * asked.packed}"
            yield File(asked, name, folder + name + tail, self._made(asked))
