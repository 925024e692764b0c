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

_INFO = struct.Struct("@8B13I")  # the beginning of struct tcp_info
_SAID, _HEARD = 17, 19  # milliseconds since data was last sent, last received


@dataclass(frozen=True)
class Connection:
    """One connection: the client's address and port, and seconds since either side's last data."""

    file: int
    address: str
    port: int
    heard: float
    said: float


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
            address, far, *_ = sock.getpeername()
            info = _INFO.unpack(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size))
            found.append(
                Connection(int(name), address, far, info[_HEARD] / 1000, info[_SAID] / 1000)
            )
    return found


def close(connection: Connection) -> None:
    """Ends a connection, if it is still the one that was seen."""
    with contextlib.suppress(OSError), _opened(connection.file) as sock:
        if sock.getpeername()[:2] == (connection.address, connection.port):
            sock.shutdown(socket.SHUT_RDWR)


def _opened(file: int) -> socket.socket:
    copy = os.dup(file)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
