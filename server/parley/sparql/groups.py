"""The parts of a query's outermost group in the order in which they are joined, each askable alone.

SPARQL 1.1 Query, section 18.2.2: the parts of a group are joined from left to right, its filters
hold for the whole group. So a group without its last parts matches whenever the group does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from parley.sparql.lexer import Token, tokens
from parley.sparql.request import after_prologue, read_closely

Kind = Literal[
    "triple", "optional", "filter", "bind", "values", "minus", "graph", "group", "union", "select"
]
_BLOCKS: dict[str, Kind] = {"OPTIONAL": "optional", "MINUS": "minus"}
_STARTS = {"OPTIONAL", "MINUS", "GRAPH", "SERVICE", "FILTER", "BIND", "VALUES", "LATERAL"}
_TERMS = {"var", "iri", "pname", "blank", "number", "string"}
_WORDS = {"TRUE", "FALSE"}
_CHANCE = {"RAND", "UUID", "STRUUID", "NOW"}  # what may answer differently the next time


@dataclass(frozen=True)
class Term:
    """A term of a triple pattern as it is written; `kind` is its first token's."""

    text: str
    kind: str


@dataclass(frozen=True)
class Triple:
    """A triple pattern of three plain terms; the `names` of its verb are the IRIs in a path."""

    subject: Term
    verb: str
    names: tuple[Term, ...]
    object: Term

    @property
    def simple(self) -> bool:
        """Whether the verb is one IRI, `a` or a variable, and no path."""
        return self.verb.startswith(("?", "$")) or [self.verb] == [n.text for n in self.names]


@dataclass(frozen=True)
class Part:
    """One part of a group: its text can stand in a group again.

    `start` and `end` are offsets in the text of the `Group`. A triple pattern that is made of plain
    terms has `triple`; GRAPH has its name in `graph`; GRAPH and a group in brackets have `inner`.
    """

    kind: Kind
    text: str
    start: int
    end: int
    triple: Triple | None = None
    graph: Term | None = None
    inner: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Group:
    """A query taken apart: what stands before its group, the parts, and what comes after it.

    `text` is the text all offsets count in, `after` where the group ends; `modifiers` are the words
    after it (LIMIT, HAVING …) with their offsets.
    """

    text: str
    prologue: str
    dataset: str
    parts: tuple[Part, ...]
    after: int
    modifiers: tuple[tuple[str, int], ...]


class _Unknown(Exception):
    """The query has a part that is not read here."""


def take_apart(text: str) -> Group | None:
    """The group of a SELECT, ASK or CONSTRUCT query; None for what cannot be taken apart.

    Raises BadQuery as `read_closely` does.
    """
    parsed = read_closely(text)
    if parsed.kind not in {"select", "ask", "construct"} or parsed.services:
        return None
    try:
        return _Reader(parsed.text).group()
    except (_Unknown, IndexError):
        return None


class _Reader:
    """Walks over the tokens of one query; an IndexError says that it ended too early."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found = [token for token in tokens(text) if token.kind != "comment"]
        self.closing: dict[int, int] = {}
        opened = []
        for index, token in enumerate(self.found):
            if token.kind == "mark" and token.text in "{([":
                opened.append(index)
            elif token.kind == "mark" and token.text in "})]":
                self.closing[opened.pop()] = index

    def group(self) -> Group:
        first = after_prologue(self.found)
        start = self._where(first)
        end = self.closing[start]
        if any(self._word(index) in _CHANCE for index in range(len(self.found))):
            raise _Unknown
        words = [(self._word(i), i) for i in range(first, start)]
        sources = [i for word, i in words if word == "FROM"]
        last = next((i for word, i in words if word == "WHERE"), start)
        modifiers = []
        depth = 0
        for index in range(end + 1, len(self.found)):
            token = self.found[index]
            if token.kind == "mark":
                depth += (token.text in "{([") - (token.text in "})]")
            elif token.kind == "word" and not depth:
                modifiers.append((token.text.upper(), token.start))
        return Group(
            self.text,
            self.text[: self.found[first].start],
            self._slice(sources[0], last) if sources else "",
            self._parts(start + 1, end),
            self.found[end].end,
            tuple(modifiers),
        )

    def _where(self, first: int) -> int:
        """The index of the bracket that opens the group of WHERE."""
        index = first + 1
        if self._word(first) == "CONSTRUCT" and self.found[index].text == "{":
            index = self.closing[index] + 1
        while self.found[index].text != "{":
            index = self.closing.get(index, index) + 1
        return index

    def _parts(self, index: int, end: int) -> tuple[Part, ...]:
        parts: list[Part] = []
        if self._word(index) == "SELECT":
            raise _Unknown
        while index < end:
            if self.found[index].text == ".":
                index += 1
                continue
            more, index = self._next(index, end)
            parts += more
        return tuple(parts)

    def _next(self, index: int, end: int) -> tuple[list[Part], int]:
        """The part that begins at an index (several for a list of triples) and where it ends."""
        word = self._word(index)
        if word in _BLOCKS:
            return self._whole(_BLOCKS[word], index, self._closed(index + 1, "{"))
        if word == "GRAPH":
            close = self._closed(index + 2, "{")
            name = self._term(index + 1)[0]
            inner = self._inner(index + 3, close)
            made = self._part("graph", index, close, graph=name, inner=inner)
            return [made], close + 1
        if word == "FILTER":
            return self._whole("filter", index, self._condition(index + 1))
        if word == "BIND":
            return self._whole("bind", index, self._closed(index + 1, "("))
        if word == "VALUES":
            names = self.closing.get(index + 1, index + 1)
            return self._whole("values", index, self._closed(names + 1, "{"))
        if self.found[index].text == "{":
            return self._brackets(index)
        if word in _STARTS:
            raise _Unknown
        return self._statement(index, end)

    def _brackets(self, index: int) -> tuple[list[Part], int]:
        close = last = self.closing[index]
        while self._word(last + 1) == "UNION":
            last = self._closed(last + 2, "{")
        if last != close:
            return self._whole("union", index, last)
        if self._word(index + 1) == "SELECT":
            return self._whole("select", index, close)
        inner = self._inner(index + 1, close)
        return [self._part("group", index, close, inner=inner)], close + 1

    def _inner(self, index: int, end: int) -> tuple[Part, ...]:
        """The parts of a group inside; none where they are not read, so that it is taken whole."""
        try:
            return self._parts(index, end)
        except _Unknown:
            return ()

    def _condition(self, index: int) -> int:
        if self._word(index) == "NOT":
            index += 1
        if self._word(index) == "EXISTS":
            return self._closed(index + 1, "{")
        return self.closing[index] if index in self.closing else self._closed(index + 1, "(")

    def _statement(self, index: int, end: int) -> tuple[list[Part], int]:
        """The triple patterns of one subject."""
        last = index
        while last < end and self.found[last].text not in {".", "{"}:
            if self._word(last) in _STARTS:
                break
            last = self.closing.get(last, last) + 1
        if last == index:
            raise _Unknown
        try:
            return self._triples(index, last), last
        except _Unknown:
            return [self._part("triple", index, last - 1)], last

    def _triples(self, index: int, last: int) -> list[Part]:
        """Each pattern of a list such as `?s :p ?a, ?b ; :q ?c`."""
        parts: list[Part] = []
        subject, position = self._term(index)
        place = index
        while position < last:
            if parts:
                place = position
            begin = position
            names, position = self._verb(position)
            verb = self._slice(begin, position)
            while True:
                term, position = self._term(position)
                parts.append(self._pattern(place, position, Triple(subject, verb, names, term)))
                if position >= last or self.found[position].text != ",":
                    break
                position += 1
                place = position
            if position < last and self.found[position].text != ";":
                raise _Unknown
            while position < last and self.found[position].text == ";":
                position += 1
        if not parts:
            raise _Unknown
        return parts

    def _pattern(self, place: int, after: int, triple: Triple) -> Part:
        text = f"{triple.subject.text} {triple.verb} {triple.object.text}"
        return Part("triple", text, self.found[place].start, self.found[after - 1].end, triple)

    def _verb(self, position: int) -> tuple[tuple[Term, ...], int]:
        """The IRIs of a verb, which may be a path, and the index after it."""
        names: list[Term] = []
        if self.found[position].kind == "var":
            return (), position + 1
        wanted = True
        while True:
            token = self.found[position]
            if wanted:
                if token.text == "(":
                    inside = self.found[position : self.closing[position]]
                    names += [Term(t.text, t.kind) for t in inside if _names(t)]
                    position = self.closing[position]
                    wanted = False
                elif _names(token):
                    names.append(Term(token.text, token.kind))
                    wanted = False
                elif token.text not in {"^", "!"}:
                    raise _Unknown
            elif token.text in {"/", "|"}:
                wanted = True
            elif token.kind != "mark" or token.text not in "*+?" or self._signed(position):
                return tuple(names), position
            position += 1

    def _term(self, position: int) -> tuple[Term, int]:
        """A plain term and the index after it."""
        token = self.found[position]
        after = position + 1
        if self._signed(position):
            after += 1
        elif token.kind == "string":
            following = self.found[after]
            if following.kind == "lang":
                after += 1
            elif following.text == "^":
                after += 3
        elif token.kind not in _TERMS and self._word(position) not in _WORDS:
            raise _Unknown
        return Term(self._slice(position, after), token.kind), after

    def _signed(self, position: int) -> bool:
        """Whether a sign and the number after it are one token."""
        token, after = self.found[position], self.found[position + 1]
        return token.text in {"+", "-"} and after.kind == "number" and token.end == after.start

    def _whole(self, kind: Kind, index: int, last: int) -> tuple[list[Part], int]:
        return [self._part(kind, index, last)], last + 1

    def _part(
        self,
        kind: Kind,
        index: int,
        last: int,
        *,
        graph: Term | None = None,
        inner: tuple[Part, ...] = (),
    ) -> Part:
        start, end = self.found[index].start, self.found[last].end
        return Part(kind, self.text[start:end], start, end, None, graph, inner)

    def _slice(self, index: int, after: int) -> str:
        return self.text[self.found[index].start : self.found[after - 1].end] if after else ""

    def _closed(self, index: int, bracket: str) -> int:
        if self.found[index].text != bracket:
            raise _Unknown
        return self.closing[index]

    def _word(self, index: int) -> str:
        token = self.found[index] if index < len(self.found) else None
        return token.text.upper() if token and token.kind == "word" else ""


def _names(token: Token) -> bool:
    return token.kind in {"iri", "pname"} or token.text == "a"
