"""A map: places with coordinates on the outline of the world, and the others listed below it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from parley.web.drawing import svg, wkt
from parley.web.drawing.ground import Ground, ground
from parley.web.drawing.items import Item, Reader, Row, listed, noted, value

MOST = 1000
_WIDTH = 860.0
_NEAR = 12.0  # places nearer to each other share a mark


@dataclass
class _Mark:
    x: float
    y: float
    items: list[Item]


def draw(rows: Sequence[Row], reader: Reader, title: str) -> Markup:
    """The drawing of rows with item, label, wkt (unbound for a place that is not located).

    The world is an equirectangular projection, true to scale at the middle of the map.
    """
    read = [(item, wkt.read(value(row, "wkt"))) for row in rows if (item := reader.item(row))]
    found = list(dict.fromkeys(read))
    placed = [(item, shape) for item, shape in found[:MOST] if shape]
    named = {item.key for item, _ in placed}
    missing = list(dict.fromkeys(item for item, s in found if not s and item.key not in named))
    base = ground([point for _, shape in placed for point in shape.points], _WIDTH)
    marks = _clustered([(item, *base.place(shape.middle)) for item, shape in placed])
    areas = [_area(item, shape, base) for item, shape in placed if len(shape.points) > 1]
    drawn, unnamed = _marked(marks, base)
    bottom = base.height if placed else 0.0
    shared = [item for mark in marks if len(mark.items) > 1 for item in mark.items]
    lists: list[Markup] = []
    for heading, items in (
        ("Places that share a mark", shared),
        ("Marked without room for a name", unnamed),
        ("Not placed, as no position is recorded", missing),
    ):
        more, bottom = listed(heading, items, bottom, _WIDTH)
        lists += more
    said = []
    if placed and base.outlined:
        said.append(
            "Borders: Natural Earth, as a background. What they show is no claim of this dataset."
        )
    elif placed:
        said.append("No outline of the world is installed; the lines are degrees.")
    if len(found) > MOST:
        said.append(f"The first {MOST:,} of {len(found):,} are drawn; the table has all.")
    notes, bottom = noted(said, bottom, _WIDTH)
    described = f"{len(placed)} places on a map, {len(missing)} without a position."
    body = [base.drawn, *areas, *drawn] if placed else []
    return svg.frame(title, described, _WIDTH, bottom + 12, *body, *lists, *notes)


def _clustered(places: Sequence[tuple[Item, float, float]]) -> list[_Mark]:
    marks: list[_Mark] = []
    for item, x, y in places:
        near = next((m for m in marks if math.hypot(m.x - x, m.y - y) < _NEAR), None)
        if near is None:
            marks.append(_Mark(x, y, [item]))
        elif item not in near.items:
            near.items.append(item)
    return marks


def _area(item: Item, shape: wkt.Shape, base: Ground) -> Markup:
    points = " ".join("{:.1f},{:.1f}".format(*base.place(point)) for point in shape.points)
    shown = svg.element(
        "polygon" if shape.closed else "polyline",
        points=points,
        fill=svg.colour("contested") if shape.closed else "none",
        fill_opacity="0.2",
        stroke=svg.colour("contested"),
        stroke_width=1.5,
    )
    return svg.link(item.href, item.label, shown)


def _marked(marks: Sequence[_Mark], base: Ground) -> tuple[list[Markup], list[Item]]:
    """The marks with their names where there is room; and the items whose names have none."""
    taken = [(m.x - 7, m.y - 7, m.x + 7, m.y + 7) for m in marks]
    drawn, unnamed = [], []
    for mark in marks:
        first, *others = mark.items
        words = svg.cut(first.label, 220) + (f" and {len(others)} more" if others else "")
        wide = svg.width(words)
        for x, y in ((9, 5), (-9 - wide, 5), (-wide / 2, -11), (-wide / 2, 21)):
            box = (mark.x + x, mark.y + y - 12, mark.x + x + wide, mark.y + y + 4)
            inside = box[0] >= 2 and box[2] <= _WIDTH - 2 and box[1] >= 2 and box[3] <= base.height
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                name = [
                    svg.text(
                        mark.x + x,
                        mark.y + y,
                        words,
                        fill=svg.colour("ink"),
                        stroke=svg.colour("paper"),
                        stroke_width=3,
                        paint_order="stroke",
                    )
                ]
                break
        else:
            name = []
            unnamed += [] if others else [first]
        dot = svg.element(
            "circle",
            cx=mark.x,
            cy=mark.y,
            r=5 if not others else 7,
            fill=svg.colour("contested"),
            stroke=svg.colour("paper"),
            stroke_width=1.5,
        )
        title = "\n".join(item.label for item in mark.items[:20])
        drawn.append(svg.link(first.href, title, dot, *name))
    return drawn, unnamed


def _overlap(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]
