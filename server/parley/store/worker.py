"""A query worker: a process with one version that answers queries until it is told or made to stop.

It holds no lock and writes nothing but answers, so it may be killed at any moment. The asking
side kills it at the deadline; should that side be gone, the kernel's own alarm does so a second
later. Memory is capped by RLIMIT_DATA, counted from what the process has before the query, so that
neither the version it shares with its parent nor what another query left is held against it. macOS
does not enforce that limit: there the deadline alone stops a query. Nothing here reaches the
network except SERVICE, which is refused before a query gets this far.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from parley import formats
from parley.errors import BadInput, BadQuery, ParleyError, StoreDamaged, Unwritable
from parley.sparql.columns import in_order
from parley.sparql.joining import joined
from parley.store import downloads, frames
from parley.store.serialising import serialise
from parley.store.spool import Spool

GRACE = 1.0  # seconds past the deadline after which the kernel ends an orphan
_SLOW = 0.05  # seconds of processor time after which a worker looks at its memory
_PAGE = resource.getpagesize()
_Reply = tuple[dict[str, Any], bytes, tuple[int, ...]]  # Any: JSON


def serve(sock: socket.socket, open_store: Callable[[], ox.Store], spool: Path) -> None:
    """Answers requests until the other side closes the socket or memory runs out."""
    try:
        store = open_store()
    except (OSError, RuntimeError) as error:
        frames.send(sock, {"error": "StoreDamaged", "message": _damage(error)})
        return
    room, capped, held = data_bytes(), -1, _private_bytes()
    while True:
        try:
            request = frames.receive(sock).head
        except EOFError:
            return
        if request["memory"] != capped:
            capped = request["memory"]
            cap_memory(room + capped)
        signal.setitimer(signal.ITIMER_REAL, request["seconds"] + GRACE)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        kept: list[Spool] = []
        try:
            try:
                head, body, files = _answer(store, request, spool, kept)
            except ParleyError as error:
                head, body, files = error_head(error), b"", ()
            signal.setitimer(signal.ITIMER_REAL, 0)
            if resource.getrusage(resource.RUSAGE_SELF).ru_utime - before > _SLOW:
                head["grown"] = _private_bytes() - held
                room, capped = data_bytes(), -1  # what it left behind is not the next one's
            frames.send(sock, head, body, files)
        except MemoryError:
            cap_memory(resource.getrlimit(resource.RLIMIT_DATA)[1])  # so that this can be said
            frames.send(sock, {"error": "memory"})
            return
        for done in kept:
            if done.file is not None:
                done.file.close()


def _answer(
    store: ox.Store,
    request: dict[str, Any],  # Any: JSON
    folder: Path,
    kept: list[Spool],
) -> _Reply:
    if "download" in request:
        return downloads.write(store, request["download"]), b"", ()
    form = formats.named(request["format"])
    assert form is not None
    results = _evaluate(store, request)
    try:
        head, body = serialise(results, form, request, folder, kept)
    except (OSError, RuntimeError) as error:
        raise _evaluation_error(error) from error
    file = kept[0].file
    return head, body, (file.fileno(),) if file is not None else ()


def _evaluate(
    store: ox.Store,
    request: dict[str, Any],  # Any: JSON
) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    try:
        text = in_order(request["text"], request["base"])
        try:
            return _asked(store, joined(text), request)
        except SyntaxError:  # said again with the places of the text that was sent
            return _asked(store, text, request)
    except SyntaxError as error:
        raise BadQuery(str(error)) from error  # said in plain words by the asking side
    except ValueError as error:
        raise BadInput(f"not the IRI of a graph: {error}") from error
    except (OSError, RuntimeError) as error:
        raise _evaluation_error(error) from error


def _asked(
    store: ox.Store,
    text: str,
    request: dict[str, Any],  # Any: JSON
) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    default, named = request["default_graphs"], request["named_graphs"]
    base, union = request["base"], request["union"]
    if default is None and named is None:
        return store.query(text, base_iri=base, use_default_graph_as_union=union)
    return store.query(
        text,
        base_iri=base,
        default_graph=[ox.NamedNode(iri) for iri in default or ()],
        named_graphs=[ox.NamedNode(iri) for iri in named or ()],
    )


def _evaluation_error(error: OSError | RuntimeError) -> ParleyError:
    """What it means for a query; raises MemoryError when that is what it means."""
    if os.strerror(errno.ENOMEM) in str(error):
        raise MemoryError from error
    if isinstance(error, OSError) and error.errno is not None:
        return Unwritable(f"the answer cannot be spooled: {error.strerror}; free some disk space")
    unknown = "custom function" in str(error)  # a function's IRI that the engine does not know
    if not unknown and (isinstance(error, RuntimeError) or "IO error" in str(error)):
        return StoreDamaged(_damage(error))
    return BadInput(f"the query cannot be evaluated: {error}")


def _damage(error: Exception) -> str:
    return f"the version's folder cannot be read: {error}; rebuild it with 'parley rebuild'"


def error_head(error: ParleyError) -> dict[str, Any]:  # Any: JSON
    """An error as the head of a frame."""
    fields = {k: v for k, v in vars(error).items() if v is not None}
    return {"error": type(error).__name__, **fields}


def cap_memory(size: int) -> None:
    """Let the process have no more than so many bytes of private memory."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (size, hard))


def data_bytes() -> int:
    """The private writable memory the process has mapped, which RLIMIT_DATA counts."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * _PAGE
    except OSError:  # not Linux
        return 0


def _private_bytes() -> int:
    """The memory the process shares with no other."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    except OSError:  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Private_Dirty"))
