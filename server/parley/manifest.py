"""Which version the files in a folder are in step with, and the checksum each of them then had."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from parley.errors import BadInput, NotFound
from parley.files import graph_of
from parley.store.change import Change
from parley.store.versions import Versions

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
    def find(cls, folder: Path, versions: Versions) -> Manifest | None:
        """The manifest of a folder: its own, or the instance's note of a build from it.

        None when there is none that speaks of this instance's history. Raises BadInput for one
        that cannot be read.
        """
        places = (folder / MANIFEST, note(folder, versions))
        found = [cls._read(place) for place in places if place.is_file()]
        ours = [manifest for manifest in found if manifest._is_of(versions)]
        return max(ours, key=lambda manifest: manifest.version, default=None)

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

    def write(self, place: Path) -> None:
        """Keep it; readable by whoever may read the files."""
        data = {
            "version": self.version,
            "entry": self.entry,
            "files": {str(path): self.files[path] for path in sorted(self.files)},
            "apart": self.apart.patch(),
        }
        write_file(place, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())


def note(folder: Path, versions: Versions) -> Path:
    """Where the instance notes what was built from a folder, which it may not write to."""
    name = digest(os.fsencode(folder.resolve()))[:20]
    return versions.instance / "files" / f"{name}.json"
