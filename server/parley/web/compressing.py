"""Content coding: what a client takes is compressed, in memory or from one file to another."""

from __future__ import annotations

import gzip
import sys
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from parley.web.exchange import Reply

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP, ZSTD = "gzip", "zstd"
CODINGS = (ZSTD, GZIP)  # the first goes before others that a client wants as much
_WORTH = 1 << 10  # below so many bytes nothing is gained
_LEVELS = {GZIP: 3, ZSTD: 3}
_CHUNK = 1 << 18
_CLOSED = ("image/png", "image/jpeg", "application/zip", "application/gzip", "font/woff2")


@lru_cache(maxsize=256)
def coding(accepted: str, offered: tuple[str, ...] = CODINGS) -> str:
    """The content coding for an Accept-Encoding header, empty for none.

    Of those that the header names, the one with the highest q, if that is not below identity's.
    """
    given = parse_accept_header(accepted[:1000], Accept)
    named = [name for name in offered if name in given.values()]
    best = max(named, key=lambda name: given[name], default="")
    return best if best and given[best] > 0 and given[best] >= given["identity"] else ""


def tagged(etag: str, chosen: str) -> str:
    """The ETag of a reply in a content coding: each coding is another representation."""
    return f'{etag[:-1]}-{chosen}"' if chosen else etag


def untagged(etag: str) -> str:
    """The ETag without the mark of a content coding."""
    for name in CODINGS:
        etag = etag.removesuffix(f'-{name}"') + '"' if etag.endswith(f'-{name}"') else etag
    return etag


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
        return replace(reply, body=_packed(reply.body, chosen), headers=headers)
    file = cast(BinaryIO, tempfile.TemporaryFile(dir=folder))  # noqa: SIM115  # handed over
    with reply.file, _packing(file, chosen) as target:
        while piece := reply.file.read(_CHUNK):
            target.write(piece)
    size = file.tell()
    file.seek(0)
    return replace(reply, headers=headers, file=file, size=size)


def _packed(body: bytes, chosen: str) -> bytes:
    if chosen == ZSTD:
        return zstd.compress(body, _LEVELS[ZSTD])
    return gzip.compress(body, _LEVELS[GZIP], mtime=0)


def _packing(file: BinaryIO, chosen: str) -> gzip.GzipFile | zstd.ZstdFile:
    """A file that packs into another, which it does not close."""
    if chosen == ZSTD:
        return zstd.ZstdFile(file, "wb", level=_LEVELS[ZSTD])
    return gzip.GzipFile("", "wb", _LEVELS[GZIP], file, mtime=0)
