"""Labels for the terms of rows: looked up for those that are shown, and for no others.

A query that joins labels before it sorts and cuts looks up thousands for a page that shows twenty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyoxigraph as ox

from parley.store.versions import Version
from parley.web.site import Cell, Row, Site


def labels_of(site: Site, version: Version, iris: Iterable[str]) -> dict[str, Cell]:
    """The labels of things by IRI, the first in the alphabet where one has several."""
    nodes = [ox.NamedNode(iri) for iri in sorted(set(iris))]
    found: dict[str, Cell] = {}
    for row in site.rows("labels", version, _things=nodes) if nodes else ():
        found.setdefault(row["_things"]["value"], row["label"])
    return found


def labelled(
    site: Site, version: Version, rows: Iterable[Row], columns: Sequence[str]
) -> list[Row]:
    """The rows with `xLabel` beside each `x` of these columns that names a thing with a label."""
    rows = list(rows)
    cells = [row[column] for row in rows for column in columns if column in row]
    known = labels_of(site, version, (c["value"] for c in cells if c["type"] == "uri"))
    return [
        Row(row | {f"{c}Label": known[row[c]["value"]] for c in columns if _has(row, c, known)})
        for row in rows
    ]


def _has(row: Row, column: str, known: dict[str, Cell]) -> bool:
    return column in row and row[column]["value"] in known and row[column]["type"] == "uri"
