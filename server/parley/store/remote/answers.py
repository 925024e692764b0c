"""What a store answered, read from end to end and written anew in the format that is wanted.

So every engine's answers look the same here, its rows are counted, and an answer that breaks off
or has the text of an error pasted into it is an error.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph as ox

from parley.errors import StoreFailed, Unwritable
from parley.formats import Format, named
from parley.sparql import Kind, Parsed, tokens
from parley.sparql.columns import spell_out
from parley.store.backend import Answer
from parley.store.remote.wire import Raw
from parley.store.serialising import Results, serialise
from parley.store.spool import Spool

ACCEPT_ROWS = "application/sparql-results+json"
ACCEPT_GRAPH = "application/n-triples, text/turtle;q=0.5"
_VARS = re.compile(rb'"vars"\s*:\s*(\[[^\]]*\])')
_HEAD = 1 << 16  # bytes in which the names of the columns are looked for
# Headers by which Virtuoso says that it has left rows out.
_CUT = ("x-sparql-maxrows", "x-sql-state")


def answer(
    raw: Raw,
    parsed: Parsed,
    form: Format,
    request: dict[str, Any],  # Any: JSON
    folder: Path,
    version: int,
) -> Answer:
    """The answer to a query from what a store sent with status 200.

    Raises StoreFailed for what is no such answer, WrongFormat, TooLarge.
    """
    cut = next((name for name in _CUT if name in raw.headers), None)
    if cut is not None:
        raise StoreFailed(
            f"the store left out a part of the answer (it says {cut}: {raw.headers[cut][:100]}); "
            "raise its limit on rows, or ask for less"
        )
    kept: list[Spool] = []
    try:
        head, body = serialise(_results(raw, parsed.text, parsed.kind), form, request, folder, kept)
    except BaseException as error:
        for spool in kept:
            if spool.file is not None:
                spool.file.close()
        if isinstance(error, OSError):
            raise Unwritable(
                f"the answer cannot be spooled: {error.strerror or error}; free some disk space"
            ) from error
        if isinstance(error, SyntaxError | ValueError | RuntimeError | EOFError):
            raise StoreFailed(
                f"the store's answer breaks off, or is no {raw.media_type or 'result'}: {error}"
            ) from error
        raise
    file = kept[0].file
    return Answer(
        version,
        form.media_type,
        head["kind"],
        head["rows"],
        head["truncated"],
        head["size"],
        body if file is None else None,
        file,
    )


def _results(raw: Raw, query: str, kind: Kind) -> Results:
    form = named(raw.media_type)
    if form is None:
        raise StoreFailed(
            f"the store answered with {raw.media_type or 'no media type'}: {raw.said()}"
        )
    if isinstance(form.engine, ox.QueryResultsFormat):
        found = ox.parse_query_results(_in_order(raw.file, query), form.engine)
        return _yes(found) if kind == "ask" else found
    quads = ox.parse(raw.file, form.engine)
    return cast(Iterator[ox.Triple], (quad.triple for quad in quads))


def _yes(found: ox.QuerySolutions | ox.QueryBoolean) -> ox.QueryBoolean:
    """A yes or no, which Virtuoso says as a table of one number."""
    if isinstance(found, ox.QueryBoolean):
        return found
    values = [row[0] for row in found]
    yes = any(isinstance(value, ox.Literal) and value.value == "1" for value in values)
    told = json.dumps({"head": {}, "boolean": yes})
    answer = ox.parse_query_results(told, ox.QueryResultsFormat.JSON)
    assert isinstance(answer, ox.QueryBoolean)
    return answer


def _in_order(file: IO[bytes], query: str) -> IO[bytes]:
    """A result in JSON, its columns in the order of the query where that says `SELECT *`."""
    start = file.read(_HEAD)
    found = _VARS.search(start)
    if found is not None:
        try:
            given = json.loads(found[1])
        except ValueError:
            given = []
        if given and spell_out(query, given) is not None:
            named = [token.text[1:] for token in tokens(query) if token.kind == "var"]
            wanted = json.dumps(sorted(given, key=named.index)).encode()
            start = start[: found.start(1)] + wanted + start[found.end(1) :]
    return cast(IO[bytes], io.BufferedReader(_Joined(start, file), _HEAD))


class _Joined(io.RawIOBase):
    """The bytes of `start`, and then those of a file from where it is."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start = io.BytesIO(start)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # Any: a buffer, as in the class
        piece = self._start.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
