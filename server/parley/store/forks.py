"""The fork server: a process without threads whose children answer queries.

Started by the pool as `python -m parley.store.forks FD SPOOL`, with one end of a socket pair as
FD. It has two faces. The *root* holds no data and forks, on request, workers that open a version's
folder read-only, and generations. A *generation* is a child that holds one version in memory and
forks workers that share it, copy-on-write; a small change is applied to it in place, and its next
workers see the next version while older ones keep theirs. Opening a folder starts threads, and
threads and fork do not mix: a generation is fed from a dump that a child of its own writes.

Requests are frames: `disk` (folder), `write` (folder), `load` (folder or none, dump, quads),
`fork`, `apply` (ledger, number), `reap` (pid). The end of the socket is the end of the process,
and of its children after it: by PR_SET_PDEATHSIG on Linux; elsewhere by the end of their own
sockets, at the latest at a deadline.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pyoxigraph as ox

from parley.errors import ParleyError
from parley.store import dumps, frames, worker, writer
from parley.store.allocating import join_pages
from parley.store.ledger import Ledger
from parley.store.orphans import end_with_parent
from parley.store.replay import drop_empty

Body = Callable[[socket.socket], None]
# From the folder of a staged copy and the number of its version to what checks a write in it.
Prepare = Callable[[Path, int], writer.Check]


class _Server:
    """Answers the pool's requests, one after another."""

    def __init__(
        self,
        control: socket.socket,
        spool: Path,
        store: ox.Store | None,
        prepare: Prepare | None = None,
    ) -> None:
        self._prepare = prepare
        self._control = control
        self._spool = spool
        self._store = store
        self._leaving: set[int] = set()

    def run(self) -> None:
        """Until the pool closes its end."""
        while True:
            try:
                request = frames.receive(self._control).head
            except EOFError:
                return
            try:
                reply, files = self._handle(request)
            except ParleyError as error:
                reply, files = {"error": str(error)}, ()
            frames.send(self._control, reply, files=files)
            for file in files:
                os.close(file)
            self._leaving = {pid for pid in self._leaving if not _ended(pid)}

    def _handle(self, request: dict[str, Any]) -> tuple[dict[str, Any], tuple[int, ...]]:  # JSON
        match request["do"]:
            case "fork":
                store = self._store
                assert store is not None
                return self._fork(lambda sock: worker.serve(sock, lambda: store, self._spool))
            case "disk":
                folder = request["folder"]
                opened = lambda: ox.Store.read_only(folder)  # noqa: E731  # runs in the child
                return self._fork(lambda sock: worker.serve(sock, opened, self._spool))
            case "write":
                staged = Path(request["folder"])
                check = self._prepare and self._prepare(staged, request["parent"])
                return self._fork(lambda sock: writer.serve(sock, staged, check))
            case "load":
                return self._fork(lambda sock: _generation(sock, request, self._spool))
            case "apply":
                return {"applied": self._apply(request)}, ()
            case "reap":
                return {"status": self._reap(request["pid"], request["wait"])}, ()
        raise ParleyError(f"unknown request {request['do']}")

    def _fork(self, body: Body) -> tuple[dict[str, Any], tuple[int, ...]]:  # Any: JSON
        ours, theirs = socket.socketpair()
        pid = child(body, theirs, (ours, self._control))
        theirs.close()
        return {"pid": pid}, (ours.detach(),)

    def _apply(self, request: dict[str, Any]) -> bool:  # Any: JSON
        store = self._store
        assert store is not None
        change = Ledger(Path(request["ledger"])).read(request["number"])
        nodes = (n for q in change.added | change.removed for n in (q.subject, q.object))
        if any(not isinstance(n, ox.NamedNode | ox.Literal) for n in nodes):
            return False  # blank nodes have other labels here than in the folder
        for quad in change.removed:
            store.remove(quad)
        store.extend(change.added)
        drop_empty(store, change.graphs())
        gc.freeze()
        return True

    def _reap(self, pid: int, wait: bool) -> int | None:
        if wait:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self._leaving.add(pid)
        return None


def _generation(control: socket.socket, request: dict[str, Any], spool: Path) -> None:  # Any: JSON
    """Loads a version into memory, says so, and forks workers from then on."""
    folder, quads, dump = request["folder"], request["quads"], Path(request["dump"])
    reader, writer = socket.socketpair()
    pid = child(lambda sock: _text(sock, folder, dump), writer, (reader, control))
    writer.close()
    store = ox.Store()
    with reader.makefile("rb") as file:
        store.bulk_load(file, ox.RdfFormat.N_QUADS, lenient=True)
    reader.close()
    os.waitpid(pid, 0)
    gc.collect()
    gc.freeze()
    join_pages()
    loaded = len(store)
    if loaded != quads:
        source = folder or dump
        frames.send(control, {"error": f"{source} holds {loaded} quads, not {quads}"})
        return
    frames.send(control, {"ready": True})
    _Server(control, spool, store).run()


def _text(sock: socket.socket, folder: str | None, dump: Path) -> None:
    """Sends the text of a version: of its folder, of which a dump is made, or of the dump."""
    with sock.makefile("wb") as file:
        if folder is None:
            dumps.read(dump, file)
        else:
            dumps.make(ox.Store.read_only(folder), file, dump)


def child(body: Body, sock: socket.socket, close: tuple[socket.socket, ...]) -> int:
    """Forks a process that runs `body` on its socket and nothing else of ours."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        end_with_parent()
        if os.getppid() != parent:
            os._exit(1)
        for other in close:
            other.close()
        body(sock)
        status = 0
    except (BrokenPipeError, ConnectionResetError):
        pass  # the other side is gone, and with it the reason to be here
    except BaseException:  # noqa: BLE001  # nothing may return into the parent's loop
        traceback.print_exc()
    finally:
        os._exit(status)


def _ended(pid: int) -> bool:
    return os.waitpid(pid, os.WNOHANG)[0] == pid


def main(arguments: list[str], prepare: Callable[[], Prepare] | None = None) -> NoReturn:
    """Serves the pool at the other end of the socket until that end is closed.

    With `prepare`, which is called first, it serves writes that are checked.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the web process, and it closes us
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    control = socket.socket(fileno=int(arguments[0]))
    prepared = prepare() if prepare is not None else None
    gc.collect()
    gc.freeze()
    _Server(control, Path(arguments[1]), None, prepared).run()
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
