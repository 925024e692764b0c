"""An engine's syntax error, said again so that a person can mend the request."""

from __future__ import annotations

import re

from parley.errors import BadQuery
from parley.sparql.lexer import place, tokens
from parley.sparql.request import after_prologue, read_closely

_WHERE = re.compile(r"at (\d+):(\d+): (.*)", re.DOTALL)
_SENTENCE = re.compile(r"[A-Z][A-Za-z]+(?: [A-Za-z_]+){2,}")
_SCHEME = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*:")


def explain(text: str, message: str, *, base: bool = False) -> BadQuery:
    """The error for a request that the engine refused with `message` (`error at 1:19: …`).

    Says the known causes plainly: a prefix that is not declared, a relative IRI without BASE.
    `base` tells that the engine was given one, so that no relative IRI is to blame.
    """
    try:
        read_closely(text)
        found = [t for t in tokens(text) if t.kind != "comment"]
    except BadQuery as error:
        return error
    words = [t.text.upper() for t in found]
    declared = {found[i + 1].text for i in range(len(found) - 1) if words[i] == "PREFIX"}
    for token in found[after_prologue(found) :]:
        if token.kind == "pname" and token.text.partition(":")[0] + ":" not in declared:
            prefix = token.text.partition(":")[0]
            return _at(text, token.start, f"the prefix '{prefix}:' is not declared")
        if (
            token.kind == "iri"
            and not base
            and "BASE" not in words
            and not _SCHEME.match(token.text)
        ):
            return _at(
                text, token.start, f"{token.text} is relative: write it in full, or declare BASE"
            )
    where = _WHERE.search(message)
    if where is None:
        return BadQuery(message)
    line, column = int(where[1]), int(where[2])
    reason = _SENTENCE.search(where[3])
    if reason:
        return BadQuery(reason[0], line=line, column=column)
    before = [t for t in found if place(text, t.start) <= (line, column)]
    if not before:
        return BadQuery("not valid SPARQL", line=line, column=column)
    shown = before[-1].text if len(before[-1].text) <= 40 else before[-1].text[:40] + "…"
    return BadQuery(f"not valid SPARQL at or before '{shown}'", line=line, column=column)


def _at(text: str, offset: int, message: str) -> BadQuery:
    line, column = place(text, offset)
    return BadQuery(message, line=line, column=column)
