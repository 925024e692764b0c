"""What a change promises, as laws over any quads, and its text as an RDF Patch."""

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.errors import BadInput
from parley.store.change import Change

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NODES = st.sampled_from([ox.NamedNode(f"http://example.org/{n}") for n in "abcdé"])
LITERALS = (
    TEXTS.map(ox.Literal)
    | st.builds(lambda t: ox.Literal(t, language="en"), TEXTS)
    | st.integers(-(2**40), 2**40).map(ox.Literal)
)
GRAPHS = NODES | st.just(ox.DefaultGraph())
QUADS = st.builds(ox.Quad, NODES, NODES, NODES | LITERALS, GRAPHS)
SETS = st.frozensets(QUADS, max_size=6)


def after(quads: frozenset[ox.Quad], change: Change) -> frozenset[ox.Quad]:
    return (quads - change.removed) | change.added


@given(SETS, SETS)
def test_a_patch_reads_back_as_the_change(added: frozenset, removed: frozenset) -> None:
    change = Change(added, removed)
    assert Change.from_patch(change.patch({"author": 'Zoë "Z"\n'})) == change


@given(SETS, SETS)
def test_a_difference_leads_there_and_its_inverse_back(old: frozenset, new: frozenset) -> None:
    change = Change.between(old, new)
    assert after(old, change) == new
    assert after(new, change.inverse()) == old


@given(SETS, SETS, SETS)
def test_two_changes_in_a_row_are_one(a: frozenset, b: frozenset, c: frozenset) -> None:
    whole = Change.between(a, b).then(Change.between(b, c))
    assert whole == Change.between(a, c)


@given(SETS)
def test_a_change_and_its_inverse_are_nothing(quads: frozenset) -> None:
    change = Change(quads)
    assert change.then(change.inverse()).is_empty


# rdflib's own reader calls what rdflib deprecates
@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
@settings(max_examples=40)
@given(SETS, SETS)
def test_rdflib_reads_the_same_patch(old: frozenset, new: frozenset) -> None:
    dataset = rdflib.Dataset()
    for name, quads in (("old", old), ("new", new)):
        patch = Change.between(old if name == "new" else frozenset(), quads).patch()
        dataset.parse(data=patch, format="patch")
    expected = rdflib.Dataset()
    expected.parse(data="".join(f"{quad} .\n" for quad in new), format="nquads")
    assert set(dataset.quads()) == set(expected.quads())


def test_touched_names_subjects_and_objects() -> None:
    a, b, c, g = (ox.NamedNode(f"http://example.org/{n}") for n in "abcg")
    change = Change(frozenset({ox.Quad(a, b, c, g)}), frozenset({ox.Quad(b, c, ox.Literal(1), g)}))
    assert change.touched() == {a, b, c}
    assert change.graphs() == {g}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("TX .\nA <http://example.org/a> .\nTC .\n", 2),
        ("TX .\nPA rdf: <http://example.org/> .\nTC .\n", 2),
        ("TX .\nA <a:a> <a:a> <a:a> .\nD nonsense\n", 3),
    ],
)
def test_a_bad_row_is_named_by_its_line(text: str, line: int) -> None:
    with pytest.raises(BadInput) as caught:
        Change.from_patch(text, source="edit.rdfp")
    assert (caught.value.source, caught.value.line) == ("edit.rdfp", line)
