"""Loading as a law: edits of files and live edits of other quads both stay, whatever they are."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.building import Built, build
from parley.check.report import Report
from parley.errors import Unseen
from parley.files import Dataset
from parley.rdf import Namespaces, term
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Versions
from parley.syncing.exporting import export, write_files
from parley.syncing.gathering import gather
from parley.syncing.loading import Loaded, load
from parley.syncing.manifest import Manifest
from parley.syncing.undoing import file_sums, refuse_undoing
from parley.turtle import write_trig, write_turtle

ROOT = Path(__file__).parents[1]
MESSAGE = Message("Amina", "a test")
NAMES = Namespaces()
THINGS = NAMES.graph("entities/things")
SHARED = NAMES.graph("propositions")
FILE = Path("data/entities/things.ttl")


def quad(subject: int, predicate: int, value: int) -> ox.Quad:
    return ox.Quad(NAMES.thing(f"s{subject}"), term(f"p{predicate}"), ox.Literal(value), THINGS)


def commit(versions: Versions, added: Iterable[ox.Quad], removed: Iterable[ox.Quad] = ()) -> None:
    with versions.stage(versions.current()) as staged:
        change = staged.apply(Change(frozenset(added), frozenset(removed)))
        if not change.is_empty:
            versions.publish(staged, change, Message("Boris", "live"))


def current(versions: Versions) -> frozenset[ox.Quad]:
    version = versions.current()
    assert version is not None
    return frozenset(version.open())


def exported(versions: Versions, folder: Path) -> None:
    version = versions.current()
    assert version is not None
    export(version, versions, NAMES, folder)


def loaded(versions: Versions, folder: Path, *, file: str = "", force: bool = False) -> Loaded:
    def unchecked(store: ox.Store, change: Change) -> Change:
        return Change()

    dataset = Dataset(folder, NAMES)
    return load(gather([folder / file]), dataset, versions, MESSAGE, unchecked, force=force)


quads = st.builds(quad, st.integers(0, 3), st.integers(0, 1), st.integers(0, 2))


@settings(max_examples=10, deadline=None)
@given(
    before=st.sets(quads, min_size=1, max_size=14),
    toggled=st.sets(quads, min_size=1, max_size=5),
    live=st.sets(quads, min_size=1, max_size=5),
    later=st.sets(quads, max_size=3),
)
def test_edits_of_different_quads_both_stay(
    before: set[ox.Quad], toggled: set[ox.Quad], live: set[ox.Quad], later: set[ox.Quad]
) -> None:
    live -= toggled
    later -= toggled | live
    with tempfile.TemporaryDirectory() as name:
        versions, folder = Versions(Path(name) / "var"), Path(name) / "files"
        commit(versions, before)
        exported(versions, folder)
        assert not loaded(versions, folder).is_new
        in_files = before ^ toggled
        write_files([(FILE, write_turtle(in_files, NAMES.prefixes))], folder)
        commit(versions, live - before, live & before)
        both = before ^ toggled ^ live
        try:
            loaded(versions, folder)
        except Unseen:
            touched = {q.subject for q in toggled} & {q.subject for q in live}
            assert touched  # only edits of one thing can clash
            assert current(versions) == before ^ live
            return
        assert current(versions) == both
        commit(versions, later - both, later & both)
        assert not loaded(versions, folder).is_new
        write_files([(FILE, write_turtle(before, NAMES.prefixes))], folder)
        try:
            loaded(versions, folder)
        except Unseen:
            return
        assert current(versions) == before ^ live ^ later


def claim(article: str, number: int, node: ox.NamedNode) -> ox.Quad:
    graph = NAMES.graph(f"claims/{article}")
    return ox.Quad(NAMES.claim(article, 1, number), term("claims"), node, graph)


def proposition(name: str) -> ox.Quad:
    return ox.Quad(NAMES.thing(name), term("subject"), NAMES.thing("x"), SHARED)


def test_a_proposition_stays_while_a_claim_of_any_file_claims_it(tmp_path: Path) -> None:
    versions, folder = Versions(tmp_path / "var"), tmp_path / "files"
    shared, alone = proposition("p-1"), proposition("p-2")
    assert isinstance(shared.subject, ox.NamedNode)
    assert isinstance(alone.subject, ox.NamedNode)
    a, b = claim("a", 1, shared.subject), claim("b", 1, shared.subject)
    c = claim("a", 2, alone.subject)
    commit(versions, {a, b, c, shared, alone})
    exported(versions, folder)
    text = write_trig([c, alone], NAMES.prefixes)
    write_files([(Path("data/claims/a.trig"), text)], folder)
    loaded(versions, folder)
    assert current(versions) == {b, c, shared, alone}
    (folder / "data/claims/b.trig").unlink()
    loaded(versions, folder)
    assert current(versions) == {c, alone}


def test_a_graph_goes_with_its_file_unless_something_was_added_to_a_thing_of_it(
    tmp_path: Path,
) -> None:
    versions, folder = Versions(tmp_path / "var"), tmp_path / "files"
    other = ox.Quad(NAMES.thing("o"), term("p"), ox.Literal(1), NAMES.graph("entities/others"))
    commit(versions, {quad(0, 0, 0), other})
    exported(versions, folder)
    (folder / FILE).unlink()
    commit(versions, {quad(0, 1, 1)})
    with pytest.raises(Unseen, match=r"id:s0 the thing in graph:entities/things|version 2"):
        loaded(versions, folder)
    loaded(versions, folder, force=True)
    assert current(versions) == {other}


def test_a_load_of_one_file_does_not_forget_another_that_was_deleted(tmp_path: Path) -> None:
    versions, folder = Versions(tmp_path / "var"), tmp_path / "files"
    other = ox.Quad(NAMES.thing("o"), term("p"), ox.Literal(1), NAMES.graph("entities/others"))
    commit(versions, {quad(0, 0, 0), other})
    exported(versions, folder)
    (folder / FILE).unlink()
    assert not loaded(versions, folder, file="data/entities/others.ttl").is_new
    assert current(versions) == {quad(0, 0, 0), other}
    loaded(versions, folder)
    assert current(versions) == {other}


def test_an_edit_of_a_thing_that_was_removed_live_is_refused(tmp_path: Path) -> None:
    versions, folder = Versions(tmp_path / "var"), tmp_path / "files"
    commit(versions, {quad(0, 0, 0), quad(1, 0, 0)})
    exported(versions, folder)
    commit(versions, (), {quad(0, 0, 0)})
    edited = [quad(0, 0, 0), quad(0, 1, 1), quad(1, 0, 0)]
    write_files([(FILE, write_turtle(edited, NAMES.prefixes))], folder)
    with pytest.raises(Unseen, match="live: removed \\(version 2 by Boris: live\\)"):
        loaded(versions, folder)


def test_a_build_undoes_no_commit_until_the_files_have_it(tmp_path: Path) -> None:
    versions, folder = Versions(tmp_path / "var"), tmp_path / "files"
    for name in ("ontology", "data"):
        shutil.copytree(ROOT / name, folder / name)
    dataset = Dataset(folder, NAMES)

    def built() -> Built:
        sums = file_sums(dataset)
        allow = refuse_undoing(dataset, versions)
        done = build(dataset, versions, MESSAGE, lambda store: Report(()), allow=allow)
        Manifest.of(done.version, versions, sums).keep(folder, versions)
        return done

    assert built().is_new
    live = quad(0, 0, 0)
    commit(versions, {live})
    with pytest.raises(Unseen, match="version 2 by Boris: live"):
        built()
    assert loaded(versions, folder).behind == 1
    with pytest.raises(Unseen):
        built()
    exported(versions, folder)
    assert not built().is_new
    (folder / FILE).unlink()
    assert built().is_new
    assert live not in current(versions)
