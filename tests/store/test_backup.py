"""Backups: made beside a stream of commits, verified, and put back: same quads, same history."""

import json
import os
import threading
from pathlib import Path

import pytest
from store_examples import adding, commit, quad, removing

from parley.errors import BadInput, NotFound, StoreDamaged
from parley.store.backup import back_up, restore, verify
from parley.store.versions import Versions


@pytest.fixture
def written(versions: Versions) -> Versions:
    for number in range(3):
        commit(versions, adding(number))
    (versions.instance / "articles").mkdir()
    (versions.instance / "articles/one.txt").write_text("private")
    (versions.instance / "tokens.json").write_text("{}")
    versions.tags.add("first", 1)
    return versions


def test_a_backup_beside_a_stream_of_commits_is_one_version(
    written: Versions, tmp_path: Path
) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 100
        while not stop.is_set():
            commit(written, adding(number))
            number += 1

    written = Versions(written.instance, keep=2)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [back_up(written, tmp_path / "backup").version]
        while made[-1] < made[0] + 4:
            made.append(back_up(written, tmp_path / "backup").version)
    finally:
        stop.set()
        writer.join()
    assert made == sorted(made)
    verify(tmp_path / "backup")
    assert os.listdir(tmp_path / "backup/versions") == [f"{made[-1]:06d}"]

    version = restore(tmp_path / "backup", tmp_path / "restored")
    restored = Versions(tmp_path / "restored")
    assert version.number == made[-1] == restored.number()
    assert set(version.open()) == set(written.get(made[-1]).open())
    assert list(restored.history()) == list(written.history())[: made[-1]]
    assert set(restored.get(2).open()) == {quad(0), quad(1)}
    assert commit(restored, adding(9)).number == made[-1] + 1


def test_a_second_backup_links_what_the_first_has(written: Versions, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    back_up(written, target)
    entry = (target / "ledger/000002.rdfp").stat()
    commit(written, adding(7))
    assert back_up(written, target).version == 4
    assert (target / "ledger/000002.rdfp").stat().st_ino == entry.st_ino
    shared = written.ledger.path(2).stat().st_ino
    assert entry.st_ino == shared


def test_a_backup_on_another_file_system_is_a_copy(
    written: Versions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.link

    def link(source: Path, target: Path) -> None:
        if (tmp_path / "backup") in target.parents and tmp_path / "backup" not in source.parents:
            raise OSError(18, "Invalid cross-device link")
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    back_up(written, tmp_path / "backup")
    commit(written, removing(1))
    back_up(written, tmp_path / "backup")
    assert (tmp_path / "backup/ledger/000002.rdfp").stat().st_nlink == 1
    assert set(restore(tmp_path / "backup", tmp_path / "there").open()) == {quad(0), quad(2)}


def test_private_files_are_in_a_backup_as_its_owner_wishes(
    written: Versions, tmp_path: Path
) -> None:
    target = tmp_path / "backup"
    about = back_up(written, target)
    assert set(about.files) == {"tags.json", "articles/one.txt"}
    assert (target / "articles/one.txt").stat().st_mode & 0o777 == 0o600
    assert target.stat().st_mode & 0o777 == 0o700
    assert "tokens.json" in back_up(written, target, also=("tokens.json",)).files
    assert (target / "tokens.json").exists()
    assert set(back_up(written, target, articles=False).files) == {"tags.json"}
    assert not (target / "tokens.json").exists()
    assert not (target / "articles/one.txt").exists()


@pytest.mark.parametrize(
    "name", ["ledger/000002.rdfp", "versions/000003/CURRENT", "articles/one.txt", "tags.json"]
)
def test_a_spoilt_backup_is_told_and_not_restored(
    written: Versions, tmp_path: Path, name: str
) -> None:
    target = tmp_path / "backup"
    back_up(written, target)
    path = target / name
    data = path.read_bytes()
    path.unlink()  # the instance shares the file
    path.write_bytes(data[:-2] + b"!\n")
    with pytest.raises(StoreDamaged):
        verify(target)
    with pytest.raises(StoreDamaged):
        restore(target, tmp_path / "restored")
    assert not (tmp_path / "restored").exists()


def test_a_ledger_that_leads_elsewhere_is_not_restored(written: Versions, tmp_path: Path) -> None:
    other = Versions(tmp_path / "other")
    for number in range(3):
        commit(other, adding(number + (number == 2)))
    back_up(other, tmp_path / "other-backup")
    back_up(written, tmp_path / "backup")
    mixed = tmp_path / "backup/versions/000003"
    mixed.rename(tmp_path / "away")
    (tmp_path / "other-backup/versions/000003").rename(mixed)
    assert verify(tmp_path / "backup").version == 3
    with pytest.raises(StoreDamaged, match="1 are in the version only, 1 in the ledger only"):
        restore(tmp_path / "backup", tmp_path / "restored")


def test_versions_are_overwritten_only_by_force_and_then_set_aside(
    written: Versions, tmp_path: Path
) -> None:
    back_up(written, tmp_path / "backup")
    commit(written, adding(50))
    with pytest.raises(BadInput, match="--force"):
        restore(tmp_path / "backup", written.instance)
    assert written.number() == 4
    assert restore(tmp_path / "backup", written.instance, force=True).number == 3
    assert (written.instance / "tokens.json").exists()
    assert Versions(written.instance).number() == 3
    aside = Versions(written.instance / "before-restore-1")
    assert set(aside.get(4).open()) == {quad(n) for n in (0, 1, 2, 50)}


def test_a_folder_of_something_else_is_left_alone(written: Versions, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(BadInput, match="neither empty nor a backup"):
        back_up(written, tmp_path)
    with pytest.raises(NotFound, match=r"no backup"):
        restore(tmp_path, tmp_path / "restored")
    back_up(written, tmp_path / "backup")
    other = Versions(tmp_path / "other")
    commit(other, adding(1))
    with pytest.raises(BadInput, match="another history"):
        back_up(other, tmp_path / "backup")


def test_a_backup_that_was_interrupted_is_continued(written: Versions, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    back_up(written, target)
    (target / "backup.json").unlink()
    (target / "current").unlink()
    (target / "ledger/000003.rdfp").unlink()
    assert back_up(written, target).version == 3
    assert json.loads((target / "backup.json").read_text())["version"] == verify(target).version


def test_a_damaged_version_never_replaces_a_good_backup(written: Versions, tmp_path: Path) -> None:
    back_up(written, tmp_path / "backup")
    version = commit(written, adding(8))
    (version.folder / "CURRENT").write_text("spoilt")
    with pytest.raises(StoreDamaged, match="version 4 is damaged"):
        back_up(written, tmp_path / "backup")
    assert verify(tmp_path / "backup").version == 3
