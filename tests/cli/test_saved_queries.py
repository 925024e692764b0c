"""Saved queries between files and versions: exported, loaded, built, asked from the shell."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import Result

from parley.building import build
from parley.catalogue import catalogue_quads, saved_in
from parley.check.report import Report
from parley.errors import Unseen
from parley.files import Dataset, open_dataset
from parley.queries import read_text
from parley.rdf import Namespaces
from parley.scaffold import make_dataset
from parley.store.ledger import Message
from parley.store.versions import Versions
from parley.syncing.manifest import Manifest
from parley.syncing.undoing import file_sums, refuse_undoing

ROOT = Path(__file__).parents[2]
NAMES = Namespaces("http://example.org/dataset/")
FIRST = "#+ question: Which?\n#+ tags:\n#+   - a\nSELECT ?s { VALUES ?s { 1 } }\n"
OTHER = "#+ question:   Which?\r\n#+ tags: [a]\r\nSELECT ?s { VALUES ?s { 1 2 } }"
CHANGED = "#+ question: Is it so?\n#+ expect: true\nASK {}\n"
Run = Callable[..., Result]
Live = Callable[..., None]


def quads(name: str, text: str) -> list[ox.Quad]:
    return catalogue_quads({name: read_text(name, text, NAMES)}, NAMES)


def saved(instance: Path, version: str | None = None) -> dict[str, str]:
    """The texts of the queries of a version."""
    versions = Versions(instance)
    found = versions.find(version) if version else versions.current()
    assert found is not None
    return {name: query.text for name, query in saved_in(found.open(), NAMES).items()}


def made(dataset: Dataset, versions: Versions, *, force: bool = True) -> int:
    """The version that a build of the files leads to, as the command has it, without the checks."""
    allow = (lambda change: None) if force else refuse_undoing(dataset, versions)
    sums = file_sums(dataset)
    message, check = Message("Amina", "build"), lambda store: Report(())
    built = build(dataset, versions, message, check, lambda count: None, allow)
    Manifest.of(built.version, versions, sums).keep(dataset.root, versions)
    return built.version.number


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of a small dataset and an instance made from them."""
    folder = tmp_path_factory.mktemp("first")
    make_dataset(folder / "data", NAMES.base, "Test")
    (folder / "data/queries/first.rq").write_text(FIRST, "utf-8")
    made(open_dataset(folder / "data"), Versions(folder / "var"))
    return folder


@pytest.fixture
def folder(first: Path, tmp_path: Path) -> Path:
    """A copy that a test may change, with an export of version 1 in `files`."""
    shutil.copytree(first / "var", tmp_path / "var", symlinks=True, copy_function=os.link)
    shutil.copytree(first / "data", tmp_path / "data")
    shutil.copytree(first / "data", tmp_path / "files")
    return tmp_path


@pytest.fixture
def call(run: Run, folder: Path) -> Run:
    """Runs a command on the copy."""

    def called(*arguments: str | Path) -> Result:
        return run(*arguments, "--instance", folder / "var", "--dataset", folder / "data")

    return called


def exported(call: Run, folder: Path) -> dict[str, object]:
    result = call("export", folder / "files", "--json")
    assert result.exit_code == 0, result.output
    done: dict[str, object] = json.loads(result.stdout)
    return done


def test_an_export_writes_every_query_byte_by_byte(
    run: Run, instance: Path, tmp_path: Path
) -> None:
    assert run("export", tmp_path, "--instance", instance).exit_code == 0
    found = sorted((tmp_path / "queries").iterdir())
    assert [path.name for path in found] == sorted(p.name for p in ROOT.glob("queries/*.rq"))
    for path in found:
        assert path.read_bytes() == (ROOT / "queries" / path.name).read_bytes()


def test_live_edits_reach_the_files(call: Run, folder: Path, live: Live) -> None:
    exported(call, folder)
    live(folder / "var", quads("other", OTHER), quads("first", FIRST))
    expected = folder / "files/queries/expected"
    expected.mkdir()
    for name in ("first.tsv", "first.more.tsv"):
        (expected / name).write_text("?s\n1\n", "utf-8")
    done = exported(call, folder)
    gone = ["queries/expected/first.tsv", "queries/first.rq"]
    assert (done["written"], done["removed"]) == (["queries/other.rq"], gone)
    assert [file.name for file in expected.iterdir()] == ["first.more.tsv"]
    assert (folder / "files/queries/other.rq").read_bytes() == OTHER.encode()
    again = exported(call, folder)
    assert (again["written"], again["removed"]) == ([], [])


def test_an_edited_file_is_loaded_beside_live_edits(call: Run, folder: Path, live: Live) -> None:
    exported(call, folder)
    live(folder / "var", quads("other", OTHER))
    (folder / "files/queries/who-denies.rq").write_text(CHANGED, "utf-8")
    (folder / "files/queries/first.rq").unlink()
    result = call("load", folder / "files", "-m", "queries", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["files"] == ["queries/who-denies.rq", "queries/first.rq"]
    assert saved(folder / "var") == {"other": OTHER, "who-denies": CHANGED}
    assert saved(folder / "var", "1")["first"] == FIRST
    asked = call("query", "other")
    assert asked.output.split() == ["s", "1", "2"]
    assert call("query", "first", "--version", "1").output.split() == ["s", "1"]
    assert "neither a file nor a saved query" in call("query", "first").output
    assert exported(call, folder)["written"] == ["queries/other.rq"]


def test_the_last_query_stays_deleted(call: Run, folder: Path, live: Live) -> None:
    store = Versions(folder / "var").find("1").open()
    live(folder / "var", removed=store.quads_for_pattern(None, None, None, NAMES.graph("queries")))
    assert saved(folder / "var") == {}
    assert "neither a file nor a saved query" in call("query", "first").output


def test_two_edits_of_one_query_clash_as_a_whole(call: Run, folder: Path, live: Live) -> None:
    exported(call, folder)
    theirs = FIRST.replace("Which?", "Theirs?")
    live(folder / "var", quads("first", theirs), quads("first", FIRST))
    path = folder / "files/queries/first.rq"
    path.write_text(FIRST.replace("- a", "- b"), "utf-8")
    refused = call("load", path, "-m", "mine")
    assert refused.exit_code == 1
    assert "queries/first> the thing" in refused.output
    assert "version 2 by Boris: a live edit" in refused.output
    path.write_text(theirs, "utf-8")
    assert "still version 2" in call("load", path, "-m", "the same").output
    path.write_text(CHANGED, "utf-8")
    forced = call("load", path, "-m", "mine", "--force", "--base-version", "1")
    assert forced.exit_code == 0, forced.output
    assert saved(folder / "var")["first"] == CHANGED


def test_a_query_that_cannot_be_asked_is_not_loaded(call: Run, folder: Path) -> None:
    exported(call, folder)
    path = folder / "files/queries/first.rq"
    for text, said in (
        ("#+ view: map\nSELECT ?s {}", "the view map draws the columns"),
        ("SELECT {", "first.rq"),
    ):
        path.write_text(text, "utf-8")
        refused = call("load", path, "-m", "mine")
        assert refused.exit_code == 1
        assert said in refused.output
    assert Versions(folder / "var").number() == 1


def test_what_a_query_answers_holds_no_load_up(call: Run, folder: Path) -> None:
    """It is not asked: whether there are choices depends on the data, and asking may take long."""
    exported(call, folder)
    path = folder / "files/queries/first.rq"
    text = "#+ values:\n#+   word: SELECT ?value ?label { VALUES (?value ?label) {} }\n"
    path.write_text(f"{text}SELECT ?s {{ VALUES ?s {{ 1 }} FILTER(?s = ?__word) }}", "utf-8")
    loaded = call("load", path, "-m", "mine")
    assert loaded.exit_code == 0, loaded.output
    path.write_text(text.replace("?value ", "?worth ") + "SELECT ?s { ?s ?p ?__word }", "utf-8")
    refused = call("load", path, "-m", "mine")
    assert "the choices of word have the columns ?worth, ?label" in refused.output


def test_a_build_does_not_undo_queries_saved_live(call: Run, folder: Path, live: Live) -> None:
    dataset, versions = open_dataset(folder / "data"), Versions(folder / "var")
    made(dataset, versions)
    live(folder / "var", quads("other", OTHER))
    (folder / "data/queries/first.rq").unlink()
    with pytest.raises(Unseen, match="version 2 by Boris: a live edit"):
        made(dataset, versions, force=False)
    loaded = call("load", folder / "data", "-m", "mine")
    assert loaded.exit_code == 0, loaded.output
    assert set(saved(folder / "var")) == {"other", "who-denies"}
    assert call("export", folder / "data").exit_code == 0
    assert (folder / "data/queries/other.rq").read_bytes() == OTHER.encode()
    assert made(dataset, versions, force=False) == 3


def test_a_file_that_is_a_saved_query_takes_parameters(call: Run, folder: Path) -> None:
    path = folder / "said.rq"
    path.write_text("SELECT ?x { VALUES ?x { 'a' 'b' } FILTER(?x = ?__word) }", "utf-8")
    assert call("query", path, "-p", "word=b").output.split() == ["x", "b"]
    assert call("query", path, "-p", "other=b").exit_code == 1
