"""`python -m parley.store.values FOLDER PREDICATE`: what a property has as values, a line each.

In a process of its own, because opening a version starts threads, and the web processes are forked
from the one that asks. It imports the engine and nothing else, so that a start is not held up.
"""

import sys

import pyoxigraph as ox


def main(folder: str, predicate: str) -> None:
    """Prints the literal values of a property in the version of a folder."""
    store = ox.Store.read_only(folder)
    for quad in store.quads_for_pattern(None, ox.NamedNode(predicate), None):
        if isinstance(quad.object, ox.Literal):
            print(quad.object.value)


if __name__ == "__main__":
    main(*sys.argv[1:])
