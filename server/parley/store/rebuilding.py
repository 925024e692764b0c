"""Makes a version's folder anew from the ledger, from the nearest older one that is kept."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pyoxigraph as ox

from parley.errors import StoreDamaged
from parley.store.disk import explained, link_tree, locked, remove_tree, sync_file
from parley.store.folders import Folders
from parley.store.ledger import Entry, Ledger
from parley.store.pruning import drop_rebuilt
from parley.store.replay import replay
from parley.store.tags import Tags
from parley.store.version import META, Version, seal

LOCK = "rebuild.lock"


def rebuild(folders: Folders, ledger: Ledger, number: int, *, anew: bool) -> Version:
    """The version, its folder made from the ledger; a kept one is replaced only if `anew`.

    One at a time, among processes too; afterwards only so many folders that were made on request
    are kept (see `pruning`). Raises StoreDamaged when the ledger does not lead there.
    """
    entry = ledger.verify(number)
    work = folders.rebuilding
    with explained(folders.instance), locked(folders.instance / LOCK):
        found = None if anew else folders.kept(number)
        if found is not None:
            return found
        remove_tree(work)
        work.mkdir(parents=True)
        try:
            quads = make(ledger, entry, _nearest_below(folders, number), work)
            seal(work / "version", entry, quads, None, rebuilt=True)
            folders.versions.mkdir(exist_ok=True)
            folder = folders.path(number)
            if folder.exists():
                folder.rename(work / "replaced")
            (work / "version").rename(folder)
            sync_file(folders.versions)
        finally:
            remove_tree(work)
        drop_rebuilt(folders, {folders.number(), *Tags(folders.instance).all().values()})
    return Version(number, entry.time, quads, folder, rebuilt=True)


def mark_used(version: Version) -> None:
    """Notes that a rebuilt version was asked for: the one not asked for longest goes first."""
    if version.rebuilt:
        with contextlib.suppress(OSError):  # a disk that cannot be written keeps all of them
            os.utime(version.folder / META)


def make(ledger: Ledger, entry: Entry, start: Version | None, work: Path) -> int:
    """Replays the ledger from `start` (None: from nothing) up to an entry, to `work/version`.

    Returns how many quads it holds; works in the folder `work`.
    """
    quads = 0
    if start is not None:
        link_tree(start.folder, work / "store")
        (work / "store" / META).unlink()
        quads = start.quads
    store = ox.Store(str(work / "store"))
    for number in range((start.number if start else 0) + 1, entry.number + 1):
        step = ledger.entry(number)
        quads += step.added - step.removed
        replay(store, ledger.rows(number), step.added, work)
    if len(store) != quads:
        raise StoreDamaged(
            f"version {entry.number} cannot be rebuilt: the ledger counts {quads} quads and "
            f"leads to {len(store)}; restore a backup"
        )
    store.backup(str(work / "version"))
    return quads


def _nearest_below(folders: Folders, number: int) -> Version | None:
    for earlier in reversed([n for n in folders.numbers() if n < number]):
        try:
            version = folders.kept(earlier)
            if version is not None and version.damage(closely=True) is None:
                return version
        except StoreDamaged:
            continue
    return None
