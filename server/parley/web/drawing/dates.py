"""Dates as drawings need them: XML Schema's text to ordinal days, and back to words."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T.*)?)?)?(?:Z|[+-]\d\d:\d\d)?\Z", re.ASCII)
_MONTHS = "January February March April May June July August September October November December"
MONTHS = _MONTHS.split()


def day(text: str, *, last: bool = False) -> int | None:
    """The ordinal of a date's day; of a year or a month alone, its first or last day.

    None for what is no date and for years outside 1 to 9999.
    """
    match = _DATE.match(text)
    if match is None:
        return None
    year, month, number = (int(part) if part else None for part in match.groups())
    try:
        if number is None and last:
            return _last(year or 0, month or 12).toordinal()
        return date(year or 0, month or 1, number or 1).toordinal()
    except ValueError:
        return None


def written(ordinal: int | None) -> str:
    """A day in words; open where there is none."""
    if ordinal is None:
        return "open"
    when = date.fromordinal(ordinal)
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def _last(year: int, month: int) -> date:
    """The last day of a month."""
    if month == 12:
        return date(year, 12, 31)
    return date(year, month + 1, 1) - timedelta(days=1)
