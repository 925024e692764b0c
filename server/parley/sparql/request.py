"""What a SPARQL request is, read from its tokens, and the text of it that is safe to hand on.

An engine that reads without a tokenizer may see other tokens than the specification's: it takes
`SERVICE:x` for SERVICE and `:x`, and `?a<?b)#>` for a comparison and a comment. A request is
therefore written anew where two readings are possible, so that what was checked is what runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal

from parley.sparql.lexer import DEEPEST, IRI, Token, complain, decode_escapes, tokens
from parley.sparql.names import full, plain, prefixes, replace
from parley.sparql.words import PROLOGUE, QUERY_FORMS, UPDATES, WORDS

Kind = Literal["select", "ask", "construct", "describe", "update"]
_KINDS: dict[str, Kind] = {
    "SELECT": "select",
    "ASK": "ask",
    "CONSTRUCT": "construct",
    "DESCRIBE": "describe",
}
_GLUE = re.compile("service|load|silent", re.IGNORECASE)
_SCHEME = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*:")
_HIERARCHICAL = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*://")
# The start of an ordinary query, and what makes a query one to read token by token: words that
# reach out or name a dataset, and escapes.
_OPENING = re.compile(
    rf"(?:[ \t\r\n]|#[^\r\n]*+|PREFIX[ \t\r\n]+[^ \t\r\n<#]*+[ \t\r\n]*+{IRI})*+"
    r"(SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w:.\-])",
    re.IGNORECASE,
)
_CLOSER = ("\\", "service", "load", "silent", "from", "using", "with")


@dataclass(frozen=True)
class Parsed:
    """A request after its tokens were read.

    `text` is what an engine may be given. `services` and `loads` are the IRIs that SERVICE and
    LOAD name, None standing for a variable. `dataset_clause` tells of FROM or USING, `with_clause`
    of WITH.
    """

    text: str
    kind: Kind
    services: tuple[str | None, ...] = ()
    loads: tuple[str | None, ...] = ()
    dataset_clause: bool = False
    with_clause: bool = False


@lru_cache(maxsize=16)  # who is asked reads what who asks has just read
def read(text: str) -> Parsed:
    """Read one query or one update.

    A query in which nothing needs a closer look costs a few microseconds. Raises what
    `read_closely` raises, or leaves it to the engine and `explain`.
    """
    opening = _OPENING.match(text)
    if opening and sum(map(text.count, "{([!")) <= DEEPEST:
        lower = text.lower()
        if not any(word in lower for word in _CLOSER):
            return Parsed(text, _KINDS[opening[1].upper()])
    return read_closely(text)


def read_closely(text: str) -> Parsed:
    """Read one query or one update token by token.

    Raises BadQuery, with line and column, for what is no token, an unknown word, brackets that do
    not match, several queries, and a query together with an update. What it lets pass may still
    be wrong grammar: that is the engine's to say.
    """
    text = decode_escapes(text)
    everything = tokens(text)
    found = [t for t in everything if t.kind != "comment"]
    words = {t.text.upper() for t in found if t.kind == "word"}
    if not words <= WORDS:
        _refuse_unknown(text, found)
    kind = _kind(text, found)
    changes = [(t.start, t.end, " " * len(t.text)) for t in everything if t.kind == "comment"]
    changes += _ambiguous(text, found)
    services: tuple[str | None, ...] = ()
    loads: tuple[str | None, ...] = ()
    if not words.isdisjoint({"SERVICE", "LOAD"}):
        services, loads, more = _targets(text, found)
        changes += more
    return Parsed(
        text=replace(text, changes) if changes else text,
        kind=kind,
        services=services,
        loads=loads,
        dataset_clause=not words.isdisjoint({"FROM", "USING"}),
        with_clause="WITH" in words,
    )


def kind(text: str) -> Kind:
    """Which query form a request has, or that it is an update; raises BadQuery as `read` does."""
    return read(text).kind


def after_prologue(found: list[Token], position: int = 0) -> int:
    """The index of the first token after BASE, PREFIX and VERSION declarations, comments gone."""
    while position < len(found):
        token = found[position]
        word = token.text.upper() if token.kind == "word" else ""
        if word in PROLOGUE:
            position += 3 if word == "PREFIX" else 2
        else:
            break
    return min(position, len(found))


def _refuse_unknown(text: str, found: list[Token]) -> None:
    for token in found:
        if token.kind == "word" and token.text.upper() not in WORDS:
            near = get_close_matches(token.text[:40].upper(), WORDS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            shown = token.text if len(token.text) <= 40 else token.text[:40] + "…"
            raise complain(text, token.start, f"'{shown}' is no word of SPARQL{hint}")


def _kind(text: str, found: list[Token]) -> Kind:
    """The kind, from the first word after the prologue and what follows outside brackets."""
    first = after_prologue(found)
    depth = 0
    result: Kind | None = None
    for token in found[first:]:
        if token.kind == "mark":
            depth += (token.text in "{([") - (token.text in "})]")
        if depth or token.kind != "word":
            continue
        word = token.text.upper()
        if word in QUERY_FORMS:
            if result:
                both = "a query and an update" if result == "update" else "several queries"
                raise complain(text, token.start, f"{both} in one request; send them one by one")
            result = _KINDS[word]
        elif word in UPDATES:
            if result not in {None, "update"}:
                raise complain(
                    text, token.start, "a query and an update in one request; send them one by one"
                )
            result = "update"
    if first == len(found):
        return "update"  # an empty request is a legal update and no query
    start = found[first]
    if start.text != ";" and (result is None or start.text.upper() not in QUERY_FORMS | UPDATES):
        raise complain(
            text,
            start.start,
            f"'{start.text[:40]}' cannot begin a request: it begins with SELECT, ASK, CONSTRUCT or "
            "DESCRIBE, or with an update such as INSERT or DELETE",
        )
    return result or "update"


def _ambiguous(text: str, found: list[Token]) -> Iterator[tuple[int, int, str]]:
    """What must be written anew so that it can be read in one way only."""
    glued = False
    for token in found:
        if token.kind == "iri" and "#" in token.text and not _HIERARCHICAL.match(token.text):
            yield token.start, token.end, token.text.replace("#", r"\u0023")
        elif token.kind == "pname" and _GLUE.search(token.text.partition(":")[0]):
            glued = True
    if not glued:
        return
    for index, known in prefixes(found):
        token = found[index]
        declared = index and found[index - 1].text.upper() == "PREFIX"
        if token.kind == "pname" and not declared and _GLUE.search(token.text.partition(":")[0]):
            yield token.start, token.end, f" <{full(text, token, known)}> "


def _targets(
    text: str, found: list[Token]
) -> tuple[tuple[str | None, ...], tuple[str | None, ...], list[tuple[int, int, str]]]:
    """Where SERVICE and LOAD go, and those targets written out in full."""
    services: list[str | None] = []
    loads: list[str | None] = []
    changes: list[tuple[int, int, str]] = []
    waiting: list[str | None] | None = None
    for index, known in prefixes(found):
        token = found[index]
        word = token.text.upper() if token.kind == "word" else ""
        if word in {"SERVICE", "LOAD"}:
            waiting = services if word == "SERVICE" else loads
        elif waiting is not None and word != "SILENT":
            if token.kind == "pname":
                waiting.append(full(text, token, known))
                changes.append((token.start, token.end, f" <{waiting[-1]}> "))
            elif token.kind == "iri" and _SCHEME.match(token.text):
                waiting.append(plain(token.text))
            else:
                waiting.append(None)
            waiting = None
    return tuple(services), tuple(loads), changes
