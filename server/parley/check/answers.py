"""The answer of a saved query with its defaults, and its form as text."""

from __future__ import annotations

import pyoxigraph as ox

from parley.check.tables import BAR, Cell, Rows, write_table
from parley.errors import BadInput
from parley.queries import SavedQuery
from parley.sparql import tokens
from parley.turtle import write_turtle

Result = Rows | frozenset[ox.Triple] | bool


def ask(query: SavedQuery, store: ox.Store) -> Result:
    """The answer with the query's defaults; raises BadInput, SyntaxError, RuntimeError."""
    text = query.bind({})
    union = not any(t.kind == "word" and t.text.upper() == "FROM" for t in tokens(text))
    found = store.query(text, use_default_graph_as_union=union)
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    if isinstance(found, ox.QueryTriples):
        return frozenset(found)
    columns = tuple(variable.value for variable in found.variables)
    rows = tuple(tuple(_stored(row[name]) for name in columns) for row in found)
    return Rows(columns, rows)


def expectation(result: Result, query: SavedQuery, separator: str = BAR) -> str:
    """The text of an answer as expectations are written."""
    prefixes = query.names.prefixes
    if isinstance(result, bool):
        return f"{str(result).lower()}\n"
    if isinstance(result, frozenset):
        return write_turtle(result, prefixes)
    return write_table(result, prefixes, separator)


def _stored(node: object) -> Cell:
    if node is None or isinstance(node, ox.NamedNode | ox.Literal):
        return node
    raise BadInput(f"answers with {node}: a blank node cannot be compared; project an IRI")
