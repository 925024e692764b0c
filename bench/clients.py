"""`python -m bench.clients`: clients that no one here wrote, asked as docs/linked-data.md shows it.

Two servers are started: Parley's own dataset, and the small one of the documentation. Each example
runs with its own client and must print what the documentation says. Packages from npm, pinned in
bench/npm, go into a temporary folder. What is not installed is skipped, with what would help.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.data import PROJECT, environment
from bench.examples import FIRST, SECOND, Example, read
from bench.processes import free_port, running
from bench.tdb2 import classpath, place_messages

NPM = Path(__file__).parent / "npm"
_PATIENCE = 180.0


def main() -> None:
    """Run the examples; exit code 1 when one printed something else."""
    parser = argparse.ArgumentParser(prog="python -m bench.clients", description=__doc__)
    parser.add_argument("--only", help="examples whose heading has this word")
    parser.add_argument("--modules", type=Path, help="keep npm's packages in this folder")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped too
    examples, data = read()
    wanted = [e for e in examples if (arguments.only or "").lower() in e.client.lower()]
    failed = False
    with (
        tempfile.TemporaryDirectory(prefix="parley-clients-") as name,
        pair(Path(name), data) as addresses,
    ):
        modules = arguments.modules or Path(name) / "npm"
        for example in wanted:
            said, good = tried(example, addresses, modules)
            failed = failed or not good
            print(f"{example.client}: {said}", flush=True)
    sys.exit(failed or not wanted)


def tried(example: Example, addresses: dict[str, str], modules: Path) -> tuple[str, bool]:
    """What became of an example, in words, and whether that is as it should be."""
    lacking = example.missing()
    if lacking:
        return f"skipped: {lacking}", True
    if example.program in {"npx", "node"}:
        installed(modules)
    began = time.perf_counter()
    try:
        done = run(example, addresses, modules)
    except subprocess.TimeoutExpired:
        return f"no answer after {_PATIENCE:g} s", False
    seconds = time.perf_counter() - began
    if done.returncode:
        return f"failed: {(done.stderr or done.stdout)[-2000:]}", False
    if example.differs(done.stdout):
        return f"printed\n{done.stdout}\nnot\n{example.printed}", False
    return f"as documented, {seconds:.1f} s", True


def run(
    example: Example, addresses: dict[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """The example run by its program, in `folder`."""
    text = example.at(addresses)
    folder.mkdir(parents=True, exist_ok=True)
    if example.program == "rsparql" and not shutil.which("rsparql"):
        text = f'rsparql() {{ java -cp "{jena(folder / "jena")}" arq.rsparql "$@"; }}\n{text}'
    command = {
        "sh": ["sh", "-ec", text],
        "python": [sys.executable, "-c", text],
        "js": ["node", "--input-type=module", "--eval", text],
    }[example.language]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )


def installed(folder: Path) -> None:
    """npm's packages in `folder`, in the versions that bench/npm names."""
    lock = folder / "package-lock.json"
    if (folder / "node_modules").exists() and same(lock, NPM / "package-lock.json"):
        return
    shutil.copytree(NPM, folder, dirs_exist_ok=True)
    command = ["npm", "ci", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode:
        raise RuntimeError(f"npm's packages cannot be installed: {done.stderr[-2000:]}")


def jena(folder: Path) -> str:
    """The class path of Debian's Jena, which has its jars and not its scripts."""
    if not folder.exists():
        place_messages(folder)
    return f"{folder}:{classpath()}"


def same(one: Path, other: Path) -> bool:
    """Whether two files are there and hold the same."""
    return one.exists() and one.read_bytes() == other.read_bytes()


@contextmanager
def pair(folder: Path, data: str) -> Iterator[dict[str, str]]:
    """Parley's own dataset, and a plain one with `data` that anyone may write: their addresses."""
    plain = folder / "plain"
    _parley("init", str(plain), "--plain")
    with (
        serving(folder / "first", PROJECT, "--read-only") as first,
        serving(folder / "second", plain, "--open") as second,
    ):
        put(second.address, data)
        yield {FIRST: first.address, SECOND: second.address}


@dataclass(frozen=True)
class Served:
    """A server: where it is, and the id of its process."""

    address: str
    process: int


@contextmanager
def serving(
    folder: Path, dataset: Path, *options: str, instance: Path | None = None
) -> Iterator[Served]:
    """`parley serve` over a dataset, built where it has no version yet."""
    folder.mkdir(parents=True, exist_ok=True)
    instance = instance or folder / "instance"
    place = ["--instance", str(instance), "--dataset", str(dataset)]
    if not instance.exists():
        _parley("build", *place, "--message", "For clients")
    port = free_port()
    command = [sys.executable, "-m", "parley", "serve", *place, "--port", str(port), *options]
    with running(command, log=folder / "log", env=environment()) as server:
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 60
        while time.monotonic() < until and server.poll() is None:
            try:
                with urllib.request.urlopen(f"{address}/ready"):
                    break
            except OSError:
                time.sleep(0.05)
        else:
            raise RuntimeError((folder / "log").read_text())
        yield Served(address, server.pid)


def put(address: str, data: str) -> None:
    """Turtle as the default graph of a server that anyone may write."""
    request = urllib.request.Request(
        f"{address}/store?default", data.encode(), {"Content-Type": "text/turtle"}, method="PUT"
    )
    with urllib.request.urlopen(request) as response:
        response.read()


def _parley(*arguments: str) -> None:
    command = [sys.executable, "-m", "parley", *arguments]
    done = subprocess.run(
        command, env={**os.environ, **environment()}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])


if __name__ == "__main__":
    main()
