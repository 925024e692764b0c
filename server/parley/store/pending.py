"""The small changes of a version that stand in the engine's log and in none of its tables yet.

An engine that opens a folder writes what it finds in the log into a table for each of its indexes,
and brings each of them to the disk: for an edit of ten quads that is most of the work, and it
leaves eight tables more for the next one to open. So a writer leaves small changes in the log and
notes them in a file beside it. The next writer opens the copy without the log, makes those changes
again, and its own. When they have become many they go into tables, and the file goes.
"""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from parley.store.change import Change
from parley.store.replay import drop_empty
from parley.store.updating import apply_exact

NOTED = "pending.rdfp"
_MOST = 1_000  # quads: made again in a few milliseconds


def open_copy(folder: Path) -> tuple[ox.Store, Change]:
    """The store of a staged copy, to be written in, and its changes that are in no table."""
    noted = folder / NOTED
    if not noted.exists():
        return ox.Store(str(folder)), Change()
    pending = Change.from_patch(noted.read_text("utf-8"), source=NOTED)
    for log in folder.glob("*.log"):
        log.unlink()
    store = ox.Store(str(folder))
    apply_exact(store, pending)
    drop_empty(store, pending.graphs())
    return store, pending


def leave_copy(folder: Path, store: ox.Store, pending: Change, change: Change) -> None:
    """Notes what is in no table after a further change, or has all of it written into tables."""
    now = pending.then(change)
    if len(now.added) + len(now.removed) > _MOST:
        store.flush()
        (folder / NOTED).unlink(missing_ok=True)
    else:
        (folder / NOTED).write_text(now.patch(), "utf-8")
