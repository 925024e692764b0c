"""The process that carries out one write in a staged copy: it may be killed, and the copy with it.

Forked by a fork server for one request, it is the only process that has the copy open. It works
under the same limits as a query worker, derives and checks where there is a check, leaves the
patch rows of the exact change, with what followed from it, in the file `rows` beside the copy, and
ends. Whoever publishes the copy brings it to the disk.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from parley.errors import ParleyError, Refused, StoreDamaged
from parley.store import frames
from parley.store.backend import GraphWrite, Part, Update
from parley.store.change import Change, batches
from parley.store.disk import explained
from parley.store.graphs import write_graph
from parley.store.pending import leave_copy, open_copy
from parley.store.replay import drop_empty
from parley.store.updating import apply, run_update
from parley.store.worker import GRACE, cap_memory, data_bytes, error_head

ROWS = "rows"


@dataclass(frozen=True)
class Followed:
    """What followed from a change in the store, and the report of its checks as JSON."""

    change: Change
    report: Any  # JSON


# Derives and checks a change that is in the store; raises Refused with a report as JSON.
Check = Callable[[ox.Store, Change], Followed]


def serve(sock: socket.socket, folder: Path, check: Check | None) -> None:
    """Carries out the one write that is asked for in the copy `folder/store`."""
    request = frames.receive(sock).head
    signal.setitimer(signal.ITIMER_REAL, request["seconds"] + GRACE)
    try:
        store, pending = open_copy(folder / "store")
        cap_memory(data_bytes() + request["memory"])
        change, reply = _carry_out(store, request, folder / ROWS, check)
        if not request["dry_run"] and not change.is_empty:
            leave_copy(folder / "store", store, pending, change)
    except MemoryError:
        reply = {"error": "memory"}
    except Refused as refused:
        reply = {"error": "Refused", "message": refused.message, "report": refused.report}
    except ParleyError as error:
        reply = error_head(error)
    except OSError as error:
        reply = error_head(_unwritten(folder, error))
    except RuntimeError as error:  # the engine's word for corruption
        reply = error_head(StoreDamaged(f"the version's folder cannot be read: {error}"))
    frames.send(sock, reply)
    os._exit(0)  # at once: the engine has nothing to tidy up in a copy that another takes over


def _carry_out(
    store: ox.Store,
    request: dict[str, Any],  # JSON
    path: Path,
    check: Check | None,
) -> tuple[Change, dict[str, Any]]:  # JSON
    """The exact change with what followed from it, and what is to be said of it."""
    change, existed = _changed(store, request)
    reply: dict[str, Any] = {"existed": existed}
    if check is not None and not change.is_empty:
        try:
            followed = check(store, change)
        except Refused:
            if request["dry_run"]:
                _write_rows(path, change)
            raise
        change = change.then(followed.change)
        drop_empty(store, change.graphs())
        reply["report"] = followed.report
    _write_rows(path, change)
    return change, {"added": len(change.added), "removed": len(change.removed), **reply}


def _write_rows(path: Path, change: Change) -> None:
    with path.open("wb") as file:
        for batch in batches(change.rows()):
            file.write(b"".join(batch))


def _changed(store: ox.Store, request: dict[str, Any]) -> tuple[Change, bool]:  # Any: JSON
    """The exact change, made in the store; and whether the graph named held anything before."""
    values = request["wanted"]
    match request["do"]:
        case "update":
            return run_update(store, Update(**values)), False
        case "change":
            text = Path(values["path"]).read_text("utf-8")
            exact = apply(store, Change.from_patch(text))
            drop_empty(store, exact.graphs())
            return exact, False
    parts = tuple(Part(Path(part["path"]), part["media_type"]) for part in values["parts"])
    return write_graph(store, GraphWrite(**{**values, "parts": parts}))


def _unwritten(folder: Path, error: OSError) -> ParleyError:
    try:
        with explained(folder):
            raise error
    except ParleyError as known:
        return known
