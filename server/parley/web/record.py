"""What is recorded of a thing: its names, its kinds, and the rest by property."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

from parley.rdf import COMMON_PREFIXES, PARLEY, RDF_TYPE, RDFS_LABEL
from parley.web.site import Cell, Row

_SKOS = COMMON_PREFIXES["skos"]
_NOTE = f"{_SKOS}scopeNote"
_SHOWN_ABOVE = {RDFS_LABEL.value, _NOTE, RDF_TYPE.value}
CLAIMS = {f"{PARLEY}Claim", f"{PARLEY}Assessment"}
NAMES = (
    RDFS_LABEL.value,
    *(f"{_SKOS}{name}" for name in ("prefLabel", "altLabel", "hiddenLabel")),
    f"{COMMON_PREFIXES['foaf']}name",
    f"{COMMON_PREFIXES['schema']}alternateName",
)


def values(record: list[Row], predicate: str) -> set[str]:
    """The values that a record gives a property."""
    return {row["value"]["value"] for row in record if row["property"]["value"] == predicate}


def head(
    record: list[Row], node: ox.NamedNode, name: str
) -> dict[str, Any]:  # Any: what templates show
    """What every page of a thing shows at its top, and the rest of its record.

    `label` is in English where there is an English one.
    """
    by_property: dict[str, list[Row]] = {}
    for row in record:
        by_property.setdefault(row["property"]["value"], []).append(row)
    return {
        "iri": node.value,
        "name": name,
        "label": label(record) or name,
        "kinds": by_property.get(RDF_TYPE.value, []),
        "notes": [row["value"] for row in by_property.get(_NOTE, [])],
        "record": {k: rows for k, rows in by_property.items() if k not in _SHOWN_ABOVE},
    }


def label(record: list[Row]) -> str:
    """The label of a thing, in English where there is one; empty where there is none."""
    cells = [row["value"] for row in record if row["property"]["value"] == RDFS_LABEL.value]
    english = [cell for cell in cells if cell.get("xml:lang", "").startswith("en")]
    return next((cell["value"] for cell in (*english, *cells)), "")


def other_names(record: list[Row]) -> list[Cell]:
    """All names of a thing but its label, each once in each language, as they are recorded."""
    found: dict[tuple[str, str], Cell] = {}
    for property_ in NAMES:
        for row in record:
            cell = row["value"]
            if row["property"]["value"] == property_ and cell["type"] == "literal":
                found.setdefault((cell["value"], cell.get("xml:lang", "")), cell)
    return [cell for (name, _), cell in found.items() if name != label(record)]
