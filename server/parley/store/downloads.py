"""Whole versions and whole graphs as files, kept up to a bound on disk; the least used go first.

A worker writes each of them once, under a limit of time and of size; it may be killed at any point.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyoxigraph as ox

from parley.errors import LimitReached, ParleyError, StoreDamaged, TooLarge
from parley.formats import named
from parley.settings import Settings
from parley.store.backend import Cancel, Deadline, Download, Downloaded
from parley.store.disk import explained
from parley.store.frames import Frame
from parley.store.places import Places
from parley.store.translations import translate, translated
from parley.store.versions import Version
from parley.translating.worlds import Translation

_FOLDER = "downloads"
_LEVEL = 4
_WAITING = 8
Ask = Callable[[dict[str, Any], Deadline, Cancel | None], Frame]  # Any: JSON


@dataclass(frozen=True)
class Made:
    """The size in bytes of a download that was made, and its SHA-256 in hex."""

    size: int
    sha256: str


def made(
    instance: Path, version: Version, prefixes: Mapping[str, str]
) -> Callable[[Download], Made | None]:
    """Tells which downloads of a version are there; the folder is looked at once."""
    found: dict[str, Made] = {}
    with contextlib.suppress(FileNotFoundError), os.scandir(instance / _FOLDER) as files:
        for file in files:
            start, _, sha256 = file.name.rpartition("-")
            if start.startswith(f"{version.number:06d}-"):
                with contextlib.suppress(FileNotFoundError):  # removed to make room
                    found[start + "-"] = Made(file.stat().st_size, sha256)
    return lambda wanted: found.get(_name(wanted, version, prefixes))


class Downloads:
    """The downloads of an instance, up to `download_bytes` together; one is made at a time."""

    def __init__(self, settings: Settings) -> None:
        self._folder = (settings.instance / _FOLDER).resolve()
        self._limit = settings.download_bytes
        self._deadline = Deadline(settings.download_timeout, settings.query_memory)
        self._places = Places(1, _WAITING, "download is being made")

    def get(
        self,
        wanted: Download,
        version: Version,
        prefixes: Mapping[str, str],
        ask: Ask,
        cancel: Cancel | None = None,
    ) -> Downloaded:
        """What is wanted of a version, made by the worker that `ask` asks unless it is there."""
        name = _name(wanted, version, prefixes)
        found = self._find(name)
        if found is not None:
            return found
        self._places.take(self._deadline.seconds, cancel)
        try:
            return self._find(name) or self._made(name, wanted, version, prefixes, ask, cancel)
        finally:
            self._places.give()

    def _find(self, name: str) -> Downloaded | None:
        for path in self._folder.glob(name + "*"):
            with contextlib.suppress(FileNotFoundError):  # another process was done with it
                file = path.open("rb")
                os.utime(path)
                return Downloaded(file, os.fstat(file.fileno()).st_size, path.name[len(name) :])
        return None

    def _made(
        self,
        name: str,
        wanted: Download,
        version: Version,
        prefixes: Mapping[str, str],
        ask: Ask,
        cancel: Cancel | None,
    ) -> Downloaded:
        with explained(self._folder, damage=False):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            part = self._folder / f".{secrets.token_hex(8)}.part"
            try:
                head = self._written(part, wanted, version, prefixes, ask, cancel)
                file = part.open("rb")
                part.rename(self._folder / f"{name}{head['sha256']}")
            finally:
                part.unlink(missing_ok=True)
            self._shrink(name)
        return Downloaded(file, int(head["size"]), str(head["sha256"]))

    def _written(
        self,
        part: Path,
        wanted: Download,
        version: Version,
        prefixes: Mapping[str, str],
        ask: Ask,
        cancel: Cancel | None,
    ) -> dict[str, Any]:  # Any: JSON
        form = wanted.form
        told = {
            "path": str(part),
            "format": form.media_type,
            "translation": translated(form, version) if isinstance(form, Translation) else None,
            "graph": None if wanted.graph is None else str(wanted.graph),
            "packed": wanted.packed,
            "limit": self._limit,
            "prefixes": dict(prefixes),
        }
        deadline = self._deadline
        request = {"download": told, "memory": deadline.memory, "seconds": deadline.seconds}
        try:
            head = ask(request, deadline, cancel).head
        except LimitReached as error:
            if error.limit != "query_timeout":
                raise
            raise LimitReached(
                f"the download was not finished after {error.value:g} s; ask for one graph "
                "with graph=",
                limit="download_timeout",
                value=error.value,
            ) from error
        if head.get("error") == "TooLarge":
            raise TooLarge(head["message"], limit=head["limit"], value=head["value"])
        if "error" in head:
            kind = StoreDamaged if head["error"] == "StoreDamaged" else ParleyError
            raise kind(head["message"])
        return head

    def _sweep(self) -> None:
        """Removes what a process left that was ended while it wrote."""
        before = time.time() - 2 * self._deadline.seconds
        for path in self._folder.glob(".*.part"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _shrink(self, kept: str) -> None:
        found = []
        for path in self._folder.glob("[0-9]*"):
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                found.append((path.name.startswith(kept), status.st_mtime, status.st_size, path))
        size = sum(entry[2] for entry in found)
        for _, _, bytes_, path in sorted(found)[:-1]:
            if size <= self._limit:
                return
            path.unlink(missing_ok=True)
            size -= bytes_


def _name(wanted: Download, version: Version, prefixes: Mapping[str, str]) -> str:
    """The beginning of a file's name; no other history or prefixes lead to the same."""
    what = wanted.form.name if isinstance(wanted.form, Translation) else str(wanted.graph)
    told = repr((version.time, version.quads, what, sorted(prefixes.items())))
    digest = hashlib.sha256(told.encode()).hexdigest()[:16]
    return f"{version.number:06d}-{digest}.{wanted.form.extension}{'.gz' * wanted.packed}-"


def write(store: ox.Store, request: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    """The worker's part: writes the file, piece by piece; its size and its SHA-256.

    Raises TooLarge, and ParleyError when the disk takes no more.
    """
    try:
        with Path(request["path"]).open("xb") as raw:
            counted = _Counted(raw, request["limit"])
            target: BinaryIO = cast(BinaryIO, counted)
            if request["packed"]:
                target = cast(BinaryIO, gzip.GzipFile("", "wb", _LEVEL, target, mtime=0))
            if request["translation"]:
                translate(store, target, request["translation"])
            else:
                _serialize(store, target, request)
            if request["packed"]:
                target.close()
            raw.flush()
            os.fsync(raw.fileno())
    except OSError as error:
        raise ParleyError(
            f"the download cannot be written: {error.strerror or error}; free some disk space"
        ) from error
    return {"size": counted.size, "sha256": counted.digest.hexdigest()}


def _serialize(
    store: ox.Store,
    target: BinaryIO,
    request: dict[str, Any],  # Any: JSON
) -> None:
    form = named(request["format"])
    assert form is not None
    engine = form.engine
    assert isinstance(engine, ox.RdfFormat)
    graph: ox.NamedNode | ox.DefaultGraph | None = None
    if request["graph"] is not None:
        given = request["graph"]
        graph = ox.DefaultGraph() if given == "DEFAULT" else ox.NamedNode(given[1:-1])
    quads = store.quads_for_pattern(None, None, None, graph)
    whole = engine.supports_datasets and (graph is None or engine != ox.RdfFormat.JSON_LD)
    rows = quads if whole else map(attrgetter("triple"), quads)
    ox.serialize(rows, target, engine, prefixes=request["prefixes"])


class _Counted:
    """Writes to a file up to `limit` bytes and knows what it wrote."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file = file
        self._limit = limit
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.size += len(data)
        if self.size > self._limit:
            raise TooLarge(
                f"the download is larger than {self._limit} bytes; ask for one graph with "
                "graph=, or for another format",
                limit="download_bytes",
                value=self._limit,
            )
        self.digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()
