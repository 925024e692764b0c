"""Every shape lets its good cases pass and names exactly what its bad cases say it must."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from rdflib.namespace import RDF, SH

from parley.check.report import Finding
from parley.check.shapes import Shapes, check_core, check_shapes, check_sparql, read_shapes
from parley.rdf import RDF_TYPE, Namespaces, expand, shorten, term, to_graph

CASES = Path(__file__).resolve().parent / "cases"
NAMES = Namespaces()
PREFIXES = NAMES.prefixes
SHAPES = "https://w3id.org/parley/shapes/"
EXPECT = re.compile(r"^# expect: (\S+) (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """A file under cases/SHAPE/ and what must be found in it: rule and focus node."""

    path: Path
    expected: frozenset[tuple[str, str]]

    @property
    def graph(self) -> ox.NamedNode:
        return NAMES.graph(f"cases/{self.path.parent.name}/{self.path.stem}")

    def quads(self) -> Iterable[ox.Quad]:
        for quad in ox.parse(path=str(self.path), format=ox.RdfFormat.TURTLE):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, self.graph)


def _case(path: Path) -> Case:
    found = EXPECT.findall(path.read_text(encoding="utf-8"))
    return Case(path, frozenset((rule, expand(focus, PREFIXES).value) for rule, focus in found))


ALL = [_case(path) for path in sorted(CASES.glob("*/*.ttl"))]


def _shapes(quads: Iterable[ox.Quad]) -> Shapes:
    start = NAMES.graph("shapes/").value
    return read_shapes(quad for quad in quads if str(quad.graph_name.value).startswith(start))


def _rules(shapes: Shapes) -> set[str]:
    """Everything that can be broken: constraints, closed shapes, properties of targeted shapes."""
    core = shapes.core
    targeted = set(core.subjects(SH.targetClass))
    return {
        *(constraint.iri.value for constraint in shapes.constraints),
        *(str(shape) for shape in core.subjects(SH.closed) if shape in targeted),
        *(str(p) for shape in targeted for p in core.objects(shape, SH.property)),
    }


@pytest.fixture(scope="module")
def shapes(valid: tuple[ox.Quad, ...]) -> Shapes:
    return _shapes(valid)


@pytest.fixture(scope="module")
def together(valid: tuple[ox.Quad, ...]) -> ox.Store:
    """The valid dataset and all cases at once: no two cases describe the same thing."""
    store = ox.Store()
    store.bulk_extend(valid)
    seen: set[ox.Triple] = {quad.triple for quad in valid}
    for case in ALL:
        subjects = {quad.subject for quad in case.quads()}
        assert not subjects & {triple.subject for triple in seen}, case.path
        seen |= {quad.triple for quad in case.quads()}
        store.bulk_extend(case.quads())
    return store


@pytest.fixture(scope="module")
def found(together: ox.Store, shapes: Shapes) -> list[Finding]:
    return list(check_shapes(together, shapes))


def test_valid_dataset_conforms(valid: tuple[ox.Quad, ...], shapes: Shapes) -> None:
    store = ox.Store()
    store.bulk_extend(valid)
    assert list(check_shapes(store, shapes)) == []


def test_every_shape_has_a_passing_and_a_failing_case(shapes: Shapes) -> None:
    kinds: dict[str, set[str]] = {}
    for case in ALL:
        kind = case.path.stem.partition("-")[0]
        assert bool(case.expected) == (kind == "fail"), case.path
        kinds.setdefault(SHAPES + case.path.parent.name, set()).add(kind)
        if kind == "fail":
            assert SHAPES + case.path.parent.name in {rule for rule, _ in case.expected}
    rules = _rules(shapes)
    assert kinds == {rule: {"pass", "fail"} for rule in rules}
    assert len(rules) >= 150
    assert len(ALL) >= 350


@pytest.mark.parametrize("case", ALL, ids=lambda c: f"{c.path.parent.name}/{c.path.stem}")
def test_case(case: Case, found: list[Finding]) -> None:
    mine = {quad.subject for quad in case.quads()}
    broken = {(f.rule, f.focus.value) for f in found if f.focus in mine and f.focus is not None}
    assert broken == case.expected


def test_nothing_outside_the_cases_fails(found: list[Finding]) -> None:
    mine = {quad.subject for case in ALL for quad in case.quads()}
    assert [f for f in found if f.focus not in mine] == []


def test_engine_and_pyshacl_agree_on_sparql_constraints(together: ox.Store, shapes: Shapes) -> None:
    """The constraints are plain W3C SHACL: pySHACL with its own SPARQL engine finds the same.

    Each constraint is asked about the nodes of one passing and one failing case of its own.
    """
    start = NAMES.graph("shapes/").value
    alone = to_graph(q for q in together if str(q.graph_name.value).startswith(start))
    for predicate in (SH.targetClass, SH.property, SH.closed, SH.sparql):
        alone.remove((None, predicate, None))
    ours, seen = set(), set()
    rules = {constraint.iri.value for constraint in shapes.constraints}
    for case in ALL:
        rule = SHAPES + case.path.parent.name
        kind = (rule, case.path.stem.partition("-")[0])
        if rule not in rules or kind in seen:
            continue
        seen.add(kind)
        shape = rdflib.URIRef(rule + "-alone")
        alone.add((shape, RDF.type, SH.NodeShape))
        alone.add((shape, SH.sparql, rdflib.URIRef(rule)))
        own = {q.subject for q in case.quads() if "#" not in str(q.subject)}
        focus = {node for node in own if isinstance(node, ox.NamedNode)}
        found = {(f.rule, f.focus) for f in check_sparql(together, shapes, focus)}
        asked = focus if not case.expected else {node for r, node in found if r == rule}
        ours |= {(r, node) for r, node in found if r == rule}
        for node in asked:
            alone.add((shape, SH.targetNode, rdflib.URIRef(str(node and node.value))))
    assert {rule for rule, _ in ours} == rules
    _, report, _ = pyshacl.validate(to_graph(together), shacl_graph=alone)
    assert isinstance(report, rdflib.Graph)
    theirs = {
        (
            str(report.value(result, SH.sourceConstraint)),
            ox.NamedNode(str(report.value(result, SH.focusNode))),
        )
        for result in report.objects(None, SH.result)
    }
    assert ours == theirs


def test_focus_nodes_limit_what_is_looked_at(together: ox.Store, shapes: Shapes) -> None:
    case = next(c for c in ALL if c.path.parent.name == "Claim-speaker" and c.expected)
    (expected,) = case.expected
    focus = {ox.NamedNode(expected[1]), NAMES.thing("claim-demo-001-1")}
    found = {(f.rule, f.focus) for f in check_shapes(together, shapes, focus)}
    assert found == {(expected[0], ox.NamedNode(expected[1]))}
    assert list(check_shapes(together, shapes, set())) == []


def test_no_shapes_is_a_violation() -> None:
    (finding,) = check_shapes(ox.Store(), read_shapes([]))
    assert finding.severity == "violation"
    assert "Nothing to check" in finding.message


def test_every_shape_says_what_is_wrong_and_how_to_put_it_right(shapes: Shapes) -> None:
    for rule in sorted(_rules(shapes)):
        node = rdflib.URIRef(rule)
        message = shapes.core.value(node, SH.message)
        assert message, rule
        assert re.search(r"[.:] \S", str(message)), f"{rule}: a second sentence tells the fix"
        if (None, SH.property, node) in shapes.core:
            for wanted in (SH.name, SH.description, SH.order, SH.path):
                assert shapes.core.value(node, wanted), (rule, wanted)


def test_shapes_ask_for_no_derived_integer_and_have_no_blank_nodes(
    valid: tuple[ox.Quad, ...], shapes: Shapes
) -> None:
    start = NAMES.graph("shapes/").value
    for quad in valid:
        if str(quad.graph_name.value).startswith(start):
            assert isinstance(quad.subject, ox.NamedNode)
            assert not isinstance(quad.object, ox.BlankNode)
    stored = {"string", "integer", "decimal", "boolean", "date"}
    for datatype in set(shapes.core.objects(None, SH.datatype)):
        short = shorten(str(datatype), PREFIXES) or ""
        assert not short.startswith("xsd:") or short.removeprefix("xsd:") in stored


def test_what_is_no_date_is_found_and_compared_with_nothing(shapes: Shapes) -> None:
    span, date = NAMES.thing("time-demo"), ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")
    store = ox.Store()
    store.add(ox.Quad(span, RDF_TYPE, term("TimeSpan")))
    for name, text in (("earliestBegin", "3 March"), ("latestBegin", "2021-03-03")):
        store.add(ox.Quad(span, term(name), ox.Literal(text, datatype=date)))
    found = {finding.rule for finding in check_core(store, shapes)}
    assert {f"{SHAPES}TimeSpan-earliestBegin", f"{SHAPES}TimeSpan-begin-order"} <= found


def test_a_text_where_a_concept_belongs_is_found(shapes: Shapes) -> None:
    span = NAMES.thing("time-demo")
    store = ox.Store()
    store.add(ox.Quad(span, RDF_TYPE, term("TimeSpan")))
    store.add(ox.Quad(span, term("precision"), ox.Literal("day")))
    found = {(finding.rule, finding.value) for finding in check_core(store, shapes)}
    assert (f"{SHAPES}TimeSpan-precision", ox.Literal("day")) in found


def test_core_runs_on_a_slice_given_as_a_graph(together: ox.Store, shapes: Shapes) -> None:
    case = next(c for c in ALL if c.path.parent.name == "Claim-speaker" and c.expected)
    (expected,) = case.expected
    found = check_core(to_graph(together), shapes, [ox.NamedNode(expected[1])])
    assert {(f.rule, f.focus.value) for f in found if f.focus} == {expected}
