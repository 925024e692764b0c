"""The axis of a timeline: days to places, long empty stretches cut out, ticks on round dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from parley.web.drawing import svg
from parley.web.drawing.dates import MONTHS

_BREAK = 30.0  # room for the sign of a stretch cut out
_LEAST = 14.0  # room that a stretch has at least
_APART = 12.0  # between the labels of two ticks
_STEPS = (
    *(("day", number) for number in (1, 2, 7, 14)),
    *(("month", number) for number in (1, 2, 3, 6)),
    *(("year", number) for number in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)),
)
_DAYS = {"day": 1.0, "month": 30.4, "year": 365.25}


@dataclass(frozen=True)
class Stretch:
    """Days from `first` to before `after` (ordinals), drawn from `left` to `right`."""

    first: int
    after: int
    left: float
    right: float


@dataclass(frozen=True)
class Tick:
    """A round date: where it stands, what it is called, and which part of the label is there."""

    x: float
    label: str
    anchor: str


@dataclass(frozen=True)
class Axis:
    """Stretches in order of time; between two of them nothing is known to have happened."""

    stretches: tuple[Stretch, ...]
    left: float
    right: float

    def x(self, day: int) -> float:
        """The place of a day's beginning; days outside all stretches are at the nearest edge."""
        for stretch in self.stretches:
            if day <= stretch.after:
                share = max(0, day - stretch.first) / (stretch.after - stretch.first)
                return stretch.left + share * (stretch.right - stretch.left)
        return self.stretches[-1].right if self.stretches else self.right

    def breaks(self) -> list[float]:
        """The middles of what is cut out."""
        return [(one.right + two.left) / 2 for one, two in pairwise(self.stretches)]

    def ticks(self) -> list[Tick]:
        """Round dates as near to each other as their labels allow."""
        scale = max(((s.right - s.left) / (s.after - s.first) for s in self.stretches), default=1.0)
        unit, number = next(
            (step for step in _STEPS if _DAYS[step[0]] * step[1] * scale >= _room(step[0])),
            _STEPS[-1],
        )
        found: list[Tick] = []
        free = 0.0
        for stretch in self.stretches:
            days = list(_round(stretch.first, stretch.after, unit, number))
            named = unit
            if not days:
                days, named = [stretch.first], "month" if unit == "year" else "day"
            for day in days:
                x, label = self.x(day), _label(day, named)
                wide = svg.width(label)
                anchor, start = "middle", x - wide / 2
                if start < 0:
                    anchor, start = "start", x
                elif start + wide > self.left + self.right:
                    anchor, start = "end", x - wide
                if start >= free:
                    found.append(Tick(x, label, anchor))
                    free = start + wide + _APART
        return found


def axis(spans: Iterable[tuple[int, int]], left: float, right: float) -> Axis:
    """The axis that shows these spans of days (both days included) between two places."""
    merged: list[list[int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], last + 1)
        else:
            merged.append([first, last + 1])
    covered = sum(after - first for first, after in merged)
    kept: list[list[int]] = []
    for first, after in merged:
        if kept and first - kept[-1][1] <= max(7, covered // 4):
            kept[-1][1] = after
        else:
            kept.append([first, after])
    return _laid(kept, left, right)


def _laid(kept: Sequence[Sequence[int]], left: float, right: float) -> Axis:
    total = sum(after - first for first, after in kept)
    gap = min(_BREAK, (right - left) / (2 * len(kept))) if kept else 0.0
    least = min(_LEAST, (right - left) / (4 * len(kept))) if kept else 0.0
    room = right - left - gap * (len(kept) - 1) - least * len(kept)
    stretches = []
    x = left
    for first, after in kept:
        wide = least + room * (after - first) / total
        stretches.append(Stretch(first, after, x, x + wide))
        x += wide + gap
    return Axis(tuple(stretches), left, right)


def _room(unit: str) -> float:
    return svg.width({"day": "30 Sep 2023", "month": "Sep 2023", "year": "2023"}[unit]) + _APART


def _round(first: int, after: int, unit: str, number: int) -> Iterator[int]:
    """The days on which such a step begins, from the first one up to before the last."""
    day = date.fromordinal(first)
    if unit == "day":
        step = first if number < 7 else first + (-(first - 1)) % 7  # weeks begin on Monday
        while step < after:
            yield step
            step += number
        return
    months = number * (12 if unit == "year" else 1)
    count = -(-(day.year * 12 + day.month - 1 + (day.day > 1)) // months) * months
    while count // 12 <= date.max.year:
        step = date(max(1, count // 12), count % 12 + 1, 1).toordinal()
        if step >= after:
            return
        if step >= first:
            yield step
        count += months


def _label(day: int, unit: str) -> str:
    when = date.fromordinal(day)
    month = MONTHS[when.month - 1][:3]
    if unit == "day":
        return f"{when.day} {month} {when.year}"
    return f"{month} {when.year}" if unit == "month" else str(when.year)
