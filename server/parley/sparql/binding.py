"""Put typed terms in the place of a request's parameters, and a dataset into an update."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import pyoxigraph as ox

from parley.sparql.lexer import Token, complain, decode_escapes, tokens
from parley.sparql.names import replace

Term = ox.NamedNode | ox.Literal
_Change = tuple[int, int, str]
_PAIR = re.compile(r"\\(?:\\([uU])|.)", re.DOTALL)
# What ends a SELECT clause, and a GROUP BY or ORDER BY, outside brackets.
_AFTER_SELECT = {"WHERE", "FROM", "{"}
_AFTER_ORDER = {"HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES", "}"}


def written(term: Term) -> str:
    r"""A term as every engine reads it.

    SPARQL 1.1 Query, section 19.2, lets an engine decode `\uXXXX` before it looks for strings. For
    such an engine the characters `\u0022` in a text, written `\\u0022`, would end the string; so
    the `u` behind a backslash is written as an escape itself.
    """
    return _PAIR.sub(lambda pair: rf"\\\U{ord(pair[1]):08X}" if pair[1] else pair[0], str(term))


def variables(text: str) -> list[str]:
    """The names of all variables, without `?`, each once, in the order they first appear."""
    return list(dict.fromkeys(t.text[1:] for t in _code(text) if _is_variable(t)))


def bind(text: str, terms: Mapping[str, Term | Sequence[Term]]) -> str:
    """The request with the variables named (without `?`) replaced by terms, never by text.

    Where a variable is projected it stays a column: `SELECT ?_x` becomes `SELECT (term AS ?_x)`.
    `BOUND(?_x)` becomes true. Where `VALUES ?_x {…}` gives a variable defaults, the block takes
    the terms instead and the variable stays. Several terms are possible in VALUES and in IN (…).
    Raises BadQuery where a variable is assigned (`AS ?_x`) or several terms have no place.
    """
    text = decode_escapes(text)
    found = _code(text)
    given = {
        name: (term,) if isinstance(term, ox.NamedNode | ox.Literal) else tuple(term)
        for name, term in terms.items()
    }
    changes, in_values = _values(text, found, given)
    changes += _Places(
        text, found, {n: t for n, t in given.items() if n not in in_values}
    ).changes()
    return replace(text, changes)


def add_using(text: str, default: Iterable[str], named: Iterable[str]) -> str:
    """The update with `USING` and `USING NAMED` before every WHERE (SPARQL 1.1 Protocol, 2.2.3).

    `DELETE WHERE {…}` is written out as `DELETE {…} USING … WHERE {…}`. Raises BadQuery when the
    update itself has USING, USING NAMED or WITH.
    """
    text = decode_escapes(text)
    found = _code(text)
    clause = "".join(f"USING {ox.NamedNode(iri)} " for iri in default)
    clause += "".join(f"USING NAMED {ox.NamedNode(iri)} " for iri in named)
    changes: list[_Change] = []
    depth = 0
    for index, token in enumerate(found):
        if token.kind == "mark":
            depth += (token.text == "{") - (token.text == "}")
        word = _word(token)
        if depth or not word:
            continue
        if word in {"USING", "WITH"}:
            raise complain(
                text,
                token.start,
                f"{word} cannot stand together with using-graph-uri or using-named-graph-uri",
            )
        if word == "WHERE":
            pattern = ""
            if index and _word(found[index - 1]) == "DELETE" and index + 1 < len(found):
                pattern = text[found[index + 1].start : _closing(found, index + 1)] + " "
            changes.append((token.start, token.start, f"{pattern}{clause}"))
    return replace(text, changes)


def _code(text: str) -> list[Token]:
    return [token for token in tokens(text) if token.kind != "comment"]


def _word(token: Token) -> str:
    return token.text.upper() if token.kind == "word" else ""


def _is_variable(token: Token) -> bool:
    return token.kind == "var"


def _closing(found: list[Token], index: int) -> int:
    """The offset past the bracket that closes the one at `index`."""
    depth = 0
    for token in found[index:]:
        if token.kind == "mark":
            depth += (token.text in "{([") - (token.text in "})]")
        if depth == 0:
            return token.end
    raise AssertionError("the lexer lets no bracket stay open")


def _values(
    text: str, found: list[Token], given: Mapping[str, tuple[Term, ...]]
) -> tuple[list[_Change], set[str]]:
    """New blocks for every VALUES that declares parameters, and the names they declare."""
    changes: list[_Change] = []
    names: set[str] = set()
    for index, token in enumerate(found):
        if _word(token) != "VALUES":
            continue
        position = index + 1
        declared = []
        while position < len(found) and found[position].text != "{":
            if _is_variable(found[position]):
                declared.append(found[position].text[1:])
            position += 1
        bound = [name for name in declared if name in given]
        if not bound or position == len(found):
            continue
        if bound != declared:
            raise complain(
                text,
                token.start,
                "VALUES with several variables needs a value for each of them, or for none",
            )
        names.update(bound)
        counts = {len(given[name]) for name in bound}
        if len(counts) != 1:
            raise complain(text, token.start, "the variables of VALUES need equally many values")
        rows = zip(*(given[name] for name in bound), strict=True)
        bracketed = found[index + 1].text == "("
        body = " ".join(
            f"({' '.join(map(written, row))})" if bracketed else written(row[0]) for row in rows
        )
        start = found[position].start
        changes.append((start, _closing(found, position), f"{{ {body} }}"))
    return changes, names


class _Places:
    """One walk over the tokens that knows in which clause a variable stands."""

    def __init__(
        self, text: str, found: list[Token], given: Mapping[str, tuple[Term, ...]]
    ) -> None:
        self.text = text
        self.found = found
        self.given = given
        # Per open bracket: what opened it, and the clause outside brackets at that depth.
        self.brackets: list[str] = []
        self.clauses: list[str] = [""]

    def changes(self) -> list[_Change]:
        result = []
        for index, token in enumerate(self.found):
            if _is_variable(token) and token.text[1:] in self.given:
                result.append(self._change(index, token))
            elif token.kind == "mark":
                self._mark(index, token)
            elif token.kind == "word":
                self._enter(index, token)
        return result

    def _mark(self, index: int, token: Token) -> None:
        if token.text in "{([":
            if token.text in _AFTER_SELECT:
                self.clauses[-1] = ""
            before = _word(self.found[index - 1]) if index else ""
            self.brackets.append(before if token.text == "(" else token.text)
            self.clauses.append("")
        elif token.text in "})]":
            self.brackets.pop()
            self.clauses.pop()

    def _enter(self, index: int, token: Token) -> None:
        word = _word(token)
        if word == "SELECT":
            self.clauses[-1] = "select"
        elif word == "BY":
            self.clauses[-1] = "order"
        elif word in _AFTER_SELECT or word in _AFTER_ORDER:
            self.clauses[-1] = ""

    def _change(self, index: int, token: Token) -> _Change:
        terms = self.given[token.text[1:]]
        before = _word(self.found[index - 1]) if index else ""
        if before == "AS":
            raise complain(
                self.text, token.start, f"{token.text} is a parameter and cannot be assigned"
            )
        opened = self.brackets[-1] if self.brackets else ""
        if opened == "BOUND":
            bound, close = self.found[index - 2], self.found[index + 1]
            return bound.start, close.end, " true "
        if len(terms) != 1 and opened != "IN":
            raise complain(
                self.text,
                token.start,
                f"{token.text} takes one value here; several are possible in VALUES and IN (…)",
            )
        term = ", ".join(map(written, terms))
        if self.clauses[-1] == "select":
            return token.start, token.end, f" ({term} AS {token.text}) "
        if self.clauses[-1] == "order":
            return token.start, token.end, f" ({term}) "
        return token.start, token.end, f" {term} "
