"""The OpenAPI 3.1 description of the server: each saved query as an operation with typed inputs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any  # JSON

import yaml

from parley import __version__
from parley.parameters import Parameter
from parley.queries import SavedQuery
from parley.rdf import XSD

_FIXED = Path(__file__).with_name("openapi.yaml")
_PROBLEMS = ("400", "404", "406", "414", "503")
_SIGNED = ("integer", "long", "int", "short", "byte")
_UNSIGNED = ("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte")
# JSON Schema's names for the types of XML Schema, where one can say the same.
_SCHEMAS: dict[str, dict[str, Any]] = {
    **{key: {"type": "integer"} for key in _SIGNED},
    **{key: {"type": "integer", "minimum": 0} for key in (*_UNSIGNED, "nonNegativeInteger")},
    "positiveInteger": {"type": "integer", "minimum": 1},
    "nonPositiveInteger": {"type": "integer", "maximum": 0},
    "negativeInteger": {"type": "integer", "maximum": -1},
    **{key: {"type": "number"} for key in ("decimal", "double", "float")},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "dateTime": {"type": "string", "format": "date-time"},
}


def description(queries: list[SavedQuery], root: str) -> dict[str, Any]:
    """The description as JSON; `root` is the address of the server."""
    fixed = _fixed()
    paths = fixed["paths"] | {f"/queries/{query.name}": _path(query) for query in queries}
    info = fixed["info"] | {"version": __version__}
    return fixed | {"info": info, "servers": [{"url": root}], "paths": paths}


def schema(parameter: Parameter) -> dict[str, Any]:
    """The JSON Schema of a parameter's values."""
    if parameter.choices:
        found: dict[str, Any] = {"enum": list(parameter.choices)}
    elif parameter.kind == "number":
        found = {"type": "number"}
    else:
        name = (parameter.datatype or "").removeprefix(XSD)
        found = dict(_SCHEMAS.get(name, {"type": "string"}))
    if parameter.default is not None:
        found["default"] = _json(parameter.default, found.get("type"))
    return found


@cache
def _fixed() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_FIXED.read_text(encoding="utf-8"))
    return loaded


def _path(query: SavedQuery) -> dict[str, Any]:
    rows = query.kind in {"select", "ask"}
    shared = ["version", "rowsFormat" if rows else "graphFormat"]
    if query.kind == "select":
        shared += ["limit", "offset"]
    responses = {code: _ref("responses", "Problem") for code in _PROBLEMS}
    return {
        "get": {
            "operationId": f"ask-{query.name}",
            "tags": ["queries"],
            "summary": query.question,
            "description": query.description or query.summary,
            "parameters": [
                *(_input(parameter) for parameter in query.parameters),
                *(_ref("parameters", name) for name in shared),
            ],
            "responses": {"200": _ref("responses", "Rows" if rows else "Graph"), **responses},
        }
    }


def _input(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required and parameter.default is None,
        "description": parameter.form[:1].upper() + parameter.form[1:],
        "schema": schema(parameter),
    }


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _json(text: str, kind: str | None) -> str | int | float | bool:
    """A default as the JSON value of its type."""
    if kind == "boolean":
        return text in {"true", "1"}
    if kind == "integer":
        return int(text)
    return float(text) if kind == "number" else text
