"""Bars: one for each row, in the order of the result, with its number beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from parley.web.drawing import svg
from parley.web.drawing.items import Item, Reader, Row, noted, value

MOST = 300
_WIDTH = 860.0
_NAMES = 300.0  # room for the names on the left
_NUMBERS = 90.0
_LEAST = 30.0


@dataclass(frozen=True)
class _Bar:
    item: Item
    number: float
    words: str


def draw(rows: Sequence[Row], reader: Reader, title: str) -> Markup:
    """The drawing of rows with label and count, which may be any number; `item` makes a link."""
    found = [bar for row in rows if (bar := _bar(row, reader))]
    bars = found[:MOST]
    low = min([0.0, *(bar.number for bar in bars)])
    high = max([0.0, *(bar.number for bar in bars)])
    left = _NAMES + (_NUMBERS if low < 0 else 12)
    right = _WIDTH - (_NUMBERS if high > 0 or low == 0 else 12)
    span = high / 2 - low / 2  # halves, as the whole may be more than a float holds
    scale = (right - left) / span / 2 if span else 0.0
    zero = left - low * scale
    y, drawn = 8.0, []
    for bar in bars:
        one, height = _drawn(bar, y, zero, zero + bar.number * scale)
        drawn.append(one)
        y += height
    base = svg.element("path", d=f"M{zero:.1f} 4V{y:.1f}", stroke=svg.colour("soft"), fill="none")
    said = [f"{len(rows) - len(found):,} rows without a number are not drawn."] * (
        len(rows) > len(found)
    )
    if len(found) > MOST:
        said.append(f"The first {MOST:,} of {len(found):,} are drawn; the table has all.")
    notes, y = noted(said, y, _WIDTH)
    described = f"{len(bars)} bars." if bars else "Nothing to draw."
    return svg.frame(title, described, _WIDTH, y + 12, *drawn, base, *notes)


def _bar(row: Row, reader: Reader) -> _Bar | None:
    words = value(row, "count")
    try:
        number = float(words)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    column = next((c for c in ("item", "source") if row.get(c)), "item")
    item = reader.item(row, column) or Item("", "no name", None)
    return _Bar(item, number, words)


def _drawn(bar: _Bar, y: float, zero: float, end: float) -> tuple[Markup, float]:
    """One bar with its name and number, and the height it takes."""
    lines = svg.wrap(bar.item.label, _NAMES, 3) or ["no name"]
    height = max(_LEAST, svg.LINE * len(lines) + 10)
    ink = svg.colour("link" if bar.item.href else "ink")
    names = [
        svg.text(_NAMES, y + 15 + svg.LINE * n, line, fill=ink, text_anchor="end")
        for n, line in enumerate(lines)
    ]
    box = svg.element(
        "rect",
        x=min(zero, end),
        y=y + 3,
        width=max(1.0, abs(end - zero)),
        height=16,
        fill=bar.item.colour if bar.item.status else svg.colour("stated"),
        fill_opacity="0.8",
    )
    below = bar.number < 0
    beside = svg.text(
        end - 6 if below else end + 6,
        y + 16,
        svg.cut(bar.words, _NUMBERS - 10),
        text_anchor="end" if below else None,
    )
    return svg.link(bar.item.href, f"{bar.item.label}: {bar.words}", *names, box, beside), height
