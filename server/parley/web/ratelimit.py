"""How often each client may try: a bucket of attempts that refills evenly (token bucket)."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from parley.web.problems import TooMany

_CLIENTS = 10_000  # remembered at once; who has not tried for longest is forgotten first


class RateLimit:
    """At most `rate` attempts a minute for each client; 0 is no limit. Threads may share it."""

    def __init__(self, rate: int, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._now = now
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # attempts, as of when

    def __len__(self) -> int:
        """How many clients are remembered."""
        return len(self._left)

    def count(self, client: str) -> None:
        """Counts an attempt of a client's address. Raises TooMany."""
        if not self._rate:
            return
        key, now = _network(client), self._now()
        with self._lock:
            left, since = self._left.pop(key, (float(self._rate), now))
            left = min(self._rate, left + (now - since) * self._rate / 60)
            allowed = left >= 1
            self._left[key] = (left - 1 if allowed else left, now)
            if len(self._left) > _CLIENTS:
                self._left.popitem(last=False)
        if not allowed:
            wait = math.ceil((1 - left) * 60 / self._rate)
            raise TooMany(
                f"more than {self._rate} sign-ins or writes without a valid token in a minute",
                retry_after=max(wait, 1),
            )


def _network(client: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client[:64]
    if address.version == 4 or address.ipv4_mapped:
        return str(address)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
