"""The fork server that guards live writes: `python -m parley.gate FD SPOOL DATASET INSTANCE`.

It reads what checks rest on once, and again only when a build or a load has changed it; each write
is then a child that has all of it already. A child of its own reads the store, because opening one
starts threads, and threads and fork do not mix.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pyoxigraph as ox

from parley.check.report import Report
from parley.errors import ParleyError, Refused
from parley.files import open_dataset
from parley.gate import Gate
from parley.gate.ground import Ground, ground_quads, is_ground, stamped
from parley.rdf import Namespaces
from parley.store.change import Change
from parley.store.forks import child, main
from parley.store.ledger import Ledger
from parley.store.texts import Texts
from parley.store.versions import Versions
from parley.store.writer import Check, Followed


class _Prepared:
    """What the next write rests on, as of version `number`."""

    def __init__(self, dataset: Path, instance: Path) -> None:
        self._dataset = open_dataset(dataset)
        self._texts = Texts(instance / "articles")
        self._ledger = Ledger(instance / "ledger")
        self._ground: Ground | None = None
        self._number = 0
        current = Versions(instance).current()
        if current is not None:
            self._read(current.folder, current.number)

    def __call__(self, staged: Path, number: int) -> Check:
        """What checks a write in the staged copy of version `number`."""
        try:
            ground = self._ground
            if (
                ground is None
                or ground.stamp != stamped(self._dataset)
                or self._is_outdated(number)
            ):
                self._read(staged / "store", number)
            self._number = number
        except ParleyError:
            self._ground = None  # the write reads it again and says what is wrong
        return _check(Gate(self._dataset, self._texts, self._ground))

    def _is_outdated(self, number: int) -> bool:
        """Whether a version since the one that was read has changed what checks rest on."""
        start = self._dataset.names.graph("").value.encode()
        if number < self._number:
            return True
        for entry in range(self._number + 1, number + 1):
            for _, line in self._ledger.rows(entry):
                graph = line.rpartition(b" <" + start)[2].partition(b">")[0].decode()
                if is_ground(self._dataset.names.graph(graph).value, self._dataset.names):
                    return True
        return False

    def _read(self, folder: Path, number: int) -> None:
        ours, theirs = socket.socketpair()
        names = self._dataset.names
        pid = child(lambda sock: _send(sock, folder, names), theirs, (ours,))
        theirs.close()
        store = ox.Store()
        with ours.makefile("rb") as file:
            store.bulk_load(file, ox.RdfFormat.N_QUADS)
        ours.close()
        os.waitpid(pid, 0)
        self._ground = Ground.read(self._dataset, store)
        self._number = number


def _send(sock: socket.socket, folder: Path, names: Namespaces) -> None:
    store = ox.Store.read_only(str(folder))
    with sock.makefile("wb") as file:
        for quad in ground_quads(store, names):
            file.write(f"{quad} .\n".encode())


def _check(gate: Gate) -> Check:
    def check(store: ox.Store, change: Change) -> Followed:
        try:
            checked = gate.check(store, change)
        except Refused as refused:
            assert isinstance(refused.report, Report)
            raise Refused(refused.message, refused.report.packed()) from None
        return Followed(checked.derived, checked.report.packed())

    return check


if __name__ == "__main__":
    main(sys.argv[1:3], lambda: _Prepared(Path(sys.argv[3]), Path(sys.argv[4])))
