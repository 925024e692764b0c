"""One version: its folder, what `meta.json` in it says, and whether its files are as written."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from parley.errors import NewerFormat, StoreDamaged
from parley.store.disk import sync_file
from parley.store.ledger import Entry

META = "meta.json"
FORMAT = 1  # of an instance folder; it grows when older releases could not read what is new
_PIECE = 1 << 20
Sums = dict[str, tuple[int, int]]  # by file name: size in bytes and CRC-32


@dataclass(frozen=True)
class Version:
    """One version; `time` is when it was made (UTC, ISO 8601), `quads` how many it holds.

    `rebuilt` says that its folder was made from the ledger because somebody asked for it.
    """

    number: int
    time: str
    quads: int
    folder: Path
    rebuilt: bool = False

    def open(self) -> ox.Store:
        """The version, read-only. Raises StoreDamaged when its folder cannot be opened."""
        try:
            return ox.Store.read_only(str(self.folder))
        except (OSError, RuntimeError) as error:  # the engine's word for corruption is the latter
            raise StoreDamaged(
                f"version {self.number} cannot be opened: {error}; {mending(self.number)}",
                source=str(self.folder),
            ) from error

    def size(self) -> int:
        """The bytes of its files, as they were written; 0 where no sums were kept."""
        return sum(size for size, _ in _sums(_meta(self.folder)).values())

    def damage(self, *, closely: bool = False) -> str | None:
        """What is wrong with its files, None when nothing is.

        Compares names and sizes with what was written; `closely` reads every byte. Versions of a
        release that kept no sums are only opened.
        """
        written = _sums(_meta(self.folder))
        if not written:
            try:
                self.open()
            except StoreDamaged as error:
                return error.message
            return None
        for name, (size, crc) in written.items():
            path = self.folder / name
            try:
                found = path.stat().st_size
                if found != size:
                    return f"{name} has {found} bytes instead of {size}"
                if closely and _crc(path) != crc:
                    return f"{name} is not what was written"
            except OSError as error:
                return f"{name} cannot be read: {error.strerror or error}"
        return None


def mending(number: int) -> str:
    """The command that makes a damaged version whole."""
    return f"rebuild it from the ledger with 'parley rebuild {number}'"


def read_version(folder: Path) -> Version | None:
    """The version in a folder, None when there is none.

    Raises StoreDamaged, and NewerFormat for what a later release wrote.
    """
    try:
        meta = _meta(folder)
    except FileNotFoundError:
        return None
    try:
        if int(meta.get("format", 1)) > FORMAT:
            raise NewerFormat(
                f"a newer release of Parley wrote this (format {meta['format']}, this release "
                f"reads up to {FORMAT}); use that release",
                source=str(folder),
            )
        number, time, quads = int(meta["number"]), str(meta["time"]), int(meta["quads"])
        return Version(number, time, quads, folder, bool(meta.get("rebuilt")))
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(folder, error) from error


def seal(
    folder: Path, entry: Entry, quads: int, before: Version | None, *, rebuilt: bool = False
) -> None:
    """Completes the folder of a version: writes `meta.json`, and all of it is on the disk.

    Files that it shares with `before` as hard links are neither read nor written out again.
    """
    sums, new = _sum_up(folder, before)
    meta = {
        "format": FORMAT,
        "number": entry.number,
        "parent": entry.parent,
        "time": entry.time,
        "quads": quads,
        "entry": entry.sha256,
        "files": sums,
    }
    if rebuilt:
        meta["rebuilt"] = True
    (folder / META).write_text(json.dumps(meta, indent=1) + "\n", "utf-8")
    for path in (*new, folder / META, folder):
        sync_file(path)


def _meta(folder: Path) -> dict[str, Any]:  # Any: JSON
    text = (folder / META).read_bytes()
    try:
        meta = json.loads(text)
        if not isinstance(meta, dict):
            raise ValueError("no JSON object")
        return meta
    except ValueError as error:
        raise _unreadable(folder, error) from error


def _unreadable(folder: Path, error: Exception) -> StoreDamaged:
    return StoreDamaged(
        f"version {int(folder.name)} has an unreadable {META}: {error}; "
        f"{mending(int(folder.name))}",
        source=str(folder / META),
    )


def _sums(meta: Mapping[str, Any]) -> Sums:  # Any: JSON
    files = meta.get("files")
    if not isinstance(files, dict):
        return {}
    return {name: (int(size), int(crc)) for name, (size, crc) in files.items()}


def _sum_up(folder: Path, before: Version | None) -> tuple[Sums, list[Path]]:
    """The sums of a folder, and which files it does not share with the version before."""
    known: dict[int, tuple[int, int]] = {}
    if before is not None:
        for name, sums in _sums(_meta(before.folder)).items():
            known[(before.folder / name).stat().st_ino] = sums
    found: Sums = {}
    new = []
    for path in sorted(folder.iterdir()):
        if path.name != META:
            status = path.stat()
            if status.st_ino not in known:
                new.append(path)
            found[path.name] = known.get(status.st_ino) or (status.st_size, _crc(path))
    return found, new


def _crc(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            crc = zlib.crc32(piece, crc)
    return crc
