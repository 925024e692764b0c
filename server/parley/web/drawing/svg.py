"""SVG text: escaped elements, the colours of the pages, and words cut to the room they have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from markupsafe import Markup, escape

# Name of the variable in parley.css, its value in light and in dark.
PALETTE = {
    "paper": ("#fdfcfa", "#14181b"),
    "ink": ("#1d2429", "#e6e3dc"),
    "soft": ("#56626b", "#a3adb4"),
    "line": ("#d9d5cd", "#333b41"),
    "panel": ("#f3f0ea", "#1c2226"),
    "link": ("#125a78", "#83c5e2"),
    "contested": ("#a33f12", "#f0a17c"),
    "confirmed": ("#1c6b40", "#86d3a7"),
    "stated": ("#125a78", "#83c5e2"),
    "reported": ("#6a5a1e", "#d9c47a"),
    "open": ("#6b6470", "#b9b0c0"),
}
SIZE = 13  # of the letters, in units of the drawing
LINE = 18
_EDGE = 10
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_BLANK = re.compile(r"\s+")
_VARIABLE = re.compile(r'="var\(--[a-z]+, (#[0-9a-f]{6})\)"')
_NARROW = frozenset("iljtfrI.,:;'|!()[] -·")
_WIDE = frozenset("mwMW@%—…")


def colour(name: str) -> str:
    """A colour of the palette: the page's own, or the light one where no page says any."""
    return f"var(--{name}, {PALETTE[name][0]})"


def element(tag: str, *children: str, **attributes: str | float | None) -> Markup:
    """One element; children and values are escaped unless they are Markup, None leaves one out.

    `class_` is class, an underscore elsewhere is a hyphen, a number is written with one decimal.
    """
    said = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    inside = "".join(_escaped(child) for child in children)
    return Markup(f"<{tag}{said}>{inside}</{tag}>" if children else f"<{tag}{said}/>")


def text(x: float, y: float, words: str, **attributes: str | float | None) -> Markup:
    """Words that begin at x (or end or have their middle there: `text_anchor`), standing on y."""
    return element("text", words, x=x, y=y, **attributes)


def link(href: str | None, title: str, *children: str) -> Markup:
    """What is drawn for one item: a link where an address is known, its words shown on pointing."""
    about = element("title", title)
    if href is None:
        return element("g", about, *children)
    return element("a", about, *children, href=href)


def frame(title: str, described: str, width: float, height: float, *body: str) -> Markup:
    """The whole drawing with its name and, in words, what is in it."""
    full, high = width + 2 * _EDGE, height + 2 * _EDGE
    return element(
        "svg",
        element("title", title),
        element("desc", described),
        element("rect", x=-_EDGE, y=-_EDGE, width=full, height=high, fill=colour("paper")),
        *body,
        xmlns="http://www.w3.org/2000/svg",
        class_="drawing",
        role="group",  # not img, which would hide the links in it from those who cannot see
        aria_label=title,
        width=full,
        height=high,
        viewBox=f"-{_EDGE} -{_EDGE} {_value(full)} {_value(high)}",
        font_family="system-ui, sans-serif",
        font_size=SIZE,
        fill=colour("ink"),
    )


def standalone(drawing: str) -> str:
    """A drawing as a file of its own: colours written out, and others where a reader wants dark.

    Programs that know no variables read it, too.
    """
    dark = "".join(
        f'[{name}="{light}"]{{{name}:{value}}}'
        for light, value in dict(PALETTE.values()).items()
        for name in ("fill", "stroke", "stop-color")
        if f'{name}="' in drawing
    )
    style = f"<style>@media (prefers-color-scheme: dark){{{dark}}}</style>"
    plain = _VARIABLE.sub(r'="\1"', str(drawing))
    return plain.replace("</desc>", f"</desc>{style}", 1)


def width(words: str, size: float = SIZE) -> float:
    """About how wide words are in a sans-serif letter of that size; a little more than less."""
    return size * sum(map(_advance, words))


def cut(words: str, room: float, size: float = SIZE) -> str:
    """The words on one line, cut off with an ellipsis where they need more room."""
    line = _BLANK.sub(" ", words[:1000]).strip()
    if width(line, size) <= room:
        return line
    used = size * _advance("…")
    for place, letter in enumerate(line):
        used += size * _advance(letter)
        if used > room:
            return line[:place].rstrip() + "…"
    return line


def wrap(words: str, room: float, most: int, size: float = SIZE) -> list[str]:
    """The words on at most that many lines; what does not fit is cut off with an ellipsis."""
    lines: list[str] = []
    rest = _BLANK.split(words[:1000].strip())
    while rest and len(lines) < most - 1:
        line = rest.pop(0)
        while rest and width(f"{line} {rest[0]}", size) <= room:
            line = f"{line} {rest.pop(0)}"
        lines.append(cut(line, room, size))
    return [*lines, cut(" ".join(rest), room, size)] if rest else lines


def joined(parts: Iterable[str], between: str = " · ") -> str:
    """The parts that say something."""
    return between.join(part for part in parts if part)


def _advance(letter: str) -> float:
    if letter in _NARROW:
        return 0.38
    if letter in _WIDE or unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    if unicodedata.combining(letter):
        return 0.0
    return 0.74 if letter.isupper() else 0.63


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return _escaped(value)
    return f"{value:.1f}".removesuffix(".0")


def _escaped(words: str) -> str:
    return words if isinstance(words, Markup) else escape(_FORBIDDEN.sub("\ufffd", words))
