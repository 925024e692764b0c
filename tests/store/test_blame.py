"""Tracing quads through the ledger: who brought them, who touched a thing, who deleted it."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_examples import GRAPH, adding, commit, quad, removing

from parley.store.blame import blame, changed_since, last_touched, removal, rows_of, touches
from parley.store.change import Change
from parley.store.composing import compose
from parley.store.ledger import Message
from parley.store.versions import Versions

SEE = ox.NamedNode("http://example.org/see")


def thing(number: int) -> ox.NamedNode:
    return ox.NamedNode(f"http://example.org/{number}")


def adds(*quads: ox.Quad) -> Change:
    return Change(frozenset(quads))


def removes(*quads: ox.Quad) -> Change:
    return Change(frozenset(), frozenset(quads))


def test_each_quad_is_blamed_on_the_commit_that_brought_it_last(versions: Versions) -> None:
    other = ox.Quad(thing(1), SEE, thing(2), GRAPH)
    commit(versions, adding(1, 2), Message("Amina", "both"))
    commit(versions, removing(1), Message("Bruno", "by mistake"))
    commit(versions, Change(frozenset({quad(1), other})), Message("Chidi", "back again"))
    commit(versions, removes(other), Message("Amina", "not needed"))
    newest = versions.current()
    assert newest is not None
    assert [(q, e.author) for q, e in blame(versions, thing(1), newest)] == [(quad(1), "Chidi")]
    found = blame(versions, thing(1), versions.get(3))
    assert [(q, e.number) for q, e in found] == [(quad(1), 3), (other, 3)]
    assert [(q, e.number) for q, e in blame(versions, thing(1), versions.get(1))] == [(quad(1), 1)]
    assert blame(versions, thing(9), newest) == []


def test_entries_older_than_the_oldest_quad_are_not_read(versions: Versions) -> None:
    commit(versions, adding(1))
    commit(versions, adding(2))
    versions.ledger.path(1).write_bytes(b"gone")
    newest = versions.current()
    assert newest is not None
    assert [e.number for _, e in blame(versions, thing(2), newest)] == [2]


def test_a_literal_that_mentions_a_thing_does_not_touch_it(versions: Versions) -> None:
    commit(versions, adding(1))
    words = f"see  {thing(1)} , and A {thing(1)} .\n"
    commit(versions, adds(quad(2, words), ox.Quad(thing(3), SEE, thing(1), GRAPH)))
    commit(versions, adds(quad(4, words)))
    assert [e.number for e in touches(versions.ledger, thing(1), range(3, 0, -1))] == [2, 1]
    assert [str(row.quad.subject) for row in rows_of(versions.ledger, 2, thing(1))] == [
        str(thing(3))
    ]
    assert last_touched(versions, thing(1), 1) is None
    assert last_touched(versions, thing(1), 0) == versions.ledger.entry(1)


def test_what_changed_since_leaves_derived_graphs_apart(versions: Versions) -> None:
    derived = ox.NamedNode("http://example.org/derived")
    commit(versions, adding(1))
    commit(versions, adds(ox.Quad(thing(1), SEE, thing(2), derived)))
    commit(versions, Change(frozenset({quad(1, "other")}), frozenset({quad(1)})))
    found = list(changed_since(versions, thing(1), 1, {derived}))
    assert [entry.number for entry, _ in found] == [3]
    assert [str(row)[0] for row in found[0][1]] == ["D", "A"]
    assert [entry.number for entry, _ in changed_since(versions, thing(1), 1)] == [3, 2]


def test_who_deleted_a_thing(versions: Versions) -> None:
    commit(versions, adding(1, 2))
    commit(versions, removing(1), Message("Bruno", "a mistake"))
    commit(versions, adding(3))
    deleted = removal(versions.ledger, thing(1), range(3, 0, -1))
    assert deleted is not None
    assert (deleted.number, deleted.author) == (2, "Bruno")
    assert removal(versions.ledger, thing(2), range(3, 0, -1)) is None
    assert removal(versions.ledger, thing(9), range(3, 0, -1)) is None


def test_rows_longer_than_a_piece_are_found_whole(versions: Versions) -> None:
    long = quad(1, "long " * 600_000)
    commit(versions, adds(long, quad(2), quad(0)))
    newest = versions.current()
    assert newest is not None
    for wanted in (long, quad(0), quad(2)):
        subject = wanted.subject
        assert isinstance(subject, ox.NamedNode)
        assert [q for q, _ in blame(versions, subject, newest)] == [wanted]


@pytest.mark.parametrize(("start", "end"), [(1, 4), (2, 4), (4, 1), (3, 3), (1, 2)])
def test_composed_entries_are_the_difference(
    versions: Versions, tmp_path: Path, start: int, end: int
) -> None:
    commit(versions, adding(1, 2, 3))
    commit(versions, Change(frozenset({quad(4)}), frozenset({quad(2)})))
    commit(versions, Change(frozenset({quad(2)}), frozenset({quad(4), quad(1)})))
    commit(versions, adding(5))
    made = compose(versions.ledger, start, end, tmp_path)
    text = b"".join(made.rows()).decode()
    between = Change.between(versions.get(start).open(), versions.get(end).open())
    assert Change.from_patch(text) == between
    assert (made.added, made.removed) == (len(between.added), len(between.removed))


@settings(max_examples=30)
@given(st.lists(st.sets(st.integers(0, 5)), min_size=2, max_size=6), st.data())
def test_a_composition_is_what_its_ends_differ_in(
    tmp_path_factory: pytest.TempPathFactory, states: list[set[int]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    versions = Versions(folder)
    before: set[int] = set()
    for number, state in enumerate(states, start=1):
        change = Change(
            frozenset(quad(n) for n in state - before), frozenset(quad(n) for n in before - state)
        )
        rows = change.rows()
        added, removed = len(change.added), len(change.removed)
        entry = versions.ledger.prepare(
            number,
            Message("A", "b"),
            "2026-01-01T00:00:00.000Z",
            rows,
            added=added,
            removed=removed,
        )
        versions.ledger.confirm(entry)
        before = state
    ends = st.integers(1, len(states))
    start, end = data.draw(ends), data.draw(ends)
    made = compose(versions.ledger, start, end, folder, at_once=2)
    old, new = ([quad(n) for n in states[at - 1]] for at in (start, end))
    assert Change.from_patch(b"".join(made.rows()).decode()) == Change.between(old, new)
