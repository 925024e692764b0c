"""The backend of an instance folder: versions on this machine, queried by workers."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from parley.errors import (
    BadInput,
    ParleyError,
    Refused,
    Stale,
    StoreDamaged,
    TooLarge,
    Unwritable,
    WorkerLost,
)
from parley.formats import Format
from parley.settings import Settings
from parley.sparql import Parsed, allow, explain, read, reroute, silence
from parley.store.backend import (
    Answer,
    Cancel,
    Deadline,
    Download,
    Downloaded,
    GraphWrite,
    Query,
    Update,
    Written,
    WrongFormat,
)
from parley.store.change import Change
from parley.store.difference import Difference
from parley.store.downloads import Downloads
from parley.store.frames import Frame
from parley.store.guarding import Guard, Guarding
from parley.store.ledger import Message
from parley.store.places import Places
from parley.store.pool import Pool, Size
from parley.store.processes import Worker
from parley.store.relay import Relay
from parley.store.served import Served
from parley.store.spool import spool_folder
from parley.store.versions import Version, Versions
from parley.store.writer import ROWS
from parley.store.writing import carry_out

ANSWER_LIMIT = 4 << 30
PREFIXED = {"ttl", "trig", "rdf"}  # formats that can abbreviate IRIs


class LocalBackend:
    """Answers queries from the versions of an instance and commits changes to it.

    `union` says that the default graph of a query that names no dataset is the union of all
    graphs. `guard` names the process that derives and checks live writes, None for no checks.
    `prefixes` abbreviate IRIs in Turtle and TriG. Services are asked through `relay`.
    """

    def __init__(
        self,
        versions: Versions,
        settings: Settings,
        *,
        union: bool = True,
        guard: Guard | None = None,
        answer_limit: int = ANSWER_LIMIT,
        prefixes: Mapping[str, str] | None = None,
        relay: Relay | None = None,
    ) -> None:
        self._relay = relay or Relay()
        self._prefixes = dict(prefixes or {})
        self._versions = versions
        self._served = Served(versions)
        self._settings = settings
        self._union = union
        self._guard = guard
        self._writers = Places(1, settings.queue_length, "write is")
        self._downloads = Downloads(settings)
        self._answer_limit = answer_limit
        self._lock = threading.Lock()
        self._current: Version | None = None
        self._pool: Pool | None = None
        self._guarding: Guarding | None = None
        self._closed = False

    def version(self) -> Version:
        """The current version, as of now, whichever process published it; see `Served`.

        Raises NotFound, StoreDamaged.
        """
        version = self._served.version()
        if version is not self._current:
            self._started().use(version)
            self._current = version
        return version

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with the instance, in words, with the command that mends it."""
        return self._served.troubles

    def select(
        self,
        query: Query,
        fmt: Format,
        deadline: Deadline,
        version: int | None = None,
        cancel: Cancel | None = None,
    ) -> Answer:
        """The answer to a query; see `Backend.select`."""
        chosen = self._current  # who names its number has just been told of it
        if chosen is None or version != chosen.number:
            chosen = self.version()
            if version is not None and version != chosen.number:
                chosen = self._versions.get(version)
        settings = self._settings
        parsed = silence(read(query.text), settings.service_hosts)
        allow(parsed, settings.service_hosts)
        request = {
            "text": parsed.text,
            "base": query.base,
            "default_graphs": query.default_graphs,
            "named_graphs": query.named_graphs,
            "union": self._union and not parsed.dataset_clause,
            "format": fmt.media_type,
            "row_limit": settings.row_limit,
            "truncate": query.truncate,
            "cut_link": query.cut_link,
            "prefixes": self._prefixes if fmt.extension in PREFIXED else {},
            "inline": settings.spool_bytes,
            "answer_limit": self._answer_limit,
            "memory": deadline.memory,
            "seconds": deadline.seconds,
        }
        if parsed.services:
            frame = self._relayed(chosen, request, parsed, deadline, cancel)
        else:
            frame = self._started().ask(chosen, request, deadline, cancel)
        head = frame.head
        if head.get("error") == "StoreDamaged":
            instead = self._instead_of(chosen)
            if instead is not None:
                return self.select(query, fmt, deadline, instead.number, cancel)
        if "error" in head:
            raise _error(head, parsed)
        return Answer(
            chosen.number,
            fmt.media_type,
            head["kind"],
            head["rows"],
            head["truncated"],
            head["size"],
            None if frame.files else frame.body,
            os.fdopen(frame.files[0], "rb") if frame.files else None,
        )

    def _relayed(
        self,
        version: Version,
        request: dict[str, Any],  # Any: JSON
        parsed: Parsed,
        deadline: Deadline,
        cancel: Cancel | None,
    ) -> Frame:
        """The reply to a query whose services are asked by the relay."""
        with self._relay.ticket(deadline.seconds) as ticket:
            text = reroute(parsed.text, ticket.address)
            frame = self._started().ask(version, {**request, "text": text}, deadline, cancel)
            if "error" in frame.head and ticket.problem is not None:
                raise ticket.problem
            return frame

    def _instead_of(self, version: Version) -> Version | None:
        """The version to ask after one could not be read, None when that would not help.

        One that was pruned meanwhile is rebuilt; when the current one turns out to be damaged,
        the last good one stands in.
        """
        if not version.folder.exists() and version.number != self._versions.number():
            return self._versions.get(version.number)
        if version is not self._current:
            return None
        self._served.suspect()
        instead = self.version()
        return instead if instead.number != version.number else None

    def download(
        self, wanted: Download, version: int | None = None, cancel: Cancel | None = None
    ) -> Downloaded:
        """A whole version or graph as a file; see `Backend.download`."""
        chosen = self.version()
        if version is not None and version != chosen.number:
            chosen = self._versions.get(version)
        ask = partial(self._started().ask, chosen)
        return self._downloads.get(wanted, chosen, self._prefixes, ask, cancel)

    def write(
        self,
        wanted: Update | GraphWrite | Change,
        message: Message,
        deadline: Deadline,
        parent: Version | None = None,
        *,
        dry_run: bool = False,
    ) -> Written:
        """Carries out an update, the write of a graph, or a change; see `Backend.write`."""
        if isinstance(wanted, Update):  # SERVICE is for queries: not even a silent one gets in
            allow(replace(read(wanted.text), loads=()), ())
        self._writers.take(deadline.seconds)
        try:
            while True:
                version = parent or self.version()
                self._served.refuse_writes()
                try:
                    return self._write(wanted, message, deadline, version, dry_run)
                except Stale:  # another process published between these two lines
                    if parent is not None:
                        raise
                except StoreDamaged:
                    self._served.suspect()
                    raise
        finally:
            self._writers.give()

    def _write(
        self,
        wanted: Update | GraphWrite | Change,
        message: Message,
        deadline: Deadline,
        parent: Version,
        dry_run: bool,
    ) -> Written:
        with self._versions.stage(parent) as staged:
            folder = staged.folder.resolve()
            try:
                reply = carry_out(
                    self._writer(folder, parent), wanted, deadline, folder, dry_run=dry_run
                )
            except Refused as refused:
                assert self._guard is not None
                report = self._guard.report(refused.report)
                rows = staged.folder / ROWS if dry_run else None
                tried = rows and Change.from_patch(rows.read_text("utf-8"))
                raise Refused(refused.message, report, tried) from None
            added, removed, existed = reply["added"], reply["removed"], reply["existed"]
            exact = Difference(staged.folder / ROWS, added, removed)
            if dry_run:
                change = Change.from_patch(exact.path.read_text("utf-8"))
                report = reply.get("report")
                if report is not None and self._guard is not None:
                    report = self._guard.report(report)
                return Written(parent, added, removed, existed, change, report)
            if not added and not removed:
                return Written(parent, 0, 0, existed)
            staged.adopt()
            made = self._versions.publish(staged, exact, message)
        self.version()  # whoever reads next sees it
        return Written(made, added, removed, existed)

    def _writer(self, folder: Path, parent: Version) -> Worker:
        self._started()
        if self._guarding is None:
            return self._started().fork_writer(folder, parent.number)
        return self._guarding.writer(folder, parent.number)

    def stats(self) -> dict[str, int]:
        """Counters and gauges of the workers; see `Pool.stats`."""
        return self._started().stats()

    def pids(self) -> dict[str, list[int]]:
        """The process ids of the fork server (`root`) and of the `idle` workers."""
        return self._started().pids()

    def wait_loaded(self, timeout: float) -> bool:
        """Waits until no load into memory is under way; whether the version is in memory now."""
        return self._started().wait_loaded(timeout)

    def close(self) -> None:
        """Ends the workers, for good: whoever still asks gets WorkerLost."""
        with self._lock:
            self._closed = True
            pool, self._pool, self._current = self._pool, None, None
            guarding, self._guarding = self._guarding, None
        if guarding is not None:
            guarding.close()
        if pool is not None:
            pool.close()
        self._relay.close()

    def _started(self) -> Pool:
        pool = self._pool
        if pool is not None:
            return pool
        with self._lock:
            if self._closed:
                raise WorkerLost("the server is shutting down")
            if self._pool is None:
                settings = self._settings
                size = Size(
                    settings.concurrent_queries,
                    settings.queue_length,
                    settings.memory_store_limit,
                )
                spool = spool_folder(settings.instance)
                share = settings.instance.resolve() / "processes" / "memory"
                several = settings.workers > 1
                self._pool = Pool(
                    size, spool.resolve(), self._versions.ledger, share if several else None
                )
                if self._guard is not None:
                    self._guarding = Guarding(self._guard, spool.resolve())
            return self._pool


def _error(head: dict[str, Any], parsed: Parsed) -> ParleyError:  # Any: JSON
    message = head["message"]
    match head["error"]:
        case "BadQuery":
            return explain(parsed.text, message)
        case "BadInput":
            return BadInput(message)
        case "TooLarge":
            return TooLarge(message, limit=head["limit"], value=head["value"])
        case "WrongFormat":
            return WrongFormat(message, result=head["result"])
        case "StoreDamaged":
            return StoreDamaged(message)
        case "Unwritable":
            return Unwritable(message)
    return ParleyError(message)
