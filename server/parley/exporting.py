"""A version written back to the dataset's files: canonical, sorted, byte-identical if unchanged."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from parley.errors import BadInput
from parley.files import LAYOUT
from parley.rdf import DERIVED_GRAPHS, Namespaces, term
from parley.turtle import write_trig, write_turtle


def path_of(graph: str) -> Path:
    """The file that fills a graph, relative to the dataset's folder; raises BadInput for none."""
    for pattern, name in LAYOUT:
        head, star, _ = name.partition("{}")
        if not star and graph == name:
            return Path(pattern)
        stem = graph.removeprefix(head)
        if star and graph != stem and stem and "/" not in stem and not stem.startswith("."):
            return Path(pattern.replace("*", stem))
    raise BadInput(f"no file of a dataset holds the graph '{graph}'")


def file_texts(store: ox.Store, names: Namespaces) -> Iterator[tuple[Path, str]]:
    """Path and text of every file of the dataset in `store`; derived graphs have none.

    A claims file carries, beside its own graph, the propositions that its claims claim.
    """
    space, shared = f"{names.base}graph/", names.graph("propositions")
    written: set[ox.Quad] = set()
    for graph in sorted(store.named_graphs(), key=str):
        if not isinstance(graph, ox.NamedNode) or not graph.value.startswith(space):
            raise BadInput(f"the graph {graph} is outside <{space}> and has no file")
        name = graph.value.removeprefix(space)
        if name in DERIVED_GRAPHS or graph == shared:
            continue
        quads = set(store.quads_for_pattern(None, None, None, graph))
        path = path_of(name)
        if path.suffix != ".trig":
            yield path, write_turtle(quads, names.prefixes)
            continue
        claimed = {q.object for q in quads if q.predicate == term("claims")}
        propositions = {
            quad
            for node in claimed
            if isinstance(node, ox.NamedNode)
            for quad in store.quads_for_pattern(node, None, None, shared)
        }
        written |= propositions
        yield path, write_trig(quads | propositions, names.prefixes)
    orphans = set(store.quads_for_pattern(None, None, None, shared)) - written
    if orphans:
        example = min(str(quad.subject) for quad in orphans)
        raise BadInput(
            f"{len(orphans)} quads of propositions belong to no claim, such as {example}"
        )


def write_files(texts: Iterable[tuple[Path, str]], target: Path) -> list[Path]:
    """Write each text under `target` by rename; returns the paths whose bytes changed."""
    changed = []
    for relative, text in texts:
        path = target / relative
        data = text.encode()
        if path.exists() and path.read_bytes() == data:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(data)
        os.replace(partial, path)
        changed.append(relative)
    return changed
