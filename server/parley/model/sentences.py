"""The sentences of an article's text with their offsets; the title is sentence 0."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# After these words a full stop does not end a sentence.
_SHORT = frozenset(
    "e.g i.e etc cf vs ca approx fig al dr mr mrs ms prof gen col lt maj sgt capt gov sen st jr sr "
    "jan feb mar apr jun jul aug sep sept oct nov dec u.s u.n u.k".split()
)
# These end a sentence when a capital follows; the others above never do.
_MAY_END = frozenset({"etc", "al", "u.s", "u.n", "u.k"})
# After these a number belongs to them: 'No. 5', 'p. 12'.
_NUMBERED = frozenset({"art", "no", "nos", "p", "para", "pp", "sec", "vol"})
_CLOSING = "\"'\u201d\u2019\u00bb)\\]"  # straight and typographic quotation marks, brackets
_OPENING = "\"'\u201c\u2018\u00ab([\u2014\u2013-"  # the same opening, and dashes
_END = re.compile(rf"[.!?\u2026]+[{_CLOSING}]*(?:\[\d+\])*(?=\s)")


@dataclass(frozen=True)
class Sentence:
    """One sentence; offsets in Unicode code points of the unchanged text, end exclusive."""

    number: int
    start: int
    end: int
    text: str


def sentences(text: str) -> list[Sentence]:
    """All sentences in order: a line break ends one, so headings, captions and bullets are some."""
    spans = (span for line in re.finditer(r"[^\n\r]+", text) for span in _line(text, *line.span()))
    return [Sentence(n, start, end, text[start:end]) for n, (start, end) in enumerate(spans)]


def _line(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for match in _END.finditer(text, start, end):
        if _ends(text, begin, match.start(), match.end(), end):
            yield from _trimmed(text, begin, match.end())
            begin = match.end()
    yield from _trimmed(text, begin, end)


def _ends(text: str, begin: int, stop: int, after: int, end: int) -> bool:
    following = text[after:end].lstrip().lstrip(_OPENING)
    if not following:
        return False  # the rest of the line is no sentence of its own
    if following[0].islower():
        return False
    if text[stop] != "." or text[stop : stop + 2] == "..":
        return True
    word = re.split(r"[\s(\[“\"]", text[begin:stop])[-1].lower()
    if word in _SHORT:
        return word in _MAY_END and following[0].isupper()
    initial = re.fullmatch(r"(?:[^\W\d_]\.)*[^\W\d_]", word) and text[stop - 1].isupper()
    return not initial and not (following[0].isdigit() and word in _NUMBERED)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if any(c.isalnum() for c in text[start:end]):
        yield start, end
