"""Where a worker writes an answer: memory while it is small, then a nameless file; with limits."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from parley.errors import TooLarge, Unwritable
from parley.store.heads import Head
from parley.store.rows import RowCounter

_BLOCK = 1 << 18
_SPARE = 1 << 30  # bytes of the disk that answers leave free, or this part of a small disk:
_PART = 20


def spool_folder(instance: Path) -> Path:
    """The folder for answers on disk: the instance's own, or the system's where that is closed."""
    folder = instance / "spool"
    with contextlib.suppress(OSError):  # a disk that cannot be written
        folder.mkdir(parents=True, exist_ok=True)
    return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir())


class Full(Exception):
    """The answer was cut at the row limit, as its asker wished; what is spooled is complete."""


class Spool:
    """A binary file to serialise into: counts rows, stops at the limits, spills to disk.

    `inline` is the most bytes kept in memory and `limit` the most in all; a disk that is nearly
    full takes none, which is Unwritable. A counter that passes its row limit ends the writing: with
    Full when `truncate` is set, else with TooLarge. What the
    engine still flushes after Full is dropped. `head` shortens the beginning of the text. `note` is
    a place in it (the text after it) and what is written there when the answer is cut, blanks
    otherwise.
    """

    def __init__(
        self,
        folder: Path,
        *,
        inline: int,
        limit: int,
        counter: RowCounter | None = None,
        row_limit: int = 0,
        truncate: bool = False,
        note: tuple[bytes, bytes] | None = None,
        head: Head | None = None,
    ) -> None:
        self._head = head
        self._folder = folder
        self._inline = inline
        self._limit = limit
        self._counter = counter
        self._row_limit = row_limit
        self._truncate = truncate
        self._note = note if truncate else None
        self._noted = -1
        self._full = False
        self._pieces: list[bytes] = []
        self._held = 0
        self._look_at = _BLOCK
        self._written: list[bytes] = []
        self.file: BinaryIO | None = None
        self.size = 0

    def write(self, data: bytes) -> int:
        """Takes the next piece of the answer."""
        if self._full:
            return len(data)
        self._pieces.append(data)
        self._held += len(data)
        if self._held >= self._look_at:
            self._advance()
        return len(data)

    def flush(self) -> None:
        """Nothing to do: `finish` hands the answer over."""

    def finish(self) -> bytes:
        """Counts what is left; returns the body, empty when it is in `file`."""
        if not self._full:
            self._advance(last=True)
        elif self._note is not None and self._noted >= 0:
            self._overwrite(self._noted, self._note[1])
        start = 0
        if self._head is not None:
            start, text = self._head.fitted()
            if start:
                self._overwrite(start, text)
                self.size -= start
        if self.file is not None:
            self.file.flush()
            self.file.seek(start)
            return b""
        return b"".join(self._written)[start:]

    def _advance(self, *, last: bool = False) -> None:
        text = b"".join(self._pieces)
        upto, cut = len(text), None
        if self._counter is not None:
            upto, cut = self._counter.feed(text)
            if cut is not None:
                self._stop(text[:cut])
                return
        if last:
            upto = len(text)
        self._put(text[:upto])
        rest = text[upto:]
        self._pieces, self._held = [rest], len(rest)
        self._look_at = max(_BLOCK, 2 * len(rest))

    def _stop(self, text: bytes) -> None:
        assert self._counter is not None
        if not self._truncate:
            raise TooLarge(
                f"the answer has more than {self._row_limit} rows; ask for less, page with LIMIT "
                "and OFFSET, or ask for the first rows with truncate=true",
                limit="row_limit",
                value=self._row_limit,
            )
        self._put(text + self._counter.tail)
        self._full = True
        raise Full

    def _overwrite(self, at: int, data: bytes) -> None:
        if self.file is not None:
            self.file.seek(at)
            self.file.write(data)
        else:
            first = self._written[0]
            self._written[0] = first[:at] + data + first[at + len(data) :]

    def _put(self, data: bytes) -> None:
        if self._note is not None and self.size == 0 and data:
            after, note = self._note
            self._noted = at = data.find(after)
            if at >= 0:
                data = data[:at] + b" " * len(note) + data[at:]
        if self._head is not None:
            self._head.see(data)
        self.size += len(data)
        if self.size > self._limit:
            raise TooLarge(
                f"the answer is larger than {self._limit} bytes; ask for less, or page with "
                "LIMIT and OFFSET",
                limit="answer_limit",
                value=self._limit,
            )
        if self.file is None and self.size > self._inline:
            self.file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # handed over
            self.file.writelines(self._written)
            self._written = []
        if self.file is not None:
            _look_at(self.file)
            self.file.write(data)
        else:
            self._written.append(data)


def _look_at(file: BinaryIO) -> None:
    """Raises Unwritable when the disk of a file is nearly full: commits need what is left."""
    disk = os.fstatvfs(file.fileno())
    if disk.f_bavail * disk.f_frsize < min(_SPARE, disk.f_blocks * disk.f_frsize // _PART):
        raise Unwritable(
            "the answer is too large for the disk of this server, which is nearly full; ask for "
            "less, or free some space"
        )
