"""SHACL: pySHACL for the core constraints, one engine query for each SPARQL constraint."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import pyoxigraph as ox
import pyshacl
import rdflib
import rdflib.collection
from pyshacl.graph_abstraction import DataGraph, OxigraphDataGraph
from rdflib.namespace import RDF, RDFS, SH

from parley.check.report import Finding, Node, Severity, nothing_to_check
from parley.errors import BadInput
from parley.rdf import to_graph

CHECK = "shapes"
_SEVERITY: dict[rdflib.term.Node | None, Severity] = {SH.Warning: "warning", SH.Info: "info"}
_SPARQL = ox.NamedNode(str(SH.SPARQLConstraintComponent))
_BEFORE_WHERE = re.compile(r"\{")
_WORDS = {
    *(SH[name] for name in ("message", "name", "description", "order", "group")),
    *(RDFS.label, RDFS.comment),
}


@dataclass(frozen=True)
class SparqlConstraint:
    """One `sh:sparql` of a node shape: its query with prefixes, and the classes it is for.

    The query names the focus node `$this` outside of any subquery, so that the engine may answer
    for all focus nodes at once: that equals pre-binding them one by one (SHACL, section 5.3).
    """

    iri: ox.NamedNode
    shape: ox.NamedNode
    classes: tuple[ox.NamedNode, ...]
    message: str
    severity: Severity
    prologue: str
    select: str

    @property
    def query(self) -> str:
        """The query as it is written, with its prefixes."""
        return self.prologue + self.select

    def about(self, nodes: Iterable[ox.NamedNode]) -> str:
        """The query over these nodes, which are known to be of the shape's classes."""
        scope = f"{{ VALUES ?this {{ {' '.join(sorted(map(str, nodes)))} }} "
        return self.prologue + _BEFORE_WHERE.sub(lambda _: scope, self.select, count=1)

    def text(self, focus: Collection[ox.NamedNode] | None) -> str:
        """The query over all nodes of the shape's classes, or over those of them in `focus`."""
        classes = " ".join(map(str, self.classes))
        scope = (
            f"{{ SELECT DISTINCT ?this WHERE {{ VALUES ?targetClass {{ {classes} }} "
            f"?this <{RDF.type}>/<{RDFS.subClassOf}>* ?targetClass . {_values(focus)} }} }} "
        )
        return self.prologue + _BEFORE_WHERE.sub(lambda _: "{ " + scope, self.select, count=1)


@dataclass(frozen=True)
class Shapes:
    """A shapes graph, read once: its core part, the same as pySHACL is fastest with, and the
    SPARQL constraints."""

    core: rdflib.Graph
    flat: rdflib.Graph
    constraints: tuple[SparqlConstraint, ...]

    @property
    def is_empty(self) -> bool:
        """True when no shape has a target."""
        return (None, SH.targetClass, None) not in self.core


def read_shapes(quads: Iterable[ox.Quad | ox.Triple]) -> Shapes:
    """The shapes of a shapes graph; raises BadInput for a SPARQL constraint that cannot be run."""
    return _read(frozenset(quads))


@lru_cache(maxsize=2)  # a check after a build or a load reads the same shapes again: 0.2 s
def _read(quads: frozenset[ox.Quad | ox.Triple]) -> Shapes:
    core = to_graph(quads)
    constraints = []
    for shape, constraint in sorted(core.subject_objects(SH.sparql), key=str):
        classes = sorted(str(c) for c in core.objects(shape, SH.targetClass))
        select = core.value(constraint, SH.select)
        message = core.value(constraint, SH.message)
        if not classes or select is None or message is None:
            raise BadInput(
                f"the SPARQL constraint <{constraint}> needs sh:select, sh:message "
                "and a shape with sh:targetClass"
            )
        constraints.append(
            SparqlConstraint(
                ox.NamedNode(str(constraint)),
                ox.NamedNode(str(shape)),
                tuple(ox.NamedNode(c) for c in classes),
                str(message),
                _SEVERITY.get(core.value(shape, SH.severity), "violation"),
                _prologue(core, constraint),
                str(select),
            )
        )
    core.remove((None, SH.sparql, None))
    return Shapes(core, _flattened(core), tuple(constraints))


def _flattened(core: rdflib.Graph) -> rdflib.Graph:
    """The same shapes with property shapes that have targets of their own.

    pySHACL takes a nested property shape to its focus nodes one by one and a targeted one to all
    at once. A closed shape then names its paths in `sh:ignoredProperties`. It goes through all
    triples of a shape each time: the words are left out, and the store has no contexts.
    """
    flat = rdflib.Graph(store="SimpleMemory")
    for triple in core:
        if triple[1] not in _WORDS:
            flat.add(triple)
    for shape in sorted(set(core.subjects(SH.targetClass)), key=str):
        properties = sorted(core.objects(shape, SH.property), key=str)
        for nested in properties:
            for target in core.objects(shape, SH.targetClass):
                flat.add((nested, SH.targetClass, target))
            flat.remove((shape, SH.property, nested))
        if (shape, SH.closed, None) in core:
            paths = {core.value(nested, SH.path) for nested in properties}
            listed = rdflib.BNode()
            rdflib.collection.Collection(flat, listed, sorted(filter(None, paths), key=str))
            flat.add((shape, SH.ignoredProperties, listed))
    return flat


def check_shapes(
    store: ox.Store, shapes: Shapes, focus: Collection[ox.NamedNode] | None = None
) -> Iterator[Finding]:
    """What the shapes find in the union of all graphs, for all nodes or for those in `focus`."""
    if shapes.is_empty:
        yield nothing_to_check(CHECK, "no shape has a target", "Put shapes into ontology/shapes.")
    elif focus is None or focus:
        yield from check_core(store, shapes, focus)
        yield from check_sparql(store, shapes, focus)


class Data(OxigraphDataGraph):  # type: ignore[misc]  # the package has no types
    """The store as pySHACL sees it, every question asked of the union of its graphs.

    Its own `bool()` counts all quads, once for each result, and its own `in` looks into the
    default graph only. A value that its datatype does not allow is neither less nor more than any
    other (SHACL, section 4.5.3), where rdflib raises TypeError.
    """

    def __bool__(self) -> bool:
        return True

    def __contains__(self, triple: tuple[rdflib.term.Node, ...]) -> bool:
        return next(iter(self.triples(triple)), None) is not None

    def objects(
        self, subject: object = None, *place: object, **more: object
    ) -> Iterator[rdflib.term.Node]:
        if isinstance(subject, rdflib.Literal):
            return  # of a literal nothing is said, and the engine does not take the question
        for node in super().objects(subject, *place, **more):
            wrong = isinstance(node, rdflib.Literal) and node.ill_typed
            yield _Incomparable(node, datatype=node.datatype, normalize=False) if wrong else node


class _Incomparable(rdflib.Literal):
    """An ill-typed literal, not comparable to any other."""

    def __lt__(self, other: object) -> bool:
        return False

    __le__ = __gt__ = __ge__ = __lt__


def check_core(
    data: ox.Store | rdflib.Graph, shapes: Shapes, focus: Collection[ox.NamedNode] | None = None
) -> Iterator[Finding]:
    """The findings of the core constraints; `data` may be a slice when `focus` says which nodes."""
    nodes = None if focus is None else sorted(node.value for node in focus)
    view = Data(data) if isinstance(data, ox.Store) else DataGraph.from_rdflib(data)
    _, report, _ = pyshacl.validate(view, shacl_graph=shapes.flat, focus_nodes=nodes)
    if not isinstance(report, rdflib.Graph):
        raise BadInput(f"the shapes cannot be applied: {report}")
    yield from core_findings(report, shapes)


def core_findings(report: rdflib.Graph, shapes: Shapes) -> Iterator[Finding]:
    """The results of a validation report in the words of the shapes."""
    told = set()
    for result in sorted(report.objects(None, SH.result), key=lambda r: _component(report, r)):
        shape = report.value(result, SH.sourceShape)
        said = (shape and shapes.core.value(shape, SH.message)) or report.value(
            result, SH.resultMessage
        )
        message, fix = split(str(said))
        place = (shape, *(report.value(result, p) for p in (SH.focusNode, SH.resultPath, SH.value)))
        if place in told:
            continue  # a value of the wrong datatype is out of range too: one mistake, one finding
        told.add(place)
        yield Finding(
            CHECK,
            _SEVERITY.get(report.value(result, SH.resultSeverity), "violation"),
            message,
            fix,
            focus=_to_ox(report.value(result, SH.focusNode)),
            path=_iri(report.value(result, SH.resultPath)),
            value=_to_ox(report.value(result, SH.value)),
            shape=_iri(shape),
            component=_iri(report.value(result, SH.sourceConstraintComponent)),
        )


def check_sparql(
    store: ox.Store, shapes: Shapes, focus: Collection[ox.NamedNode] | None = None
) -> Iterator[Finding]:
    """The findings of the SPARQL constraints, one query each over the union of all graphs."""
    for constraint in shapes.constraints:
        yield from constraint_findings(store, constraint, constraint.text(focus))


def constraint_findings(
    store: ox.Store, constraint: SparqlConstraint, text: str
) -> Iterator[Finding]:
    """What one constraint finds by this form of its query."""
    try:
        rows = store.query(text, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise BadInput(f"{constraint.iri}: sh:select is not valid SPARQL: {error}") from error
    assert isinstance(rows, ox.QuerySolutions)
    names = {variable.value for variable in rows.variables}
    message, fix = split(constraint.message)
    for row in rows:
        path = row["path"] if "path" in names else None
        yield Finding(
            CHECK,
            constraint.severity,
            message,
            fix,
            focus=_node(row["this"]),
            path=path if isinstance(path, ox.NamedNode) else None,
            value=_node(row["value"]) if "value" in names else None,
            shape=constraint.shape,
            constraint=constraint.iri,
            component=_SPARQL,
        )


def _component(report: rdflib.Graph, result: rdflib.term.Node) -> str:
    return str(report.value(result, SH.sourceConstraintComponent))


def split(message: str) -> tuple[str, str]:
    """A shape's message as what is wrong (its first sentence) and the fix (the rest)."""
    wrong, stop, fix = message.partition(". ")
    return (wrong + "." if stop else wrong), fix


def _values(focus: Collection[ox.NamedNode] | None) -> str:
    if focus is None:
        return ""
    return f"VALUES ?this {{ {' '.join(sorted(map(str, focus)))} }}"


def _prologue(shapes: rdflib.Graph, constraint: rdflib.term.Node) -> str:
    lines = []
    for owner in shapes.objects(constraint, SH.prefixes):
        for declared in shapes.objects(owner, SH.declare):
            prefix, space = shapes.value(declared, SH.prefix), shapes.value(declared, SH.namespace)
            lines.append(f"PREFIX {prefix}: <{space}>\n")
    return "".join(sorted(lines))


def _to_ox(node: rdflib.term.Node | None) -> Node | None:
    if isinstance(node, rdflib.Literal):
        if node.language:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=_iri(node.datatype))
    if isinstance(node, rdflib.BNode):
        return ox.BlankNode(str(node))
    return _iri(node)


def _iri(node: rdflib.term.Node | None) -> ox.NamedNode | None:
    return ox.NamedNode(str(node)) if isinstance(node, rdflib.URIRef) else None


def _node(term: object) -> Node | None:
    return term if isinstance(term, ox.NamedNode | ox.BlankNode | ox.Literal) else None
