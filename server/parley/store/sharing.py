"""One copy of the data in memory for all web processes of an instance.

The web process that fills memory has its generation listen at a socket of the instance; the others
fork their workers from there instead of loading a copy of their own. A generation ends when the
last has left it, or with the web process that loaded it: then the others load it anew, one of them
for all. The socket is open to the user of the server only.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from parley.errors import ParleyError
from parley.store.disk import locked
from parley.store.processes import Generation

_LONGEST = 100  # bytes of a socket's path; Linux takes 107, macOS 103 (unix(7), sys/un.h)
_GREETING = 10.0  # seconds in which a generation greets who comes


class Common:
    """The generation that web processes share at the socket `place`; none where that is None.

    Where the path is too long for a socket, or the folder cannot be written, each process keeps
    a copy of its own.
    """

    def __init__(self, place: Path | None) -> None:
        fits = place is not None and len(bytes(place)) <= _LONGEST
        self.place = place if fits else None

    def generation(self) -> Generation | None:
        """What another process has loaded, None when there is nothing."""
        if self.place is None:
            return None
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.settimeout(_GREETING)
            sock.connect(str(self.place))
            generation = Generation(sock, 0)
            generation.wait_ready()
        except (OSError, ParleyError):
            sock.close()
            return None
        return generation

    @contextlib.contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether it is this process's turn to load; nobody else has it meanwhile."""
        with contextlib.ExitStack() as stack:
            mine = True
            if self.place is not None:
                with contextlib.suppress(OSError):
                    mine = stack.enter_context(locked(self.place.with_suffix(".lock"), wait=False))
            yield mine
