"""The process that carries out one write in a staged copy: it may be killed, and the copy with it.

Forked by the fork server for one request, it is the only process that has the copy open. It works
under the same limits as a query worker, leaves the patch rows of the exact change in the file
`rows` beside the copy, and ends. With `copy` set it also leaves the next version's files, and the
asking side publishes them; else that opens the copy, to derive and check first.
"""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from parley.errors import ParleyError
from parley.store import frames
from parley.store.backend import GraphWrite, Part, Update
from parley.store.change import Change, batches
from parley.store.disk import explained
from parley.store.graphs import write_graph
from parley.store.updating import run_update
from parley.store.versions import COPY
from parley.store.worker import GRACE, cap_memory, data_bytes, error_head

ROWS = "rows"


def serve(sock: socket.socket, folder: Path) -> None:
    """Carries out the one write that is asked for in the copy `folder/store`."""
    request = frames.receive(sock).head
    signal.setitimer(signal.ITIMER_REAL, request["seconds"] + GRACE)
    try:
        store = ox.Store(str(folder / "store"))
        cap_memory(data_bytes() + request["memory"])
        reply = _carry_out(store, request, folder / ROWS)
        if request["copy"] and (reply["added"] or reply["removed"]):
            store.backup(str(folder / COPY))
    except MemoryError:
        reply = {"error": "memory"}
    except ParleyError as error:
        reply = error_head(error)
    except OSError as error:
        reply = error_head(_unwritten(folder, error))
    frames.send(sock, reply)


def _carry_out(store: ox.Store, request: dict[str, Any], path: Path) -> dict[str, Any]:  # JSON
    values = request["wanted"]
    if request["do"] == "update":
        change, existed = run_update(store, Update(**values)), False
    else:
        parts = tuple(Part(Path(part["path"]), part["media_type"]) for part in values["parts"])
        change, existed = write_graph(store, GraphWrite(**{**values, "parts": parts}))
    _write_rows(change, path)
    return {"added": len(change.added), "removed": len(change.removed), "existed": existed}


def _unwritten(folder: Path, error: OSError) -> ParleyError:
    try:
        with explained(folder):
            raise error
    except ParleyError as known:
        return known


def _write_rows(change: Change, path: Path) -> None:
    with path.open("wb") as file:
        for batch in batches(change.rows()):
            file.write(b"".join(batch))
