"""Figures of a version: counted from its quads, and brought forward by what changes."""

from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.describing import Descriptions, Statistics
from parley.describing.advancing import advance
from parley.describing.counting import count
from parley.describing.statistics import Counts, Space
from parley.errors import Busy
from parley.rdf import RDF_TYPE, XSD
from parley.store.change import Change
from parley.store.disk import locked
from parley.store.ledger import Message
from parley.store.versions import Versions

BASE = "http://a/"
SPACE = Space(BASE)
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

things = [ox.NamedNode(f"{BASE}id/{n}") for n in "xyz"]
others = [ox.NamedNode("http://b/one"), ox.NamedNode("urn:b:two"), ox.BlankNode("b")]
classes = [ox.NamedNode(f"{BASE}C"), ox.NamedNode(f"{BASE}D")]
texts = [
    ox.Literal('a " quoted <text> .'),
    ox.Literal("drei", language="de"),
    ox.Literal("4", datatype=ox.NamedNode(XSD + "integer")),
    ox.Literal("\n\\ \u00e4\u2028"),
]
graphs = [ox.NamedNode("http://g/1"), ox.NamedNode("http://g/2"), ox.DefaultGraph()]
linked = st.builds(
    ox.Quad,
    st.sampled_from([*things, *others]),
    st.sampled_from([ox.NamedNode("http://p/1"), ox.NamedNode("http://p/2")]),
    st.sampled_from([*things, *others, *texts, *classes]),
    st.sampled_from(graphs),
)
typing = st.builds(
    ox.Quad,
    st.sampled_from([*things, *others, *classes]),
    st.just(RDF_TYPE),
    st.sampled_from([*classes, others[2], texts[0]]),
    st.sampled_from(graphs),
)
quads = st.sets(linked | typing, max_size=25)


def counted(store: ox.Store) -> Counts:
    lines = store.dump(format=ox.RdfFormat.N_QUADS).splitlines(keepends=True)
    return +count(lines, SPACE)


def plainly(held: set[ox.Quad]) -> Counts:
    """The figures once more, each by its definition."""
    triples = {quad.triple for quad in held}
    kinds = {(t.subject, t.object) for t in triples if t.predicate == RDF_TYPE}
    kinds = {(s, o.value) for s, o in kinds if isinstance(o, ox.NamedNode)}
    found: Counts = Counter()
    found["triples",] = len(triples)
    subjects = {t.subject for t in triples}
    found["subjects",] = len(subjects)
    found["objects",] = len({t.object for t in triples})
    own = {s for s in subjects if isinstance(s, ox.NamedNode) and s.value.startswith(BASE)}
    found["entities",] = len(own)
    found["documents",] = sum(s.value.startswith(f"{BASE}id/") for s in own)
    found.update(("class", kind) for _, kind in kinds)
    users = {(t.subject, t.predicate.value) for t in triples}
    found.update(("users", "", p) for _, p in users)
    found.update(("users", kind, p) for s, p in users for x, kind in kinds if x == s)
    found.update(("values", p) for p, _ in {(t.predicate.value, t.object) for t in triples})
    for triple in triples:
        predicate, value = triple.predicate.value, triple.object
        sides = ["", *(kind for s, kind in kinds if s == triple.subject)]
        found.update(("uses", side, predicate) for side in sides)
        if isinstance(value, ox.Literal):
            datatype = value.datatype.value
            found.update(("datatype", side, predicate, datatype) for side in sides)
            if value.language:
                found["language", value.language] += 1
            continue
        ends = [kind for s, kind in kinds if s == value]
        found.update(("leads", side, predicate, end) for side in sides for end in ends)
        foreign = {"http://b/one": "http://b/", "urn:b:two": "urn:"}.get(str(value)[1:-1])
        if foreign and triple.subject in own and triple.predicate != RDF_TYPE:
            found["link", predicate, foreign] += 1
    for quad in held:
        graph = "" if quad.graph_name == ox.DefaultGraph() else quad.graph_name.value
        found["graph", graph] += 1
        found["graph-uses", graph, quad.predicate.value] += 1
        if quad.predicate == RDF_TYPE and isinstance(quad.object, ox.NamedNode):
            found["graph-class", graph, quad.object.value] += 1
    for name, at in (("graph-subjects", 0), ("graph-objects", 2)):
        ends = {(quad.graph_name, quad[at]) for quad in held}
        found.update((name, "" if g == ox.DefaultGraph() else g.value) for g, _ in ends)
    return +found


@settings(max_examples=60, deadline=None)
@given(quads)
def test_figures_are_what_they_are_defined_as(held: set[ox.Quad]) -> None:
    store = ox.Store()
    store.extend(held)
    assert counted(store) == plainly(set(store))


@settings(max_examples=60, deadline=None)
@given(quads, quads, quads)
def test_figures_follow_a_change(
    before: set[ox.Quad], more: set[ox.Quad], less: set[ox.Quad]
) -> None:
    store = ox.Store()
    store.extend(before)
    counts, held = counted(store), set(store)
    for quad in less:
        store.remove(quad)
    store.extend(more)
    after = set(store)
    assert advance(counts, store, after - held, held - after, SPACE)
    assert +counts == counted(store)


def test_a_change_of_too_much_is_left_to_counting() -> None:
    store = ox.Store()
    many = {ox.Quad(things[0], RDF_TYPE, ox.NamedNode(f"http://c/{n}")) for n in range(20_001)}
    counts: Counts = Counter()
    assert not advance(counts, store, many, set(), SPACE)
    assert not counts


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    """Three versions: two things, a third, and one of them no more."""
    found = Versions(tmp_path_factory.mktemp("instance"))
    typed = [ox.Quad(thing, RDF_TYPE, classes[0], graphs[0]) for thing in things]
    for added, removed in ((typed[:2], []), (typed[2:], []), ([], typed[:1])):
        with found.stage(found.current()) as staged:
            change = staged.apply(Change(frozenset(added), frozenset(removed)))
            found.publish(staged, change, Message("tests", "things"))
    return found


def test_every_version_has_figures_of_its_own(versions: Versions) -> None:
    kept = Descriptions(versions, BASE)
    for number in (2, 3, 1):  # the whole, then from a version before, then from one after
        kept.build(number)
    assert [kept.get(n, 0).total("class", f"{BASE}C") for n in (1, 2, 3)] == [2, 3, 2]
    assert [kept.get(n, 0).total("triples") for n in (1, 2, 3)] == [2, 3, 2]
    assert kept.get(2, 0).by("graph") == [("http://g/1", 3)]
    (file,) = versions.instance.glob("figures/000002-*")
    for damaged in ("[[", "[1]"):  # it is made again
        file.write_text(damaged)
        assert Descriptions(versions, BASE).known(2) is None
    assert Descriptions(versions, BASE).get(2, 20) == Statistics(kept.get(2, 0).counts)


def test_who_asks_before_a_version_is_counted_is_told_when_to_come_back(versions: Versions) -> None:
    waiting = Descriptions(versions, "http://other/")
    with (
        locked(versions.instance / "figures/lock"),  # as long as somebody else counts
        pytest.raises(Busy, match="version 3 is being counted") as told,
    ):
        waiting.get(3, 0.1)
    assert told.value.retry_after == 5
    assert waiting.get(3, 20).total("entities") == 0


def test_what_cannot_be_counted_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    versions = Versions(tmp_path)
    with versions.stage(None) as staged:
        staged.store.add(ox.Quad(things[0], RDF_TYPE, classes[0]))
        versions.publish(staged, None, Message("tests", "one"))
    (tmp_path / "figures").write_text("no folder")
    with pytest.raises(Busy, match="could not be counted") as told:
        Descriptions(versions, BASE).get(1, 60)
    assert told.value.retry_after == 30
    assert "version 1 is not counted" in capfd.readouterr().err
