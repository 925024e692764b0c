"""Derived graphs after a change equal those derived from scratch, whatever the change."""

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.model.derivation import Rule, derived_quads, read_rules
from parley.model.renewal import FollowedRules
from parley.rdf import RDF_TYPE, Namespaces, concept, expand, term
from parley.sparql.patterns import Unbounded

NAMES = Namespaces()
RULES = read_rules((Path(__file__).parents[2] / "ontology/rules").glob("*.rq"))
FOLLOWED = FollowedRules.of(RULES, NAMES)
GRAPH = NAMES.graph("claims/t")
SUB_PROPERTY = expand("rdfs:subPropertyOf", NAMES.prefixes)
SCHEMA = ox.Quad(term("residesIn"), SUB_PROPERTY, term("presentIn"), NAMES.graph("ontology"))
ACTORS = [NAMES.thing(f"actor-{n}") for n in range(3)]
PLACES = [NAMES.thing(f"place-{n}") for n in range(3)]


def quads(rows: Iterable[tuple[object, ...]]) -> list[ox.Quad]:
    return [ox.Quad(s, p, o, GRAPH) for s, p, o in rows]  # type: ignore[arg-type]  # IRIs


def filled(found: Iterable[ox.Quad]) -> ox.Store:
    store = ox.Store()
    store.extend(found)
    return store


@st.composite
def propositions(draw: st.DrawFn) -> list[ox.Quad]:
    """What is said: a membership, where somebody is, what lies within what."""
    said = draw(
        st.one_of(
            st.tuples(
                st.sampled_from(ACTORS),
                st.sampled_from([term("memberOf"), term("ofKind"), term("unitOf")]),
                st.sampled_from(ACTORS),
            ),
            st.tuples(
                st.sampled_from(ACTORS),
                st.sampled_from([term("presentIn"), term("residesIn"), term("knows")]),
                st.sampled_from(PLACES),
            ),
            st.tuples(st.sampled_from(PLACES), st.just(term("within")), st.sampled_from(PLACES)),
        )
    )
    subject, predicate, value = said
    iri = NAMES.proposition(subject, predicate, value)
    parts = [(iri, term("subject"), subject), (iri, term("predicate"), predicate)]
    return quads([*parts, (iri, term("object"), value)])


@st.composite
def pieces(draw: st.DrawFn) -> list[ox.Quad]:
    """Something that may come or go: a proposition or a part of it, a claim or a part, a kind, a
    mapping."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        hypothetical = (draw(st.sampled_from(ACTORS)), RDF_TYPE, term("HypotheticalEvent"))
        return quads([hypothetical])
    if kind == 1:
        mapping = NAMES.thing(f"mapping-{draw(st.integers(0, 2))}")
        target = draw(st.sampled_from([NAMES.thing("elsewhere"), *PLACES[:1]]))
        close = expand("skos:closeMatch", NAMES.prefixes)
        return quads(
            [
                (mapping, RDF_TYPE, term("Mapping")),
                (mapping, term("mapsEntity"), draw(st.sampled_from(ACTORS))),
                (mapping, term("mapsBy"), close),
                (mapping, term("mapsTo"), target),
            ]
        )
    said = draw(propositions())
    if kind == 2:
        return draw(st.lists(st.sampled_from(said), min_size=1, max_size=2))
    claim = NAMES.thing(f"claim-{draw(st.integers(0, 5))}")
    stance = draw(st.sampled_from(["affirms", "affirms", "denies", "denies", "doubts"]))
    status = draw(st.sampled_from(["confirmed", "stated", "reported"]))
    review = draw(st.sampled_from(["accepted", "accepted", "accepted", "proposed"]))
    made = quads(
        [
            (claim, term("claims"), said[0].subject),
            (claim, term("stance"), concept(stance)),
            (claim, term("epistemicStatus"), concept(f"status-{status}")),
            (claim, term("reviewState"), concept(f"review-{review}")),
        ]
    )
    if kind == 3:
        return draw(st.lists(st.sampled_from(made), min_size=1, max_size=2))
    return said + made


CHANGES = st.lists(
    st.tuples(st.lists(pieces(), max_size=3), st.lists(st.integers(0, 200), max_size=4)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(pieces(), max_size=12), CHANGES)
def test_renewing_equals_deriving_from_scratch(
    start: list[list[ox.Quad]], changes: list[tuple[list[list[ox.Quad]], list[int]]]
) -> None:
    store = filled([SCHEMA, *(quad for piece in start for quad in piece)])
    derived_quads(store, NAMES, RULES)
    for pieces_, numbers in changes:
        said = sorted(store.quads_for_pattern(None, None, None, GRAPH), key=str)
        removed = {said[number % len(said)] for number in numbers if said}
        added = {q for piece in pieces_ for q in piece if q not in store and q not in removed}
        before = set(store)
        for quad in removed:
            store.remove(quad)
        store.extend(added)
        more, less = FOLLOWED.renew(store, added, removed)
        assert set(store) == (before - removed - less) | added | more
        again = filled(store)
        derived_quads(again, NAMES, RULES)
        assert set(store) == set(again)


CASES = sorted((Path(__file__).parent / "rules").glob("*.trig"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_quad_and_each_node_of_the_cases_may_come_and_go(path: Path) -> None:
    written = list(ox.parse(path=str(path), format=ox.RdfFormat.TRIG))
    store = filled(written)
    derived_quads(store, NAMES, RULES)
    before = set(store)
    parts = [{quad} for quad in written if quad.predicate != SUB_PROPERTY]
    parts += [{q for q in written if q.subject == node} for node in {q.subject for q in written}]
    assert len(parts) >= 2
    for part in parts:
        for quad in part:
            store.remove(quad)
        FOLLOWED.renew(store, (), part)
        again = filled(store)
        derived_quads(again, NAMES, RULES)
        assert set(store) == set(again)
        store.extend(part)
        FOLLOWED.renew(store, part, ())
        assert set(store) == before


def test_a_rule_that_cannot_be_followed_is_not_guessed_at() -> None:
    counted = Rule(
        "stated",
        "CONSTRUCT { ?a ?b ?c } WHERE { { SELECT ?a (MAX(?x) AS ?c) { ?a ?b ?x } GROUP BY ?a } }",
    )
    with pytest.raises(Unbounded):
        FollowedRules.of([counted], NAMES)
    any_predicate = Rule("stated", "CONSTRUCT { ?a ?b ?c } WHERE { ?a ?b ?c }")
    with pytest.raises(Unbounded, match="any predicate"):
        FollowedRules.of([any_predicate], NAMES)
    fixed = Rule("stated", "CONSTRUCT { ?a a ?c } WHERE { ?a a ?c }")
    with pytest.raises(Unbounded, match="template"):
        FollowedRules.of([fixed], NAMES)
    unconnected = Rule("stated", "CONSTRUCT { ?a ?b ?c } WHERE { ?a a ?b . ?c a ?d }")
    store = ox.Store()
    change = quads([(ACTORS[0], RDF_TYPE, term("Agent"))])
    store.extend(change)
    with pytest.raises(Unbounded, match="hang together"):
        FollowedRules.of([unconnected], NAMES).renew(store, change, [])
