"""Saved queries that a change touches: readable, described as they say, fit for their view.

Nobody is made to wait for what they answer: a write holds the place of all others. Who saves one
at its address is told that before (see `web.authoring`), and `parley check` tells it of all.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from parley.catalogue import catalogue_quads, name_in, text_in
from parley.check.report import Finding
from parley.check.saved import CHECK, check_query
from parley.errors import BadInput
from parley.queries import is_name, read_text
from parley.rdf import CATALOGUE_GRAPH, Namespaces
from parley.store.change import Change

_SAVE = "Save it at /queries/NAME, by its form or by PUT, which writes text and description."


def check_catalogue(store: ox.Store, change: Change, names: Namespaces) -> Iterator[Finding]:
    """What is wrong with the saved queries that a change, already in the store, has altered."""
    graph = names.graph(CATALOGUE_GRAPH)
    touched = {q.subject for q in change.added | change.removed if q.graph_name == graph}
    for node in sorted(touched, key=str):
        quads = set(store.quads_for_pattern(node, None, None, graph))
        if quads:
            yield from _check(node, quads, names)


def _check(node: object, quads: set[ox.Quad], names: Namespaces) -> Iterator[Finding]:
    focus = node if isinstance(node, ox.NamedNode) else None
    name = name_in(node, names)
    if name is None or not is_name(name):
        yield Finding(
            CHECK,
            "violation",
            f"{node} is no saved query, and nothing else stands in this graph.",
            f"A saved query is called {names.query('words-joined-by-hyphens')}.",
            focus=focus,
        )
        return
    try:
        query = read_text(name, text_in(quads), names)
    except BadInput as error:
        yield Finding(
            CHECK,
            "violation",
            error.message,
            "Correct the text of the query.",
            focus=focus,
            line=error.line,
            column=error.column,
            label=name,
        )
        return
    if set(catalogue_quads({name: query}, names)) != quads:
        said = "The description of the saved query is not what its text says."
        yield Finding(CHECK, "violation", said, _SAVE, focus=focus, label=name)
        return
    yield from check_query(query, None, focus)
