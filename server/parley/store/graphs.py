"""One graph of a staged store replaced by, or merged with, the triples of files, or deleted."""

from __future__ import annotations

import re
from itertools import islice

import pyoxigraph as ox

from parley.errors import BadInput
from parley.formats import GRAPHS, named
from parley.store.backend import GraphWrite, Part
from parley.store.change import Change
from parley.store.replay import drop_empty
from parley.store.updating import apply_exact

_BATCH = 10_000
_WHERE = re.compile(r"^Parser error (?:at|on|between) .*?: (?=[A-Z])")
_REMOTE = "LoadDocumentCallback"
Graph = ox.NamedNode | ox.DefaultGraph


def write_graph(store: ox.Store, wanted: GraphWrite) -> tuple[Change, bool]:
    """Carry out the write; the exact change, and whether the graph held anything before.

    Blank nodes get new labels, each file's its own. Raises BadInput with line and column.
    """
    graph = ox.NamedNode(wanted.graph) if wanted.graph is not None else ox.DefaultGraph()
    existed = next(store.quads_for_pattern(None, None, None, graph), None) is not None
    given = ox.Store()  # makes literals canonical, and each quad one
    for part in wanted.parts:
        _read(given, part, graph, wanted.base)
    removed: frozenset[ox.Quad] = frozenset()
    if wanted.do != "merge":
        old = store.quads_for_pattern(None, None, None, graph)
        removed = frozenset(quad for quad in old if quad not in given)
    change = Change(frozenset(quad for quad in given if quad not in store), removed)
    apply_exact(store, change)
    drop_empty(store, change.graphs())
    return change, existed


def _read(given: ox.Store, part: Part, graph: Graph, base: str | None) -> None:
    form = named(part.media_type, GRAPHS)
    assert form is not None
    assert isinstance(form.engine, ox.RdfFormat)
    try:
        found = ox.parse(
            path=str(part.path),
            format=form.engine,
            base_iri=base,
            without_named_graphs=True,
            rename_blank_nodes=True,
        )
        while batch := list(islice(found, _BATCH)):
            given.extend(ox.Quad(q.subject, q.predicate, q.object, graph) for q in batch)
    except SyntaxError as error:
        reason = _WHERE.sub("", str(error.msg))
        if _REMOTE in reason:
            reason = "a remote @context is not loaded here; write the context into the document"
        raise BadInput(
            f"not valid {form.engine.name}: {reason}", line=error.lineno, column=error.offset
        ) from error
    except (ValueError, RuntimeError) as error:
        raise BadInput(f"not valid {form.engine.name}: {error}") from error
