"""The connections of clients to this process, as the kernel sees them.

A WSGI server does not tell an application that its client has hung up, nor which connection a
request came by. Linux tells of each connection when something was last heard and said on it, and
that is enough to find both out. Elsewhere there are no connections to be seen, and the deadline of
a query is all there is.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
from dataclasses import dataclass

# For each of them a thread waits, whatever the client does; so they are bounded.
READERS = 24  # bodies that may be arriving at once
SENDERS = 48  # answers that may be sent piece by piece at once

_ESTABLISHED = 1
_INFO = struct.Struct("@8B24I4Q3I")  # the beginning of struct tcp_info, as of Linux 4.6
_STATE = 0
_SAID, _HEARD = 17, 19  # milliseconds since data was last sent, last received
_TAKEN, _RECEIVED, _UNSENT = 34, 35, 38  # bytes acknowledged, received, waiting to be sent


@dataclass(frozen=True)
class Connection:
    """One connection: the client's address and port, and seconds since either side's last data.

    `taken` are the bytes that the client has taken so far; `unsent` wait until it takes more. One
    that either side has begun to end is not `whole`; when it is torn, the address is not known.
    """

    file: int
    address: str
    port: int
    heard: float
    said: float
    taken: int
    unsent: int
    whole: bool


def connections(port: int) -> list[Connection]:
    """All connections of clients to our `port`."""
    if sys.platform != "linux":
        return []
    found = []
    for name in os.listdir("/dev/fd"):
        with contextlib.suppress(OSError), _opened(int(name)) as sock:
            if sock.family not in (socket.AF_INET, socket.AF_INET6):
                continue
            if sock.type != socket.SOCK_STREAM or sock.getsockname()[1] != port:
                continue
            told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
            info = _INFO.unpack(told.ljust(_INFO.size, b"\0"))  # an older kernel tells less
            if info[_STATE] != _ESTABLISHED and not info[_RECEIVED]:
                continue  # what listens
            found.append(
                Connection(
                    int(name),
                    *_peer(sock),
                    heard=info[_HEARD] / 1000,
                    said=info[_SAID] / 1000,
                    taken=info[_TAKEN],
                    unsent=info[_UNSENT],
                    whole=info[_STATE] == _ESTABLISHED,
                )
            )
    return found


def close(connection: Connection) -> None:
    """Ends a connection, if it is still the one that was seen."""
    with contextlib.suppress(OSError), _opened(connection.file) as sock:
        if sock.getpeername()[:2] == (connection.address, connection.port):
            sock.shutdown(socket.SHUT_RDWR)


def _peer(sock: socket.socket) -> tuple[str, int]:
    try:
        address, port, *_ = sock.getpeername()
    except OSError:
        return "", 0
    return str(address), int(port)


def _opened(file: int) -> socket.socket:
    copy = os.dup(file)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
