"""Saved queries: one .rq file each, with its question, parameters, view and expected answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any  # what YAML holds before it is checked

from parley.errors import BadInput, NotFound
from parley.metadata import read_metadata
from parley.parameters import Parameter, read_parameter
from parley.rdf import Namespaces, Object
from parley.sparql import Kind, bind, kind, tokens

# The columns a view draws; a query with that view projects them, and any others it likes.
VIEWS: dict[str, tuple[str, ...]] = {
    "table": (),
    "timeline": ("item", "label", "begin", "end"),
    "map": ("item", "label", "wkt"),
    "network": ("source", "sourceLabel", "target", "targetLabel", "relation"),
    "bar": ("label", "count"),
}
_BOUNDS = {"begin": "earliest", "end": "latest"}  # what bounds are called besides
# Parameters of every query's address, so no query's own.
RESERVED = frozenset({"version", "format", "timeout", "limit", "offset", "view"})
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_LONGEST_NAME = 100
TAKEN = frozenset({"new"})  # addresses below /queries that are no query
_MOST_ROWS = 1_000_000  # a page


def seats(view: str, columns: Sequence[str]) -> dict[str, str]:
    """The column of a result for each column that a view draws, as far as there is one.

    A thing may stand in any column with its label beside it (`meeting` and `meetingLabel`), its
    bounds in `earliest` and `latest`.
    """
    found = {name: name for name in VIEWS[view] if name in columns}
    if {"item", "label"} <= {*VIEWS[view]} and "item" not in found:
        labelled = (name for name in columns if f"{name}Label" in columns)
        thing = next(labelled, None)
        if thing is not None:
            found |= {"item": thing, "label": f"{thing}Label"}
    for name, other in _BOUNDS.items():
        if name in VIEWS[view] and name not in found and other in columns:
            found[name] = other
    return found


def lacking(view: str, columns: Sequence[str]) -> list[str]:
    """The columns that a view draws and a result does not have."""
    found = seats(view, columns)
    return [name for name in VIEWS[view] if name not in found]


@dataclass(frozen=True)
class Expected:
    """What a query must answer with its defaults: `text` is a table of terms, a Turtle graph, or
    true or false; `path` is the file it stands in when it is not in the query's own."""

    text: str
    path: Path | None = None


@dataclass(frozen=True)
class SavedQuery:
    """One question, ready to ask; `text` is the whole file and runs unchanged in any SPARQL tool.

    `description` is Markdown. `pagination` is a number of rows a page, 0 for none.
    """

    name: str
    question: str
    summary: str
    description: str
    tags: tuple[str, ...]
    text: str
    kind: Kind
    parameters: tuple[Parameter, ...]
    view: str
    expected: Expected | None
    path: Path
    pagination: int = 0
    method: str = "GET"
    endpoint_in_url: bool = True
    names: Namespaces = Namespaces()

    @property
    def body(self) -> str:
        """The query without its metadata lines."""
        return "".join(
            line for line in self.text.splitlines(keepends=True) if not line.startswith("#+")
        ).lstrip("\r\n")

    def terms(self, values: Mapping[str, Sequence[str] | str]) -> dict[str, Object]:
        """The typed term of every parameter that has a value or a default, by variable name.

        An empty value is no value, as in a form left blank. Raises BadInput for an unknown,
        missing, repeated or mistyped parameter.
        """
        known = ", ".join(p.name for p in self.parameters) or "none"
        for name in values:
            if name not in {p.name for p in self.parameters}:
                raise BadInput(f"'{self.name}' has no parameter '{name}'; known: {known}")
        terms = {}
        for parameter in self.parameters:
            given = values.get(parameter.name, ())
            several = [value for value in ([given] if isinstance(given, str) else given) if value]
            if len(several) > 1:
                raise BadInput(f"{parameter.name}: {len(several)} values; give one")
            value = several[0] if several else parameter.default
            if value is not None:
                terms[parameter.variable] = parameter.term(value, self.names)
            elif parameter.required:
                raise BadInput(
                    f"{parameter.name} is missing: give {parameter.form}; known parameters: {known}"
                )
        return terms

    def bind(self, values: Mapping[str, Sequence[str] | str]) -> str:
        """The query with its parameters bound as terms; an optional one without value stays free.

        Raises BadInput (see `terms`).
        """
        return bind(self.text, self.terms(values))


def load(paths: Iterable[Path], names: Namespaces | None = None) -> dict[str, SavedQuery]:
    """The saved queries of these files by name, in the order of their names.

    Raises BadInput that names the file and what is wrong with it.
    """
    found = {}
    for path in sorted(paths):
        try:
            found[path.stem] = read_query(path, names or Namespaces())
        except BadInput as error:
            raise BadInput(
                error.message, source=str(path), line=error.line, column=error.column
            ) from error
        except UnicodeDecodeError as error:
            raise BadInput(f"not UTF-8: {error.reason}", source=str(path)) from error
    return dict(sorted(found.items()))


def pick(queries: Mapping[str, SavedQuery], name: str) -> SavedQuery:
    """The query of that name; raises NotFound that names those there are."""
    if name not in queries:
        raise NotFound(f"no saved query '{name}'; there are: {', '.join(sorted(queries))}")
    return queries[name]


def is_name(name: str) -> bool:
    """Whether a saved query may have this name, which is the end of its address."""
    return bool(_NAME.match(name)) and len(name) <= _LONGEST_NAME and name not in TAKEN


def read_query(path: Path, names: Namespaces) -> SavedQuery:
    """One saved query from its file; raises BadInput."""
    if not is_name(path.stem):
        raise BadInput(
            "a query's file is called words-joined-by-hyphens.rq, in lower case, and not "
            f"{' or '.join(f'{name}.rq' for name in sorted(TAKEN))}"
        )
    query = read_text(path.stem, path.read_bytes().decode("utf-8"), names)
    return replace(query, expected=_expected(path, query), path=path)


def read_text(name: str, text: str, names: Namespaces) -> SavedQuery:
    """One saved query from the text of its file, its expectation only if that is in the text.

    Raises BadInput.
    """
    data = read_metadata(text)
    form = kind(text)
    if form == "update":
        raise BadInput("a saved query reads: SELECT, ASK, CONSTRUCT or DESCRIBE, not an update")
    view = data.get("view", "table")
    if not isinstance(view, str) or view not in VIEWS:
        raise BadInput(f"view: '{view}' is none of {', '.join(VIEWS)}")
    pagination = data.get("pagination", 0)
    if type(pagination) is not int or not 0 <= pagination <= _MOST_ROWS:  # bool is an int
        raise BadInput(f"pagination: '{pagination}' is not a number of rows a page")
    method = str(data.get("method", "GET")).upper()
    if method not in ("GET", "POST"):
        raise BadInput(f"method: '{method}' is neither GET nor POST")
    summary = _text(data, "summary", name.replace("-", " "))
    return SavedQuery(
        name=name,
        question=_text(data, "question", summary),
        summary=summary,
        description=_text(data, "description"),
        tags=tuple(_plain(tag) for tag in _list(data, "tags")),
        text=text,
        kind=form,
        parameters=_parameters(text, data),
        view=view,
        expected=Expected(_plain(data["expect"])) if "expect" in data else None,
        path=Path("queries", f"{name}.rq"),
        pagination=pagination,
        method=method,
        endpoint_in_url=bool(data.get("endpoint_in_url", True)),
        names=names,
    )


def _text(data: Mapping[str, Any], key: str, otherwise: str = "") -> str:
    value = data.get(key, otherwise)
    if not isinstance(value, str):
        raise BadInput(f"{key}: write a text, in quotes when it looks like something else")
    return value.strip()


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key) or []
    if not isinstance(value, list) or any(isinstance(part, list | dict) for part in value):
        raise BadInput(f"{key}: write a list, one value a line: '- value'")
    return value


def _parameters(text: str, data: Mapping[str, Any]) -> tuple[Parameter, ...]:
    found: dict[str, Parameter] = {}
    prefixes = _prefixes(text)
    for token in tokens(text):
        parameter = read_parameter(token.text[1:], prefixes) if token.kind == "var" else None
        if parameter is None:
            continue
        if parameter.name in RESERVED:
            raise BadInput(
                f"?{parameter.variable}: '{parameter.name}' belongs to the address of every query; "
                "call the parameter something else"
            )
        other = found.setdefault(parameter.name, parameter)
        if other != parameter:
            raise BadInput(
                f"?{other.variable} and ?{parameter.variable} are two variables for one parameter"
            )
    defaults = _by_name(data, "defaults")
    enumerated = _by_name(data, "enumerate")
    choices = {name: _list(enumerated, name) for name in enumerated}
    values = _by_name(data, "values")
    for key, given in (("defaults", defaults), ("enumerate", choices), ("values", values)):
        unknown = sorted(set(given) - set(found))
        if unknown:
            raise BadInput(f"{key}: the query has no parameter {', '.join(unknown)}")
    for name, query in values.items():
        if not isinstance(query, str) or kind(query) != "select":
            raise BadInput(f"values: the choices of {name} come from a SELECT of ?value and ?label")
    return tuple(
        replace(
            parameter,
            default=_default(name, defaults[name]) if name in defaults else None,
            choices=tuple(_plain(choice) for choice in choices.get(name, ())),
            values=values.get(name),
        )
        for name, parameter in found.items()
    )


def _prefixes(text: str) -> dict[str, str]:
    rows = [token for token in tokens(text) if token.kind != "comment"]
    return {
        name.text[:-1]: iri.text[1:-1]
        for word, name, iri in zip(rows, rows[1:], rows[2:], strict=False)
        if (word.kind, word.text.upper(), iri.kind) == ("word", "PREFIX", "iri")
    }


def _default(name: str, value: object) -> str | None:
    if isinstance(value, list | dict):
        raise BadInput(f"defaults: write one value for {name}")
    return None if value is None else _plain(value)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _by_name(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A mapping, or grlc's list of one-key mappings; a bare name in the list has nothing to say."""
    given = data.get(key) or {}
    merged: dict[str, Any] = {}
    for entry in given if isinstance(given, list) else [given]:
        if not isinstance(entry, (dict, str)):
            raise BadInput(f"{key}: write '- parameter: value'")
        merged.update(entry if isinstance(entry, dict) else {entry: None})
    return merged


def _expected(path: Path, query: SavedQuery) -> Expected | None:
    """The expectation in the query's own file, or in one beside it."""
    beside = [path.parent / "expected" / f"{path.stem}.{end}" for end in ("tsv", "ttl")]
    files = [file for file in beside if file.exists()]
    if len(files) + (query.expected is not None) > 1:
        raise BadInput(
            "has its expected answer twice: keep either expect: or the file in expected/"
        )
    if files:
        return Expected(files[0].read_text(encoding="utf-8"), files[0])
    return query.expected
