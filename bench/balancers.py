"""HAProxy and nginx before replicas, configured by the very text of the operator's guide."""

from __future__ import annotations

import re
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.data import PROJECT
from bench.processes import free_port, running

GUIDE = PROJECT / "docs/operating.md"
BALANCERS = ("haproxy", "nginx")
INSTALL = "apt-get install haproxy nginx-light"
_PRIMARY = "10.0.0.10:8000"
_REPLICAS = ("10.0.0.11:8000", "10.0.0.12:8000", "10.0.0.13:8000")
_PATIENCE = 10.0


def missing(balancer: str) -> str | None:
    """Why a balancer cannot run here, with the command that helps; None when it can."""
    return None if _program(balancer) else f"{balancer} is not installed: {INSTALL}"


def configuration(
    balancer: str, listen: int, primary: int, replicas: Sequence[int], folder: Path
) -> str:
    """The guide's text with ports of the loopback address, and only so many replicas."""
    text = GUIDE.read_text(encoding="utf-8")
    block = re.search(rf"^```{balancer}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    if block is None:
        raise RuntimeError(f"{GUIDE.name} has no configuration of {balancer}")
    found = block[1]
    for guided, given in (
        ("bind :80\n", f"bind 127.0.0.1:{listen}\n"),
        ("listen 80;", f"listen 127.0.0.1:{listen};"),
        (_PRIMARY, f"127.0.0.1:{primary}"),
        *zip(_REPLICAS, (f"127.0.0.1:{port}" for port in replicas), strict=False),
    ):
        found = found.replace(guided, given)
    lines = [line for line in found.splitlines() if not any(r in line for r in _REPLICAS)]
    if balancer == "nginx":  # where somebody who is not root may write
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = [f"{kind}_temp_path {folder}/{kind};" for kind in kinds]
        lines.insert(lines.index("http {") + 1, " ".join([*paths, "access_log off;"]))
        lines.insert(0, f"daemon off; pid {folder}/pid; error_log {folder}/errors;")
    return "\n".join(lines) + "\n"


@contextmanager
def balanced(balancer: str, primary: int, replicas: Sequence[int], folder: Path) -> Iterator[str]:
    """A balancer before a primary and its replicas; the address it listens on."""
    folder.mkdir(parents=True)
    port = free_port()
    path = folder / f"{balancer}.conf"
    path.write_text(configuration(balancer, port, primary, replicas, folder), encoding="utf-8")
    program = str(_program(balancer))
    command = {
        "haproxy": [program, "-db", "-f", str(path)],
        "nginx": [program, "-p", str(folder), "-c", str(path)],
    }[balancer]
    log = folder / "log"
    with running(command, log=log) as process:
        until = time.monotonic() + _PATIENCE
        while process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.02)
        else:
            raise RuntimeError(f"{balancer} did not start: {log.read_text()[-4000:]}")
        yield f"http://127.0.0.1:{port}"


def _program(balancer: str) -> str | None:
    return shutil.which(balancer) or shutil.which(balancer, path="/usr/sbin:/usr/local/sbin")
