"""A timeline: each item a range from the first day it can have begun to the last of its end."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from parley.web.drawing import svg
from parley.web.drawing.axis import Axis, axis
from parley.web.drawing.dates import day, written
from parley.web.drawing.items import STATUSES, Item, Reader, Row, listed, noted, value

MOST = 1000
_WIDTH = 860.0
_MARGIN = 20.0
_TOP = 36.0
_LANE = 40.0
_BAR = 12.0
_FADE = 90.0  # how far at most an open end reaches beyond the last known day


@dataclass(frozen=True)
class Span:
    """An item's bounds as ordinal days, None where open; `sure` are days on which it went on."""

    item: Item
    begin: int | None
    end: int | None
    sure: tuple[int, int] | None
    words: str

    @property
    def known(self) -> tuple[int, int] | None:
        """The days between the bounds there are."""
        bounds = [bound for bound in (self.begin, self.end) if bound is not None]
        return (min(bounds), max(bounds)) if bounds else None


def draw(rows: Sequence[Row], reader: Reader, title: str) -> Markup:
    """The drawing of rows with item, label, begin, end.

    Columns that may be there besides: latestBegin and earliestEnd (between them the item is
    certain to have gone on), dateText, precision, status.
    """
    found = list(dict.fromkeys(span for row in rows if (span := _span(row, reader))))
    spans = found[:MOST]
    dated = [span for span in spans if span.known]
    placed = {span.item.key for span in dated}
    without = (span.item for span in spans if not span.known and span.item.key not in placed)
    undated = list(dict.fromkeys(without))
    days = axis([span.known for span in dated if span.known], _MARGIN, _WIDTH - _MARGIN)
    fades = f"fade-{hashlib.sha256(title.encode('utf-8', 'replace')).hexdigest()[:8]}"
    bars, lanes = _stacked(dated, days, fades)
    bottom = _TOP + lanes * _LANE + 6
    legend, below = _legend(dated, fades, bottom + 8)
    names, below = listed("Without a date", undated, below, _WIDTH)
    said = []
    if len(days.stretches) > 1:
        said.append("The axis is broken where a long time has nothing to show.")
    if len(found) > MOST:
        said.append(f"The first {MOST:,} of {len(found):,} are drawn; the table has all.")
    notes, below = noted(said, below, _WIDTH)
    grid = _grid(days, bottom) if dated else []
    body = [*_gradients(dated, fades), *grid, *bars, *legend, *names, *notes]
    described = svg.joined([_extent(dated), f"{len(undated)} without a date" if undated else ""])
    return svg.frame(title, described or "Nothing to draw.", _WIDTH, below + 12, *body)


def _span(row: Row, reader: Reader) -> Span | None:
    item = reader.item(row)
    if item is None:
        return None
    begin, end = day(value(row, "begin"), last=False), day(value(row, "end"), last=True)
    if begin is not None and end is not None and begin > end:
        begin = end = None  # bounds that exclude each other place it nowhere
    first, last = day(value(row, "latestBegin"), last=True), day(value(row, "earliestEnd"))
    if begin is not None and begin == end:
        first = last = begin
    sure = None if first is None or last is None or first > last else (first, last)
    bounds = " to ".join(dict.fromkeys(written(bound) for bound in (begin, end)))
    parts = [value(row, "dateText"), bounds, value(row, "precision"), item.status]
    return Span(item, begin, end, sure, svg.joined(parts))


def _stacked(spans: Sequence[Span], days: Axis, fades: str) -> tuple[list[Markup], int]:
    """The items in lanes, none over another, the earliest on top; and how many lanes."""
    free: list[float] = []
    drawn = []
    for span in sorted(spans, key=lambda s: (s.known, s.item.label, s.item.key)):
        left, right = _reach(span, days)
        label = svg.cut(span.item.label, _WIDTH * 0.7)
        wide = svg.width(label)
        at = max(0.0, min(left, _WIDTH - wide))
        lane = next((n for n, end in enumerate(free) if end <= min(left, at)), len(free))
        free[lane : lane + 1] = [max(right, at + wide) + 10]
        drawn.append(_item(span, days, fades, left, right, at, label, _TOP + lane * _LANE))
    return drawn, len(free)


def _reach(span: Span, days: Axis) -> tuple[float, float]:
    """From where to where the item is drawn; an open end reaches beyond what is known."""
    assert span.known
    left, right = days.x(span.known[0]), days.x(span.known[1] + 1)
    if span.begin is None:
        left = max(0.0, left - _FADE)
    if span.end is None:
        right = min(_WIDTH, right + _FADE)
    return left, max(right, left + 4)


def _item(
    span: Span,
    days: Axis,
    fades: str,
    left: float,
    right: float,
    at: float,
    label: str,
    top: float,
) -> Markup:
    """The item's name above its range: pale where it may be, full where it certainly was."""
    colour = span.item.colour
    bar = top + svg.LINE
    parts = []
    if span.begin is None or span.end is None:
        side = "left" if span.begin is None else "right"
        fill = f"url(#{fades}-{side}-{_status(span.item)})"
        parts.append(_box(left, bar, right - left, fill))
    else:
        dashes = "3 3" if span.item.status == "contested" else None
        pale = svg.element(
            "rect",
            x=left,
            y=bar,
            width=right - left,
            height=_BAR,
            rx=2,
            fill=colour,
            fill_opacity="0.25",
            stroke=colour,
            stroke_dasharray=dashes,
        )
        parts.append(pale)
    if span.sure:
        first, after = days.x(span.sure[0]), days.x(span.sure[1] + 1)
        parts.append(_box(first, bar, max(4, after - first), colour))
    name = svg.text(at, top + 13, label, fill=svg.colour("link" if span.item.href else "ink"))
    title = svg.joined([span.item.label, span.words], "\n")
    return svg.link(span.item.href, title, name, *parts)


def _box(x: float, y: float, width: float, fill: str) -> Markup:
    return svg.element("rect", x=x, y=y, width=width, height=_BAR, rx=2, fill=fill)


def _status(item: Item) -> str:
    return item.status if item.status in STATUSES else "open"


def _gradients(spans: Sequence[Span], fades: str) -> list[Markup]:
    """The fading colours of open ends: clear on the open side."""
    wanted = {("left", _status(s.item)) for s in spans if s.begin is None}
    wanted |= {("right", _status(s.item)) for s in spans if s.end is None}
    made = []
    for side, status in sorted(wanted):
        opacities = ("0", "0.6") if side == "left" else ("0.6", "0")
        stops = [
            svg.element(
                "stop", offset=str(offset), stop_color=svg.colour(status), stop_opacity=opacity
            )
            for offset, opacity in enumerate(opacities)
        ]
        made.append(svg.element("linearGradient", *stops, id=f"{fades}-{side}-{status}"))
    return [svg.element("defs", *made)] if made else []


def _grid(days: Axis, bottom: float) -> list[Markup]:
    """Ticks with their dates on top, and where the axis is broken."""
    line = svg.colour("line")
    drawn = []
    for tick in days.ticks():
        drawn.append(
            svg.element("path", d=f"M{tick.x:.1f} 22V{bottom:.1f}", stroke=line, fill="none")
        )
        drawn.append(
            svg.text(tick.x, 15, tick.label, fill=svg.colour("soft"), text_anchor=tick.anchor)
        )
    for x in days.breaks():
        zigzag = f"M{x - 4:.1f} {bottom:.1f}V24l-4 -3l8 -4l-4 -3M{x + 4:.1f} {bottom:.1f}V24"
        drawn.append(svg.element("path", d=zigzag, stroke=svg.colour("soft"), fill="none"))
    return drawn


def _legend(spans: Sequence[Span], fades: str, top: float) -> tuple[list[Markup], float]:
    """What is meant by pale, full and fading, and by the colours, of those that occur."""
    entries: list[tuple[str, list[Markup]]] = []
    if any(s.begin is not None and s.end is not None and s.begin < s.end for s in spans):
        pale = svg.element(
            "rect",
            y=top,
            width=24,
            height=_BAR,
            rx=2,
            fill=svg.colour("open"),
            fill_opacity="0.25",
            stroke=svg.colour("open"),
        )
        entries.append(("some time in this range", [pale]))
    if any(s.sure for s in spans):
        entries.append(("certainly then", [_box(0, top, 24, svg.colour("open"))]))
    if any(s.begin is None or s.end is None for s in spans):
        fading = [
            svg.element(
                "rect",
                x=8 * n,
                y=top,
                width=8,
                height=_BAR,
                fill=svg.colour("open"),
                fill_opacity=opacity,
            )
            for n, opacity in enumerate(("0.6", "0.35", "0.12"))
        ]
        entries.append(("open: begin or end is not known", fading))
    used = {s.item.status for s in spans}
    entries += [(s, [_box(0, top, 24, svg.colour(s))]) for s in STATUSES if s in used]
    x, down, drawn = 0.0, 0, []
    for words, sign in entries:
        wide = 30 + svg.width(words) + 14
        if x and x + wide > _WIDTH:
            x, down = 0.0, down + svg.LINE
        label = svg.text(30, top + 11, words, fill=svg.colour("soft"))
        drawn.append(svg.element("g", *sign, label, transform=f"translate({x:.0f} {down})"))
        x += wide
    return drawn, top + down + (svg.LINE if entries else 0)


def _extent(spans: Sequence[Span]) -> str:
    known = [span.known for span in spans if span.known]
    if not known:
        return ""
    first, last = min(k[0] for k in known), max(k[1] for k in known)
    return f"{len(known)} in time, from {written(first)} to {written(last)}"
