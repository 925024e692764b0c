"""Each rule against a file that makes it fire and a file that must not."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.errors import BadInput
from parley.model.derivation import Rule, derived_quads, read_rules
from parley.rdf import Namespaces, concept, expand, term

CASES = sorted((Path(__file__).parent / "rules").glob("*.trig"))


def expected(path: Path, names: Namespaces) -> set[ox.Quad]:
    """The quads that the leading comments of a case announce."""
    quads = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# yields: "):
            graph, *triple = line.removeprefix("# yields: ").split()
            quads.add(ox.Quad(*(expand(t, names.prefixes) for t in (*triple, graph))))
    return quads


def load(path: Path) -> ox.Store:
    store = ox.Store()
    store.load(path=str(path), format=ox.RdfFormat.TRIG)
    return store


def test_every_rule_has_a_passing_and_a_failing_case(rules: tuple[Rule, ...]) -> None:
    assert [rule.name for rule in rules] == [
        "reported",
        "stated",
        "confirmed",
        "contested",
        "linked",
    ]
    stems = {path.stem for path in CASES}
    for rule in rules:
        assert {f"{rule.name}-pass", f"{rule.name}-fail"} <= stems
    assert len(CASES) == 12


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_yields_exactly_what_it_announces(
    path: Path, names: Namespaces, rules: tuple[Rule, ...]
) -> None:
    store = load(path)
    before = set(store)
    quads = derived_quads(store, names, rules)
    assert quads == expected(path, names)
    assert set(store) == before | quads


def test_deriving_again_changes_nothing(names: Namespaces, rules: tuple[Rule, ...]) -> None:
    for path in CASES:
        store = load(path)
        assert derived_quads(store, names, rules) == derived_quads(store, names, rules)


def test_a_rule_file_without_a_number_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stated.rq").write_text("CONSTRUCT {} WHERE {}")
    with pytest.raises(BadInput, match=r"NUMBER-GRAPH\.rq"):
        read_rules(tmp_path.glob("*.rq"))
    with pytest.raises(BadInput, match="no derivation rules"):
        read_rules([])


CLAIMS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["affirms", "denies", "doubts", "declines-to-comment"]),
        st.sampled_from(["confirmed", "stated", "reported", "claimed"]),
        st.sampled_from(["accepted", "proposed", "rejected"]),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(CLAIMS)
def test_graphs_follow_the_table_of_the_model(claims: list[tuple[int, str, str, str]]) -> None:
    """The rules against the model's table, written again in Python."""
    names = Namespaces()
    rules = read_rules(Path(__file__).parents[2].glob("ontology/rules/*.rq"))
    store = ox.Store()
    graph = names.graph("claims/t")
    for number, (which, stance, status, review) in enumerate(claims):
        claim, proposition = names.thing(f"claim-{number}"), names.thing(f"p-{which}")
        store.extend(
            [
                ox.Quad(claim, term("claims"), proposition, graph),
                ox.Quad(claim, term("stance"), concept(stance), graph),
                ox.Quad(claim, term("epistemicStatus"), concept(f"status-{status}"), graph),
                ox.Quad(claim, term("reviewState"), concept(f"review-{review}"), graph),
                ox.Quad(proposition, term("subject"), names.thing(f"s-{which}"), graph),
                ox.Quad(proposition, term("predicate"), term("affiliatedWith"), graph),
                ox.Quad(proposition, term("object"), names.thing("o"), graph),
            ]
        )
    want = {}
    for which in range(4):
        mine = [c for c in claims if c[0] == which and c[3] == "accepted"]
        statuses = {c[2] for c in mine if c[1] == "affirms"}
        if statuses:
            denied = any(c[1] == "denies" for c in mine)
            rank = next((s for s in ("confirmed", "stated") if s in statuses), "reported")
            want[names.thing(f"s-{which}")] = names.graph("contested" if denied else rank)
    assert {q.subject: q.graph_name for q in derived_quads(store, names, rules)} == want
