"""Checks every saved query against its expected answer, and rewrites expectations on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox

from parley.check.report import Finding, nothing_to_check
from parley.check.tables import BAR, TAB, Cell, Rows, read_table, write_cell, write_table
from parley.errors import BadInput
from parley.queries import VIEWS, SavedQuery
from parley.sparql.lexer import tokens
from parley.turtle import write_turtle

CHECK = "saved queries"
Result = Rows | frozenset[ox.Triple] | bool
_SHOWN = 5
_MOST_ROWS, _WIDEST = 12, 160
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


def update(queries: Iterable[SavedQuery], store: ox.Store) -> list[Path]:
    """Writes each query's present answer down as the expected one; the files that changed.

    A short table goes into the query's own file, a long one and a graph into expected/ beside it.
    A person reads the difference before committing it: no check ever calls this.
    """
    changed = []
    for query in queries:
        result = ask(query, store)
        text = expectation(result, query)
        table = isinstance(result, Rows)
        short = isinstance(result, bool) or (table and _is_short(text))
        if table and not short:
            text = expectation(result, query, TAB)
        kept = None if short else f"{query.name}.{'tsv' if table else 'ttl'}"
        folder = query.path.parent / "expected"
        for ending in ("tsv", "ttl"):
            file = folder / f"{query.name}.{ending}"
            if file.name != kept and file.exists():
                file.unlink()
                changed.append(file)
        if kept:
            folder.mkdir(exist_ok=True)
            changed += _write(folder / kept, text)
        changed += _write(query.path, _with_expectation(query.text, text if short else None))
    return changed


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


def _with_expectation(text: str, expected: str | None) -> str:
    """The file's text with another `expect:`, always the last key of the metadata."""
    lines = text.splitlines(keepends=True)
    kept, inside = [], False
    for line in lines:
        if line.startswith("#+"):
            rest = line[2:].rstrip()
            inside = rest.lstrip().startswith("expect:") or (inside and rest[:2] in ("", "  "))
            if inside:
                continue
        kept.append(line)
    last = max((n for n, line in enumerate(kept) if line.startswith("#+")), default=-1) + 1
    block = []
    if expected is not None:
        one_line = expected.strip() in ("true", "false")
        block = [f"#+ expect: {expected.strip()}\n"] if one_line else ["#+ expect: |\n"]
        block += [] if one_line else [f"#+   {row}\n" for row in expected.rstrip("\n").split("\n")]
    return "".join([*kept[:last], *block, *kept[last:]])


def _is_short(text: str) -> bool:
    lines = text.splitlines()
    return len(lines) <= _MOST_ROWS + 1 and max(map(len, lines)) <= _WIDEST


def _write(path: Path, text: str) -> list[Path]:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return []
    path.write_text(text, encoding="utf-8")
    return [path]


def _finding(query: SavedQuery, message: str, fix: str) -> Finding:
    return Finding(CHECK, "violation", message, fix, source=str(query.path), label=query.name)


def _stored(node: object) -> Cell:
    if node is None or isinstance(node, ox.NamedNode | ox.Literal):
        return node
    raise BadInput(f"answers with {node}: a blank node cannot be compared; project an IRI")


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f"?{column}" for column in columns) or "none"


def _row(row: tuple[Cell, ...], query: SavedQuery) -> str:
    return BAR.join(write_cell(cell, query.names.prefixes) for cell in row)
