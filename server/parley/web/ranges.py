"""The rest of a file, for whoever has its beginning (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import replace

from parley.web.exchange import Reply, Request

_FROM = re.compile(r"bytes=([0-9]{1,18})-\Z")


def from_range(request: Request, reply: Reply) -> Reply:
    """206 with what is left of a file after the bytes that `Range: bytes=N-` says are there.

    Other ranges are not looked at, as the specification allows: then the whole is sent. For files
    that never change, and whose reader checks the whole by a digest.
    """
    match = _FROM.match(request.header("Range"))
    if match is None or reply.file is None or request.method != "GET" or reply.status != 200:
        return reply
    start = int(match[1])
    if start >= reply.size:
        return reply
    reply.file.seek(start)
    part = ("Content-Range", f"bytes {start}-{reply.size - 1}/{reply.size}")
    return replace(reply, status=206, size=reply.size - start).header(part)
