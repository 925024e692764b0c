"""A text with its quotes marked: paragraphs of pieces, each with the quotes that cover it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from parley.check.coverage import Covered
from parley.model.sentences import Sentence

_LINE = re.compile(r"[^\n\r]+")


@dataclass(frozen=True, order=True)
class Quote:
    """A span of the text, in code points, end exclusive."""

    start: int
    end: int

    @property
    def anchor(self) -> str:
        """The name of its place in the page."""
        return f"quote-{self.start}-{self.end}"


@dataclass(frozen=True)
class Piece:
    """A run of text that the same quotes cover: those that begin with it and that end with it, too.

    `sentence` is the sentence it lies in, None between sentences; `closes` says it ends there.
    """

    text: str
    quotes: tuple[Quote, ...]
    begins: tuple[Quote, ...]
    ends: tuple[Quote, ...]
    sentence: Covered | None
    closes: bool


@dataclass(frozen=True)
class Paragraph:
    """One line of the text, and the quotes that begin in it, in order."""

    pieces: tuple[Piece, ...]
    quotes: tuple[Quote, ...]


def paragraphs(text: str, quotes: Iterable[Quote], covered: Sequence[Covered]) -> list[Paragraph]:
    """The lines of a text that are not blank, cut where a quote or a sentence begins or ends.

    All offsets lie within the text; quotes may overlap, and run on from one line to the next.
    Blanks at the ends of a quote are not marked.
    """
    waiting = sorted(filter(None, (_marked(text, quote) for quote in set(quotes))), reverse=True)
    running: list[_Mark] = []
    sentences = iter(covered)
    sentence = next(sentences, None)
    found = []
    for line in _LINE.finditer(text):
        start, end = line.span()
        if not line[0].strip():
            continue
        inside: list[Covered] = []
        while sentence is not None and sentence.sentence.start < end:
            inside.append(sentence)
            sentence = next(sentences, None)
        began: list[_Mark] = []
        while waiting and waiting[-1].start < end:
            began.append(waiting.pop())
        running = [mark for mark in running if mark.end > start] + began
        pieces = tuple(_pieces(text, start, end, running, inside))
        found.append(Paragraph(pieces, tuple(mark.quote for mark in began)))
    return found


@dataclass(frozen=True, order=True)
class _Mark:
    start: int
    end: int
    quote: Quote


def _marked(text: str, quote: Quote) -> _Mark | None:
    words = text[quote.start : quote.end]
    start = quote.start + len(words) - len(words.lstrip())
    return _Mark(start, start + len(words.strip()), quote) if words.strip() else None


def _pieces(
    text: str, start: int, end: int, marks: Sequence[_Mark], inside: Sequence[Covered]
) -> Iterator[Piece]:
    edges = {start, end}
    spans: list[_Mark | Sentence] = [*marks, *(one.sentence for one in inside)]
    for span in spans:
        edges |= {edge for edge in (span.start, span.end) if start < edge < end}
    for here, after in pairwise(sorted(edges)):
        covering = [mark for mark in marks if mark.start < after and here < mark.end]
        sentence = next(
            (s for s in inside if s.sentence.start <= here and after <= s.sentence.end), None
        )
        yield Piece(
            text[here:after],
            tuple(mark.quote for mark in covering),
            tuple(mark.quote for mark in covering if mark.start == here),
            tuple(mark.quote for mark in covering if mark.end == after),
            sentence,
            sentence is not None and sentence.sentence.end == after,
        )
