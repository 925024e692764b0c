"""The asking side's handles on the fork server, its generations and its workers."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import parley
from parley.errors import ParleyError, WorkerLost
from parley.store import frames
from parley.store.allocating import TUNABLES
from parley.store.dumps import Dump
from parley.store.versions import Version

_QUICK = 0.1  # seconds after which a query steps back behind those that are new
_QUICK_TIMEVAL = struct.pack("@ll", 0, int(_QUICK * 1_000_000))
_STEP_BACK = 10  # by how much (see nice(2))
_ANSWER_SECONDS = 60.0  # a fork server that says nothing for so long is taken for dead


class Parent:
    """A process that forks others on request: the root of the fork server, or a generation."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        self._children = 0
        self._retired = False
        self.alive = True

    def _ask(self, request: Mapping[str, object]) -> frames.Frame:
        try:
            self._sock.settimeout(_ANSWER_SECONDS)
            frames.send(self._sock, dict(request))
            reply = frames.receive(self._sock, time.monotonic() + _ANSWER_SECONDS)
        except (OSError, EOFError) as error:
            self.alive = False
            raise WorkerLost(f"the fork server is gone: {error or 'it ended'}") from error
        if "error" in reply.head:
            raise ParleyError(str(reply.head["error"]))
        return reply

    def _worker(self, reply: frames.Frame, number: int, *, on_disk: bool) -> Worker:
        self._children += 1
        sock = socket.socket(fileno=reply.files[0])
        return Worker(self, sock, int(reply.head["pid"]), number, on_disk)

    def reap(self, pid: int, *, wait: bool) -> int | None:
        """Lets go of a child that has ended or is about to; its exit code if waited for."""
        with self._lock:
            self._children -= 1
            status: int | None = None
            if self.alive:
                try:
                    status = self._ask({"do": "reap", "pid": pid, "wait": wait}).head["status"]
                except (WorkerLost, ParleyError):
                    status = None
            if self._retired and self._children == 0:
                self._close()
            return status

    def retire(self) -> None:
        """Ends the process as soon as its last worker has left."""
        with self._lock:
            self._retired = True
            if self._children == 0:
                self._close()

    def close(self) -> None:
        """Ends the process, and on Linux its children with it."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        self.alive = False
        self._sock.close()


class Generation(Parent):
    """A parent that holds version `number` in memory, maybe for several web processes.

    `applied` counts the quads of the changes that were made in it since it was loaded.
    """

    def __init__(self, sock: socket.socket, number: int) -> None:
        super().__init__(sock)
        self.number = number
        self.applied = 0

    def wait_ready(self) -> None:
        """Returns when the version is loaded. Raises WorkerLost or ParleyError when it is not."""
        with self._lock:
            try:
                reply = frames.receive(self._sock)
            except (OSError, EOFError) as error:
                self._close()
                raise WorkerLost("the version could not be loaded into memory") from error
            if "error" in reply.head:
                self._close()
                raise ParleyError(str(reply.head["error"]))
            self.number, self.applied = reply.head["number"], reply.head["total"]

    def fork(self, number: int) -> Worker | None:
        """A new worker that shares the version; None when it holds another than `number`."""
        with self._lock:
            if number != self.number:
                return None
            reply = self._ask({"do": "fork", "number": number})
            return self._worker(reply, number, on_disk=False) if reply.files else None

    def apply(self, ledger: Path, number: int) -> bool:
        """Moves on to the next version; False when that takes a new load."""
        with self._lock:
            request = {"do": "apply", "ledger": str(ledger), "number": number}
            head = self._ask(request).head
            if head["applied"]:
                self.number, self.applied = number, head["total"]
            return bool(head["applied"])


class Root(Parent):
    """The first process of a fork server, started here; `module` is what runs in it."""

    def __init__(
        self, spool: Path, module: str = "parley.store.forks", arguments: Sequence[str] = ()
    ) -> None:
        ours, theirs = socket.socketpair()
        package = str(Path(parley.__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(theirs.fileno()), str(spool), *arguments],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path, **TUNABLES},
            )
        super().__init__(ours)
        self.pid = self._process.pid

    def disk_worker(self, version: Version) -> Worker:
        """A worker that opens the version's folder for itself."""
        with self._lock:
            reply = self._ask({"do": "disk", "folder": str(version.folder)})
            return self._worker(reply, version.number, on_disk=True)

    def writer(self, folder: Path, parent: int) -> Worker:
        """A process that carries out one write in a folder with the copy of version `parent`."""
        with self._lock:
            reply = self._ask({"do": "write", "folder": str(folder), "parent": parent})
            return self._worker(reply, 0, on_disk=True)

    def load(self, dump: Dump, folder: Path | None, share: Path | None = None) -> Generation:
        """A generation that has begun to load a dump, or a version's folder and to make a dump.

        Once it is loaded, others find it at the socket `share`.
        """
        request = {
            "do": "load",
            "folder": None if folder is None else str(folder),
            "dump": str(dump.path),
            "quads": dump.quads,
            "number": dump.number,
            "share": None if share is None else str(share),
        }
        with self._lock:
            reply = self._ask(request)
        return Generation(socket.socket(fileno=reply.files[0]), dump.number)

    def wait(self) -> None:
        """Returns when the fork server has ended."""
        self._process.wait()

    def close(self) -> None:
        """Ends the fork server, and waits until it has."""
        super().close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Worker:
    """A process that answers one query at a time about version `number`."""

    def __init__(
        self, parent: Parent, sock: socket.socket, pid: int, number: int, on_disk: bool
    ) -> None:
        self.parent = parent
        self.pid = pid
        self.number = number
        self.on_disk = on_disk
        self.served = 0
        self.grown = 0
        self.slowed = False
        self.idle_since = 0.0
        self._sock = sock
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _QUICK_TIMEVAL)

    def ask(self, request: dict[str, Any], until: float) -> frames.Frame:  # Any: JSON
        """The reply to a request. Raises TimeoutError or EOFError, after which it is of no use.

        A query that is not quick leaves the processor to others that are.
        """
        try:
            with contextlib.suppress(BrokenPipeError):  # it may have said why before it went
                frames.send(self._sock, request)
            reply = self._receive(until)
        except ConnectionResetError as error:
            raise EOFError from error
        self.served += 1
        if self.slowed:
            self._step_forward()
        self.grown = max(self.grown, int(reply.head.get("grown", 0)))
        return reply

    def _receive(self, until: float) -> frames.Frame:
        if until - time.monotonic() > _QUICK:
            try:
                reply = frames.receive(self._sock, until, at_once=True)
            except TimeoutError:
                self._step_back()
            else:
                if self._sock.gettimeout() is not None:  # it came in several pieces
                    self._sock.settimeout(None)
                return reply
        try:
            return frames.receive(self._sock, until)
        finally:
            self._sock.settimeout(None)  # its own limit is SO_RCVTIMEO: one system call a reply

    def _step_back(self) -> None:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, _STEP_BACK)
            self.slowed = True

    def _step_forward(self) -> None:
        """Few may do this; a worker that stays behind is not used again."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, 0)
            self.slowed = False

    def is_alive(self) -> bool:
        """Whether an idle worker still listens."""
        try:
            self._sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def kill(self) -> None:
        """Stops it at once; safe from any thread until `leave` is called.

        Its process id cannot have passed to another process, because its parent, while it lives,
        lets go of it only when `leave` says so.
        """
        if self.parent.alive or sys.platform != "linux":
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def leave(self, *, ended: bool = False) -> int | None:
        """Lets it go; `ended` when its process is known to be gone: then its exit code."""
        self._sock.close()
        return self.parent.reap(self.pid, wait=ended)
