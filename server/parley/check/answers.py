"""The answer of a saved query with its defaults, and its form as text."""

from __future__ import annotations

from itertools import islice

import pyoxigraph as ox

from parley.check.tables import BAR, Cell, Rows, write_table
from parley.errors import BadInput
from parley.queries import SavedQuery
from parley.sparql import tokens
from parley.turtle import write_turtle

Result = Rows | frozenset[ox.Triple] | bool


def ask(query: SavedQuery, store: ox.Store) -> Result:
    """The answer with the query's defaults; raises BadInput, SyntaxError, RuntimeError."""
    return answer(store, query.bind({}))


def answer(store: ox.Store, text: str) -> Result:
    """The answer to a query on the union of all graphs; raises as `ask`."""
    union = not any(t.kind == "word" and t.text.upper() == "FROM" for t in tokens(text))
    found = store.query(text, use_default_graph_as_union=union)
    return frozenset(found) if isinstance(found, ox.QueryTriples) else table(found)


def table(found: ox.QuerySolutions | ox.QueryBoolean, most: int | None = None) -> Rows | bool:
    """What a SELECT or an ASK answers, up to `most` rows. Raises BadInput for blank nodes."""
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    columns = tuple(variable.value for variable in found.variables)
    rows = (tuple(_stored(row[name]) for name in columns) for row in islice(found, most))
    return Rows(columns, tuple(rows))


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
