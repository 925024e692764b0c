"""EDTF values of time spans: that they parse, and that they say the same days as the bounds."""

from __future__ import annotations

import datetime
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any  # what the edtf package returns has no types

import pyoxigraph as ox

from parley.check.report import Finding
from parley.rdf import EDTF, term

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package's grammar sets off notices of its parser library
    import edtf

CHECK = "dates"
BOUNDS = ("earliestBegin", "latestBegin", "earliestEnd", "latestEnd")
_OPEN = {"", "..", "unknown", "None"}


def check_dates(store: ox.Store, nodes: Iterable[ox.NamedNode] | None = None) -> Iterator[Finding]:
    """Findings about every `parley:edtf` value, or those of some nodes, and the bounds beside."""
    alike: dict[ox.Literal, list[ox.Quad]] = defaultdict(list)
    starts = [None] if nodes is None else nodes
    for quad in (q for node in starts for q in store.quads_for_pattern(node, term("edtf"), None)):
        value = quad.object
        if isinstance(value, ox.Literal) and value.datatype.value == EDTF:
            alike[value].append(quad)  # the shapes say so of any other
    for value, quads in alike.items():
        try:
            derived = bounds(value.value)
        except ValueError as error:
            yield from (_unreadable(quad, value, error) for quad in quads)
            continue
        for quad in quads:
            yield from _disagreements(store, quad, value, derived)


def _unreadable(quad: ox.Quad, value: ox.Literal, error: ValueError) -> Finding:
    return Finding(
        CHECK,
        "violation",
        f"'{value.value}' is not EDTF.",
        f"Write the date as EDTF, such as 2023-12 or [2023-12-01..2023-12-10]; {error}.",
        focus=_named(quad.subject),
        path=term("edtf"),
        value=value,
    )


def _disagreements(
    store: ox.Store, quad: ox.Quad, value: ox.Literal, derived: Mapping[str, datetime.date]
) -> Iterator[Finding]:
    for name, day in derived.items():
        for other in store.quads_for_pattern(quad.subject, term(name), None):
            given = other.object
            if isinstance(given, ox.Literal) and given.value != day.isoformat():
                yield Finding(
                    CHECK,
                    "violation",
                    f"parley:{name} is {given.value}, but the EDTF value {value.value} says {day}.",
                    "Correct the one that is wrong.",
                    focus=_named(quad.subject),
                    path=term(name),
                    value=given,
                )


@lru_cache(maxsize=512)  # a value takes 30 ms to parse
def bounds(text: str) -> Mapping[str, datetime.date]:
    """The bounds an EDTF value fixes, by property name; those it leaves open are absent.

    Both ends of an interval fix two bounds each; any other value fixes the first and the last day.
    Uncertain and approximate values are taken strictly, a winter lasts until the end of February.
    Raises ValueError for what is not EDTF.
    """
    try:
        parsed = edtf.parse_edtf(text)
    except edtf.EDTFParseException as error:
        raise ValueError(str(error).partition(":")[0] or "it cannot be read") from error
    if isinstance(parsed, edtf.Interval):
        low, high = (None if str(e) in _OPEN else e for e in (parsed.lower, parsed.upper))
        days = (_first(low), _last(low), _first(high), _last(high))
    else:
        days = (_first(parsed), None, None, _last(parsed))
    if days[0] and days[3] and days[0] > days[3]:
        raise ValueError("it ends before it begins")
    return {name: day for name, day in zip(BOUNDS, days, strict=True) if day}


def _first(value: Any) -> datetime.date | None:
    return None if value is None else _day(value.lower_strict)


def _last(value: Any) -> datetime.date | None:
    if value is None:
        return None
    day = _day(value.upper_strict)
    if day and isinstance(value, edtf.Season) and str(value).endswith("-24"):
        return datetime.date(day.year + 1, 3, 1) - datetime.timedelta(days=1)
    return day


def _day(strict: Any) -> datetime.date | None:
    try:
        year, month, day = tuple(strict())[:3]
        return datetime.date(year, month, day)
    except (TypeError, ValueError):  # an open end is an infinite number there; a year past 9999
        return None


def _named(node: ox.NamedNode | ox.BlankNode | ox.Triple) -> ox.NamedNode | None:
    return node if isinstance(node, ox.NamedNode) else None
