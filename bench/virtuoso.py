"""Virtuoso: its own configuration and database in the folder of the measurement, loopback only."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from bench.data import Data
from bench.processes import free_port, running

INSTALL = "apt-get install virtuoso-opensource"
_SECONDS_TO_START = 120
_BUFFERS = 170_000  # of 8 KiB: what its documentation advises for 2 GB of memory
_CONFIGURATION = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
MaxCheckpointRemap = 2000

[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
MaxCheckpointRemap = 2000

[Parameters]
ServerPort = 127.0.0.1:{sql}
DirsAllowed = {folder}, {dump}
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
ServerThreads = 20
CheckpointInterval = 0
MaxQueryMem = 2G
DefaultIsolation = 2

[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
ServerThreads = 16
MaxKeepAlives = 16
KeepAliveTimeout = 300
MaxClientConnections = 16
EnableRequestTrap = 0

[SPARQL]
ResultSetMaxRows = 100000000
MaxConstructTriples = 100000000
DefaultQuery = SELECT * WHERE {{ ?s ?p ?o }} LIMIT 1
"""
_DIFFERS = MappingProxyType(
    {"aggregate": "it counts the triples of its own system graphs too, some thousands"}
)


def configuration(folder: Path, dump: Path, sql: int, http: int, buffers: int = _BUFFERS) -> str:
    """The text of `virtuoso.ini` for a database in `folder` that may read files from `dump`."""
    return _CONFIGURATION.format(
        folder=folder, dump=dump, sql=sql, http=http, buffers=buffers, dirty=buffers * 3 // 4
    )


class Virtuoso:
    """Virtuoso open source, 2 GB of buffers, no limit on the rows of an answer."""

    name = "virtuoso"
    most_quads: int | None = None
    differs: Mapping[str, str] = _DIFFERS

    def missing(self) -> str | None:
        found = shutil.which("virtuoso-t") and shutil.which("isql-vt")
        return None if found else f"not installed: {INSTALL}"

    def version(self) -> str:
        told = subprocess.run(
            ["virtuoso-t", "-?"], capture_output=True, text=True, timeout=30, check=False
        )
        words = (told.stdout + told.stderr).partition("Version ")[2].split()
        return words[0] if words else "unknown"

    def load(self, data: Data, folder: Path) -> None:
        """Start it on an empty database, load the dump with its bulk loader, stop it."""
        folder.mkdir(parents=True)
        command = self.command(data, folder, free_port())
        sql = int((folder / "sql-port").read_text())
        log = folder / "loading.log"
        with running(command, log=log, cwd=folder) as process:
            wait(sql, process, log)
            place, name = data.dump.resolve().parent, data.dump.name
            run(sql, f"ld_dir('{place}', '{name}', 'urn:default');")
            run(sql, "rdf_loader_run();")
            failed = run(
                sql, "SELECT 'FAILED', ll_error FROM DB.DBA.load_list WHERE ll_error IS NOT NULL;"
            )
            if "FAILED" in failed:
                raise RuntimeError(f"Virtuoso did not load the data: {failed[-2000:]}")
            run(sql, "checkpoint;")
            subprocess.run(_isql(sql, "shutdown;"), capture_output=True, timeout=300, check=False)
            process.wait(300)

    def command(self, data: Data, folder: Path, port: int) -> list[str]:
        sql = free_port()
        (folder / "sql-port").write_text(str(sql))
        text = configuration(folder.resolve(), data.dump.resolve().parent, sql, port)
        (folder / "virtuoso.ini").write_text(text, encoding="utf-8")
        return ["virtuoso-t", "+configfile", str(folder / "virtuoso.ini"), "+foreground"]

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/sparql"


def _isql(port: int, statement: str) -> list[str]:
    return ["isql-vt", f"127.0.0.1:{port}", "dba", "dba", "ERRORS=STDOUT", f"exec={statement}"]


def run(port: int, statement: str) -> str:
    """What the server on this port answers to an SQL statement of its administrator."""
    done = subprocess.run(
        _isql(port, statement), capture_output=True, text=True, timeout=3600, check=False
    )
    output = done.stdout + done.stderr
    if done.returncode or "*** Error" in output:
        raise RuntimeError(f"Virtuoso refused {statement}: {output[-2000:]}")
    return output


def _answers(port: int) -> bool:
    try:
        run(port, "SELECT 1;")
    except RuntimeError:
        return False
    return True


def wait(sql: int, process: subprocess.Popen[str], log: Path) -> None:
    """Returns when the server answers."""
    end = time.monotonic() + _SECONDS_TO_START
    while not _answers(sql):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"Virtuoso did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)
