"""Places from WKT: points, and simple lines and polygons, as GeoSPARQL's literals have them."""

from __future__ import annotations

import re
from dataclasses import dataclass

Point = tuple[float, float]
_TEXT = re.compile(
    r"\s*(?:<[^>]*/CRS84>\s*)?(POINT|LINESTRING|POLYGON)\s*\(([^A-Za-z]*(?:[eE][^A-Za-z]*)*)\)\s*\Z",
    re.IGNORECASE,
)
_RING = re.compile(r"\(([^()]*)\)")
_MOST = 20_000  # letters


@dataclass(frozen=True)
class Shape:
    """Points in degrees, longitude first; several make a line, or a border when `closed`."""

    points: tuple[Point, ...]
    closed: bool = False

    @property
    def middle(self) -> Point:
        """Where a mark for it stands: the middle of its extent."""
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def read(text: str) -> Shape | None:
    """The shape; None for other kinds, reference systems and places that are not on earth.

    Of a polygon the outer border only.
    """
    match = _TEXT.match(text) if len(text) <= _MOST else None
    if match is None:
        return None
    kind, inside = match[1].upper(), match[2]
    if kind == "POLYGON":
        ring = _RING.search(inside)
        inside = ring[1] if ring else ""
    try:
        points = tuple(_point(pair) for pair in inside.split(","))
    except ValueError:
        return None
    return Shape(points if kind != "POINT" else points[:1], kind == "POLYGON")


def _point(pair: str) -> Point:
    x, y = (float(number) for number in pair.split()[:2])
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        raise ValueError(f"{pair} is not on earth")
    return x, y
