"""The values that a client holds already and restricts a fragment by (brTPF).

`values` is what stands behind VALUES in SPARQL 1.1: `(?x ?y) { (<a> "b"@en) (UNDEF 5) }`. See
Hartig and Buil-Aranda, Bindings-Restricted Triple Pattern Fragments, ODBASE 2016.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from parley.errors import BadInput, BadQuery
from parley.sparql import Token, tokens

Term = ox.NamedNode | ox.Literal
_LETTERS = {"var": "v", "iri": "t", "string": "s", "lang": "l", "number": "t"}
_WORDS = {"UNDEF": "t", "TRUE": "t", "FALSE": "t"}
_TERM = r"[+-]?t|s(?:l|\^\^t)?"
# Nothing but variables and terms gets past this: no pattern, no function, no SERVICE.
_SHAPE = re.compile(rf"\(v+\)\{{(?:\((?:{_TERM})+\))*\}}|v\{{(?:{_TERM})*\}}")


@dataclass(frozen=True)
class Block:
    """Rows of terms for the positions `names`; each row has a term for each of them."""

    names: tuple[str, ...]
    rows: tuple[tuple[Term, ...], ...]

    @staticmethod
    def read(text: str, variables: Mapping[str, Sequence[str]]) -> tuple[Block, ...]:
        """The blocks for the positions that `variables` name, none where nothing is restricted.

        Rows that leave the same positions open make a block. Raises BadInput.
        """
        if not text.strip():
            return ()
        found: dict[tuple[str, ...], dict[tuple[Term, ...], None]] = {}
        empty = True
        for row in _solutions(text):
            empty = False
            places = [
                (name, term)
                for variable, names in variables.items()
                for name in names[:1]
                if (term := row.get(variable)) is not None
            ]
            found.setdefault(tuple(n for n, _ in places), {})[tuple(t for _, t in places)] = None
        if empty:
            raise BadInput("values: there is no row of values; leave the parameter out")
        if () in found:  # a row that says nothing lets everything through
            return ()
        return tuple(Block(names, tuple(rows)) for names, rows in found.items())


def _solutions(text: str) -> list[dict[str, Term]]:
    """The rows by the names of the variables, without what is UNDEF."""
    try:
        shape = "".join(map(_letter, tokens(text)))
    except BadQuery as error:
        raise BadInput(f"values: {error.message}") from error
    if not _SHAPE.fullmatch(shape):
        raise BadInput(
            "values: write variables and rows of IRIs and literals as behind VALUES in SPARQL, "
            'such as (?x ?y) { (<http://example.org/a> "b"@en) (UNDEF 5) }'
        )
    try:
        found = ox.Store().query(f"SELECT * WHERE {{ VALUES {text} }}")
    except SyntaxError as error:
        raise BadInput(f"values: {str(error)[:300]}") from error
    assert isinstance(found, ox.QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [
        {name: term for name in names if isinstance(term := row[name], ox.NamedNode | ox.Literal)}
        for row in found
    ]


def _letter(token: Token) -> str:
    if token.kind == "mark":
        return token.text
    if token.kind == "word":
        return _WORDS.get(token.text.upper(), "x")
    return _LETTERS.get(token.kind, "x")
