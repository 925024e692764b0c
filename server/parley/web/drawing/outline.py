"""The outline of the world's countries: Natural Earth's, as the packaged TopoJSON file has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "static" / "built" / "outline.json"
Point = tuple[float, float]


@dataclass(frozen=True)
class Ring:
    """One closed border of a country, in degrees of longitude and latitude."""

    country: str
    points: tuple[Point, ...]
    west: float
    south: float
    east: float
    north: float


@cache
def world() -> tuple[Ring, ...]:
    """All rings; none where the front end was not built, and a map then has no outline."""
    if not FILE.exists():
        return ()
    return tuple(_rings(json.loads(FILE.read_text(encoding="utf-8"))))


def _rings(topology: dict[str, Any]) -> Iterator[Ring]:  # Any: JSON
    """The rings of the object `countries` (TopoJSON 1.0: 2.1.3 arcs, 2.1.4 arc indexes)."""
    (across, down), (left, low) = (
        topology["transform"]["scale"],
        topology["transform"]["translate"],
    )
    arcs: list[list[Point]] = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((round(x * across + left, 3), round(y * down + low, 3)))
        arcs.append(points)
    for shape in topology["objects"]["countries"]["geometries"]:
        polygons = {"Polygon": [shape.get("arcs")], "MultiPolygon": shape.get("arcs")}
        name = str(shape.get("properties", {}).get("name", ""))
        for polygon in polygons.get(shape["type"], ()):
            for ring in polygon:
                points = [p for n in ring for p in (arcs[n] if n >= 0 else arcs[~n][::-1])]
                xs, ys = [p[0] for p in points], [p[1] for p in points]
                yield Ring(name, tuple(points), min(xs), min(ys), max(xs), max(ys))
