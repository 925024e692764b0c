"""`parley init`: a folder that serves at once, and nothing written over."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from parley.files import open_dataset

Run = Callable[..., Result]


@pytest.mark.parametrize("base", ["http://example.org/dataset/", "https://data.example.org/a/b/"])
def test_a_new_dataset_passes_its_checks_and_builds(run: Run, tmp_path: Path, base: str) -> None:
    made = run("init", tmp_path / "own", "--base", base, "--title", "The river")
    assert made.exit_code == 0, made.output
    where = ("--dataset", tmp_path / "own", "--instance", tmp_path / "var")
    added = run("articles", "add", "example", tmp_path / "own/example.txt", *where)
    assert added.exit_code == 0, added.output
    checked = run("check", "--quick", *where)
    assert checked.exit_code == 0, checked.output
    assert "conforms: 0 violations, 0 warnings, 0 infos" in checked.output
    assert run("build", *where).exit_code == 0
    asked = run("query", "who-denies", "--format", "csv", *where)
    assert f"{base}id/source-spokesman" in asked.output
    assert "Meeting at Harran Ford" in run("query", "timeline", *where).output
    assert run("init", tmp_path / "other", "--base", "http://example.org/other/").exit_code == 0
    for command in ("build", "serve"):
        refused = run(command, "--dataset", tmp_path / "other", *where[2:])
        assert refused.exit_code == 1
        assert f"holds another dataset, with the base IRI {base};" in refused.output


def test_a_plain_dataset_is_marked_and_begins_empty(run: Run, tmp_path: Path) -> None:
    made = run("init", tmp_path / "plain", "--plain")
    assert made.output.splitlines()[0] == "data/dataset.ttl"
    assert open_dataset(tmp_path / "plain").plain
    where = ("--dataset", tmp_path / "plain", "--instance", tmp_path / "var")
    assert "published version 1: 0 quads" in run("build", *where).output
    assert "nothing changed" in run("build", *where).output
    (tmp_path / "a.nt").write_text("<http://a/s> <http://a/p> <http://a/o> .")
    graph = ("--graph", "http://a/g", "--message", "One")
    assert run("load", tmp_path / "a.nt", *graph, *where).exit_code == 0
    assert '"boolean":false' in run("query", "-", *where, stdin="ASK { ?s ?p ?o }").output
    found = run("query", "-", *where, stdin="ASK { GRAPH ?g { ?s ?p ?o } }")
    assert '"boolean":true' in found.output


def test_the_dataset_that_comes_along_is_not_plain() -> None:
    assert not open_dataset().plain


@pytest.mark.parametrize(
    "base", ["example", "http://example.org/a", "http://example.org/#", "ftp://a/", "http://a/ b/"]
)
def test_a_base_that_cannot_begin_iris_is_refused(run: Run, tmp_path: Path, base: str) -> None:
    refused = run("init", tmp_path / "own", "--base", base)
    assert refused.exit_code == 1
    assert base in refused.output
    assert not (tmp_path / "own").exists()


def test_a_folder_with_files_in_it_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert run("init", tmp_path, "--plain").exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
