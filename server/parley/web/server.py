"""The production server: granian, its processes told everything by the settings.

The main process answers nothing, so it imports nothing that answers (see `loading`).
"""

from __future__ import annotations

import errno
import math
import os
import resource
import socket
from collections.abc import Callable
from dataclasses import fields

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from parley.errors import ParleyError
from parley.settings import Settings, variable
from parley.store.allocating import TUNABLES
from parley.web.connections import READERS, SENDERS

_HEADERS = 1 << 17  # bytes of a request's headers, its address included
_PARTING = 5  # seconds beyond the last query's deadline until a process that does not end is killed
_OTHERS = 24  # threads for what is quick, and for writes that wait for their turn
_CONNECTIONS = 1024  # of one process; a connection without a request takes no thread
_FILES = 8192  # open files of a process; a connection is one, and a large answer another


def run(settings: Settings, started: Callable[[], None] = lambda: None) -> None:
    """Serve until interrupted; `started` is called once the server listens.

    Raises ParleyError when the address cannot be listened on.
    """
    _look_at(settings.host, settings.port)
    os.environ.update({**environ(settings), **TUNABLES})
    threads = settings.concurrent_queries + settings.queue_length + READERS + SENDERS + _OTHERS
    server = Granian(
        "parley.web.loading:load_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,  # to tell HTTP/2 apart it would wait for a first byte without end
        workers=settings.workers,
        blocking_threads=threads,
        backpressure=_connections(threads),
        respawn_failed_workers=True,
        workers_kill_timeout=math.ceil(settings.query_timeout) + _PARTING,
        websockets=False,
        log_level=LogLevels.error,  # it warns of the threads that wait for queries
        http1_settings=HTTP1Settings(
            header_read_timeout=round(settings.request_timeout * 1000), max_buffer_size=_HEADERS
        ),
    )
    server.on_startup(started)
    server.serve()


def _connections(threads: int) -> int:
    """How many connections a process may have, its limit of open files raised to bear them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(threads, min(_CONNECTIONS, max(soft, wanted) // 2))


def _look_at(host: str, port: int) -> None:
    """Bind to the address once: the server's own socket would share it with another server."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
            sock.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ParleyError(
                f"port {port} on {host} is taken by another program; stop that, or choose "
                "another one with --port"
            ) from error
        raise ParleyError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; choose others with "
            "--host and --port"
        ) from error


def environ(settings: Settings) -> dict[str, str]:
    """The settings as `PARLEY_…` variables."""
    found = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, tuple):
            value = ",".join(value)
        found[variable(field.name)] = "" if value is None else str(value)
    return found
