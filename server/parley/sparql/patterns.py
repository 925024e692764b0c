"""The quad patterns of a query: which quads its answer can depend on, and how they hang together.

A query is read into *combinations*: lists of patterns that have to hold together for one solution,
one list for each choice among the branches of its UNIONs. What may be absent (OPTIONAL) or must be
(NOT EXISTS, MINUS) makes a combination of its own with all around it. Conditions on values and
the names of graphs are left out, so a combination holds whenever a solution does, and more often.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import pyoxigraph as ox
import rdflib
from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath
from rdflib.plugins.sparql.algebra import translateGroupGraphPattern, translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from parley.errors import BadInput

Term = ox.NamedNode | ox.BlankNode | ox.Literal
End = ox.Variable | ox.NamedNode | ox.Literal
_MOST = 200  # combinations of one query
_SAME = frozenset({ox.NamedNode("urn:x-parley:same")})


class Unbounded(BadInput):
    """It cannot be told which part of the data matters; all of it has to be looked at."""


@dataclass(frozen=True)
class Pattern:
    """A quad pattern, whatever its graph; blank nodes of the query are variables.

    `predicates` are those that match, None for any; then `name` is the variable for it, if there
    is one. With `closure` it stands for a chain of such quads, of any length or none.
    """

    subject: End
    predicates: frozenset[ox.NamedNode] | None
    object: End
    closure: bool = False
    name: ox.Variable | None = None

    @cached_property
    def variables(self) -> frozenset[ox.Variable]:
        """The variables at its ends and for its predicate."""
        found = (self.subject, self.object, self.name)
        return frozenset(end for end in found if isinstance(end, ox.Variable))


Combination = tuple[Pattern, ...]


@lru_cache(maxsize=256)  # the parser takes 15 ms and more
def read_patterns(text: str) -> tuple[Combination, ...]:
    """The combinations of a SELECT or CONSTRUCT query; raises Unbounded for what is not read."""
    try:
        query = translateQuery(parseQuery(text)).algebra
    except Exception as error:  # whatever the parser raises
        raise Unbounded(f"the patterns of the query cannot be read: {error}") from error
    reader = _Reader()
    found = [_renamed(c) for c in reader.combinations(query.p)]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=256)
def read_head(text: str) -> tuple[ox.Variable, ox.Variable, ox.Variable]:
    """The variables of a CONSTRUCT query's one triple; raises Unbounded for another template."""
    match translateQuery(parseQuery(text)).algebra.template:
        case [(rdflib.Variable() as subject, rdflib.Variable() as predicate, value)] if isinstance(
            value, rdflib.Variable
        ):
            return _variable(subject), _variable(predicate), _variable(value)
    raise Unbounded("the template is not one triple of three variables")


class _Reader:
    """Reads the algebra of one query."""

    def __init__(self) -> None:
        self._fresh = itertools.count()

    def combinations(self, node: CompValue) -> list[Combination]:
        """The plain combinations of a part of the query, then those with what may be absent."""
        found = self._both(node)
        return [*found[0], *found[1]]

    def _both(self, node: CompValue) -> tuple[list[Combination], list[Combination]]:
        """Combinations that a solution is made of, and those it may be made or kept from."""
        match node.name:
            case "BGP":
                return [tuple(self._patterns(node.triples))], []
            case "Join":
                return self._joined(self._both(node.p1), self._both(node.p2))
            case "LeftJoin" | "Minus":
                plain, other = self._both(node.p1)
                inner = self.combinations(node.p2)
                other = [*other, *_products(plain, inner)]
                if node.name == "LeftJoin":
                    other += self._exists(node.expr, plain)
                return plain, _few(other)
            case "Union":
                left, right = self._both(node.p1), self._both(node.p2)
                return _few([*left[0], *right[0]]), _few([*left[1], *right[1]])
            case "Filter":
                plain, other = self._both(node.p)
                return plain, _few([*other, *self._exists(node.expr, plain)])
            case "Extend":
                return self._extended(node)
            case "Graph" | "Project" | "Distinct" | "Reduced" | "OrderBy":
                return self._both(node.p)
            case "ToMultiSet" if node.p.name == "values":
                return [()], []
        raise Unbounded(f"the query has a part that is not followed: {node.name}")

    def _joined(
        self,
        left: tuple[list[Combination], list[Combination]],
        right: tuple[list[Combination], list[Combination]],
    ) -> tuple[list[Combination], list[Combination]]:
        plain = _products(left[0], right[0])
        other = [*_products(left[1], right[0]), *_products(left[0], right[1])]
        return plain, _few(other)

    def _extended(self, node: CompValue) -> tuple[list[Combination], list[Combination]]:
        plain, other = self._both(node.p)
        other = [*other, *self._exists(node.expr, plain)]
        if isinstance(node.expr, rdflib.Variable):
            if any(p.name == _variable(node.var) for c in (*plain, *other) for p in c):
                raise Unbounded("the query binds the variable of a predicate")
            same = Pattern(_variable(node.var), _SAME, _variable(node.expr))
            return [(*c, same) for c in plain], [(*c, same) for c in other]
        return plain, other

    def _exists(self, expression: object, plain: list[Combination]) -> list[Combination]:
        """`plain` with each group that an expression asks for by EXISTS or NOT EXISTS."""
        found: list[Combination] = []
        for group in _groups(expression):
            inner = group if group.name == "BGP" else translateGroupGraphPattern(group)
            found += _products(plain, self.combinations(inner))
        return found

    def _patterns(self, triples: Iterable[tuple[object, object, object]]) -> Iterator[Pattern]:
        for subject, predicate, value in triples:
            yield from self._pattern(_end(subject), predicate, _end(value))

    def _pattern(self, subject: End, path: object, value: End) -> Iterator[Pattern]:
        if isinstance(path, rdflib.URIRef):
            yield Pattern(subject, frozenset({ox.NamedNode(str(path))}), value)
        elif isinstance(path, rdflib.Variable | rdflib.BNode):
            yield Pattern(subject, None, value, name=_variable(path))
        elif isinstance(path, InvPath):
            yield from self._pattern(value, path.arg, subject)
        elif isinstance(path, SequencePath):
            ends = [subject, *(self._new() for _ in path.args[1:]), value]
            for one, step, other in zip(ends, path.args, ends[1:], strict=False):
                yield from self._pattern(one, step, other)
        elif isinstance(path, MulPath):
            yield Pattern(subject, _iris(path.path), value, closure=True)
        else:
            yield Pattern(subject, _iris(path), value)

    def _new(self) -> ox.Variable:
        return ox.Variable(f"step__{next(self._fresh)}")


def _groups(expression: object) -> Iterator[CompValue]:
    """The groups of EXISTS and NOT EXISTS inside an expression, not those inside of these."""
    if isinstance(expression, CompValue):
        if expression.name in {"Builtin_EXISTS", "Builtin_NOTEXISTS"}:
            yield expression.graph
            return
        for value in expression.values():
            yield from _groups(value)
    elif isinstance(expression, list | tuple):
        for value in expression:
            yield from _groups(value)


def _products(left: list[Combination], right: list[Combination]) -> list[Combination]:
    return _few([one + other for one in left for other in right])


def _few(found: list[Combination]) -> list[Combination]:
    if len(found) > _MOST:
        raise Unbounded(f"the query has more than {_MOST} combinations of its branches")
    return found


def _iris(path: object) -> frozenset[ox.NamedNode]:
    parts = path.args if isinstance(path, AlternativePath) else [path]
    if not all(isinstance(part, rdflib.URIRef) for part in parts):
        raise Unbounded(f"the query has a path that is not followed: {path}")
    return frozenset(ox.NamedNode(str(part)) for part in parts)


def _end(node: object) -> End:
    if isinstance(node, rdflib.URIRef):
        return ox.NamedNode(str(node))
    if isinstance(node, rdflib.Literal):
        if node.language:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype or rdflib.XSD.string)))
    return _variable(node)


def _variable(node: object) -> ox.Variable:
    mark = "blank__" if isinstance(node, rdflib.BNode) else ""
    return ox.Variable(mark + str(node))


def _renamed(combination: Combination) -> Combination:
    """The combination without `BIND(?one AS ?other)`: both become one variable."""
    patterns = list(combination)
    while same := next((p for p in patterns if p.predicates == _SAME), None):
        patterns.remove(same)
        patterns = [
            replace(
                pattern,
                subject=same.object if pattern.subject == same.subject else pattern.subject,
                object=same.object if pattern.object == same.subject else pattern.object,
            )
            for pattern in patterns
        ]
    return tuple(patterns)
