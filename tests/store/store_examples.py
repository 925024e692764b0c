"""Small quads and changes for the tests of the store; run as a program it commits some.

    python store_examples.py INSTANCE STEP NUMBER…

commits each number in turn, again and again while others are faster, and kills itself at STEP.
"""

import os
import signal
import sys
from pathlib import Path

import pyoxigraph as ox

from parley.errors import Stale
from parley.store.backend import Deadline
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Version, Versions

GRAPH = ox.NamedNode("http://example.org/graph")
LABEL = ox.NamedNode("http://example.org/label")
MESSAGE = Message("Amina", "a test")
DEADLINE = Deadline(20, 1 << 30)


def quad(number: int, text: str | None = None) -> ox.Quad:
    thing = ox.NamedNode(f"http://example.org/{number}")
    return ox.Quad(thing, LABEL, ox.Literal(text or f"thing {number}"), GRAPH)


def adding(*numbers: int) -> Change:
    return Change(added=frozenset(map(quad, numbers)))


def removing(*numbers: int) -> Change:
    return Change(removed=frozenset(map(quad, numbers)))


def commit(versions: Versions, change: Change, message: Message = MESSAGE) -> Version:
    with versions.stage(versions.current()) as staged:
        return versions.publish(staged, staged.apply(change), message)


def main(instance: str, fatal: str, *numbers: str) -> None:
    def step(name: str) -> None:
        if name == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    versions = Versions(Path(instance), step=step)
    for number in map(int, numbers):
        while True:
            try:
                commit(versions, adding(number))
                break
            except Stale:
                continue


if __name__ == "__main__":
    main(*sys.argv[1:])
