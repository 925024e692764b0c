"""Updates as exact changes: the engine's own result, its failures mended, its doors closed."""

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.errors import BadInput, BadQuery, Forbidden
from parley.store.backend import Update
from parley.store.change import Change
from parley.store.updating import run_update

BASE = "http://example.org/"


def node(name: str) -> ox.NamedNode:
    return ox.NamedNode(BASE + name)


def quad(text: str) -> ox.Quad:
    """`s p o` or `s p o g`, each a name under the base; a number is a literal."""
    subject, predicate, value, *graph = text.split()
    obj = ox.Literal(int(value)) if value.isdigit() else node(value)
    return ox.Quad(node(subject), node(predicate), obj, node(graph[0]) if graph else None)


def store(*quads: str) -> ox.Store:
    made = ox.Store()
    made.extend(map(quad, quads))
    return made


def run(target: ox.Store, text: str, **using: tuple[str, ...]) -> Change:
    return run_update(target, Update(text, base=BASE, **using))


NAMES = st.sampled_from(["a", "b", "c"])
GRAPHS = st.sampled_from(["g", "h"])
PLACES = st.one_of(st.just("DEFAULT"), GRAPHS.map("GRAPH <{}>".format))
TRIPLES = st.builds(
    "<{}> <{}> {} .".format, NAMES, NAMES, st.one_of(NAMES.map("<{}>".format), st.just("01"))
)
BLOCKS = st.one_of(TRIPLES, st.builds("GRAPH <{}> {{ {} }}".format, GRAPHS, TRIPLES))
DATA = st.lists(BLOCKS, max_size=3).map(" ".join)
TERMS = st.one_of(NAMES.map("<{}>".format), st.sampled_from(["?x", "?y", "?z"]))
PATTERNS = st.builds("{} {} {} .".format, TERMS, TERMS, TERMS)
QUADS = st.one_of(
    PATTERNS,
    st.builds(
        "GRAPH {} {{ {} }}".format, st.one_of(GRAPHS.map("<{}>".format), st.just("?g")), PATTERNS
    ),
)
TEMPLATES = st.lists(QUADS, max_size=2).map(" ".join)
WHERES = st.one_of(
    QUADS,
    st.builds("{} OPTIONAL {{ {} }}".format, QUADS, QUADS),
    st.builds("{} BIND(STR(?x) AS ?w) FILTER NOT EXISTS {{ {} }}".format, QUADS, QUADS),
)
OPERATIONS = st.one_of(
    DATA.map("INSERT DATA {{ {} }}".format),
    DATA.map("DELETE DATA {{ {} }}".format),
    TEMPLATES.map("DELETE WHERE {{ {} }}".format),
    st.builds(
        "{} DELETE {{ {} }} INSERT {{ {} }} {} WHERE {{ {} }}".format,
        st.sampled_from(["", "WITH <g>"]),
        TEMPLATES,
        TEMPLATES,
        st.sampled_from(["", "USING <g>", "USING <g> USING NAMED <h>", "USING NAMED <g>"]),
        WHERES,
    ),
    st.builds("CLEAR SILENT {}".format, st.one_of(PLACES, st.sampled_from(["NAMED", "ALL"]))),
    st.builds("DROP SILENT {}".format, st.one_of(PLACES, st.sampled_from(["NAMED", "ALL"]))),
    st.builds("CREATE SILENT GRAPH <{}>".format, GRAPHS),
    st.builds(
        "CREATE SILENT GRAPH <g> ; CREATE SILENT GRAPH <h> ; {} {} TO {}".format,
        st.sampled_from(["ADD", "MOVE", "COPY"]),
        PLACES,
        PLACES,
    ),
)
CONTENT = st.sets(
    st.builds(
        lambda s, p, o, g: ox.Quad(node(s), node(p), o, node(g) if g else None),
        NAMES,
        NAMES,
        st.one_of(NAMES.map(node), st.just(ox.Literal(1))),
        st.sampled_from(["", "g", "h"]),
    ),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(CONTENT, st.lists(OPERATIONS, min_size=1, max_size=4).map(" ;\n".join))
def test_an_update_is_what_the_engine_makes_of_it_and_is_told_exactly(
    content: set[ox.Quad], text: str
) -> None:
    ours, theirs = ox.Store(), ox.Store()
    ours.extend(content)
    theirs.extend(content)
    before = set(ours)
    theirs.update(text, base_iri=BASE)
    change = run(ours, text)
    assert set(ours) == set(theirs)
    assert change == Change.between(before, ours)
    assert all(any(ours.quads_for_pattern(None, None, None, g)) for g in ours.named_graphs())


def test_operations_see_each_other_and_cancel_out() -> None:
    target = store("a p b")
    change = run(
        target,
        "INSERT DATA { <c> <p> <d> } ; INSERT { ?s <q> ?o } WHERE { ?s <p> ?o } ;"
        "DELETE DATA { <c> <p> <d> . <a> <p> <b> }",
    )
    assert change == Change(frozenset(map(quad, ("a q b", "c q d"))), frozenset({quad("a p b")}))


def test_a_prologue_may_stand_between_operations() -> None:
    target = store()
    run(
        target,
        "PREFIX a: <x/> INSERT DATA { a:a a:a a:a } ; PREFIX b: <y/> INSERT DATA { b:b a:a 1 }",
    )
    assert {q.subject.value for q in target} == {f"{BASE}x/a", f"{BASE}y/b"}


def test_blank_nodes_are_fresh_for_each_solution_and_one_within_it() -> None:
    target = store("a p b", "c p d")
    run(target, "INSERT { _:n <of> ?s . _:n <has> ?o } WHERE { ?s <p> ?o }")
    made = {q.subject for q in target if isinstance(q.subject, ox.BlankNode)}
    assert len(made) == 2
    assert len(target) == 6


def test_illegal_quads_of_a_template_are_left_out() -> None:
    target = store("a p 1")
    change = run(target, "INSERT { ?o <q> ?s . ?s <q> ?o . ?s <q> ?nobody } WHERE { ?s <p> ?o }")
    assert change.added == {quad("a q 1")}


def test_a_variable_in_a_string_is_no_variable() -> None:
    target = store("a p b")
    change = run(target, "INSERT { ?s <q> 'what is ?o' } WHERE { ?s <p> ?o }")
    assert {q.object.value for q in change.added} == {"what is ?o"}


def test_triple_terms_are_filled_in() -> None:
    target = store("a p b")
    change = run(target, "INSERT { <x> <says> <<( ?s <p> ?o )>> } WHERE { ?s <p> ?o }")
    (added,) = change.added
    assert added.object == ox.Triple(node("a"), node("p"), node("b"))


@pytest.mark.parametrize(
    ("using", "found"),
    [
        ({"using": (f"{BASE}g",)}, {"a"}),
        ({"using": (f"{BASE}g", f"{BASE}h")}, {"a", "b"}),
        ({"using_named": (f"{BASE}g",)}, set()),
        ({"using": (f"{BASE}none",)}, set()),
    ],
)
def test_the_protocols_using_sets_the_dataset(using, found: set[str]) -> None:
    target = store("a p 1 g", "b p 2 h", "c p 3")
    change = run(target, "INSERT { ?s <seen> 1 } WHERE { ?s <p> ?o }", **using)
    assert {q.subject.value.removeprefix(BASE) for q in change.added} == found


@pytest.mark.parametrize("own", ["WITH <g> INSERT { <a> <b> 1 }", "INSERT { <a> <b> 1 } USING <g>"])
def test_the_protocols_using_excludes_the_updates_own(own: str) -> None:
    with pytest.raises(BadQuery, match="exclude USING and WITH"):
        run(store(), f"{own} WHERE {{}}", using=(f"{BASE}h",))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("INSERT DATA { <a> <b> }", 1, 23),
        ("INSERT DATA { <a> <b> 1 } ;\n\nDELETE { ?s ?p } WHERE { ?s ?p ?o }", 3, 16),
        ("INSERT DATA { <a> <b> 1 } ;\nPREFIX x: <x>\n INSERT DATA { y:a <b> 1 }", 3, 16),
        ("INSERT DATA { <a> <b> 1 } INSERT DATA { <a> <b> 1 }", 1, 27),
        ("CLEAR XYZ", 1, 7),
        ("COPY <a> <b>", 1, 10),
        ("DELETE DATA { <a> <b> ?x }", 1, 27),
        ("INSERT DATA { _:x <b> 1 } ;\nINSERT DATA { <a> <b> _:x }", 2, 23),
    ],
)
def test_a_mistake_is_told_with_its_place_and_changes_nothing(
    text: str, line: int, column: int
) -> None:
    target = store()
    with pytest.raises(BadQuery) as caught:
        run(target, text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert not list(target)


def test_load_is_refused_and_silent_does_nothing() -> None:
    with pytest.raises(Forbidden, match="/store"):
        run(store(), "LOAD <http://127.0.0.1:1/x>")
    assert run(store(), "LOAD SILENT <http://127.0.0.1:1/x> INTO GRAPH <g>").is_empty


def test_graphs_that_are_not_there() -> None:
    target = store("a p b g", "a p b")
    assert run(target, "CLEAR GRAPH <none> ; DROP GRAPH <none>").is_empty
    with pytest.raises(BadInput, match="no graph"):
        run(target, "MOVE <none> TO <g>")
    with pytest.raises(BadInput, match="exists already"):
        run(target, "CREATE GRAPH <g>")
    assert run(target, "CREATE GRAPH <new> ; COPY <new> TO <g>").removed == {quad("a p b g")}
    assert list(target.named_graphs()) == []


def test_a_move_onto_itself_changes_nothing() -> None:
    assert run(store("a p b g"), "MOVE <g> TO <g>").is_empty
