"""Messages between processes: a JSON head, a body of bytes, and open files along with them."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from typing import Any, NamedTuple

_SIZES = struct.Struct("!II")
# What most messages fit into. A buffer of many pages for each would cost more than all the rest:
# the C library goes over its whole heap to find one.
_PIECE = 1 << 14
_FILE = socket.CMSG_SPACE(4)
_ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_DECODE = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # not in the stubs


class Frame(NamedTuple):
    """One message; `files` are file descriptors that now belong to the receiver."""

    head: dict[str, Any]  # Any: JSON
    body: bytes
    files: tuple[int, ...]


def send(
    sock: socket.socket,
    head: dict[str, Any],  # Any: JSON
    body: bytes = b"",
    files: tuple[int, ...] = (),
) -> None:
    """Sends one message; the caller keeps its own copies of the files."""
    text = _ENCODE(head).encode()
    data = _SIZES.pack(len(text), len(body)) + text + body
    if files:
        sent = socket.send_fds(sock, [data], files)
        data = data[sent:]
    sock.sendall(data)


def receive(sock: socket.socket, until: float | None = None, *, at_once: bool = False) -> Frame:
    """Receives one message, by the monotonic time `until` if given.

    Raises TimeoutError when that has passed, EOFError when the other side is gone. With `at_once`
    the message must begin within the socket's own SO_RCVTIMEO; when TimeoutError says that it did
    not, nothing of it is lost.
    """
    files: tuple[int, ...] = ()
    try:
        if not at_once:
            _limit(sock, until)
        data, ancillary, _, _ = sock.recvmsg(_PIECE, _FILE)
        if ancillary:
            files = tuple(memoryview(ancillary[0][2]).cast("i"))
        if len(data) < _SIZES.size:
            data = _fill(sock, data, _SIZES.size, until)
        head_size, body_size = _SIZES.unpack_from(data)
        start = _SIZES.size + head_size
        if len(data) < start + body_size:
            data = _fill(sock, data, start + body_size, until)
    except BaseException as error:
        for file in files:
            os.close(file)
        if isinstance(error, BlockingIOError):
            raise TimeoutError from error
        raise
    return Frame(_DECODE(data[_SIZES.size : start].decode(), 0)[0], data[start:], files)


def _fill(sock: socket.socket, data: bytes, size: int, until: float | None) -> bytes:
    """The message of which `data` is the beginning."""
    if not data:
        raise EOFError
    whole = bytearray(size)
    whole[: len(data)] = data
    have = len(data)
    with memoryview(whole) as rest:
        while have < size:
            _limit(sock, until)
            count = sock.recv_into(rest[have:])
            if not count:
                raise EOFError
            have += count
    return bytes(whole)


def _limit(sock: socket.socket, until: float | None) -> None:
    if until is None:
        return
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    sock.settimeout(left)
