"""Counts the rows of a serialised result while it is written, exactly, and cuts it after a row.

The engine writes results much faster than Python could; what is left for Python is to find where
rows begin. A cheap expression does it wherever no literal could deceive it (`trap` is absent);
elsewhere a careful one skips over quoted text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from parley.formats import Format


@dataclass(frozen=True)
class Shape:
    """How a format writes rows: a mark before each row, or after the header and each row."""

    mark: re.Pattern[bytes]
    careful: re.Pattern[bytes]
    trap: bytes  # empty: the cheap expression is always right
    after: bool
    comma: bytes  # between two rows
    tail: bytes
    note: tuple[bytes, bytes] | None = None  # before what the head takes a link, and it


_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'
_JSON = Shape(
    # What is looked for first is plain text, which the matcher finds four times as fast.
    re.compile(rb'\{"(?<=[\[,]\{")[^"]+":\{"'),
    re.compile(_STRING + rb"|\{(?<=[\[,]\{)", re.DOTALL),
    b"{}",
    False,
    b",",
    b"]}}",
    (b'"vars":[', b'"link":["%s"],'),
)
_XML = Shape(
    re.compile(rb"<result>"),
    re.compile(b""),
    b"",
    False,
    b"",
    b"</results></sparql>",
    (b"</head>", b'<link href="%s"/>'),
)
_CSV = Shape(re.compile(rb"\r\n"), re.compile(rb'"[^"]*(?:"|\Z)|\r\n'), b'"', True, b"", b"")
_LINES = Shape(re.compile(rb"\n"), re.compile(b""), b"", True, b"", b"")
_SHAPES = {"json": _JSON, "xml": _XML, "csv": _CSV, "tsv": _LINES, "nt": _LINES, "nq": _LINES}


class RowCounter:
    """Counts the rows in a growing text; `limit` is the most there may be.

    Feed it text that starts where the last `feed` said to go on; it never looks twice at a
    counted part.
    """

    def __init__(self, form: Format, limit: int) -> None:
        self._shape = _SHAPES[form.extension]
        # Results in CSV and TSV begin with a row of names; N-Triples do not.
        self._header = 1 if form.extension in ("csv", "tsv") else 0
        self._limit = limit
        self._marks = 0

    @property
    def rows(self) -> int:
        """How many rows were found so far."""
        return max(0, self._marks - self._header)

    @property
    def tail(self) -> bytes:
        """What completes a result that was cut after a row."""
        return self._shape.tail

    def note(self, link: str) -> tuple[bytes, bytes] | None:
        """The text in the head before which a link may stand, and the link as written there."""
        if self._shape.note is None or not link:
            return None
        after, written = self._shape.note
        return after, written % quote(link, safe="/:?#[]@!$()*+,;=%~").encode()

    def feed(self, text: bytes) -> tuple[int, int | None]:
        """Counts; returns up to where it did, and where to cut when the limit is passed."""
        shape = self._shape
        if shape.trap and shape.trap in text:
            found = [m for m in shape.careful.finditer(text) if m[0][:1] != b'"']
        else:
            found = list(shape.mark.finditer(text))
        if not found:
            return 0, None
        allowed = self._limit + self._header - self._marks
        self._marks += len(found)
        cut = None
        if len(found) > allowed:
            if not shape.after:
                cut = found[allowed].start() - len(shape.comma)
            else:
                cut = found[allowed - 1].end() if allowed else 0
        return found[-1].end() if shape.after else found[-1].start() + (not shape.comma), cut


def countable(form: Format) -> bool:
    """Whether rows of the format can be counted in its text."""
    return form.extension in _SHAPES
