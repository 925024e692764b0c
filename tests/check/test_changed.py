"""Looking at what a change touches finds what looking at everything newly finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest

from parley.check.changed import Changed, check_change
from parley.check.followed import FollowedShapes
from parley.check.report import Finding
from parley.check.run import check_store
from parley.check.shapes import check_shapes, read_shapes
from parley.check.terms import Terms, read_terms
from parley.files import Dataset
from parley.model.derivation import derived_quads, read_rules
from parley.model.renewal import FollowedRules
from parley.rdf import RDF_TYPE, RDFS_LABEL, Namespaces, concept, expand, term
from parley.sparql.patterns import Unbounded
from parley.sparql.quads import Quads
from parley.store.texts import Texts

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
NAMES = Namespaces()
RULES = read_rules((REPOSITORY / "ontology/rules").glob("*.rq"))
CASES = sorted((HERE / "cases").glob("*/*.ttl"))
GRAPH = NAMES.graph("entities/demo")
# What only the whole check looks at, or looks at only once for all.
ELSEWHERE = {"coverage", "pitfalls", "saved queries", "terms of queries"}


def filled(quads: Iterable[ox.Quad]) -> ox.Store:
    store = ox.Store()
    store.bulk_extend(quads)
    return store


@pytest.fixture(scope="module")
def shapes(valid: tuple[ox.Quad, ...]) -> FollowedShapes:
    start = NAMES.graph("shapes/").value
    return FollowedShapes(read_shapes(q for q in valid if q.graph_name.value.startswith(start)))


@pytest.fixture(scope="module")
def terms(valid: tuple[ox.Quad, ...]) -> Terms:
    return read_terms(filled(valid), NAMES)


def case_quads(path: Path) -> list[ox.Quad]:
    graph = NAMES.graph(f"cases/{path.parent.name}/{path.stem}")
    found = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
    return [ox.Quad(q.subject, q.predicate, q.object, graph) for q in found]


def told(findings: Iterable[Finding]) -> set[tuple[object, ...]]:
    return {(f.rule, f.focus, f.path, f.value, f.message) for f in findings}


def test_what_a_case_breaks_is_found_when_it_is_added(
    valid: tuple[ox.Quad, ...], shapes: FollowedShapes
) -> None:
    cases = [case_quads(path) for path in CASES]
    store = filled([*valid, *(quad for case in cases for quad in case)])
    start = NAMES.graph("shapes/").value
    parsed = read_shapes(q for q in valid if q.graph_name.value.startswith(start))
    everywhere = list(check_shapes(store, parsed))
    assert len(everywhere) > 150
    for path, case in list(zip(CASES, cases, strict=True))[::3]:
        quads = Quads(store)
        nodes = shapes.touched(case, quads)
        found = told(shapes.check(store, nodes, quads))
        own = {quad.subject for quad in case}
        assert found >= told(f for f in everywhere if f.focus in own), path
        assert found <= told(everywhere), path


class Edited:
    """The valid dataset, derived, with what the whole check and the check of a change say."""

    def __init__(self, dataset: Dataset, texts: Texts, shapes: FollowedShapes, terms: Terms):
        self.store = ox.Store()
        for source in dataset.sources():
            self.store.bulk_extend(source.quads(NAMES))
        derived_quads(self.store, NAMES, RULES)
        self._rules = FollowedRules.of(RULES, NAMES)
        self._whole = lambda store: check_store(dataset, store, texts, quick=True)
        self._near = lambda changed: check_change(self.store, changed, shapes, terms, NAMES, texts)
        assert self._whole(self.store).conforms

    def edit(self, added: Iterable[ox.Quad], removed: Iterable[ox.Quad]) -> list[Finding]:
        """Makes an edit, compares both checks, takes it back; what was found."""
        written = {quad for quad in added if quad not in self.store}
        unwritten = {quad for quad in removed if quad in self.store} - written
        for quad in unwritten:
            self.store.remove(quad)
        self.store.extend(written)
        derived, underived = self._rules.renew(self.store, written, unwritten)
        near = list(self._near(Changed(written, unwritten, derived, underived)))
        whole = self._whole(self.store).findings
        expected = {key(f) for f in whole if f.check not in ELSEWHERE and f.severity != "info"}
        found = {key(f) for f in near if f.severity != "info"}
        assert found == expected
        for quad in (*written, *derived):
            self.store.remove(quad)
        self.store.extend((*unwritten, *underived))
        return near


def key(finding: Finding) -> tuple[object, ...]:
    """A finding without its guess at another name; which of several mentions it names is open."""
    if finding.check == "graphs":
        return (finding.check, finding.message)
    return (finding.check, finding.rule, finding.focus, finding.path, finding.message)


@pytest.fixture
def edited(dataset: Dataset, texts: Texts, shapes: FollowedShapes, terms: Terms) -> Edited:
    return Edited(dataset, texts, shapes, terms)


def written(store: ox.Store) -> list[ox.Quad]:
    """The quads a curator may write, in a fixed order."""
    own = ("claims/", "entities/", "articles/", "propositions")
    starts = tuple(NAMES.graph(name).value for name in own)
    return sorted((q for q in store if q.graph_name.value.startswith(starts)), key=str)


def test_taking_quads_and_nodes_away(edited: Edited) -> None:
    quads = written(edited.store)
    assert len(quads) > 100
    nodes = sorted({quad.subject for quad in quads}, key=str)
    broken = 0
    for quad in quads[::61]:
        broken += bool(edited.edit((), [quad]))
    for node in nodes[::19]:
        broken += bool(edited.edit((), [q for q in quads if q.subject == node]))
    assert broken > 3


def test_edits_that_reach_other_nodes(edited: Edited) -> None:
    quads = written(edited.store)

    def all_of(predicate: ox.NamedNode, value: ox.NamedNode | None = None) -> list[ox.Quad]:
        return [q for q in quads if q.predicate == predicate and value in (None, q.object)]

    def put(quad: ox.Quad, value: ox.NamedNode | ox.Literal) -> Callable[[], list[Finding]]:
        new = ox.Quad(quad.subject, quad.predicate, value, quad.graph_name)
        return lambda: edited.edit([new], [quad])

    (claim, *_) = all_of(RDF_TYPE, term("Claim"))
    (actor, *_) = all_of(RDF_TYPE, term("ArmedGroup"))
    (label, other, *_) = all_of(RDFS_LABEL)
    thing = NAMES.thing("nobody-knows-it")
    position = next(q for q in quads if q.predicate.value.endswith("#end"))
    digest = next(q for q in quads if q.predicate == term("textSha256"))
    bound = next(q for q in quads if q.predicate == term("earliestBegin"))
    span = next(q for q in quads if q.predicate == term("edtf"))
    date = ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")
    edits = [
        put(actor, term("Settlement")),
        put(actor, term("Nonsense")),
        put(position, ox.Literal(7)),
        put(digest, ox.Literal("0" * 64)),
        put(bound, ox.Literal("2999-01-01", datatype=date)),
        put(span, ox.Literal("soon", datatype=expand("edtf:EDTF", NAMES.prefixes))),
        put(next(iter(all_of(term("stance")))), concept("denies")),
        put(next(iter(all_of(term("subject")))), thing),
        put(next(iter(all_of(term("predicate")))), term("within")),
        put(next(iter(all_of(term("reviewState")))), concept("review-proposed")),
        lambda: edited.edit([ox.Quad(thing, RDFS_LABEL, label.object, GRAPH)], []),
        lambda: edited.edit(
            [
                ox.Quad(thing, RDF_TYPE, term("ArmedGroup"), GRAPH),
                ox.Quad(thing, RDFS_LABEL, ox.Literal("X", language="de"), GRAPH),
            ],
            [],
        ),
        lambda: edited.edit([ox.Quad(actor.subject, term("memberOf"), thing, GRAPH)], []),
        lambda: edited.edit(
            [ox.Quad(q.subject, q.predicate, q.object, GRAPH) for q in [label]], []
        ),
        lambda: edited.edit([], all_of(term("evidence"))[:1]),
        lambda: edited.edit([ox.Quad(claim.subject, RDFS_LABEL, other.object, GRAPH)], []),
    ]
    assert sum(bool(edit()) for edit in edits) >= 12


def test_two_things_of_one_name_are_found_whichever_comes_later(edited: Edited) -> None:
    actor = next(q for q in written(edited.store) if q.object == term("ArmedGroup"))
    name = next(edited.store.quads_for_pattern(actor.subject, RDFS_LABEL, None)).object
    for slug in ("aaa-first", "zzz-last"):
        thing = NAMES.thing(slug)
        found = edited.edit(
            [
                ox.Quad(thing, RDF_TYPE, actor.object, GRAPH),
                ox.Quad(thing, RDFS_LABEL, name, GRAPH),
            ],
            [],
        )
        assert {f.rule.rpartition("/")[2] for f in found} == {"Thing-unique"}


def test_a_class_put_under_another_is_more_than_a_change_can_show(
    valid: tuple[ox.Quad, ...], shapes: FollowedShapes
) -> None:
    below = expand("rdfs:subClassOf", NAMES.prefixes)
    quad = ox.Quad(term("Person"), below, term("Place"), GRAPH)
    with pytest.raises(Unbounded, match="class"):
        shapes.touched([quad], Quads(filled(valid)))
