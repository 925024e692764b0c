"""Findings of the checks at the fields they are about."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from parley.check.report import Finding, Report
from parley.web.editing.filling import Filled
from parley.web.editing.forms import Form


@dataclass(frozen=True)
class Told:
    """A message of the summary: the `place` of its field, or the other node it is about."""

    message: str
    place: str = ""
    focus: str = ""


def tell(report: Report, filled: Filled, node: ox.NamedNode, form: Form) -> list[Told]:
    """Puts every violation and warning at its field; what belongs to none is returned."""
    elsewhere = []
    for finding in report.findings:
        if finding.severity == "info":
            continue
        message = f"{finding.message} {finding.fix}".strip()
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
    """All messages, in the order of the form, with the fields they stand at."""
    order = {asked.key: number for number, asked in enumerate(form.fields)}

    def position(place: str) -> tuple[int, str]:
        key = next((k for k in order if place == k or place.startswith(f"{k}.")), "")
        return order.get(key, len(order)), place

    told = [
        Told(message, place)
        for place in sorted(filled.told, key=position)
        for message in filled.told[place]
    ]
    return elsewhere + told


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
