"""Whether a query reaches triples that it does not name."""

from __future__ import annotations

from itertools import pairwise

from parley.sparql.lexer import Token, tokens

_TERMS = {"var", "iri", "pname", "blank", "string", "number"}


def reaches_all(text: str) -> bool:
    """Whether a query asks for triples whatever their predicate, or for the names of graphs.

    It says so of some that do not (of a SELECT inside with three columns), and not of a path that
    may have no length.
    """
    found = [token for token in tokens(text) if token.kind != "comment"]
    brackets: list[str] = []
    subject = False  # whether a term stands before the two tokens that are looked at
    for token, following in pairwise(found):
        if token.text in {"{", "(", "["}:
            brackets.append(token.text)
        elif token.text in {"}", ")", "]"}:
            brackets.pop()
        inside = bool(brackets) and brackets[-1] != "("
        if inside and (
            token.text == "!"  # a path of any predicate but these
            or (following.kind == "var" and token.text.upper() in {";", "[", "GRAPH"})
            or (subject and token.kind == "var" and _begins(following))
        ):
            return True
        subject = token.kind in _TERMS or token.text == "]"
    return False


def _begins(token: Token) -> bool:
    """Whether an object can begin with a token."""
    return token.kind in _TERMS or token.text in {"[", "("}
