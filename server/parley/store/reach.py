"""Which addresses are of the public internet, and a connection to one of them and no other."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from parley.errors import Forbidden

Resolve = Callable[[str, int], list[str]]
# Public by number, yet no service: 6to4 and its relays, Teredo, protocol assignments, Azure's host.
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in "2002::/16 192.88.99.0/24 2001::/32 192.0.0.0/24 168.63.129.16/32".split()
)
_UNICAST = ipaddress.ip_network("2000::/3")


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet.

    An IPv6 address that carries an IPv4 one (mapped, compatible, NAT64, 6to4, Teredo) is not.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.version == 6 and ip not in _UNICAST:
        return False
    if any(ip.version == network.version and ip in network for network in _NEVER):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def connect(
    target: str, until: float, resolve: Resolve, public: Callable[[str], bool]
) -> http.client.HTTPConnection:
    """A connection to a public address of the target's host, and to no other.

    It ends by the monotonic time `until`. Raises Forbidden, OSError.
    """
    parts = urlsplit(target)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    addresses = resolve(host, port)
    private = [address for address in addresses if not public(address)]
    if private or not addresses:
        where = f"leads to {private[0]}, which is no public address" if private else "is unknown"
        raise Forbidden(f"SERVICE <{target}> is not allowed: {host} {where}")
    sock = socket.create_connection((addresses[0], port), timeout=min(left(until), 10.0))
    sock.settimeout(left(until))
    if not secure:
        connection = http.client.HTTPConnection(host, port)
        connection.sock = sock
        return connection
    try:
        context = ssl.create_default_context()
        wrapped = context.wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise
    connection = http.client.HTTPSConnection(host, port)
    connection.sock = wrapped
    return connection


def left(until: float) -> float:
    """Seconds up to the monotonic time `until`; raises TimeoutError when it is past."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("its time is over")
    return seconds
