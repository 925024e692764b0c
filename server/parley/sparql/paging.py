"""One page of a SELECT, and how many rows there are in all."""

from __future__ import annotations

from parley.errors import BadQuery
from parley.sparql.lexer import Token, complain, decode_escapes, tokens
from parley.sparql.request import after_prologue

_OWN = {"LIMIT", "OFFSET", "FROM"}


def page(text: str, limit: int | None, offset: int) -> str:
    """The SELECT cut to `limit` rows after the first `offset`.

    Raises BadQuery when the query has a LIMIT, an OFFSET or a dataset clause of its own.
    """
    text, found = _read(text)
    depth, place = 0, len(text)
    for token in found:
        if token.kind == "mark":
            depth += (token.text in "{([") - (token.text in "})]")
        elif not depth and token.text.upper() == "VALUES":
            place = token.start
    clause = f"\nLIMIT {limit}" if limit is not None else ""
    clause += f"\nOFFSET {offset}\n" if offset else "\n"
    return text[:place] + clause + text[place:]


def total(text: str) -> str:
    """The query for the number of rows of a SELECT, in its column `total`; raises as `page`."""
    text, found = _read(text)
    start = found[after_prologue(found)].start
    return f"{text[:start]}SELECT (COUNT(*) AS ?total) WHERE {{ {{ {text[start:]}\n}} }}"


def _read(text: str) -> tuple[str, list[Token]]:
    text = decode_escapes(text)
    found = [token for token in tokens(text) if token.kind != "comment"]
    start = after_prologue(found)
    if start == len(found) or found[start].text.upper() != "SELECT":
        raise BadQuery("only the rows of a SELECT come in pages")
    depth = 0
    for token in found:
        if token.kind == "mark":
            depth += (token.text in "{([") - (token.text in "})]")
        elif not depth and token.kind == "word" and token.text.upper() in _OWN:
            raise complain(
                text, token.start, f"a query with its own {token.text.upper()} has no pages"
            )
    return text, found
