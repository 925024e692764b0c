"""Findings of the checks at the fields they are about."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from parley.check.report import Finding, Report
from parley.web.editing.filling import Filled
from parley.web.editing.forms import Form
from parley.web.editing.wording import worded

_PARTS = ("subject", "predicate", "object")


@dataclass(frozen=True)
class Told:
    """A message of the summary: at the `place` of the field `name`, or about another node."""

    message: str
    place: str = ""
    name: str = ""
    focus: str = ""


def tell(report: Report, filled: Filled, node: ox.NamedNode, form: Form) -> list[Told]:
    """Puts every violation and warning at its field; what belongs to none is returned."""
    elsewhere = []
    for finding in report.findings:
        if finding.severity == "info":
            continue
        message = worded(finding, form)
        if finding.severity == "warning":
            message = f"Not refused, but look at it: {message}"
        place = _place(finding, filled, node, form)
        if place:
            filled.tell(place, message)
        else:
            focus = finding.focus if isinstance(finding.focus, ox.NamedNode) else None
            about = focus.value if focus is not None and focus != node else ""
            elsewhere.append(Told(message, focus=about))
    return elsewhere


def summary(filled: Filled, form: Form, elsewhere: list[Told]) -> list[Told]:
    """All messages: those of no field, those of the fields in their order, the others."""
    left = dict(filled.told)
    told = list(elsewhere)
    for asked in form.fields:
        own = [place for place in left if place == asked.key or place.startswith(f"{asked.key}.")]
        for place in sorted(own, key=_order):
            told += [Told(message, place, asked.name) for message in left.pop(place)]
    return told + [Told(message, place) for place in left for message in left[place]]


def _order(place: str) -> tuple[int, int]:
    """Rows by number, and in a row the parts as they stand there."""
    _, _, tail = place.rpartition(".")
    part = _PARTS.index(tail) + 1 if tail in _PARTS else 0
    number = (place.removesuffix(f".{tail}") if part else place).rpartition(".")[2]
    return int(number) if number.isdigit() else -1, part


def _place(finding: Finding, filled: Filled, node: ox.NamedNode, form: Form) -> str:
    path = finding.path.value if finding.path is not None else ""
    value = finding.value.value if finding.value is not None else ""
    if not isinstance(finding.focus, ox.NamedNode):
        return ""
    places, focus = filled.places, finding.focus.value
    if finding.focus != node and (focus, "") in places:
        nearest = [places.get((focus, part)) for part in (path, value) if part]
        return next(filter(None, nearest), places[focus, ""])
    if finding.focus == node and (path, value) in places:
        return places[path, value]
    if finding.focus == node and path:
        return next((asked.key for asked in form.fields if asked.path == path), "")
    # a constraint between properties or things names the value that is not right
    return next((place for (_, said), place in places.items() if value and said == value), "")
