"""The shapes applied to what a change touches: to the nodes whose result it can alter, no others.

A core constraint looks along the paths of its shape, a SPARQL constraint along the patterns of its
query. Read backwards, from a changed quad to `$this`, they name the nodes to be checked: those the
change touches, those that point at them, and those that share a label or whatever else a query
compares. Each of these nodes is checked by all shapes that target it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import count

import pyoxigraph as ox
import rdflib
from pyshacl import ShapesGraph, Validator
from pyshacl.shape import Shape
from rdflib.namespace import RDF, RDFS, SH

from parley.check.report import Finding
from parley.check.shapes import (
    Data,
    Shapes,
    SparqlConstraint,
    constraint_findings,
    core_findings,
)
from parley.rdf import RDF_TYPE, to_rdflib
from parley.sparql.neighbours import Dependence
from parley.sparql.patterns import Combination, Pattern, Unbounded, read_patterns
from parley.sparql.quads import Quads

_THIS = ox.Variable("this")
_SUB_CLASS = ox.NamedNode(str(RDFS.subClassOf))
_COMPARED = (SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals)
_VALUES = {
    *(SH[name] for name in ("datatype", "nodeKind", "hasValue", "pattern", "flags", "in")),
    *(SH[name] for name in ("minCount", "maxCount", "minLength", "maxLength", "uniqueLang")),
    *(SH[name] for name in ("languageIn", "qualifiedMinCount", "qualifiedMaxCount")),
    *(SH[f"{side}{kind}"] for side in ("min", "max") for kind in ("Inclusive", "Exclusive")),
}
_ASIDE = {
    *(SH[name] for name in ("message", "name", "description", "order", "group", "severity")),
    *(SH[name] for name in ("defaultValue", "deactivated", "ignoredProperties", "path", "closed")),
}
_INNER = (SH.node, SH["not"], SH.qualifiedValueShape)
_LISTS = (SH["and"], SH["or"], SH.xone)
_TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
_KNOWN = {*_COMPARED, *_VALUES, *_ASIDE, *_INNER, *_LISTS, *_TARGETS, SH.property, SH["class"]}


class FollowedShapes:
    """Shapes, read once and for all, with what their results depend on.

    Raises Unbounded when that cannot be told of one of them.
    """

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._core = _depends(_Followed(shapes.core).combinations())
        self._constraints = [
            (constraint, _depends(read_patterns(constraint.query)))
            for constraint in shapes.constraints
        ]
        flat = rdflib.Graph(store="SimpleMemory")
        flat += shapes.flat
        self._graph = ShapesGraph(flat)
        self._targeted = [(shape, _Target(shape)) for shape in self._graph.shapes]
        for predicate in (*_TARGETS, RDF.type):
            flat.remove((None, predicate, None))

    def touched(self, changed: Collection[ox.Quad], quads: Quads) -> set[ox.NamedNode]:
        """The nodes whose results these quads can alter; `quads` as for `Dependence.touched`."""
        if any(quad.predicate == _SUB_CLASS for quad in changed):
            raise Unbounded("the change alters what class a class belongs to")
        found: set[object] = {quad.subject for quad in changed}
        for depends in (self._core, *(depends for _, depends in self._constraints)):
            found |= {node for (node,) in depends.touched(changed, quads)}
        return {node for node in found if isinstance(node, ox.NamedNode)}

    def check(
        self, store: ox.Store, nodes: Collection[ox.NamedNode], quads: Quads
    ) -> Iterator[Finding]:
        """What the shapes find at these nodes of the store, whose quads `quads` looks up."""
        classes = {node: _classes(node, quads) for node in nodes}
        yield from self._check_core(store, classes, quads)
        yield from self._check_sparql(classes, quads)

    def _check_core(
        self, store: ox.Store, classes: dict[ox.NamedNode, set[str]], quads: Quads
    ) -> Iterator[Finding]:
        data = Data(store)
        data.default_union = True
        executor = Validator(data, shacl_graph=rdflib.Graph()).make_executor()
        results = []
        for shape, target in self._targeted:
            focus = [to_rdflib(n) for n, kinds in classes.items() if target.meets(n, kinds, quads)]
            if focus:
                results += shape.validate(executor, data, focus=focus)[1]
        if results:
            report, _ = Validator.create_validation_report(self._graph, False, results)
            yield from core_findings(report, self._shapes)

    def _check_sparql(
        self, classes: dict[ox.NamedNode, set[str]], quads: Quads
    ) -> Iterator[Finding]:
        near = ox.Store()
        asked: list[tuple[SparqlConstraint, list[ox.NamedNode]]] = []
        for constraint, depends in self._constraints:
            wanted = {each.value for each in constraint.classes}
            focus = [node for node, kinds in classes.items() if kinds & wanted]
            if focus:
                near.extend(depends.gather({_THIS: set(focus)}, quads))
                asked.append((constraint, focus))
        for constraint, focus in asked:
            yield from constraint_findings(near, constraint, constraint.about(focus))


def _depends(combinations: Iterable[Combination]) -> Dependence:
    return Dependence(combinations, (_THIS,), but_subjects=True)


class _Target:
    """Which nodes a shape is for."""

    def __init__(self, shape: Shape) -> None:
        nodes, classes, implicit, objects_of, subjects_of = shape.target()
        self._nodes = set(map(str, nodes))
        self._classes = {str(each) for each in (*classes, *implicit)}
        self._subjects_of = frozenset(ox.NamedNode(str(each)) for each in subjects_of)
        self._objects_of = frozenset(ox.NamedNode(str(each)) for each in objects_of)

    def meets(self, node: ox.NamedNode, classes: set[str], quads: Quads) -> bool:
        """Whether a node with these classes is a target."""
        return bool(
            node.value in self._nodes
            or classes & self._classes
            or (self._subjects_of and quads.at(node, self._subjects_of, out=True))
            or (self._objects_of and quads.at(node, self._objects_of, out=False))
        )


def _classes(node: ox.NamedNode, quads: Quads) -> set[str]:
    """The classes of a node and those above them."""
    found: set[str] = set()
    for quad in quads.at(node, frozenset({RDF_TYPE}), out=True):
        if isinstance(quad.object, ox.NamedNode) and quad.object.value not in found:
            above = quads.chain(quad.object, frozenset({_SUB_CLASS}), out=True)
            found |= {each.value for each in above}
    return found


class _Followed:
    """Reads the combinations of patterns that core constraints look along."""

    def __init__(self, core: rdflib.Graph) -> None:
        self._core = core
        self._fresh = count()

    def combinations(self) -> Iterator[Combination]:
        """Those of all shapes with a target; whatever they depend on is the end of one."""
        core = self._core
        targeted = {shape for target in _TARGETS for shape in core.subjects(target)}
        implicit = set(core.subjects(RDF.type, SH.NodeShape)) & set(
            core.subjects(RDF.type, RDFS.Class)
        )
        for shape in sorted(targeted | implicit, key=str):
            yield (Pattern(_THIS, frozenset({RDF_TYPE}), self._new()),)
            for path in core.objects(shape, SH.targetSubjectsOf):
                yield (Pattern(_THIS, _one(path), self._new()),)
            for path in core.objects(shape, SH.targetObjectsOf):
                yield (Pattern(self._new(), _one(path), _THIS),)
            yield from self._shape(shape, _THIS, ())

    def _shape(
        self, shape: rdflib.term.Node, at: ox.Variable, before: Combination, depth: int = 0
    ) -> Iterator[Combination]:
        """What a shape looks at, from a node to which the patterns `before` lead."""
        core = self._core
        own = {p for p in core.predicates(shape) if str(p).startswith(str(SH))}
        unknown = own - _KNOWN
        if unknown or depth > 10:
            raise Unbounded(f"the shape {shape} has parts that are not followed: {unknown}")
        path = core.value(shape, SH.path)
        value = at
        if path is not None:
            value = self._new()
            for other in (o for p in _COMPARED for o in core.objects(shape, p)):
                yield (*before, Pattern(at, _one(other), self._new()))
            before = (*before, Pattern(at, _one(path), value))
            yield before
        if core.value(shape, SH.closed) is not None:
            yield (*before, Pattern(value, None, self._new()))
        if (shape, SH["class"], None) in core:
            yield (*before, Pattern(value, frozenset({RDF_TYPE}), self._new()))
        inner = [o for p in (*_INNER, SH.property) for o in core.objects(shape, p)]
        inner += [o for p in _LISTS for items in core.objects(shape, p) for o in core.items(items)]
        for each in inner:
            yield from self._shape(each, value, before, depth + 1)

    def _new(self) -> ox.Variable:
        return ox.Variable(f"value__{next(self._fresh)}")


def _one(path: rdflib.term.Node) -> frozenset[ox.NamedNode]:
    if not isinstance(path, rdflib.URIRef):
        raise Unbounded(f"the path {path} is not followed: it is no property")
    return frozenset({ox.NamedNode(str(path))})
