"""What drawings read from the rows of a result: items with a name, an address and a status."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup

from parley.web.drawing import svg

STATUSES = ("confirmed", "stated", "reported", "contested")
_NAMED = 300  # letters of a name that stay, wherever it is shown
_LISTED = 60
_LEADING = 28


class Row(Protocol):
    """A row of a result as the JSON results format has it, by column."""

    def get(self, column: str, /) -> Mapping[str, str] | None: ...


@dataclass(frozen=True)
class Reader:
    """Reads rows; `labels` names IRIs for which no column does, `href` is where an IRI leads."""

    labels: Mapping[str, str]
    href: Callable[[str], str | None]

    def item(self, row: Row, column: str = "item", label: str = "label") -> Item | None:
        """The thing in a column with the label in another; None where both are unbound."""
        cell = row.get(column)
        name = value(row, label)
        if cell is None:
            return Item(name, name[:_NAMED], None, value(row, "status")) if name else None
        iri = cell["value"]
        name = name or self.labels.get(iri) or iri.rstrip("/").rpartition("/")[2] or iri
        href = self.href(iri) if cell["type"] == "uri" else None
        return Item(iri, name[:_NAMED], href, value(row, "status"))


@dataclass(frozen=True)
class Item:
    """One thing to draw; `key` tells it from others, `status` is that of the statement shown."""

    key: str
    label: str
    href: str | None
    status: str = ""

    @property
    def colour(self) -> str:
        """The colour of its status, ink for any other."""
        return svg.colour(self.status if self.status in STATUSES else "open")


def value(row: Row, column: str) -> str:
    """The value in a column, empty where it is unbound."""
    cell = row.get(column)
    return cell["value"] if cell else ""


def listed(
    heading: str, items: Sequence[Item], top: float, room: float
) -> tuple[list[Markup], float]:
    """Items that have no place in a drawing, named below it; and where the list ends."""
    if not items:
        return [], top
    y = top + _LEADING
    drawn = [svg.text(0, y, f"{heading}: {len(items)}", font_weight="bold")]
    across = max(1, int(room // 380))
    column = room / across
    shown = items[:_LISTED]
    for number, item in enumerate(shown):
        x = number % across * column
        if not number % across:
            y += svg.LINE
        words = svg.text(
            x, y, svg.cut(item.label, column - 16), fill=svg.colour("link" if item.href else "ink")
        )
        drawn.append(svg.link(item.href, item.label, words))
    if len(items) > len(shown):
        y += svg.LINE
        more = f"and {len(items) - len(shown):,} more; the table has all"
        drawn.append(svg.text(0, y, more, fill=svg.colour("soft")))
    return drawn, y + svg.LINE


def noted(words: Sequence[str], top: float, room: float) -> tuple[list[Markup], float]:
    """Sentences below a drawing; and where they end."""
    lines = [line for sentence in words for line in svg.wrap(sentence, room, 4)]
    drawn = [
        svg.text(0, top + svg.LINE * (number + 1), line, fill=svg.colour("soft"))
        for number, line in enumerate(lines)
    ]
    return drawn, top + svg.LINE * (len(lines) + bool(lines))
