"""The fork server: a process without threads whose children answer queries.

Started by the pool as `python -m parley.store.forks FD SPOOL`, with one end of a socket pair as
FD. It has two faces. The *root* holds no data and forks, on request, workers that open a version's
folder read-only, and generations. A *generation* is a child that holds one version in memory and
forks workers that share it, copy-on-write; a small change is applied to it in place, and its next
workers see the next version while older ones keep theirs. Opening a folder starts threads, and
threads and fork do not mix: a generation is fed from a dump that a child of its own writes.

Requests are frames: `disk` (folder), `write` (folder), `load` (folder or none, dump, quads,
number, share), `fork` (number), `apply` (ledger, number), `reap` (pid). A generation may have
several pools (see `parley.store.sharing`): what one of them has applied is not applied again, and
who asks for another version than it holds gets no worker. The end of the last socket is the end of
the process, and of its children after it: by PR_SET_PDEATHSIG on Linux; elsewhere by the end of
their own sockets, at the latest at a deadline.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass
class _Held:
    """What a generation holds: a version's quads, and how many were applied since the load."""

    store: ox.Store
    number: int
    applied: int = 0
    listener: socket.socket | None = None

    def greeting(self) -> dict[str, int]:
        """What a pool is told when the version is ready for it."""
        return {"number": self.number, "total": self.applied}


class _Server:
    """Answers the requests of its pools, one after another."""

    def __init__(
        self,
        control: socket.socket,
        spool: Path,
        held: _Held | None = None,
        prepare: Prepare | None = None,
    ) -> None:
        self._prepare = prepare
        self._pools = [control]
        self._spool = spool
        self._held = held
        self._workers: dict[int, socket.socket] = {}  # the pools of those not reaped yet, by pid
        self._leaving: set[int] = set()

    def run(self) -> None:
        """Until all pools have closed their ends."""
        while self._pools:
            for sock in select.select(self._sockets(), (), ())[0]:
                if self._held is not None and sock is self._held.listener:
                    self._welcome(sock)
                else:
                    self._serve(sock)

    def _sockets(self) -> list[socket.socket]:
        listener = self._held.listener if self._held is not None else None
        return self._pools if listener is None else [listener, *self._pools]

    def _welcome(self, listener: socket.socket) -> None:
        assert self._held is not None
        with contextlib.suppress(OSError):  # it may be gone already
            pool = listener.accept()[0]
            self._pools.append(pool)
            frames.send(pool, self._held.greeting())

    def _serve(self, pool: socket.socket) -> None:
        """One request of a pool, or its end."""
        files: tuple[int, ...] = ()
        try:
            request = frames.receive(pool).head
            try:
                reply, files = self._handle(request)
            except ParleyError as error:
                reply = {"error": str(error)}
            if "pid" in reply:
                self._workers[reply["pid"]] = pool
                if request["do"] == "load":
                    self._leaving.add(reply["pid"])  # nobody asks for its end
            frames.send(pool, reply, files=files)
        except (EOFError, ConnectionError):
            self._pools.remove(pool)
            pool.close()
            self._leaving |= {pid for pid, whose in self._workers.items() if whose is pool}
        for file in files:
            os.close(file)
        gone = {pid for pid in self._leaving if _ended(pid)}
        self._leaving -= gone
        for pid in gone:
            del self._workers[pid]

    def _handle(self, request: dict[str, Any]) -> tuple[dict[str, Any], tuple[int, ...]]:  # JSON
        match request["do"]:
            case "fork":
                held = self._held
                assert held is not None
                if request["number"] != held.number:
                    return {}, ()
                return self._fork(lambda sock: worker.serve(sock, lambda: held.store, self._spool))
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
                assert self._held is not None
                applied = self._apply(self._held, request)
                return {"applied": applied, "total": self._held.applied}, ()
            case "reap":
                return {"status": self._reap(request["pid"], request["wait"])}, ()
        raise ParleyError(f"unknown request {request['do']}")

    def _fork(self, body: Body) -> tuple[dict[str, Any], tuple[int, ...]]:  # Any: JSON
        ours, theirs = socket.socketpair()
        pid = child(body, theirs, (ours, *self._sockets()))
        theirs.close()
        return {"pid": pid}, (ours.detach(),)

    def _apply(self, held: _Held, request: dict[str, Any]) -> bool:  # Any: JSON
        if request["number"] <= held.number:
            return True  # another pool was first
        change = Ledger(Path(request["ledger"])).read(request["number"])
        quads = change.added | change.removed
        nodes = (n for q in quads for n in (q.subject, q.object))
        if any(not isinstance(n, ox.NamedNode | ox.Literal) for n in nodes):
            return False  # blank nodes have other labels here than in the folder
        for quad in change.removed:
            held.store.remove(quad)
        held.store.extend(change.added)
        drop_empty(held.store, change.graphs())
        gc.freeze()
        held.number = request["number"]
        held.applied += len(quads)
        return True

    def _reap(self, pid: int, wait: bool) -> int | None:
        if wait:
            self._workers.pop(pid, None)
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
    held = _Held(store, request["number"])
    if request["share"] is not None:
        held.listener = _listening(Path(request["share"]))
    frames.send(control, held.greeting())
    _Server(control, spool, held).run()


def _listening(place: Path) -> socket.socket | None:
    """A socket at `place`, that of a former generation replaced; None where there can be none."""
    fresh = place.with_suffix(".new")
    sock = socket.socket(socket.AF_UNIX)
    try:
        fresh.unlink(missing_ok=True)
        sock.bind(str(fresh))
        fresh.chmod(0o600)
        sock.listen()
        fresh.replace(place)
    except OSError:
        sock.close()
        return None
    return sock


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
    _Server(control, Path(arguments[1]), prepare=prepared).run()
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
