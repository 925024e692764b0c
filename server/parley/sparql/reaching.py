"""Keeps a query from coming upon triples of certain predicates, where it names none."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from parley.sparql.lexer import Token, tokens
from parley.sparql.names import replace

_TERMS = {"var", "iri", "pname", "blank", "string", "number"}
_LISTS = {"SELECT", "BY"}


def keep_out(text: str, predicates: Iterable[str]) -> str | None:
    """The query with a filter in each group where the predicate of a triple is a variable.

    None where that cannot be: for names of graphs, paths of any predicate but some, and
    CONSTRUCT WHERE. A path that may have no length comes upon all terms still.
    """
    found = [token for token in tokens(text) if token.kind != "comment"]
    unwanted = ", ".join(f"<{iri}>" for iri in predicates)
    brackets: list[tuple[str, set[str]]] = []  # with the variables that are a group's predicates
    changes: list[tuple[int, int, str]] = []
    in_list = False  # among the variables of SELECT or GROUP BY
    words, subject = ["", ""], False  # what stands before the two tokens that are looked at
    for token, following in pairwise([*found, Token("mark", "", len(text))]):
        word = token.text.upper()
        if word == "{" and following.text == "|":  # an annotation
            return None
        if token.text in {"{", "(", "["}:
            brackets.append((token.text if words[-1] != "CONSTRUCT" else "template", set()))
            if words[-2:] == ["CONSTRUCT", "WHERE"]:
                return None
        elif token.text in {"}", ")", "]"}:
            for name in sorted(brackets.pop()[1]):
                filtered = f" FILTER({name} NOT IN ({unwanted})) "
                changes.append((token.start, token.start, filtered))
        in_list = (in_list or word in _LISTS) and token.text not in {"{", "}"}
        if brackets and brackets[-1][0] in {"{", "["} and not in_list:
            if token.text == "!" or (word == "GRAPH" and following.kind == "var"):
                return None
            if following.kind == "var" and token.text in {";", "["}:
                _group(brackets).add(following.text)
            if subject and token.kind == "var" and _begins(following):
                _group(brackets).add(token.text)
        words = [words[-1], word]
        subject = token.kind in _TERMS or token.text == "]"
    return replace(text, changes)


def _group(brackets: list[tuple[str, set[str]]]) -> set[str]:
    """The variables of the group that is open; those of a template are nobody's."""
    return next((names for mark, names in reversed(brackets) if mark == "{"), set())


def _begins(token: Token) -> bool:
    """Whether an object can begin with a token."""
    return token.kind in _TERMS or token.text in {"[", "("}
