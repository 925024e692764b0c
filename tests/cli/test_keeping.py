"""The commands that keep an instance: their words, their JSON, their exit codes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Versions

Run = Callable[..., Result]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """An instance with four empty versions and one private text."""
    versions = Versions(tmp_path / "instance")
    for number in range(4):
        with versions.stage(versions.current()) as staged:
            versions.publish(staged, Change(), Message("Amina", f"commit {number}"))
    (versions.instance / "articles").mkdir()
    (versions.instance / "articles/one.txt").write_text("private")
    return versions.instance


def test_a_backup_is_made_verified_and_restored(run: Run, kept: Path, tmp_path: Path) -> None:
    made = run("backup", tmp_path / "backup", "--verify", "--instance", kept)
    assert (made.exit_code, "version 4" in made.output) == (0, True)
    again = run("backup", tmp_path / "backup", "--json", "--without-articles", "--instance", kept)
    assert json.loads(again.output)["files"] == {}
    refused = run("restore", tmp_path / "backup", "--instance", kept)
    assert (refused.exit_code, "--force" in refused.output) == (1, True)
    back = run("restore", tmp_path / "backup", "--json", "--instance", tmp_path / "new")
    assert json.loads(back.output) == {"version": 4, "quads": 0}
    entry = tmp_path / "backup/ledger/000004.rdfp"
    entry.unlink()
    spoilt = run("restore", tmp_path / "backup", "--instance", tmp_path / "other")
    assert spoilt.exit_code in (1, 2)
    assert "entry 4" in spoilt.output
    assert run("restore", tmp_path, "--instance", tmp_path / "other").exit_code == 2


def test_pruning_says_what_goes_and_tags_keep(run: Run, kept: Path) -> None:
    assert run("tag", "cited", "1", "--instance", kept).exit_code == 0
    dry = run("prune", "--keep", "2", "--dry-run", "--json", "--instance", kept)
    assert json.loads(dry.output) == {"removed": [2], "kept": [1, 3, 4], "dry_run": True}
    done = run("prune", "--keep", "2", "--instance", kept)
    assert done.output == "1 folders of versions removed, 3 kept\n"
    assert run("prune", "--keep", "1", "--instance", kept).exit_code == 2
    assert run("tag", "cited", "2", "--instance", kept).exit_code == 1
    assert run("tag", "new", "9", "--instance", kept).exit_code == 2
    assert run("tag", "now", "--instance", kept).output == "now is version 4\n"
    assert json.loads(run("tags", "--json", "--instance", kept).output) == {"cited": 1, "now": 4}
    assert run("tag", "now", "--remove", "--instance", kept).exit_code == 0
    assert run("tags", "--instance", kept).output == "     1  cited\n"


def test_verifying_names_every_trouble(run: Run, kept: Path) -> None:
    assert run("verify", "--instance", kept).exit_code == 0
    next((kept / "versions/000002").glob("MANIFEST*")).unlink()
    (kept / "versions/000004/CURRENT").write_text("x")
    path = kept / "ledger/000003.rdfp"
    path.write_bytes(path.read_bytes()[:-3])
    found = run("verify", "--json", "--instance", kept)
    troubles = json.loads(found.output)["troubles"]
    assert found.exit_code == 1
    assert [word for word in ("rebuild 2", "rebuild 4", "entry 3") if word in str(troubles)] == [
        "rebuild 2",
        "rebuild 4",
        "entry 3",
    ]
    assert run("verify", "--instance", kept.parent / "none").exit_code == 2


def test_recovering_finds_the_newest_version(run: Run, kept: Path) -> None:
    (kept / "current").unlink()
    shutil.rmtree(kept / "versions/000004")
    assert run("recover", "--instance", kept).output == "version 4 is current\n"
    assert Versions(kept).get(4).quads == 0
