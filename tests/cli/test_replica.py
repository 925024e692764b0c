"""`parley replica pull` from a folder, and what it says when that cannot be."""

from pathlib import Path

from tests.cli.conftest import Run

from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Versions


def test_a_folder_is_pulled_from_and_what_cannot_be_is_said(tmp_path: Path, run: Run) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    with Versions(source).stage(None) as staged:
        Versions(source).publish(staged, Change(), Message("Amina", "empty"))
    for _ in range(2):
        done = run("replica", "pull", source, "--instance", copy)
        assert (done.exit_code, done.output) == (0, f"version 1, 0 quads, is in {copy}\n")
    assert Versions(copy).number() == 1

    for wrong, code, words in (
        (tmp_path / "nothing", 2, "holds no version to copy"),
        ("http://me:word@example.org", 1, "without a password"),
    ):
        done = run("replica", "pull", wrong, "--instance", tmp_path / "other")
        assert (done.exit_code, words in done.output) == (code, True), done.output
    for given, words in (
        (("--replica-of", "ftp://example.org"), "no address to copy from"),
        (("--replica-of", "http://a", "--store", "http://b"), "--store asks another"),
    ):
        done = run("serve", "--instance", tmp_path / "other", *given)
        assert (done.exit_code > 0, words in done.output) == (True, True), done.output
