"""Canonical Turtle and TriG: the same bytes for the same quads, and nothing lost."""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import BadInput
from parley.rdf import Namespaces
from parley.turtle import write_trig, write_turtle

PREFIXES = Namespaces().prefixes
SPACES = [*PREFIXES.values(), "http://example.org/"]
LOCALS = st.text("abcXYZ019-._~/%()", max_size=8).map(lambda s: s.replace("%", "%25"))
IRIS = st.builds(lambda ns, local: ox.NamedNode(ns + local), st.sampled_from(SPACES), LOCALS)
DATATYPES = IRIS.filter(lambda iri: "rdf-syntax" not in iri.value)
TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.text("\n\\n\"'r\r", max_size=12),
)
LITERALS = st.one_of(
    TEXT.map(ox.Literal),
    TEXT.map(lambda text: ox.Literal(text, language="en")),
    st.integers().map(ox.Literal),
    st.booleans().map(ox.Literal),
    st.builds(lambda text, kind: ox.Literal(text, datatype=kind), TEXT, DATATYPES),
)
QUADS = st.sets(st.builds(ox.Quad, IRIS, IRIS, st.one_of(IRIS, LITERALS), IRIS), max_size=12)


@given(QUADS)
def test_trig_reads_back_as_the_same_quads(quads: set[ox.Quad]) -> None:
    text = write_trig(quads, PREFIXES)
    assert set(ox.parse(text, format=ox.RdfFormat.TRIG)) == quads
    assert write_trig(reversed(list(quads)), PREFIXES) == text


@given(QUADS)
def test_turtle_reads_back_as_the_same_triples(quads: set[ox.Quad]) -> None:
    triples = {q.triple for q in quads}
    text = write_turtle(quads, PREFIXES)
    assert {q.triple for q in ox.parse(text, format=ox.RdfFormat.TURTLE)} == triples


def test_one_object_a_line_types_first() -> None:
    text = """PREFIX id: <https://w3id.org/parley/id/>
    id:b id:p "x"@en, "y", 3 ; a id:C . id:a id:p true ."""
    assert write_turtle(ox.parse(text, format=ox.RdfFormat.TURTLE), PREFIXES) == (
        "@prefix id: <https://w3id.org/parley/id/> .\n"
        "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        "\n"
        "id:a id:p true .\n"
        "\n"
        "id:b a id:C ;\n"
        '    id:p "x"@en ,\n        "y" ,\n        3 .\n'
    )


def test_a_blank_node_and_a_quad_without_graph_are_refused() -> None:
    name = ox.NamedNode("http://example.org/a")
    with pytest.raises(BadInput, match="IRIs and literals only"):
        write_turtle([ox.Triple(ox.BlankNode(), name, name)], PREFIXES)
    with pytest.raises(BadInput, match="name its graph"):
        write_trig([ox.Quad(name, name, name)], PREFIXES)
