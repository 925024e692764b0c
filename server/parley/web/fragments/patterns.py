"""The pattern that a request for a fragment names, as typed terms, and the queries it leads to.

Terms are written as Hydra's explicit representation has it: an IRI as it is, a literal in double
quotes with nothing escaped in them, then `@en` or `^^` and the IRI of its datatype.
https://linkeddatafragments.org/specification/triple-pattern-fragments/ and, for `graph`,
https://linkeddatafragments.org/specification/quad-pattern-fragments/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import pyoxigraph as ox

from parley.errors import BadInput
from parley.rdf import read_iri
from parley.sparql import bind
from parley.web.fragments.values import Block

Term = ox.NamedNode | ox.Literal
TRIPLE = ("subject", "predicate", "object")
QUAD = (*TRIPLE, "graph")
PATHS = {TRIPLE: "/fragments", QUAD: "/fragments/quads"}
DEFAULT_GRAPH = "urn:ldf:defaultGraph"
_VARIABLE = re.compile(r"[?$]\w+\Z")
_LANGUAGE = re.compile(r"@([A-Za-z]+(?:-[A-Za-z0-9]+)*)\Z")
# What a term is called decides in which of many runs of about the same length a triple comes.
_HASH = 'MD5(CONCAT(COALESCE(STR(?_subject), ""), COALESCE(STR(?_object), "")))'


@dataclass(frozen=True)
class Pattern:
    """What is asked for: `terms` by position, positions that are `equal`, and `blocks` of values.

    `named` is None where any graph will do and it is told which, True for a graph that `terms`
    names, False for the default graph. A triple matches if it matches one of the blocks, if any.
    """

    terms: tuple[tuple[str, Term], ...] = ()
    equal: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Block, ...] = ()
    named: bool | None = False


@dataclass(frozen=True)
class Asked:
    """What matches a pattern in the default graph, or in named graphs, as it is asked for.

    `predicate` and `run`, the first hexadecimal digits of a hash, narrow it further.
    """

    pattern: Pattern
    block: Block | None
    named: bool
    predicate: ox.NamedNode | None = None
    run: str = ""

    @property
    def rows(self) -> str:
        """The SELECT of subject, predicate, object and, of named graphs, the graph."""
        columns = " ".join(f"?_{name}" for name in (QUAD if self.named else TRIPLE))
        run = f"FILTER(STRSTARTS({_HASH}, ?_run))" if self.run else ""
        return self._bound(f"SELECT {columns} WHERE {{ {self._body} {run} }}")

    @property
    def has_predicate(self) -> bool:
        """Whether no more than one predicate matches, or splitting by it would not do."""
        bound = "predicate" in dict(self.pattern.terms)
        return bound or self.block is not None or self.predicate is not None

    @property
    def is_open(self) -> bool:
        """Whether every triple matches."""
        return self.block is None and not self.pattern.terms and not self.pattern.equal

    def counts(self, digits: int) -> str:
        """The SELECT of how many match, as `count`, by `key`.

        The key is as many digits of the hash; for none, the predicate where there may be several.
        """
        key = '""' if self.has_predicate else "?_predicate"
        if digits:
            key = f"SUBSTR({_HASH}, 1, {digits})"
        return self._bound(
            f"SELECT ?key (COUNT(*) AS ?count) WHERE {{ {self._body} BIND({key} AS ?key) }} "
            "GROUP BY ?key"
        )

    @property
    def _body(self) -> str:
        names = " ".join(f"?_{name}" for name in self.block.names) if self.block else ""
        triple = "?_subject ?_predicate ?_object"
        return " ".join(
            [
                f"VALUES ({names}) {{}}" if names else "",
                f"GRAPH ?_graph {{ {triple} }}" if self.named else triple,
                *(f"FILTER(sameTerm(?_{a}, ?_{b}))" for a, b in self.pattern.equal),
            ]
        )

    def _bound(self, text: str) -> str:
        terms: dict[str, Term | list[Term]] = {
            f"_{name}": term for name, term in self.pattern.terms
        }
        if self.predicate is not None:
            terms["_predicate"] = self.predicate
        if self.run:
            terms["_run"] = ox.Literal(self.run)
        if self.block:
            columns = zip(self.block.names, zip(*self.block.rows, strict=True), strict=True)
            terms.update((f"_{name}", list(column)) for name, column in columns)
        return bind(text, terms)


def asked(pattern: Pattern, *, union: bool) -> list[Asked]:
    """The queries of a pattern; `union` says that the default graph is that of all graphs."""
    names = {name for pair in pattern.equal for name in pair}
    names.update(name for block in pattern.blocks for name in block.names)
    scopes = [bool(pattern.named)]
    if pattern.named is None:
        scopes = [True] if union or "graph" in names else [False, True]
    return [Asked(pattern, block, named) for named in scopes for block in pattern.blocks or (None,)]


def read_pattern(
    values: Mapping[str, str], names: tuple[str, ...], prefixes: Mapping[str, str]
) -> Pattern:
    """The pattern of a request's parameters, `names` being the positions it has. Raises BadInput.

    A position that is empty or a variable takes any term; a variable that stands twice takes the
    same term twice. Prefixed names are read, for people.
    """
    terms: dict[str, Term] = {}
    variables: dict[str, list[str]] = {}
    for name in names:
        text = values.get(name, "").strip()
        if text.startswith(("?", "$")):
            if not _VARIABLE.match(text):
                raise BadInput(f"{name}: '{text[:100]}' is no variable such as ?x")
            variables.setdefault(text[1:], []).append(name)
        elif text:
            terms[name] = _term(name, text, prefixes)
    named: bool | None = False
    if names == QUAD:
        named = True if "graph" in terms else None
        if terms.get("graph") == ox.NamedNode(DEFAULT_GRAPH):
            del terms["graph"]
            named = False
    equal = [pair for places in variables.values() for pair in combinations(places, 2)]
    blocks = Block.read(values.get("values", ""), variables)
    return Pattern(tuple(sorted(terms.items())), tuple(equal), blocks, named)


def _term(name: str, text: str, prefixes: Mapping[str, str]) -> Term:
    if text.startswith("_:"):
        raise BadInput(
            f"{name}: '{text[:100]}' is a blank node, which has no name outside the answer it "
            "stands in; leave the position empty, or ask SPARQL"
        )
    if not text.startswith('"'):
        return _iri(name, text, prefixes)
    if name != "object":
        raise BadInput(f"{name}: a literal can stand as object only, not {text[:100]}")
    value, quote, kind = text[1:].rpartition('"')
    if not quote:
        raise BadInput(f"{name}: the literal {text[:100]} has no closing double quote")
    if not kind:
        return ox.Literal(value)
    if kind.startswith("^^"):
        return ox.Literal(value, datatype=_iri(name, kind[2:], prefixes))
    language = _LANGUAGE.match(kind)
    if not language:
        raise BadInput(
            f"{name}: behind the closing quote stands @ and a language, or ^^ and the IRI of a "
            f"datatype, not '{kind[:100]}'"
        )
    try:
        return ox.Literal(value, language=language[1])
    except ValueError as error:
        raise BadInput(f"{name}: '{language[1][:100]}' is no language tag") from error


def _iri(name: str, text: str, prefixes: Mapping[str, str]) -> ox.NamedNode:
    try:
        return read_iri(text, prefixes)
    except BadInput as error:
        raise BadInput(f"{name}: {error.message}") from error
