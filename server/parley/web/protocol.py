"""The SPARQL 1.1 Protocol: what a request to /sparql asks for, before anything is answered."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pyoxigraph as ox

from parley.errors import BadInput, TooLarge
from parley.formats import named
from parley.settings import Settings
from parley.web.exchange import Request, read_fields, single
from parley.web.problems import BadEncoding, MethodNotAllowed

METHODS = ("GET", "HEAD", "POST", "QUERY", "OPTIONS")
FORM = "application/x-www-form-urlencoded"
_QUERY, _UPDATE = "application/sparql-query", "application/sparql-update"
_TRUTH = {"true": True, "1": True, "false": False, "0": False, "": True}


@dataclass(frozen=True)
class Operation:
    """One SPARQL operation; `text` is None when the request names none.

    Graphs are None when that kind is not given. `timeout` is in seconds.
    """

    text: str | None
    is_update: bool = False
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    format: str | None = None
    version: str | None = None
    timeout: float | None = None
    truncate: bool = False
    message: str | None = None


def read_operation(request: Request, settings: Settings) -> Operation:
    """The operation of a request; raises BadInput, TooLarge, BadEncoding, MethodNotAllowed."""
    if request.method in {"GET", "HEAD"}:
        fields = request.fields
        if single(fields, "update") is not None:
            raise BadInput("an update is sent by POST, not in an address")
    elif request.method in {"POST", "QUERY"}:
        fields = [*request.fields, *_body_fields(request, settings)]
    else:
        raise MethodNotAllowed(f"/sparql does not answer {request.method}", METHODS)
    query, update = single(fields, "query"), single(fields, "update")
    if query is not None and update is not None:
        raise BadInput("a query and an update in one request; send them one by one")
    if update is not None and request.method == "QUERY":
        raise BadInput("an update is sent by POST: the method QUERY reads only")
    text = query if update is None else update
    if text is None and request.method in {"POST", "QUERY"}:
        raise BadInput("the parameter 'query' or 'update' is missing")
    if text is not None and len(text) > settings.query_text_limit:
        limit = settings.query_text_limit
        raise TooLarge(
            f"the text is longer than {limit} characters", limit="query_text_limit", value=limit
        )
    return _operation(fields, text, is_update=update is not None)


def _body_fields(request: Request, settings: Settings) -> list[tuple[str, str]]:
    limit = settings.query_text_limit
    media_type = request.media_type
    if media_type == FORM:
        # Percent escapes make up to three bytes of one; the text itself is measured afterwards.
        return read_fields(request.body(4 * limit, "query_text_limit"))
    if media_type == _QUERY:
        return [("query", request.body(4 * limit, "query_text_limit"))]
    if media_type == _UPDATE:
        return [("update", request.body(4 * limit, "query_text_limit"))]
    said = f"'{media_type}' is not read here" if media_type else "the Content-Type is missing"
    raise BadEncoding(f"{said}; use {FORM}, {_QUERY} or {_UPDATE}")


def _operation(fields: list[tuple[str, str]], text: str | None, *, is_update: bool) -> Operation:
    if text is not None and len(fields) == 1:  # the text alone: nothing else to read
        return Operation(text=text, is_update=is_update)
    default, names = _graphs(fields, "default-graph-uri"), _graphs(fields, "named-graph-uri")
    using = _graphs(fields, "using-graph-uri") or ()
    using_named = _graphs(fields, "using-named-graph-uri") or ()
    if is_update and (default is not None or names is not None):
        raise BadInput("an update takes using-graph-uri and using-named-graph-uri")
    if text is not None and not is_update and (using or using_named):
        raise BadInput("a query takes default-graph-uri and named-graph-uri")
    truncate = single(fields, "truncate")
    if truncate is not None and truncate.lower() not in _TRUTH:
        raise BadInput(f"truncate is true or false, not '{truncate}'")
    return Operation(
        text=text,
        is_update=is_update,
        default_graphs=default,
        named_graphs=names,
        using=using,
        using_named=using_named,
        format=_format(fields),
        version=single(fields, "version") or None,
        timeout=_seconds(single(fields, "timeout")),
        truncate=truncate is not None and _TRUTH[truncate.lower()],
        message=single(fields, "message") or None,
    )


def _format(fields: list[tuple[str, str]]) -> str | None:
    """The first known name: SPARQLWrapper says `format` twice, with a name and a media type."""
    names = [value for key, value in fields if key == "format" and value]
    known = (name for name in names if named(name) or named(f"application/{name}"))
    return next(known, names[0] if names else None)


def _graphs(fields: list[tuple[str, str]], name: str) -> tuple[str, ...] | None:
    found = tuple(value for key, value in fields if key == name)
    for iri in found:
        try:
            ox.NamedNode(iri)
        except ValueError as error:
            raise BadInput(f"{name}: '{iri}' is not an absolute IRI") from error
    return found or None


def _seconds(text: str | None) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise BadInput(f"timeout is a number of seconds such as 5 or 0.5, not '{text}'")
    return seconds
