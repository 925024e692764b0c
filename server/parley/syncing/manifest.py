"""Which version the files in a folder are in step with, and the checksum each of them then had."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from parley.errors import BadInput, NotFound, ParleyError
from parley.files import graph_of
from parley.store.change import Change
from parley.store.versions import Version, Versions

MANIFEST = ".parley-export.json"


def digest(data: bytes) -> str:
    """The SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write_file(path: Path, data: bytes) -> None:
    """Write a file by rename: whoever reads it sees the old bytes or the new ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(data)
    os.replace(partial, path)


@dataclass(frozen=True)
class Manifest:
    """What a folder's files said when they were last exported, loaded or built.

    They said what `version` says, changed by `apart`: live edits that a load took in beside the
    files' own are in the version and not in the files. `entry` is the ledger's name of the
    version, so that another instance's version of the same number is not taken for it. `files`
    gives the SHA-256 of each file by its path in the folder.
    """

    version: int
    entry: str
    files: Mapping[Path, str]
    apart: Change = field(default_factory=Change)

    @classmethod
    def of(cls, version: Version, versions: Versions, files: Mapping[Path, str]) -> Manifest:
        """The manifest of files that say what a version says."""
        return cls(version.number, versions.ledger.entry(version.number).sha256, files)

    @classmethod
    def find(cls, folder: Path, versions: Versions) -> Manifest | None:
        """What is known of a folder, from its own manifest or the instance's note of it.

        None when neither speaks of this instance's history. Raises BadInput for one that cannot
        be read.
        """
        for place in (folder / MANIFEST, _note(folder, versions)):
            if place.is_file():
                manifest = cls._read(place)
                if manifest._is_of(versions):
                    return manifest
        return None

    def keep(self, folder: Path, versions: Versions) -> None:
        """Keep it in the folder where an export has left one, else as a note in the instance.

        Not every folder that is built from may be written to. Raises ParleyError when neither may.
        """
        own = folder / MANIFEST
        here = own.is_file() and Manifest._read(own)._is_of(versions)
        self._write(own if here else _note(folder, versions))

    def keep_in(self, folder: Path, versions: Versions) -> None:
        """Keep it in a folder that was just exported to, instead of what was known of it."""
        self._write(folder / MANIFEST)
        _note(folder, versions).unlink(missing_ok=True)

    @classmethod
    def _read(cls, place: Path) -> Manifest:
        try:
            data = json.loads(place.read_bytes())
            files = {Path(str(path)): str(value) for path, value in data["files"].items()}
            return cls(
                int(data["version"]),
                str(data["entry"]),
                {path: value for path, value in files.items() if graph_of(path)},
                Change.from_patch(str(data["apart"])),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(
                "is not what an export writes; delete it, and name the version that the files "
                "come from with --base-version",
                source=str(place),
            ) from error

    def _is_of(self, versions: Versions) -> bool:
        try:
            return versions.ledger.entry(self.version).sha256 == self.entry
        except NotFound:
            return False

    def _write(self, place: Path) -> None:
        data = {
            "version": self.version,
            "entry": self.entry,
            "files": {str(path): self.files[path] for path in sorted(self.files)},
            "apart": self.apart.patch(),
        }
        text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
        try:
            write_file(place, text.encode())
        except OSError as error:
            raise ParleyError(
                f"that its files are in step with version {self.version} cannot be noted: "
                f"{error.strerror}; name that version with --base-version next time",
                source=str(place),
            ) from error


def _note(folder: Path, versions: Versions) -> Path:
    """Where the instance notes what is known of a folder."""
    name = digest(os.fsencode(folder.resolve()))[:20]
    return versions.instance / "files" / f"{name}.json"
