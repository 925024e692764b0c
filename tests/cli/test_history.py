"""The history from the shell: who changed what, blame, comparisons, taking back."""

import json
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import Result

from parley.building import build
from parley.check.report import Report
from parley.files import open_dataset
from parley.rdf import RDFS_LABEL
from parley.scaffold import make_dataset, make_plain
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Versions

BASE = "http://example.org/dataset/"
Run = Callable[..., Result]


def label(name: str, text: str) -> ox.Quad:
    graph = ox.NamedNode(f"{BASE}graph/entities/agents")
    words = ox.Literal(text, language="en")
    return ox.Quad(ox.NamedNode(f"{BASE}id/{name}"), RDFS_LABEL, words, graph)


def commit(versions: Versions, author: str, added: list[ox.Quad], removed: list[ox.Quad]) -> None:
    with versions.stage(versions.current()) as staged:
        change = staged.apply(Change(frozenset(added), frozenset(removed)))
        versions.publish(staged, change, Message(author, f"by {author}"))


@pytest.fixture
def call(tmp_path: Path, run: Run) -> Run:
    """Runs a command on an instance with four versions."""
    folder = tmp_path / "dataset"
    make_plain(folder, BASE, "Test")
    versions = Versions(tmp_path / "instance")
    build(open_dataset(folder), versions, Message("t", "1"), lambda store: Report(()))
    commit(versions, "Amina", [label("one", "One"), label("two", "Two")], [])
    commit(versions, "Bruno", [], [label("two", "Two")])
    commit(versions, "Amina", [label("one", "First")], [label("one", "One")])

    def on_instance(*arguments: str) -> Result:
        places = ["--instance", str(tmp_path / "instance")]
        if arguments[0] not in {"show", "diff"}:
            places += ["--dataset", str(folder)]
        return run(*arguments, *places)

    return on_instance


def test_the_log_by_thing_and_author(call: Run) -> None:
    def numbers(*arguments: str) -> list[int]:
        return [e["number"] for e in json.loads(call("log", "--json", *arguments).stdout)]

    assert numbers() == [4, 3, 2, 1]
    assert numbers("-n", "2") == [4, 3]
    assert numbers("--author", "Amina") == [4, 2]
    assert numbers("--resource", "id:two") == [3, 2]
    assert numbers("--resource", f"{BASE}id/one", "--author", "Amina", "-n", "1") == [4]
    assert call("log", "--resource", "no iri").exit_code == 1
    assert "by Bruno" in call("log").stdout


def test_the_log_shows_a_message_of_several_lines_on_one(call: Run, tmp_path: Path) -> None:
    versions = Versions(tmp_path / "instance")
    with versions.stage(versions.current()) as staged:
        change = staged.apply(Change(frozenset([label("three", "Three")]), frozenset()))
        versions.publish(staged, change, Message("Amina", "says\n    99  2026  root  forged"))
    lines = call("log").stdout.splitlines()
    assert len(lines) == 5
    assert lines[0].endswith("says 99 2026 root forged")


def test_blame_names_a_commit_or_who_deleted_the_thing(call: Run) -> None:
    (row,) = json.loads(call("blame", "id:one", "--json").stdout)
    assert (row["commit"]["number"], row["commit"]["author"]) == (4, "Amina")
    assert "First" in row["quad"]
    assert "  2  " in call("blame", "id:one", "--version", "3").stdout
    gone = call("blame", "id:two")
    assert gone.exit_code == 1
    assert "deleted in version 3 by Bruno" in gone.output
    assert call("blame", "id:never").exit_code == 2


def test_what_differs_between_two_versions(call: Run) -> None:
    forth = call("diff", "2", "4")
    assert Change.from_patch(forth.stdout) == Change(
        frozenset({label("one", "First")}), frozenset({label("one", "One"), label("two", "Two")})
    )
    back = Change.from_patch(call("diff", "4", "2").stdout)
    assert back == Change.from_patch(forth.stdout).inverse()
    assert json.loads(call("diff", "2", "4", "--json").stdout)["removed"] == 2
    assert json.loads(call("show", "3", "--json").stdout)["rows"] == [f"D {label('two', 'Two')} ."]
    assert call("diff", "2", "9").exit_code == 2


def test_a_commit_has_an_author_and_a_message_without_secrets(
    call: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "messages are public" in call("revert", "3", "-m", "parley_" + "x" * 43).output
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 2**31 - 7)  # as in containers: nobody of that number
    nameless = call("revert", "3")
    assert (nameless.exit_code, "--author" in nameless.output) == (1, True)


def test_a_commit_is_taken_back_or_refused_with_what_changed_since(call: Run) -> None:
    refused = call("revert", "2")
    assert refused.exit_code == 1
    assert "2 of its quads" in refused.output
    assert str(label("two", "Two")).replace('"', '\\"') in refused.output
    shown = call("revert", "3", "--dry-run")
    assert Change.from_patch(shown.stdout) == Change(frozenset({label("two", "Two")}))
    done = call("revert", "3", "--message", "two is needed", "--author", "Chidi")
    assert done.exit_code == 0, done.output
    (newest,) = json.loads(call("log", "--json", "-n", "1").stdout)
    assert (newest["number"], newest["author"], newest["added"]) == (5, "Chidi", 1)
    assert newest["text"] == "two is needed"
    assert call("revert", "9").exit_code == 2


def test_taking_back_is_checked_like_any_change(tmp_path: Path, run: Run) -> None:
    folder, instance = tmp_path / "dataset", tmp_path / "instance"
    make_dataset(folder, BASE, "Test")
    places = ["--instance", instance, "--dataset", folder]
    assert run("build", *places).exit_code == 0
    versions = Versions(instance)
    unknown = ox.NamedNode("http://example.org/no-such-term")
    wrong = ox.Quad(label("x", "").subject, unknown, ox.Literal("v"), label("x", "").graph_name)
    commit(versions, "Amina", [wrong], [])
    commit(versions, "Bruno", [], [wrong])
    result = run("revert", 3, *places)
    assert result.exit_code == 1
    assert "no-such-term" in result.output
    assert versions.number() == 3
    assert run("revert", 2, *places).exit_code == 1
