"""The IRIs of a request written in full, and spans of its text replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from parley.sparql.lexer import Token, complain

_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


def replace(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """The text with spans (start, end, new text) replaced; a span given twice counts once."""
    parts, position = [], 0
    for start, end, new in sorted(set(changes)):
        parts += [text[position:start], new]
        position = end
    return "".join([*parts, text[position:]])


def prefixes(found: list[Token]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each token's index with the prefixes declared before it (one dict, growing)."""
    declared: dict[str, str] = {}
    for index, token in enumerate(found):
        if token.kind == "word" and token.text.upper() == "PREFIX" and index + 2 < len(found):
            name, iri = found[index + 1 : index + 3]
            if name.kind == "pname" and iri.kind == "iri":
                declared[name.text.removesuffix(":")] = plain(iri.text)
        yield index, declared


def plain(iri: str) -> str:
    r"""The IRI between `<` and `>`, its `\u` escapes decoded."""
    return _ESCAPED.sub(lambda m: chr(int(m[1] or m[2], 16)), iri[1:-1])


def full(text: str, token: Token, known: dict[str, str]) -> str:
    """The IRI of a prefixed name; raises BadQuery when its prefix is not declared."""
    prefix, _, local = token.text.partition(":")
    if prefix not in known:
        raise complain(text, token.start, f"the prefix '{prefix}:' is not declared")
    return known[prefix] + re.sub(r"\\(.)", r"\1", local)
