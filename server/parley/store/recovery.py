"""Finishes or sweeps away what a crash left; the caller holds the write lock."""

from __future__ import annotations

import logging

from parley.errors import StoreDamaged
from parley.store.disk import remove_tree
from parley.store.folders import Folders
from parley.store.ledger import Ledger

_LOG = logging.getLogger(__name__)


def recover(folders: Folders, ledger: Ledger, *, quickly: bool = False) -> None:
    """Leaves an instance in which the newest entry of the ledger is the current version.

    Raises StoreDamaged when the ledger lacks an entry, or its last one is not as it was written;
    `quickly` does not read all of a large one.
    """
    remove_tree(folders.staging)
    ledger.discard_partial()
    newest = ledger.newest()
    current = _pointed_to(folders)
    if newest < current:
        raise StoreDamaged(
            f"'current' names version {current}, but the ledger ends with entry {newest}; "
            "restore the missing entries from a backup or a replica before writing",
            source=str(ledger.folder),
        )
    if newest:
        ledger.intact(newest, quickly=quickly)
    folders.discard(newest + 1)
    if newest > current:
        folders.point_to(newest)


def _pointed_to(folders: Folders) -> int:
    """The number of the current version; 0 too when the link is spoilt: the ledger knows."""
    try:
        return folders.number()
    except StoreDamaged as error:
        _LOG.warning("%s", error)
        return 0
