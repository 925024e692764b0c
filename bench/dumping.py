"""`python -m bench.dumping`: what the first download of a whole version costs, form by form.

A server on a hard-link copy of an instance is asked for each form of the dump, once for the first
time and once again. What counts is the processor time and the highest memory (PSS) of all its
processes, beside what they hold before they are asked; the bytes are read and thrown away.
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.data import environment
from bench.processes import Peak, busy, free_port, memory, running
from bench.serving import await_answer

FORMS = ("nq", "nq.gz", "trig.gz", "ttl.gz", "rdf.gz", "jsonld.gz")
_PIECE = 1 << 20


@dataclass(frozen=True)
class Dumped:
    """One form: bytes, seconds of the first and of the second download, and what the first cost.

    `cpu` is in seconds of all processes, `peak` in bytes beyond what they held before.
    """

    form: str
    size: int
    first: float
    again: float
    cpu: float
    peak: int


def measure(instance: Path, folder: Path, forms: Sequence[str] = FORMS) -> Iterator[Dumped]:
    """The forms one after another, from a server on a copy of the instance in `folder`."""
    copy = folder / "instance"
    shutil.copytree(instance, copy, copy_function=os.link, symlinks=True)
    port = free_port()
    command = [sys.executable, "-m", "parley", "serve", "--read-only", "--port", str(port)]
    command += ["--instance", str(copy), "--download-timeout", "1800"]
    with running(command, log=folder / "log", cwd=folder, env=environment()) as server:
        await_answer(f"http://127.0.0.1:{port}/sparql", server, folder / "log")
        for form in forms:
            before, held = busy(server.pid), memory(server.pid).pss or 0
            with Peak(server.pid) as peak:
                size, first = _fetched(port, form)
            cpu = busy(server.pid) - before
            _, again = _fetched(port, form)
            yield Dumped(form, size, first, again, cpu, (peak.bytes or 0) - held)


def _fetched(port: int, form: str) -> tuple[int, float]:
    began, size = time.perf_counter(), 0
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=1800)) as connection:
        connection.request("GET", f"/dump.{form}")
        response = connection.getresponse()
        while piece := response.read(_PIECE):
            size += len(piece)
    if response.status != 200:
        raise RuntimeError(f"/dump.{form} is answered with {response.status}")
    return size, time.perf_counter() - began


def main() -> None:
    """Prints a row for each form."""
    parser = argparse.ArgumentParser(prog="python -m bench.dumping", description=__doc__)
    parser.add_argument("instance", type=Path, help="it is left as it was")
    parser.add_argument("--form", action="append", choices=FORMS, help="these only")
    arguments = parser.parse_args()
    print("| form | MB | first, s | again, s | processor, s | peak more, MiB |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(dir=arguments.instance.parent) as name:
        for found in measure(arguments.instance, Path(name), arguments.form or FORMS):
            print(
                f"| `{found.form}` | {found.size / 1e6:.1f} | {found.first:.1f} | "
                f"{found.again:.2f} | {found.cpu:.1f} | {found.peak / (1 << 20):.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
