"""A writable copy of a version that may become the next one."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from parley.store.change import Change, canonical
from parley.store.disk import explained
from parley.store.replay import drop_empty
from parley.store.version import Version

COPY = "version"


class Staged:
    """A writable copy of `parent` (None: an empty store) that may become the next version.

    `folder` is there to work in; the copy is in its `store`. Both are gone when the stage ends.
    Another process may have changed the store; `adopt` then spares this one opening it.
    """

    def __init__(self, folder: Path, parent: Version | None) -> None:
        self._store: ox.Store | None = None
        self.folder = folder
        self.parent = parent

    @property
    def copy(self) -> Path:
        """Where the folder of the next version is put together."""
        return self.folder / COPY

    @property
    def copied(self) -> bool:
        """Whether it holds the store already."""
        return self.copy.exists()

    @property
    def store(self) -> ox.Store:
        """The copy, opened at first use; up to then another process may open it."""
        if self._store is None:
            with explained(self.folder):
                self._store = ox.Store(str(self.folder / "store"))
        return self._store

    def close(self) -> None:
        """Lets go of the copy; the engine closes it when nobody else holds on to it."""
        self._store = None

    def adopt(self) -> None:
        """Takes the store as another process left it, which has ended, for the next version.

        Without the engine's diary, its lock, and the emptied logs of what stands in tables.
        """
        (self.folder / "store").rename(self.copy)
        for path in self.copy.iterdir():
            if path.name.startswith("LOG") or path.name in {"LOCK", "IDENTITY"}:
                path.unlink()

    def apply(self, change: Change) -> Change:
        """Applies a change to the copy and returns what it really changed: an exact change.

        Literals come back in canonical form; a named graph left without a quad is gone.
        """
        wanted = canonical(change.added)
        added = frozenset(q for q in wanted if q not in self.store)
        unwanted = canonical(change.removed) - wanted
        removed = frozenset(q for q in unwanted if q in self.store)
        for quad in removed:
            self.store.remove(quad)
        self.store.extend(added)
        exact = Change(added, removed)
        drop_empty(self.store, exact.graphs())
        return exact
