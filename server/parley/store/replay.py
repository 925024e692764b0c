"""Applies the rows of a ledger entry to a store, the large ones without holding them in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

_BULK = 10_000  # additions from which the engine's bulk loader pays
_BATCH = 10_000


def replay(store: ox.Store, rows: Iterable[tuple[bytes, bytes]], added: int, folder: Path) -> None:
    """Applies patch rows, `added` of which add a quad; works in a file under `folder`."""
    additions = folder / "additions.nq"
    graphs: set[ox.NamedNode] = set()
    blank = False
    with additions.open("wb") as file:

        def removals() -> Iterator[bytes]:
            nonlocal blank
            for code, line in rows:
                if code == b"D":
                    yield line
                else:
                    blank = blank or b"_:" in line
                    file.write(line)

        source = removals()
        while batch := b"".join(islice(source, _BATCH)):
            for quad in ox.parse(batch, ox.RdfFormat.N_QUADS):
                store.remove(quad)
                if isinstance(quad.graph_name, ox.NamedNode):
                    graphs.add(quad.graph_name)
    if added >= _BULK and not blank:
        store.bulk_load(path=str(additions), format=ox.RdfFormat.N_QUADS)
    else:  # the loader would give blank nodes new labels
        store.extend(ox.parse(path=str(additions), format=ox.RdfFormat.N_QUADS))
    additions.unlink()
    drop_empty(store, graphs)


def drop_empty(store: ox.Store, graphs: Iterable[ox.NamedNode]) -> None:
    """Removes those of the graphs that hold no quad: a named graph exists while it holds one."""
    for graph in graphs:
        if next(store.quads_for_pattern(None, None, None, graph), None) is None:
            store.remove_graph(graph)
