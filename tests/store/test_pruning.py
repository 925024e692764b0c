"""Pruning: folders go, versions stay; tags keep theirs; readers are not disturbed."""

import shutil
from pathlib import Path

import pytest
from store_examples import adding, commit, quad

from parley.errors import BadInput, Busy, NotFound
from parley.formats import BINDINGS
from parley.settings import Settings
from parley.store import pruning
from parley.store.backend import Deadline, Query
from parley.store.local import LocalBackend
from parley.store.versions import Versions


def filled(instance: Path, count: int, **options: int) -> Versions:
    versions = Versions(instance, **options)  # type: ignore[arg-type]
    for number in range(1, count + 1):
        commit(versions, adding(number))
    return versions


def kept(versions: Versions) -> list[int]:
    return [version.number for version in versions.list()]


def test_the_newest_and_the_tagged_keep_their_folders(tmp_path: Path) -> None:
    versions = filled(tmp_path, 7)
    versions.tags.add("cited", 2)
    assert versions.prune(3, dry_run=True).removed == (1, 3, 4)
    assert kept(versions) == [1, 2, 3, 4, 5, 6, 7]
    found = versions.prune(3)
    assert (found.removed, found.kept) == ((1, 3, 4), (2, 5, 6, 7))
    assert kept(versions) == [2, 5, 6, 7]
    assert len(versions.ledger.numbers()) == 7


def test_any_pruned_version_comes_back(tmp_path: Path) -> None:
    versions = filled(tmp_path, 6)
    versions.prune(2)
    for number in (4, 1):
        assert set(versions.get(number).open()) == {quad(n) for n in range(1, number + 1)}
    assert kept(versions) == [1, 4, 5, 6]


def test_commits_prune_by_themselves(tmp_path: Path) -> None:
    assert kept(filled(tmp_path, 6, keep=3)) == [4, 5, 6]
    assert kept(filled(tmp_path / "least", 4, keep=1)) == [3, 4]


def test_only_so_many_rebuilt_folders_stay_and_the_least_used_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "REBUILT", 2)
    versions = filled(tmp_path, 8)
    versions.prune(2)
    versions.get(1)
    versions.get(2)
    versions.get(1)
    versions.get(3)
    assert kept(versions) == [1, 3, 7, 8]
    versions.prune(2)
    assert kept(versions) == [1, 3, 7, 8]
    versions.rebuild(8)
    versions.get(4)
    assert kept(versions) == [3, 4, 7, 8]


def test_readers_of_a_pruned_version_go_on_and_later_ones_have_it_rebuilt(tmp_path: Path) -> None:
    versions = filled(tmp_path, 5)
    backend = LocalBackend(versions, Settings(instance=tmp_path, memory_store_limit=0))
    try:
        assert count(backend, 2) == 2
        opened = versions.get(2).open()
        versions.prune(2)
        assert not versions.folders.path(2).exists()
        assert set(opened) == {quad(1), quad(2)}
        assert [count(backend, number) for number in (2, 2, 1, 3)] == [2, 2, 1, 3]
    finally:
        backend.close()


def test_a_version_pruned_between_finding_and_opening_it_is_rebuilt(tmp_path: Path) -> None:
    versions = filled(tmp_path, 5)

    class Unlucky(Versions):
        def get(self, number: int):  # type: ignore[no-untyped-def]
            version = super().get(number)
            if not version.rebuilt:
                shutil.rmtree(version.folder)
            return version

    backend = LocalBackend(Unlucky(tmp_path), Settings(instance=tmp_path))
    try:
        assert count(backend, 2) == 2
    finally:
        backend.close()
    assert kept(versions) == [1, 2, 3, 4, 5]


def count(backend: LocalBackend, number: int) -> int:
    query = Query("SELECT ?s { ?s ?p ?o }")
    with backend.select(query, BINDINGS[0], Deadline(30, 1 << 30), number) as answer:
        assert answer.version == number
        return answer.rows or 0


def test_requests_for_old_versions_cannot_pile_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = filled(tmp_path, 4)
    versions.prune(2)
    for _ in range(3):
        versions._rebuilds.acquire()
    with pytest.raises(Busy):
        versions.get(1)
    assert versions.get(3).number == 3
    versions._rebuilds.release()
    assert versions.get(1).number == 1


def test_tags_name_versions_for_good(tmp_path: Path) -> None:
    versions = filled(tmp_path, 3)
    versions.tags.add("paper-2026", 2)
    versions.tags.add("paper-2026", 2)
    assert versions.find("paper-2026").number == 2
    assert Versions(tmp_path).tags.all() == {"paper-2026": 2}
    with pytest.raises(BadInput, match="names version 2 already"):
        versions.tags.add("paper-2026", 3)
    for name in ("7", "2026-01-31", "", "a b", "a/b", "x" * 65):
        with pytest.raises(BadInput, match="cannot be a tag"):
            versions.tags.add(name, 1)
    with pytest.raises(BadInput, match="names no version"):
        versions.find("paper-2027")
    versions.tags.remove("paper-2026")
    with pytest.raises(NotFound):
        versions.tags.remove("paper-2026")
