"""GROUP_CONCAT as others have it: a text in no language, of IRIs, too.

The engine keeps a language that all texts share, against SPARQL 1.1 (section 18.5.1.7), and has no
value at all where a group holds an IRI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from parley.sparql.lexer import Token, tokens
from parley.sparql.names import replace

_MAYBE = re.compile("group_concat", re.IGNORECASE)


def joined(text: str) -> str:
    """The query, what GROUP_CONCAT joins spelt out as texts."""
    if not _MAYBE.search(text):
        return text
    return replace(text, _changes(text, [t for t in tokens(text) if t.kind != "comment"]))


def _changes(text: str, found: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    for number, token in enumerate(found[:-2]):
        if token.text.upper() != "GROUP_CONCAT" or found[number + 1].text != "(":
            continue
        distinct = found[number + 2].text.upper() == "DISTINCT"
        first = number + 2 + distinct
        last, end = _ends(found, first)
        if last < first:
            continue
        place = found[first].start
        if distinct:  # texts that differ in their language only are two, so they are not cut yet
            joins = text[place : found[last].end]
            yield token.start, token.start, "STR("
            yield place, place, f"IF(ISIRI({joins}), STR({joins}), "
            yield found[end].end, found[end].end, ")"
        else:
            yield place, place, "STR("
        yield found[last].end, found[last].end, ")"


def _ends(found: Sequence[Token], first: int) -> tuple[int, int]:
    """Where the expression that begins here ends, and the bracket around it."""
    depth, last = 0, 0
    for number in range(first, len(found)):
        mark = found[number].text if found[number].kind == "mark" else ""
        if depth == 0 and mark in {";", ")"}:
            last = last or number - 1
            if mark == ")":
                return last, number
        depth += (mark in {"(", "{", "["}) - (mark in {")", "}", "]"})
    return first - 1, first
