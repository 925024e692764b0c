"""Which client a request came from, where proxies stand in between."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from parley.web.exchange import Request

_LONGEST = 4096  # characters of X-Forwarded-For that are looked at, from its end


class Proxies:
    """The proxies that are believed; each adds whom it was asked by to X-Forwarded-For."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(name, strict=False) for name in trusted]

    def client(self, request: Request) -> str:
        """The address of the first sender that no trusted proxy speaks for."""
        address = request.client
        if not self._networks:
            return address
        said = request.header("X-Forwarded-For")[-_LONGEST:].split(",")
        while said and self._is_trusted(address) and _is_address(said[-1].strip()):
            address = said.pop().strip()
        return address

    def _is_trusted(self, address: str) -> bool:
        return _is_address(address) and any(
            ipaddress.ip_address(address) in network for network in self._networks
        )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
