"""Why a query returns nothing: the first part of its group that leaves nothing, in a sentence.

Prefixes of the group are asked until the first is found that has no solution; then that part is
asked alone. Where a question takes too long, or the query cannot be taken apart, nothing is said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from time import monotonic
from typing import Any

from parley.errors import ParleyError
from parley.formats import BINDINGS
from parley.sparql.groups import Group, Part, Term, Triple, take_apart
from parley.sparql.lexer import place
from parley.store.backend import Deadline, Query
from parley.store.versions import Version
from parley.web.site import Site

_QUESTIONS = 24
_SINGLES = 10  # patterns that are asked alone before anything else
_SECONDS = 3.0  # for all questions together
_CUTTING = ("HAVING", "OFFSET", "LIMIT", "VALUES")
Wrap = Callable[[str], str]


@dataclass(frozen=True)
class NoMatch:
    """What leaves a query without an answer: a sentence or two about one place in its text."""

    line: int
    column: int
    pattern: str
    message: str


class _NothingToSay(Exception):
    """It cannot be told why."""


def explain(site: Site, version: Version, query: Query) -> NoMatch | None:
    """Why a SELECT without rows, an ASK that says no or an empty CONSTRUCT is so; None if unsure.

    `query.text` is the query as it was sent. Raises what reading the query raises.
    """
    group = take_apart(query.text)
    if group is None:
        return None
    try:
        return _Search(site, version, query, group).find()
    except (ParleyError, _NothingToSay):  # a question was too dear, or no query
        return None


class _Search:
    """Asks about one query; every question costs, and there are not many."""

    def __init__(self, site: Site, version: Version, query: Query, group: Group) -> None:
        self._site = site
        self._version = version
        self._query = query
        self._group = group
        self._asked = 0
        self._until = monotonic() + _SECONDS

    def find(self) -> NoMatch | None:
        parts = _ordered(self._group.parts)
        single = self._single(parts, _same, _same)
        if single is not None:
            return single
        if self._holds(_body(parts)):
            return self._cut()
        return self._within(parts, _same, _same)

    # ---- where

    def _single(self, parts: Sequence[Part], wrap: Wrap, alone: Wrap) -> NoMatch | None:
        """The first triple pattern that matches nothing by itself: quick to ask, good to know."""
        simple = [part for part in parts if part.triple and part.triple.simple]
        for part in simple[:_SINGLES]:
            if not self._holds(alone(_body([part]))):
                return self._told(part, (), wrap, alone)
        return None

    def _within(self, parts: Sequence[Part], wrap: Wrap, alone: Wrap) -> NoMatch:
        """The first of the parts that leaves nothing.

        `wrap` puts a text in the place of the group in the query, `alone` in its graph only. All
        parts together are known to leave nothing, and an empty group to leave something.
        """
        some, none = 0, len(parts)
        while none - some > 1:
            middle = (some + none) // 2
            if self._holds(wrap(_body(parts[:middle]))):
                some = middle
            else:
                none = middle
        before, part = parts[:some], parts[some]
        if part.inner:
            opening = f"GRAPH {part.graph.text} " if part.graph else ""

            def inside(body: str) -> str:
                return f"{opening}{{ {body} }}"

            if self._holds(wrap(_body(before) + inside(""))):

                def whole(body: str) -> str:
                    return wrap(_body(before) + inside(body))

                def here(body: str) -> str:
                    return alone(inside(body))

                inner = _ordered(part.inner)
                return self._single(inner, whole, here) or self._within(inner, whole, here)
        return self._told(part, before, wrap, alone)

    def _told(self, part: Part, before: Sequence[Part], wrap: Wrap, alone: Wrap) -> NoMatch:
        line, column = place(self._group.text, part.start)
        last, _ = place(self._group.text, part.end)
        where = f"line {line}" if line == last else f"lines {line} to {last}"
        message = self._sentence(part, before, where, wrap, alone)
        return NoMatch(line, column, _shown(part.text), message)

    def _sentence(
        self, part: Part, before: Sequence[Part], where: str, wrap: Wrap, alone: Wrap
    ) -> str:
        match part.kind:
            case "filter":
                others = " and the filters before it" if _filters(before) else ""
                return f"The patterns match, but the FILTER in {where}{others} lets nothing pass."
            case "minus":
                return f"The patterns before it match, but the MINUS in {where} takes all away."
            case "values":
                return f"None of the VALUES in {where} goes with what stands before them."
            case "triple" | "union" | "select" | "group" | "graph":
                return self._about(part, before, where, wrap, alone)
        raise _NothingToSay

    def _about(
        self, part: Part, before: Sequence[Part], where: str, wrap: Wrap, alone: Wrap
    ) -> str:
        name = f"`{_shown(part.text)}`"
        subject = {
            "triple": f"{name} ({where})",
            "union": f"No branch of the UNION in {where}",
            "select": f"The subquery in {where}",
            "group": f"The group in {where}",
            "graph": f"{name} ({where})",
        }[part.kind]
        union = part.kind == "union"
        if not self._holds(alone(_body([part]))):
            said = f"{subject} matches anything." if union else f"{subject} matches nothing."
            return " ".join((said, *self._why(part, alone)))
        said = f"{subject} {'has a match' if union else 'matches'} "
        said += "that goes with" if union else "on its own, but nothing that goes with"
        said += " what stands before it."
        if part.triple and part.triple.object.kind not in {"string", "number"}:
            turned = _turned(part.triple)
            if self._holds(wrap(f"{_body(before)} {turned} .")):
                said += f" The other way round it does: `{turned}`."
        return said

    def _cut(self) -> NoMatch | None:
        """The group matches, so only what stands after it can be what leaves nothing."""
        found = [(word, at) for word, at in self._group.modifiers if word in _CUTTING]
        if not found:
            return None
        word, start = found[0]
        line, column = place(self._group.text, start)
        words = " and ".join(word for word, _ in found)
        message = f"The patterns match; the {words} after them (line {line}) leaves nothing."
        return NoMatch(line, column, word, message)

    # ---- why

    def _why(self, part: Part, alone: Wrap) -> list[str]:
        """Sentences on what may be wrong with a part that matches nothing by itself."""
        if part.graph and part.graph.kind != "var":
            if not self._holds(f"GRAPH {part.graph.text} {{ ?parley__s ?parley__p ?parley__o }}"):
                return [f"The graph {part.graph.text} holds nothing."]
            return []
        triple = part.triple
        if triple is None:
            return []
        if alone("") and self._holds(f"{part.text} ."):
            return ["It does match in other graphs."]
        missing = self._unknown(triple)
        if missing:
            return missing
        if triple.object.kind == "string":
            return self._other_literals(triple, alone)
        if triple.object.kind != "number" and self._holds(alone(f"{_turned(triple)} .")):
            return [f"The other way round it does: `{_turned(triple)}`."]
        return []

    def _unknown(self, triple: Triple) -> list[str]:
        """The IRIs of a pattern that the data do not have."""
        found = []
        for name in triple.names:
            if name.text != "a" and not self._holds(f"?parley__s {name.text} ?parley__o ."):
                found.append(f"Nothing has the property {name.text}{self._near(name)}")
        for end in (triple.subject, triple.object):
            if end.kind not in {"iri", "pname"}:
                continue
            as_subject, as_object = (
                f"{{ {end.text} ?parley__p ?parley__o }}",
                f"{{ ?parley__s ?parley__p {end.text} }}",
            )
            if not self._holds(f"{as_subject} UNION {as_object}"):
                found.append(f"{end.text} occurs nowhere in the data{self._near(end)}")
        return found

    def _near(self, name: Term) -> str:
        """The end of a sentence on an unknown name, with the name that may have been meant."""
        prefix, colon, local = name.text[:100].partition(":")
        start = prefix + colon
        terms = [
            self._site.render.curie(row["term"]["value"])
            for row in (self._site.rows("declared", self._version) if colon else ())
        ]
        known = [term.removeprefix(start) for term in terms if term.startswith(start)]
        near = get_close_matches(local, known, 1, 0.75) if colon else []
        return f"; did you mean {start}{near[0]}?" if near and near[0] != local else "."

    def _other_literals(self, triple: Triple, alone: Wrap) -> list[str]:
        """The same words with another language or type."""
        subject = triple.subject.text
        body = alone(f"{subject} {triple.verb} ?parley__o .")
        same = f"isLiteral(?parley__o) && STR(?parley__o) = STR({triple.object.text})"
        text = (
            f"{self._group.prologue} SELECT DISTINCT ?parley__o {self._group.dataset} WHERE "
            f"{{ {body} FILTER({same}) }} LIMIT 3"
        )
        rows = self._answer(text)["results"]["bindings"]
        others = [_literal(row["parley__o"]) for row in rows]
        if not others:
            return []
        return [f"{triple.object.text} has no match, {' and '.join(others)} has."]

    # ---- questions

    def _holds(self, body: str) -> bool:
        asked = f"{self._group.prologue} ASK {self._group.dataset} WHERE {{ {body} }}"
        return bool(self._answer(asked)["boolean"])

    def _answer(self, text: str) -> dict[str, Any]:  # Any: JSON
        left = self._until - monotonic()
        if self._asked >= _QUESTIONS or left <= 0:
            raise _NothingToSay
        self._asked += 1
        query = Query(
            text, self._query.default_graphs, self._query.named_graphs, base=self._query.base
        )
        deadline = Deadline(left, self._site.settings.query_memory)
        with self._site.backend.select(
            query, BINDINGS[0], deadline, self._version.number
        ) as answer:
            found: dict[str, Any] = json.loads(answer.read())  # Any: JSON
        return found


def _ordered(parts: Sequence[Part]) -> list[Part]:
    """The filters last: they hold for the whole group wherever they stand in it."""
    return sorted(parts, key=lambda part: part.kind == "filter")


def _same(body: str) -> str:
    return body


def _filters(parts: Sequence[Part]) -> bool:
    return any(part.kind == "filter" for part in parts)


def _body(parts: Sequence[Part]) -> str:
    return " ".join(part.text + (" ." if part.kind == "triple" else "") for part in parts) + " "


def _turned(triple: Triple) -> str:
    return f"{triple.object.text} {triple.verb} {triple.subject.text}"


def _shown(text: str) -> str:
    """A pattern on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= 120 else line[:119] + "…"


def _literal(cell: dict[str, str]) -> str:
    words = json.dumps(_shown(cell["value"]), ensure_ascii=False)
    if "xml:lang" in cell:
        return f"{words}@{cell['xml:lang']}"
    if "datatype" in cell:
        return f"{words}^^<{cell['datatype']}>"
    return words
