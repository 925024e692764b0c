"""Where an instance keeps its versions, and the link that says which one is current."""

from __future__ import annotations

import os
import re
from pathlib import Path

from parley.errors import StoreDamaged
from parley.store.disk import remove_tree, sync_file
from parley.store.version import Version, read_version

_NAME = re.compile(r"[0-9]{6,}\Z")
_GONE = ".gone"


class Folders:
    """The folders of an instance."""

    def __init__(self, instance: Path) -> None:
        self.instance = instance
        self.versions = instance / "versions"
        self.staging = instance / "staging"
        self.rebuilding = instance / "rebuilding"
        self._pointer = str(instance / "current")

    def number(self) -> int:
        """The number that `current` names, 0 when there is no such link; one system call.

        Raises StoreDamaged when it is there and names no version.
        """
        try:
            return int(os.readlink(self._pointer).rpartition("/")[2])
        except FileNotFoundError:
            return 0
        except (OSError, ValueError) as error:
            raise StoreDamaged(
                f"'current' does not name a version: {error}; 'parley recover' finds the newest "
                "version again, and so does the next write or restart",
                source=self._pointer,
            ) from error

    def point_to(self, number: int) -> None:
        """Makes a version the current one; on the disk when this returns."""
        new = self.instance / "current.new"
        new.unlink(missing_ok=True)
        new.symlink_to(f"versions/{number:06d}")
        new.replace(self._pointer)
        sync_file(self.instance)

    def path(self, number: int) -> Path:
        """Where the folder of a version is or would be."""
        return self.versions / f"{number:06d}"

    def kept(self, number: int) -> Version | None:
        """A version whose folder is there, else None. Raises StoreDamaged, NewerFormat."""
        return read_version(self.path(number))

    def numbers(self) -> list[int]:
        """The numbers of the folders that are there, in order; none of them is opened."""
        try:
            names = os.listdir(self.versions)
        except FileNotFoundError:
            return []
        return sorted(int(name) for name in names if _NAME.match(name))

    def discard(self, number: int) -> None:
        """Removes the folder of a version; who opens it now finds all of it or nothing."""
        gone = self.path(number).with_suffix(_GONE)
        try:
            self.path(number).rename(gone)
        except FileNotFoundError:
            return
        remove_tree(gone)

    def sweep(self) -> None:
        """Removes what a crash left of folders that were being discarded."""
        for path in self.versions.glob(f"*{_GONE}"):
            remove_tree(path)
