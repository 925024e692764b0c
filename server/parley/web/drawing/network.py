"""A network: things as nodes, statements between them as arrows with their relation and status."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from parley.web.drawing import svg
from parley.web.drawing.items import STATUSES, Item, Reader, Row, noted, value
from parley.web.drawing.layout import Point, components, layout

MOST = 300  # nodes
_ARROWS = 3000
_WIDTH = 860.0
_EDGE = 84.0
_ACROSS = (200.0, 170.0)  # room for an edge, across and down, in a small and in a large network
_DOWN = (130.0, 130.0)
_LABELLED = 70  # arrows that carry their relation; more are told on pointing, and in the table
_DASHES = {"reported": "7 4", "contested": "2 4"}
_WIDTHS = {"confirmed": 2.6}


@dataclass(frozen=True)
class Arrow:
    """One statement: `relation` leads from the node `source` to the node `target`."""

    source: int
    target: int
    relation: str
    status: str

    @property
    def ends(self) -> tuple[int, int]:
        """The two nodes, without direction."""
        return min(self.source, self.target), max(self.source, self.target)


def draw(rows: Sequence[Row], reader: Reader, title: str) -> Markup:
    """The drawing of rows with source, sourceLabel, target, targetLabel, relation; and status.

    Past MOST nodes the largest connected parts are drawn, and it says so.
    """
    nodes, arrows = _read(rows, reader)
    parts = components(len(nodes), [arrow.ends for arrow in arrows])
    shown: list[list[int]] = []
    count = 0
    for part in parts:
        if not shown or count + len(part) <= MOST:
            shown.append(part[:MOST])
            count += len(shown[-1])
    places, wide, high = _placed(shown, arrows)
    drawn = [a for a in arrows if a.source in places and a.target in places]
    said = []
    if count < len(nodes):
        said.append(
            f"{count:,} of {len(nodes):,} things are drawn, those of the largest connected parts; "
            "the table has all."
        )
    if len(drawn) > _LABELLED:
        said.append("The arrows' relations are shown on pointing at them, and in the table.")
    mark = f"tip-{hashlib.sha256(title.encode('utf-8', 'replace')).hexdigest()[:8]}"
    body = [_tips(drawn, mark), *_arrows(drawn[:_ARROWS], nodes, places, mark)]
    body += [_node(nodes[n], places[n]) for n in sorted(places)]
    legend, bottom = _legend(drawn, high)
    notes, bottom = noted(said, bottom, wide)
    described = f"{len(places)} things and {len(drawn)} relations between them."
    return svg.frame(title, described, wide, bottom + 12, *body, *legend, *notes)


def _read(rows: Sequence[Row], reader: Reader) -> tuple[list[Item], list[Arrow]]:
    """The things and the statements between them, each once."""
    number: dict[str, int] = {}
    nodes: list[Item] = []
    arrows: dict[Arrow, None] = {}
    for row in rows:
        ends = reader.item(row, "source", "sourceLabel"), reader.item(row, "target", "targetLabel")
        for end in ends:
            if end is not None and end.key not in number:
                number[end.key] = len(nodes)
                nodes.append(end)
        if ends[0] and ends[1]:
            relation = reader.labels.get(value(row, "relation"), value(row, "relation"))
            relation = relation.rpartition("#")[2] or relation
            status = value(row, "status")
            arrows[
                Arrow(
                    number[ends[0].key],
                    number[ends[1].key],
                    relation[:300],
                    status if status in STATUSES else "",
                )
            ] = None
    return nodes, list(arrows)


def _placed(
    parts: Sequence[Sequence[int]], arrows: Sequence[Arrow]
) -> tuple[dict[int, Point], float, float]:
    """Where each node is drawn, the parts beside and below each other; width and height of all."""
    count = sum(map(len, parts))
    share = min(1.0, max(0.0, (count - 12) / 120))
    across, down = (small + (large - small) * share for small, large in (_ACROSS, _DOWN))
    boxes = []
    for part in parts:
        found = layout(part, [arrow.ends for arrow in arrows])
        boxes.append({n: (x * across, y * down) for n, (x, y) in found.items()})
    pad = 2 * _EDGE
    wide = max([_WIDTH, *(max(x for x, _ in box.values()) + pad for box in boxes)])
    places: dict[int, Point] = {}
    left = top = height = 0.0
    for box in boxes:
        right, low = max(x for x, _ in box.values()), max(y for _, y in box.values())
        if left and left + right + pad > wide:
            left, top, height = 0.0, top + height, 0.0
        for n, (x, y) in box.items():
            places[n] = left + _EDGE + x, top + 30 + y
        left += right + pad + 30
        height = max(height, low + 70)
    spread = _spread(places, wide)
    return spread, wide, max((y for _, y in spread.values()), default=0.0) + 70


def _spread(places: Mapping[int, Point], wide: float) -> dict[int, Point]:
    """The same places, but none of two nodes in one another's way."""
    found: dict[int, Point] = {}
    for n, (x, y) in sorted(places.items(), key=lambda place: (place[1][1], place[0])):
        while any(abs(x - ox) < 60 and abs(y - oy) < 18 for ox, oy in found.values()):
            y += 18
        found[n] = min(max(x, 10.0), wide - 10), y
    return found


def _node(item: Item, place: Point) -> Markup:
    x, y = place
    lines = svg.wrap(item.label, 150, 3) or ["no name"]
    ink = svg.colour("link" if item.href else "ink")
    words = [
        svg.text(
            x,
            y + 20 + 15 * n,
            line,
            text_anchor="middle",
            fill=ink,
            stroke=svg.colour("paper"),
            stroke_width=5,
            stroke_linejoin="round",
            paint_order="stroke",
        )
        for n, line in enumerate(lines)
    ]
    dot = svg.element("circle", cx=x, cy=y, r=6, fill=ink)
    return svg.link(item.href, item.label, dot, *words)


def _arrows(
    arrows: Sequence[Arrow], nodes: Sequence[Item], places: Mapping[int, Point], mark: str
) -> list[Markup]:
    """Arrows from node to node; several between two nodes are bent apart."""
    many = Counter(arrow.ends for arrow in arrows)
    seen: Counter[tuple[int, int]] = Counter()
    lines, words = [], []
    taken = [(x, y + down) for x, y in places.values() for down in (17, 32)]  # the nodes' names
    for arrow in arrows:
        nth = seen[arrow.ends]
        seen[arrow.ends] += 1
        bend = (nth - (many[arrow.ends] - 1) / 2) * 36
        if arrow.source > arrow.target:
            bend = -bend
        path, (x, y) = _path(places[arrow.source], places[arrow.target], bend, nth)
        colour = svg.colour(arrow.status or "open")
        line = svg.element(
            "path",
            d=path,
            fill="none",
            stroke=colour,
            stroke_width=_WIDTHS.get(arrow.status, 1.4),
            stroke_dasharray=_DASHES.get(arrow.status),
            marker_end=f"url(#{mark}-{arrow.status or 'open'})",
        )
        said = (nodes[arrow.source].label, arrow.relation, nodes[arrow.target].label)
        lines.append(svg.link(None, svg.joined([" ".join(said), arrow.status]), line))
        if len(arrows) <= _LABELLED:
            label = svg.cut(arrow.relation, 150, 11)
            while any(abs(x - ox) < 70 and abs(y - oy) < 12 for ox, oy in taken):
                y += 12
            taken.append((x, y))
            words.append(
                svg.text(
                    x,
                    y + 3,
                    label,
                    text_anchor="middle",
                    font_size=11,
                    fill=colour,
                    stroke=svg.colour("paper"),
                    stroke_width=5,
                    stroke_linejoin="round",
                    paint_order="stroke",
                )
            )
    return [*lines, *words]


def _path(start: Point, end: Point, bend: float, nth: int) -> tuple[str, Point]:
    """A curve that begins and ends beside its nodes' dots, and its middle."""
    (ax, ay), (bx, by) = start, end
    far = math.hypot(bx - ax, by - ay)
    if far < 1:  # a thing in relation to itself
        size = 26 + 12 * nth
        path = f"M{ax - 4:.1f} {ay - 6:.1f}c{-size} {-size} {size + 8} {-size} 9 -2"
        return path, (ax, ay - size * 0.75)
    ux, uy = (bx - ax) / far, (by - ay) / far
    cx, cy = (ax + bx) / 2 - uy * bend * 2, (ay + by) / 2 + ux * bend * 2
    first, last = math.hypot(cx - ax, cy - ay) or 1, math.hypot(cx - bx, cy - by) or 1
    ax, ay = ax + (cx - ax) / first * 8, ay + (cy - ay) / first * 8
    bx, by = bx + (cx - bx) / last * 10, by + (cy - by) / last * 10
    path = f"M{ax:.1f} {ay:.1f}Q{cx:.1f} {cy:.1f} {bx:.1f} {by:.1f}"
    return path, ((ax + 2 * cx + bx) / 4, (ay + 2 * cy + by) / 4)


def _tips(arrows: Sequence[Arrow], mark: str) -> Markup:
    tips = []
    for status in sorted({arrow.status or "open" for arrow in arrows}):
        head = svg.element("path", d="M0 0L9 4.5L0 9z", fill=svg.colour(status))
        tips.append(
            svg.element(
                "marker",
                head,
                id=f"{mark}-{status}",
                markerWidth=9,
                markerHeight=9,
                refX=8,
                refY=4.5,
                orient="auto",
                markerUnits="userSpaceOnUse",
            )
        )
    return svg.element("defs", *tips) if tips else Markup("")


def _legend(arrows: Sequence[Arrow], top: float) -> tuple[list[Markup], float]:
    """What the lines mean, of those that occur."""
    used = {arrow.status for arrow in arrows}
    drawn, x = [], 0.0
    for status in STATUSES:
        if status in used:
            line = svg.element(
                "path",
                d=f"M{x:.1f} {top + 8:.1f}h34",
                stroke=svg.colour(status),
                stroke_width=_WIDTHS.get(status, 1.4),
                stroke_dasharray=_DASHES.get(status),
            )
            drawn += [line, svg.text(x + 40, top + 12, status, fill=svg.colour("soft"))]
            x += 40 + svg.width(status) + 18
    return drawn, top + (svg.LINE if drawn else 0)
