"""Content coding: what a client takes is compressed, in memory or from one file to another."""

from __future__ import annotations

import gzip
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from parley.web.exchange import Reply

GZIP = "gzip"
_WORTH = 1 << 10  # below so many bytes nothing is gained
_LEVEL = 3
_CHUNK = 1 << 18
_CLOSED = ("image/png", "image/jpeg", "application/zip", "application/gzip", "font/woff2")


@lru_cache(maxsize=256)
def coding(accepted: str) -> str:
    """The content coding for an Accept-Encoding header: gzip, or empty for none."""
    if GZIP not in accepted:
        return ""
    given = parse_accept_header(accepted[:1000], Accept)
    return GZIP if given[GZIP] > 0 and given[GZIP] >= given["identity"] else ""


def tagged(etag: str, chosen: str) -> str:
    """The ETag of a reply in a content coding: each coding is another representation."""
    return f'{etag[:-1]}-{chosen}"' if chosen else etag


def untagged(etag: str) -> str:
    """The ETag without the mark of a content coding."""
    return etag.removesuffix(f'-{GZIP}"') + '"' if etag.endswith(f'-{GZIP}"') else etag


def compressed(reply: Reply, accepted: str, folder: Path | None = None) -> Reply:
    """The reply in the content coding its client wants most, its length known.

    A file is compressed into another nameless file in `folder`. What is small, or compressed
    already, stays as it is.
    """
    size = reply.size if reply.file is not None else len(reply.body)
    chosen = coding(accepted)
    coded = any(
        name == "Content-Encoding" or (name, value) == ("Cache-Control", "no-transform")
        for name, value in reply.headers
    )
    if not chosen or size < _WORTH or coded or reply.media_type in _CLOSED or reply.status != 200:
        return reply
    headers = (
        *((name, tagged(v, chosen) if name == "ETag" else v) for name, v in reply.headers),
        ("Content-Encoding", chosen),
    )
    if reply.file is None:
        body = gzip.compress(reply.body, _LEVEL, mtime=0)
        return replace(reply, body=body, headers=headers)
    file = cast(BinaryIO, tempfile.TemporaryFile(dir=folder))  # noqa: SIM115  # handed over
    with reply.file, gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as target:
        while piece := reply.file.read(_CHUNK):
            target.write(piece)
    size = file.tell()
    file.seek(0)
    return replace(reply, headers=headers, file=file, size=size)
