"""What a change can touch in a query's answer, and what an answer depends on: never too little."""

from collections.abc import Iterable

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.sparql.neighbours import Dependence
from parley.sparql.patterns import Unbounded, read_patterns
from parley.sparql.quads import Quads

THIS = ox.Variable("this")
PREFIX = "PREFIX : <http://e/> SELECT $this ?v WHERE "
QUERIES = [
    "{ $this :p ?v }",
    "{ $this :p/:q ?v }",
    "{ $this :p|:q ?v . ?v ^:r ?w }",
    "{ $this :p ?v FILTER NOT EXISTS { ?v :q ?w . ?w :r $this } }",
    "{ $this :p ?v OPTIONAL { ?v :q ?w } FILTER(!BOUND(?w)) }",
    "{ { $this :p ?v } UNION { ?v :q $this MINUS { ?v :r ?w } } }",
    "{ $this :p* ?v . ?v :q ?w }",
    "{ ?v :p* ?w . ?w :q $this FILTER EXISTS { $this :r* ?v } }",
    "{ $this ?any ?v . ?any :r ?w }",
    "{ $this :p ?v . ?other :p ?v FILTER(STR(?other) < STR($this)) }",
    "{ $this :p ?w BIND(?w AS ?v) ?v :q $this }",
    "{ $this :p ?v . :a :q ?v }",
    "{ GRAPH ?g { $this :p ?v } ?v :q ?w }",
    "{ VALUES ?v { :a :b } $this :p ?v FILTER(?v != :c || EXISTS { ?v :q :a }) }",
    "{ $this :p ?v . FILTER NOT EXISTS { ?x :q ?y } }",
]
LOOSE = ("?x :q ?y", ":a :q ?v", "?any :r ?w")  # what may touch any answer at all
NODES = [ox.NamedNode(f"http://e/{name}") for name in "abcp"]
PREDICATES = [ox.NamedNode(f"http://e/{name}") for name in "pqr"]
GRAPHS = [ox.NamedNode("http://e/g"), ox.NamedNode("http://e/h")]
QUADS = st.sets(
    st.builds(
        ox.Quad,
        st.sampled_from(NODES),
        st.sampled_from(PREDICATES),
        st.sampled_from(NODES),
        st.sampled_from(GRAPHS),
    ),
    max_size=10,
)


def answers(quads: Iterable[ox.Quad], text: str) -> dict[str, set[str]]:
    """The values found for each `this`."""
    store = ox.Store()
    store.extend(quads)
    found: dict[str, set[str]] = {}
    rows = store.query(text, use_default_graph_as_union=True)
    assert isinstance(rows, ox.QuerySolutions)
    for row in rows:
        found.setdefault(str(row["this"]), set()).add(str(row["v"]))
    return found


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(QUERIES), QUADS, QUADS, QUADS)
def test_nothing_that_changes_is_missed(
    where: str, kept: set[ox.Quad], added: set[ox.Quad], removed: set[ox.Quad]
) -> None:
    text = PREFIX + where
    depends = Dependence(read_patterns(text), (THIS,))
    old, new = kept | removed - added, (kept | added) - (removed - added - kept)
    store = ox.Store()
    store.extend(new)
    before, after = answers(old, text), answers(new, text)
    changed = old ^ new
    try:
        touched = depends.touched(changed, Quads(store, old - new))
    except Unbounded:
        assert any(part in where for part in LOOSE)
        return
    names = {str(node) for (node,) in touched}
    different = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
    assert different <= names
    near = depends.gather({THIS: set(NODES)}, Quads(store))
    assert answers(near, text) == after
    for node in NODES:
        alone = answers(depends.gather({THIS: {node}}, Quads(store)), text)
        assert alone.get(str(node)) == after.get(str(node))


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("{ { SELECT $this (COUNT(?x) AS ?v) { $this :p ?x } GROUP BY $this } }", "ToMultiSet"),
        ("{ $this !:p ?v }", "path"),
        ("{ $this (:p/:q)* ?v }", "path"),
        ("{ SERVICE <http://x/> { $this :p ?v } }", "Service"),
        ("{ $this :p", "cannot be read"),
    ],
)
def test_what_is_not_followed_is_said(where: str, why: str) -> None:
    with pytest.raises(Unbounded, match=why):
        read_patterns(PREFIX + where)


def test_more_than_may_be_looked_at_is_too_much() -> None:
    store = ox.Store()
    store.extend(ox.Quad(NODES[0], PREDICATES[0], ox.Literal(n), GRAPHS[0]) for n in range(200))
    quads = Quads(store, most=100)
    with pytest.raises(Unbounded, match="too many"):
        quads.at(NODES[0], frozenset(PREDICATES[:1]), out=True)
