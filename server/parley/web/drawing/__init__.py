"""Drawings of results as SVG: timelines, maps, networks and bars, from rows alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup

from parley.errors import BadInput
from parley.queries import VIEWS, lacking, seats
from parley.web.drawing import bars, maps, network, timeline
from parley.web.drawing.items import Reader, Row
from parley.web.drawing.svg import standalone

__all__ = ["address", "draw", "fitting", "standalone"]

_DRAWERS = {"timeline": timeline.draw, "map": maps.draw, "network": network.draw, "bar": bars.draw}


def fitting(columns: Sequence[str]) -> list[str]:
    """The views that can draw a result with these columns, the table left out."""
    return [view for view in _DRAWERS if not lacking(view, columns)]


def address(iri: str) -> str | None:
    """Where an IRI leads by itself: a thing's own address, and nowhere for other schemes."""
    return iri if iri.startswith(("https://", "http://")) else None


def draw(
    view: str,
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    title: str,
    labels: Mapping[str, str] | None = None,
    href: Callable[[str], str | None] = address,
) -> Markup:
    """The drawing of a result as SVG to stand in a page; the same rows give the same text.

    `labels` names IRIs for which no column does; `href` is where an IRI leads, None for nowhere.
    `standalone` makes a file of it. Raises BadInput where the columns do not fit the view.
    """
    if view not in _DRAWERS:
        raise BadInput(f"view: '{view}' is none of {', '.join(_DRAWERS)}")
    missing = lacking(view, columns)
    if missing:
        raise BadInput(
            f"a {view} needs the columns {', '.join(VIEWS[view])}; missing: {', '.join(missing)}"
        )
    moved = {name: column for name, column in seats(view, columns).items() if name != column}
    if moved:
        rows = [
            {**_cells(row, columns), **{name: row.get(column) for name, column in moved.items()}}
            for row in rows
        ]
    return _DRAWERS[view](rows, Reader(labels or {}, href), title)


def _cells(row: Row, columns: Sequence[str]) -> dict[str, Mapping[str, str] | None]:
    return {column: row.get(column) for column in columns}
