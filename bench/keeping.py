"""`python -m bench.keeping`: what keeping every version costs: disk, time, start-up, old versions.

On a copy of an instance (hard links, so that it costs nothing and the original is not touched) or
on one of its own it makes commits of three quads, and tells how long each step of one takes, what
disk it uses, how long it takes to open an instance with so many versions, and to prune, rebuild,
back up and restore it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

from bench.data import environment
from parley.store.backup import back_up, restore, verify
from parley.store.change import Change
from parley.store.disk import link_tree
from parley.store.inspection import inspect
from parley.store.ledger import Message
from parley.store.versions import Version, Versions

_SITE = "http://example.org/"
_GRAPH = ox.NamedNode(f"{_SITE}graph")
_LABEL = ox.NamedNode(f"{_SITE}label")
_STEPS = ("staged", "applied", "prepared", "copied", "renamed", "recorded", "published")
Figures = dict[str, float]


def _quad(number: int) -> ox.Quad:
    thing = ox.NamedNode(f"{_SITE}{number}")
    return ox.Quad(thing, _LABEL, ox.Literal(f"thing number {number}"), _GRAPH)


def fill(instance: Path, quads: int) -> None:
    """A first version of so many quads."""
    versions = Versions(instance)
    with versions.stage(None) as staged:
        staged.store.bulk_extend(map(_quad, range(quads)))
        versions.publish(staged, None, Message("bench", "things"))


def copied(source: Path, target: Path) -> None:
    """A copy of an instance's ledger and versions, by hard links."""
    (target / "versions").mkdir(parents=True)
    for folder in sorted((source / "versions").iterdir()):
        link_tree(folder, target / "versions" / folder.name)
    (target / "ledger").mkdir()
    for path in (source / "ledger").glob("*.rdfp"):
        os.link(path, target / "ledger" / path.name)
    Versions(target).recover()


def commits(instance: Path, count: int) -> dict[str, list[float]]:
    """Makes commits of three quads; the seconds of each step, and of the whole, of each."""
    seconds: dict[str, list[float]] = defaultdict(list)
    last = 0.0

    def step(name: str) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[name].append(now - last)
        last = now

    versions = Versions(instance, step=step)
    for number in range(count):
        began = last = time.perf_counter()
        with versions.stage(versions.current()) as staged:
            step("staged")
            first = 10**9 + 3 * number
            change = staged.apply(Change(frozenset(map(_quad, range(first, first + 3)))))
            step("applied")
            versions.publish(staged, change, Message("bench", f"commit {number}"))
        seconds["whole"].append(time.perf_counter() - began)
    return seconds


def disk(folder: Path) -> int:
    """Bytes that a folder takes on the disk; a file with several names counts once."""
    seen, total = set(), 0
    for path in folder.rglob("*"):
        status = path.lstat()
        if status.st_ino not in seen:
            seen.add(status.st_ino)
            total += status.st_blocks * 512
    return total


def timed(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(instance: Path, count: int, folder: Path, keep: int = 20) -> Figures:
    """Makes commits and measures all there is to keeping them."""
    versions = Versions(instance)
    before = disk(instance)
    steps = commits(instance, count)
    current = versions.current()
    assert current is not None
    found: Figures = {
        "quads": current.quads,
        "versions": current.number,
        "disk before, MiB": before / 2**20,
        "disk per commit, KiB": (disk(instance) - before) / count / 1024,
        "commits of 3 quads a second": count / sum(steps["whole"]),
    }
    for name in (*_STEPS, "whole"):
        found[f"commit, ms: {name}, median"] = statistics.median(steps[name]) * 1e3
    found["commit, ms: whole, slowest"] = max(steps["whole"]) * 1e3
    found["find the current version, ms"] = timed(lambda: Versions(instance).current()) * 1e3
    found["recover, ms"] = timed(lambda: Versions(instance).recover()) * 1e3
    found["inspect closely, ms"] = timed(lambda: inspect(Versions(instance), closely=True)) * 1e3
    found["list the history, ms"] = timed(lambda: list(Versions(instance).history())) * 1e3
    found["version of a date, ms"] = timed(lambda: Versions(instance).at(current.time)) * 1e3
    found["parley log, s"] = timed(lambda: _command("log", instance))
    backup = folder / "backup"
    found["back up, s"] = timed(lambda: back_up(versions, backup))
    found["back up again, s"] = timed(lambda: back_up(versions, backup))
    found["verify the backup, s"] = timed(lambda: verify(backup))
    found["restore with a replay, s"] = timed(lambda: restore(backup, folder / "restored"))
    kept = disk(instance)
    found[f"prune to {keep}, s"] = timed(lambda: versions.prune(keep))
    found["disk freed by it, MiB"] = (kept - disk(instance)) / 2**20
    wanted = max(1, current.number // 2)
    if versions.kept(wanted) is None:
        found["rebuild a version of the middle, s"] = timed(lambda: _read(versions.get(wanted)))
    return found


def _read(version: Version) -> None:
    assert len(version.open()) == version.quads


def _command(name: str, instance: Path) -> None:
    command = [sys.executable, "-m", "parley", name, "--instance", str(instance)]
    env = {**os.environ, **environment()}
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.keeping", description=__doc__)
    parser.add_argument("--quads", type=int, default=12_000, help="of the first version")
    parser.add_argument("--instance", type=Path, help="measure on a copy of this one instead")
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="where to work; on the file system to measure")
    parser.add_argument("--out", type=Path, help="where the figures go as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        instance = Path(name) / "instance"
        if arguments.instance:
            copied(arguments.instance, instance)
        else:
            fill(instance, arguments.quads)
        found = measure(instance, arguments.commits, Path(name))
    print("| what | figure |\n| --- | --- |")
    for what, figure in found.items():
        print(f"| {what} | {figure:,.0f} |" if figure >= 100 else f"| {what} | {figure:.3g} |")
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
