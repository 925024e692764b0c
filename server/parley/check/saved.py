"""Checks every saved query against its expected answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import pyoxigraph as ox

from parley.check.answers import ask, expectation
from parley.check.report import Finding, nothing_to_check
from parley.check.tables import BAR, Cell, Rows, read_table, write_cell
from parley.errors import BadInput
from parley.queries import VIEWS, SavedQuery
from parley.sparql import tokens

CHECK = "saved queries"
_SHOWN = 5
_UPDATE = "Read the difference; if the new answer is right, run: parley check --update-expectations"


def check_queries(queries: Mapping[str, SavedQuery], store: ox.Store) -> Iterator[Finding]:
    """What is wrong with the saved queries, asked with their defaults on the union of all graphs.

    `store` holds the dataset with its derived graphs. No query at all is a violation.
    """
    if not queries:
        yield nothing_to_check(CHECK, "there are no saved queries", "Add queries/NAME.rq.")
    for query in queries.values():
        try:
            for message, fix in _problems(query, store):
                yield _finding(query, message, fix)
        except BadInput as error:
            yield _finding(query, error.message, "Correct the file.")
        except (SyntaxError, RuntimeError) as error:
            yield _finding(query, f"does not run: {error}", "Correct the query.")


def _problems(query: SavedQuery, store: ox.Store) -> Iterator[tuple[str, str]]:
    result = ask(query, store)
    if isinstance(result, Rows):
        missing = [name for name in VIEWS[query.view] if name not in result.columns]
        if missing:
            yield (
                f"the view {query.view} draws the columns {', '.join(missing)}, not projected",
                f"Project {', '.join('?' + name for name in VIEWS[query.view])}.",
            )
    elif query.view != "table":
        yield f"the view {query.view} draws the rows of a SELECT", "Use the view table."
    yield from _choices(query, store)
    if query.expected is None:
        yield "has no expected answer", _UPDATE
    elif isinstance(result, Rows):
        yield from _differences(query, result)
    elif expectation(result, query).strip() != query.expected.text.strip():
        if isinstance(result, bool):
            yield f"answers {str(result).lower()}, expected {query.expected.text.strip()}", _UPDATE
        else:
            yield from _graph_differences(query, result)


def _differences(query: SavedQuery, result: Rows) -> Iterator[tuple[str, str]]:
    assert query.expected
    expected = read_table(query.expected.text, query.names.prefixes)
    if expected.columns != result.columns:
        yield (
            f"gives the columns {_names(result.columns)}, expected {_names(expected.columns)}",
            _UPDATE,
        )
        return
    wanted, found = Counter(expected.rows), Counter(result.rows)
    for what, rows in (("missing", wanted - found), ("not expected", found - wanted)):
        listed = list(rows.elements())
        for row in listed[:_SHOWN]:
            yield f"{what}: {_row(row, query)}", _UPDATE
        if len(listed) > _SHOWN:
            yield f"{what}: {len(listed) - _SHOWN} rows more", _UPDATE
    if wanted == found and _ordered(query.text) and expected.rows != result.rows:
        place = next(i for i, row in enumerate(result.rows) if row != expected.rows[i])
        yield (
            f"the order differs from row {place + 1} on: {_row(result.rows[place], query)}",
            _UPDATE,
        )


def _graph_differences(
    query: SavedQuery, result: frozenset[ox.Triple]
) -> Iterator[tuple[str, str]]:
    assert query.expected
    try:
        wanted = set(ox.parse(query.expected.text, format=ox.RdfFormat.TURTLE))
    except SyntaxError as error:
        raise BadInput(f"the expected graph is not valid Turtle: {error.msg}") from error
    store = ox.Store()
    store.extend(wanted)
    stored = {quad.triple for quad in store}
    for what, triples in (("missing", stored - result), ("not expected", result - stored)):
        lines = sorted(str(triple) for triple in triples)
        for line in lines[:_SHOWN]:
            yield f"{what}: {line}", _UPDATE
        if len(lines) > _SHOWN:
            yield f"{what}: {len(lines) - _SHOWN} triples more", _UPDATE


def _choices(query: SavedQuery, store: ox.Store) -> Iterator[tuple[str, str]]:
    """A SELECT of choices must offer something, the parameter's default included."""
    for parameter in query.parameters:
        if parameter.values is None:
            continue
        found = store.query(parameter.values, use_default_graph_as_union=True)
        assert isinstance(found, ox.QuerySolutions)
        columns = {variable.value for variable in found.variables}
        if columns != {"value", "label"}:
            yield (
                f"the choices of {parameter.name} have the columns {_names(sorted(columns))}",
                "Project ?value and ?label.",
            )
            continue
        offered = {row["value"] for row in found}
        if not offered:
            yield f"there are no choices for {parameter.name}", "Correct its SELECT in values."
        elif parameter.default and parameter.term(parameter.default, query.names) not in offered:
            yield (
                f"the default {parameter.default} is not among the choices of {parameter.name}",
                "Correct the default or the SELECT in values.",
            )


def _ordered(text: str) -> bool:
    """Whether the query's own rows are ordered: ORDER outside every bracket."""
    depth = 0
    for token in tokens(text):
        if token.kind == "mark":
            depth += (token.text in "{([") - (token.text in "})]")
        elif token.kind == "word" and depth == 0 and token.text.upper() == "ORDER":
            return True
    return False


def _finding(query: SavedQuery, message: str, fix: str) -> Finding:
    return Finding(CHECK, "violation", message, fix, source=str(query.path), label=query.name)


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f"?{column}" for column in columns) or "none"


def _row(row: tuple[Cell, ...], query: SavedQuery) -> str:
    return BAR.join(write_cell(cell, query.names.prefixes) for cell in row)
