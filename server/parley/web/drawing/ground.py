"""What lies under the places of a map: its extent, countries, degrees and a scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from parley.web.drawing import svg
from parley.web.drawing.outline import Point, Ring, world

_KM = 111.195  # a degree of latitude: a sphere of 6371 km
_LEAST = 5.0  # degrees of latitude a map shows at least, for its surroundings
_DEGREES = (0.5, 1, 2, 5, 10, 20, 30, 60)
_KILOMETRES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_COARSE = 0.7  # units of the drawing that a border may be simplified by


@dataclass(frozen=True)
class Ground:
    """The base of a map; `west` may be beyond 180, for a map across the date line."""

    west: float
    north: float
    across: float  # units of the drawing for a degree of longitude
    down: float
    height: float
    drawn: Markup
    outlined: bool

    def place(self, point: Point) -> Point:
        """Where a point stands in the drawing."""
        return _eastward(point[0], self.west) * self.across, (self.north - point[1]) * self.down


def ground(points: Sequence[Point], width: float) -> Ground:
    """The base of a map that shows these points with what is around them."""
    west, east = _shortest([x for x, _ in points]) if points else (0.0, 0.0)
    south, north = (min(y for _, y in points), max(y for _, y in points)) if points else (0, 0)
    middle = (south + north) / 2
    shrink = max(0.2, math.cos(math.radians(middle)))
    high = min(180.0, max(_LEAST, (north - south) * 1.3))
    wide = max((east - west) * 1.3, high / shrink * 1.5)
    wide = min(wide, 360.0)
    high = min(180.0, max(high, wide * shrink / 2))
    across = width / wide
    down = across / shrink
    top = min(90.0, max(-90.0 + high, middle + high / 2))
    left = (west + east) / 2 - wide / 2
    height = high * down
    rings = [ring for ring in world() if ring.south < top and ring.north > top - high]
    land = _land(rings, left, wide, top, across, down, (width, height))
    lines = _degrees(left, top, across, down, width, height)
    sea = svg.element("rect", width=width, height=height, fill=svg.colour("panel"))
    scale = _scale(_KM * shrink / across, height)
    # A picture of its own inside the drawing cuts off what goes beyond it.
    drawn = svg.element("svg", sea, *land, *lines, *scale, width=width, height=height)
    return Ground(left, top, across, down, height, drawn, bool(world()))


def _shortest(longitudes: Sequence[float]) -> tuple[float, float]:
    """From where to where, going east, a map must reach: all but the widest empty stretch."""
    xs = sorted(longitudes)
    gaps = [(b - a, b) for a, b in pairwise(xs)] + [(xs[0] + 360 - xs[-1], xs[0])]
    gap, first = max(gaps)
    return first, first + 360 - gap


def _eastward(x: float, west: float) -> float:
    return (x - west) % 360


def _land(
    rings: Sequence[Ring],
    left: float,
    wide: float,
    top: float,
    across: float,
    down: float,
    size: Point,
) -> list[Markup]:
    """The countries in sight, each border simplified and cut near the edges, and their names."""
    paths: list[str] = []
    names: dict[str, tuple[float, float, float]] = {}
    for ring in rings:
        for turn in (-360.0, 0.0, 360.0):
            if ring.east + turn < left or ring.west + turn > left + wide:
                continue
            points = _clipped(
                [((x + turn - left) * across, (top - y) * down) for x, y in ring.points], size
            )
            if len(points) < 3:
                continue
            paths.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
            area, x, y = _centre(points)
            if area > max(3000.0, names.get(ring.country, (0.0,))[0]):
                names[ring.country] = area, x, y
    shown = [
        svg.element(
            "path",
            d="".join(paths),
            fill=svg.colour("paper"),
            stroke=svg.colour("soft"),
            stroke_width=0.8,
            stroke_opacity="0.7",
            stroke_linejoin="round",
        )
    ] * bool(paths)
    for name, (area, x, y) in sorted(names.items()):
        if svg.width(name) ** 2 < area * 2:
            words = svg.text(
                x, y, name, fill=svg.colour("soft"), text_anchor="middle", letter_spacing=1
            )
            shown.append(words)
    return shown


def _clipped(points: Sequence[Point], size: Point) -> list[Point]:
    """A border cut along a frame a little outside of the drawing (Sutherland and Hodgman, 1974)."""
    kept = [points[0]]
    for point in points:
        if math.dist(point, kept[-1]) >= _COARSE:
            kept.append(point)
    for axis, edge, sign in (
        (0, -9.0, 1),
        (0, size[0] + 9, -1),
        (1, -9.0, 1),
        (1, size[1] + 9, -1),
    ):
        found: list[Point] = []
        for one, two in zip([kept[-1], *kept[:-1]], kept, strict=True) if kept else ():
            before, after = sign * (one[axis] - edge) >= 0, sign * (two[axis] - edge) >= 0
            if before != after:
                share = (edge - one[axis]) / (two[axis] - one[axis])
                found.append(
                    (one[0] + share * (two[0] - one[0]), one[1] + share * (two[1] - one[1]))
                )
            if after:
                found.append(two)
        kept = found
    return kept


def _centre(points: Sequence[Point]) -> tuple[float, float, float]:
    """The area of a border and its centre of gravity."""
    area = x = y = 0.0
    for (ax, ay), (bx, by) in zip([points[-1], *points[:-1]], points, strict=True):
        cross = ax * by - bx * ay
        area += cross
        x += (ax + bx) * cross
        y += (ay + by) * cross
    if abs(area) < 1e-6:
        return 0.0, 0.0, 0.0
    return abs(area) / 2, x / (3 * area), y / (3 * area)


def _degrees(
    left: float, top: float, across: float, down: float, width: float, height: float
) -> list[Markup]:
    """The graticule, each line with its degrees."""
    step = next((s for s in _DEGREES if s * across >= 90), 60)
    lines, words = [], []
    x = math.ceil(left / step) * step
    while (place := (x - left) * across) < width:
        lines.append(f"M{place:.1f} 0V{height:.1f}")
        degrees = (x + 180) % 360 - 180
        words.append((place + 3, height - 4, _named(degrees, "E", "W")))
        x += step
    y = math.floor(top / step) * step
    while (place := (top - y) * down) < height:
        lines.append(f"M0 {place:.1f}H{width:.1f}")
        words.append((3, place - 3, _named(y, "N", "S")))
        y -= step
    grid = svg.element(
        "path",
        d="".join(lines),
        stroke=svg.colour("soft"),
        stroke_opacity="0.35",
        stroke_dasharray="1 3",
        fill="none",
    )
    soft = svg.colour("soft")
    return [grid, *(svg.text(x, y, word, fill=soft, font_size=10) for x, y, word in words)]


def _named(degrees: float, positive: str, negative: str) -> str:
    side = "" if not degrees else positive if degrees > 0 else negative
    return f"{abs(degrees):g}°{side}"


def _scale(km: float, height: float) -> list[Markup]:
    """A bar of a round length; `km` is one unit of the drawing, at the middle of the map."""
    length = next((k for k in _KILOMETRES if k / km >= 60), _KILOMETRES[-1])
    end = 16 + length / km
    bar = svg.element(
        "path",
        d=f"M16 {height - 30:.1f}v5H{end:.1f}v-5",
        stroke=svg.colour("ink"),
        fill="none",
    )
    return [bar, svg.text(end + 6, height - 23, f"{length:,} km", font_size=11)]
