"""A guard of writes for the tests of the store: `python -m store_guard`, this folder in the path.

It refuses a quad with "thing 13", fails at one with "thing 14", and derives one with "thing 100"
from any other change.
"""

from __future__ import annotations

import sys

import pyoxigraph as ox
from store_examples import quad

from parley.errors import Refused
from parley.store.change import Change
from parley.store.forks import main
from parley.store.writer import Check, Followed


def check(store: ox.Store, change: Change) -> Followed:
    if quad(13) in change.added:
        raise Refused("no thirteenth thing", report=["thirteen"])
    if quad(14) in change.added:
        raise ZeroDivisionError("a mistake in the checks")
    new = Change(frozenset({quad(100)} - set(store)))
    store.extend(new.added)
    return Followed(new, [])


def prepare(folder: object, number: int) -> Check:
    return check


if __name__ == "__main__":
    main(sys.argv[1:3], lambda: prepare)
