"""Messages between processes: a JSON head, a body of bytes, and open files along with them."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from typing import Any, NamedTuple

_SIZES = struct.Struct("!II")
_PIECE = 1 << 18
_ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_DECODE = json.JSONDecoder().decode


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


def receive(sock: socket.socket, until: float | None = None) -> Frame:
    """Receives one message, by the monotonic time `until` if given.

    Raises TimeoutError when that has passed, EOFError when the other side is gone.
    """
    files: tuple[int, ...] = ()
    try:
        sock.settimeout(_left(until))
        data, ancillary, _, _ = socket.recv_fds(sock, _PIECE, 1)
        files = tuple(ancillary)
        data = _fill(sock, data, _SIZES.size, until)
        head_size, body_size = _SIZES.unpack_from(data)
        data = _fill(sock, data, _SIZES.size + head_size + body_size, until)
    except BaseException:
        for file in files:
            os.close(file)
        raise
    start = _SIZES.size + head_size
    return Frame(_DECODE(data[_SIZES.size : start].decode()), data[start:], files)


def _fill(sock: socket.socket, data: bytes, size: int, until: float | None) -> bytes:
    if len(data) >= size and data:
        return data
    pieces, have = [data], len(data)
    while have < size:
        if not pieces[-1]:
            raise EOFError
        sock.settimeout(_left(until))
        pieces.append(sock.recv(min(_PIECE, size - have)))
        have += len(pieces[-1])
    return b"".join(pieces)


def _left(until: float | None) -> float | None:
    if until is None:
        return None
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
