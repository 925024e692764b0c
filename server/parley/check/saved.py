"""Checks saved queries: that they answer, fit their view, offer choices, and answer as expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import pyoxigraph as ox

from parley.check.answers import Result, answer, expectation
from parley.check.report import Finding, Severity, nothing_to_check
from parley.check.tables import BAR, Cell, Rows, read_table, write_cell
from parley.errors import BadInput
from parley.queries import VIEWS, SavedQuery, lacking
from parley.sparql import read_closely, tokens

CHECK = "saved queries"
_SHOWN = 5
Ask = Callable[[str], Result]  # the answer to a query; raises BadInput, SyntaxError, RuntimeError
_UPDATE = "Read the difference; if the new answer is right, run: parley check --update-expectations"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a saved query and how to mend it; `part` is the key of the metadata that
    it is about, `text` for the query itself, `values.NAME` for the choices of a parameter."""

    message: str
    fix: str
    part: str = "text"
    severity: Severity = "violation"


def check_queries(queries: Mapping[str, SavedQuery], store: ox.Store) -> Iterator[Finding]:
    """What is wrong with the saved queries, asked with their defaults on the union of all graphs.

    `store` holds the dataset with its derived graphs. No query at all is a violation.
    """
    if not queries:
        yield nothing_to_check(CHECK, "there are no saved queries", "Add queries/NAME.rq.")
    for query in queries.values():
        yield from check_query(query, in_store(store), strict=True)


def in_store(store: ox.Store) -> Ask:
    """Asks a store."""
    return partial(answer, store)


def check_query(
    query: SavedQuery, ask: Ask | None, focus: ox.NamedNode | None = None, *, strict: bool = False
) -> Iterator[Finding]:
    """What is wrong with one query, about the node `focus` where it stands in a graph.

    `ask` and `strict` as in `problems`. No check asks other servers: a query with SERVICE is not
    asked.
    """
    unknown = "calls another server, which no check does: whether it answers is not known"
    found = (
        [Problem(unknown, "Ask it yourself.", severity="info")]
        if _reaches_out(query)
        else problems(query, ask, strict=strict)
    )
    for problem in found:
        yield Finding(
            CHECK,
            problem.severity,
            problem.message,
            problem.fix,
            focus=focus,
            source=None if focus else str(query.path),
            label=query.name,
        )


def problems(query: SavedQuery, ask: Ask | None, *, strict: bool = False) -> Iterator[Problem]:
    """What is wrong with a query that can be read; it is asked with its defaults.

    `strict` wants the expected answer, and that it is the answer; else a difference is a warning.
    Without `ask` it is only what the text alone tells, whatever the data.
    """
    reading = ask or in_store(ox.Store())
    try:
        result = reading(query.bind({}))
        yield from _view(query, result)
        yield from _choices(query, reading, offering=ask is not None)
        if ask and (strict or query.expected):
            yield from _expected(query, result, strict=strict)
    except BadInput as error:
        yield Problem(error.message, "Correct the text of the query.")
    except (SyntaxError, RuntimeError) as error:
        yield Problem(f"does not run: {error}", "Correct the text of the query.")


def _reaches_out(query: SavedQuery) -> bool:
    texts = (query.text, *(p.values for p in query.parameters if p.values))
    return any(read_closely(text).services for text in texts)


def _view(query: SavedQuery, result: Result) -> Iterator[Problem]:
    if not isinstance(result, Rows):
        if query.view != "table":
            said = f"the view {query.view} draws the rows of a SELECT"
            yield Problem(said, "Use the view table.", "view")
        return
    missing = lacking(query.view, result.columns)
    if missing:
        yield Problem(
            f"the view {query.view} draws the columns {', '.join(missing)}, not projected",
            f"Project {', '.join('?' + name for name in VIEWS[query.view])}.",
            "view",
        )


def _expected(query: SavedQuery, result: Result, *, strict: bool) -> Iterator[Problem]:
    try:
        for problem in _expectation(query, result):
            yield problem if strict else replace(problem, severity="warning")
    except BadInput as error:
        yield Problem(error.message, "Correct the expected answer.", "expect")


def _expectation(query: SavedQuery, result: Result) -> Iterator[Problem]:
    if query.expected is None:
        yield _unexpected("has no expected answer")
    elif isinstance(result, Rows):
        yield from map(_unexpected, _differences(query, result))
    elif expectation(result, query).strip() != query.expected.text.strip():
        if isinstance(result, bool):
            wanted = query.expected.text.strip()
            yield _unexpected(f"answers {str(result).lower()}, expected {wanted}")
        else:
            yield from map(_unexpected, _graph_differences(query, result))


def _unexpected(message: str) -> Problem:
    return Problem(message, _UPDATE, "expect")


def _differences(query: SavedQuery, result: Rows) -> Iterator[str]:
    assert query.expected
    expected = read_table(query.expected.text, query.names.prefixes)
    if expected.columns != result.columns:
        yield f"gives the columns {_names(result.columns)}, expected {_names(expected.columns)}"
        return
    wanted, found = Counter(expected.rows), Counter(result.rows)
    for what, rows in (("missing", wanted - found), ("not expected", found - wanted)):
        listed = list(rows.elements())
        for row in listed[:_SHOWN]:
            yield f"{what}: {_row(row, query)}"
        if len(listed) > _SHOWN:
            yield f"{what}: {len(listed) - _SHOWN} rows more"
    if wanted == found and _ordered(query.text) and expected.rows != result.rows:
        place = next(i for i, row in enumerate(result.rows) if row != expected.rows[i])
        yield f"the order differs from row {place + 1} on: {_row(result.rows[place], query)}"


def _graph_differences(query: SavedQuery, result: frozenset[ox.Triple]) -> Iterator[str]:
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
            yield f"{what}: {line}"
        if len(lines) > _SHOWN:
            yield f"{what}: {len(lines) - _SHOWN} triples more"


def _choices(query: SavedQuery, ask: Ask, *, offering: bool) -> Iterator[Problem]:
    """A SELECT of choices has two columns; `offering`, it offers the parameter's default, too."""
    for parameter in query.parameters:
        if parameter.values is None:
            continue
        part = f"values.{parameter.name}"
        try:
            found = ask(parameter.values)
        except (BadInput, SyntaxError, RuntimeError) as error:
            yield Problem(f"the choices of {parameter.name}: {error}", "Correct the SELECT.", part)
            continue
        assert isinstance(found, Rows)  # `read_text` takes a SELECT only
        if {*found.columns} != {"value", "label"}:
            said = f"the choices of {parameter.name} have the columns {_names(found.columns)}"
            yield Problem(said, "Project ?value and ?label.", part)
            continue
        if not offering:
            continue
        offered = {row[found.columns.index("value")] for row in found.rows}
        if not offered:
            said = f"there are no choices for {parameter.name}"
            yield Problem(said, "Correct its SELECT in values.", part)
        elif parameter.default and parameter.term(parameter.default, query.names) not in offered:
            yield Problem(
                f"the default {parameter.default} is not among the choices of {parameter.name}",
                "Correct the default or the SELECT in values.",
                part,
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


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f"?{column}" for column in columns) or "none"


def _row(row: tuple[Cell, ...], query: SavedQuery) -> str:
    return BAR.join(write_cell(cell, query.names.prefixes) for cell in row)
