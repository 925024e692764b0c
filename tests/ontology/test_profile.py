"""The ontology keeps, by its syntax, within what OWL 2 DL and OWL 2 RL both allow."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pyoxigraph as ox
import pytest

from parley.rdf import COMMON_PREFIXES, PARLEY, VOCAB, Namespaces, expand
from parley.turtle import write_turtle

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology"
FILES = sorted([*ONTOLOGY.glob("*.ttl"), *ONTOLOGY.glob("alignments/*.ttl")])


def _(curie: str) -> ox.NamedNode:
    return expand(curie, COMMON_PREFIXES)


def _all(*curies: str) -> set[ox.NamedNode]:
    return {_(curie) for curie in curies}


KINDS = _all("owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty")
TYPES = KINDS | _all("owl:Ontology", "owl:SymmetricProperty", "owl:TransitiveProperty")
AXIOMS = _all(
    "rdfs:subClassOf",
    "rdfs:subPropertyOf",
    "rdfs:domain",
    "rdfs:range",
    "owl:disjointWith",
    "owl:inverseOf",
)
# Annotation properties of OWL 2 itself (Structural Specification, section 5.5), and what an
# ontology's header may say (section 3).
BUILT_IN = _all("rdfs:label", "rdfs:isDefinedBy", "owl:versionInfo", "owl:versionIRI")
# In the datatype maps of OWL 2 and of OWL 2 RL, and understood by HermiT.
DATATYPES = _all("xsd:string", "xsd:integer", "xsd:boolean")
SKOS_MAPPINGS = _all("skos:closeMatch", "skos:broadMatch", "skos:narrowMatch", "skos:relatedMatch")


def _triples(path: Path) -> set[ox.Triple]:
    parsed = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
    return {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in parsed}


@pytest.fixture(scope="module")
def ontology() -> set[ox.Triple]:
    return _triples(ONTOLOGY / "parley.ttl")


@pytest.fixture(scope="module")
def kinds(ontology: set[ox.Triple]) -> dict[ox.Term, set[ox.Term]]:
    """Every declared term and what it is declared as."""
    found: dict[ox.Term, set[ox.Term]] = defaultdict(set)
    for triple in ontology:
        if triple.object in KINDS:
            found[triple.subject].add(triple.object)
    return found


def _pairs(ontology: set[ox.Triple], axiom: str) -> list[tuple[ox.Term, ox.Term]]:
    return [(t.subject, t.object) for t in ontology if t.predicate == _(axiom)]


def test_it_is_all_there(kinds: dict[ox.Term, set[ox.Term]]) -> None:
    own = [term for term in kinds if term.value.startswith(PARLEY)]
    assert len(own) > 200
    assert len(FILES) >= 9


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_file_is_canonical_and_has_no_blank_node(path: Path) -> None:
    triples = _triples(path)
    assert write_turtle(triples, Namespaces().prefixes) == path.read_text(encoding="utf-8")


def test_only_known_kinds_of_axiom_occur(
    ontology: set[ox.Triple], kinds: dict[ox.Term, set[ox.Term]]
) -> None:
    types = {t.object for t in ontology if t.predicate == _("rdf:type")}
    assert types <= TYPES
    others = {t.predicate for t in ontology} - AXIOMS - BUILT_IN - _all("rdf:type")
    assert {p for p in others if kinds[p] != _all("owl:AnnotationProperty")} == set()


def test_a_term_is_one_kind_of_thing(kinds: dict[ox.Term, set[ox.Term]]) -> None:
    assert {term for term, found in kinds.items() if len(found) != 1} == set()
    reserved = tuple(COMMON_PREFIXES[prefix] for prefix in ("rdf", "rdfs", "owl", "xsd"))
    assert {term for term in kinds if term.value.startswith(reserved)} == set()


def test_classes_stand_under_named_classes(
    ontology: set[ox.Triple], kinds: dict[ox.Term, set[ox.Term]]
) -> None:
    # OWL 2 RL has no owl:Thing on either side; being declared here rules it out.
    pairs = _pairs(ontology, "rdfs:subClassOf") + _pairs(ontology, "owl:disjointWith")
    assert {t for pair in pairs for t in pair if kinds[t] != _all("owl:Class")} == set()


def test_a_property_stands_under_one_of_its_own_kind(
    ontology: set[ox.Triple], kinds: dict[ox.Term, set[ox.Term]]
) -> None:
    pairs = _pairs(ontology, "rdfs:subPropertyOf") + _pairs(ontology, "owl:inverseOf")
    assert [pair for pair in pairs if not kinds[pair[0]] == kinds[pair[1]] != set()] == []


def test_domains_and_ranges_are_named_classes_or_safe_datatypes(
    ontology: set[ox.Triple], kinds: dict[ox.Term, set[ox.Term]]
) -> None:
    classes = {term for term, found in kinds.items() if found == _all("owl:Class")}
    allowed = {
        _("owl:ObjectProperty"): classes,
        _("owl:DatatypeProperty"): DATATYPES,
        _("owl:AnnotationProperty"): set[ox.NamedNode](),
    }
    for subject, target in _pairs(ontology, "rdfs:range"):
        (kind,) = kinds[subject]
        assert target in allowed[kind], (subject, target)
    for subject, target in _pairs(ontology, "rdfs:domain"):
        assert kinds[subject] != _all("owl:AnnotationProperty"), subject
        assert target in classes, (subject, target)


def test_symmetric_and_transitive_properties_are_object_properties(
    ontology: set[ox.Triple], kinds: dict[ox.Term, set[ox.Term]]
) -> None:
    # A transitive property may not be functional, asymmetric or counted in OWL 2 DL: the list of
    # axioms above has none of these.
    special = _all("owl:SymmetricProperty", "owl:TransitiveProperty")
    found = {t.subject for t in ontology if t.object in special}
    assert _("parley:within") in found
    assert {term for term in found if kinds[term] != _all("owl:ObjectProperty")} == set()


def test_nothing_is_said_about_the_terms_of_others(ontology: set[ox.Triple]) -> None:
    foreign = {
        t
        for t in ontology
        if not t.subject.value.startswith(PARLEY.removesuffix("#")) and t.predicate != _("rdf:type")
    }
    assert foreign == set()


def test_concepts_use_declared_properties(kinds: dict[ox.Term, set[ox.Term]]) -> None:
    used = {t.predicate for t in _triples(ONTOLOGY / "vocab.ttl")}
    assert {p for p in used - BUILT_IN - _all("rdf:type") if not kinds[p]} == set()


def test_a_convention_says_its_words_its_bounds_and_its_version() -> None:
    facts: dict[ox.Term, dict[ox.Term, ox.Term]] = defaultdict(dict)
    for triple in _triples(ONTOLOGY / "vocab.ttl"):
        facts[triple.subject][triple.predicate] = triple.object
    conventions = [f for f in facts.values() if f.get(_("skos:inScheme")) == _("vocab:convention")]
    assert len(conventions) > 10
    for fact in conventions:
        needed = _all("parley:coversWords", "parley:boundsRule", "parley:boundUnit")
        assert needed | {_("owl:versionInfo")} <= fact.keys()
    for fact in facts.values():
        if _("parley:highBound") in fact:
            bounds = [int(fact[_(f"parley:{side}Bound")].value) for side in ("low", "high")]
            assert bounds == sorted(bounds)


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.parent.name == "alignments"], ids=lambda path: path.stem
)
def test_an_alignment_maps_own_terms_by_skos_and_nothing_more(path: Path) -> None:
    triples = _triples(path)
    mappings = [t for t in triples if t.predicate in SKOS_MAPPINGS]
    assert mappings
    assert all(t.subject.value.startswith((PARLEY, VOCAB)) for t in mappings)
    assert {t.predicate for t in triples} & (AXIOMS | _all("skos:exactMatch")) == set()
    assert {t.object for t in triples if t.predicate == _("rdf:type")} <= _all(
        "skos:Concept", "skos:ConceptScheme"
    )


def test_no_class_takes_a_side(kinds: dict[ox.Term, set[ox.Term]]) -> None:
    assert [t for t in kinds if "terror" in t.value.lower() or "militant" in t.value.lower()] == []


def test_the_header_names_version_licence_and_prefix(ontology: set[ox.Triple]) -> None:
    iri = ox.NamedNode(PARLEY.removesuffix("#"))
    header = {t.predicate: t.object for t in ontology if t.subject == iri}
    assert header[_("owl:versionIRI")] == ox.NamedNode(f"{iri.value}/0.1.0")
    assert header[_("owl:versionInfo")] == ox.Literal("0.1.0")
    assert header[_("dcterms:license")].value.startswith("https://creativecommons.org/licenses/by/")
    assert header[_("vann:preferredNamespacePrefix")] == ox.Literal("parley")
