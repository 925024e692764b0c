"""Which versions keep a folder: the newest, the tagged, and a few that were asked for lately.

Pruning never touches the ledger, so that any version can be made again. A process that has a
pruned version open keeps reading it: its files are gone when the last reader lets go.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from parley.errors import StoreDamaged
from parley.store.folders import Folders
from parley.store.tags import Tags
from parley.store.version import META

LEAST = 2  # the current version, and the one before it, which readers may be about to open
REBUILT = 8  # folders made from the ledger on request, which are kept beside the others


@dataclass(frozen=True)
class Pruned:
    """Numbers of versions: whose folders went (or would go), and whose are kept."""

    removed: tuple[int, ...]
    kept: tuple[int, ...]


def prune(folders: Folders, keep: int, *, dry_run: bool = False) -> Pruned:
    """Removes all folders but those of the newest `keep` versions, tagged ones, and rebuilt ones.

    The caller holds the lock of rebuilding.
    """
    current = folders.number()
    there = [number for number in folders.numbers() if number <= current]
    tagged = set(Tags(folders.instance).all().values())
    old = [n for n in there if n <= current - max(keep, LEAST) and n not in tagged]
    rebuilt = set(_rebuilt(folders, old)[:REBUILT])
    removed = tuple(number for number in old if number not in rebuilt)
    if not dry_run:
        folders.sweep()
        for number in removed:
            folders.discard(number)
    return Pruned(removed, tuple(number for number in there if number not in removed))


def drop_rebuilt(folders: Folders, needed: Set[int]) -> None:
    """Removes rebuilt folders past the number that is kept, except those of `needed`."""
    there = [number for number in folders.numbers() if number not in needed]
    for number in _rebuilt(folders, there)[REBUILT:]:
        folders.discard(number)


def _rebuilt(folders: Folders, numbers: list[int]) -> list[int]:
    """Those of the versions that were rebuilt, the one asked for last first."""
    found = []
    for number in numbers:
        try:
            version = folders.kept(number)
        except StoreDamaged:
            continue
        if version is not None and version.rebuilt:
            found.append(((version.folder / META).stat().st_mtime_ns, number))
    return [number for _, number in sorted(found, reverse=True)]
