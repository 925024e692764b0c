"""The commands as a user types them: what they print, and their exit codes."""

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from parley.cli import COMMANDS

ROOT = Path(__file__).parents[2]
Run = Callable[..., Result]
DENIALS = """
PREFIX parley: <https://w3id.org/parley/ontology#>
PREFIX vocab: <https://w3id.org/parley/vocab/>
SELECT DISTINCT ?speaker WHERE {
  ?claim parley:stance vocab:denies ; parley:venue vocab:official ; parley:speaker ?speaker
}"""


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0, result.output
    assert "Usage: " in result.output


def test_wrong_use_ends_with_2(run: Run, instance: Path) -> None:
    assert run("no-such-command").exit_code == 2
    assert run("build", "--no-such-option").exit_code == 2
    assert run("serve", "--open", "--host", "0.0.0.0").exit_code == 2
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PARLEY_PROT", "8080")
        misspelt = run("serve", "--instance", instance)
    assert misspelt.exit_code == 1
    assert misspelt.output == "parley: PARLEY_PROT: is no setting; is PARLEY_PORT meant?\n"
    missing = run("query", "no-such-query", "--instance", instance)
    assert missing.exit_code == 2
    assert "saved are: " in missing.output
    assert "contradictions" in missing.output


def test_a_build_that_changes_nothing_makes_no_version(run: Run, instance: Path) -> None:
    result = run("build", "--instance", instance)
    assert result.exit_code == 0
    assert "nothing changed; still version 1" in result.output
    entries = json.loads(run("log", "--instance", instance, "--json").output)
    assert [(e["number"], e["author"], e["text"]) for e in entries] == [(1, "Amina", "first")]
    assert entries[0]["added"] > 10_000
    shown = run("show", "1", "--instance", instance).output
    assert shown.startswith("H id <hash://sha256/")
    assert shown.count("\nA ") == entries[0]["added"]
    assert run("show", "2", "--instance", instance).exit_code == 2


def test_an_export_is_byte_identical(run: Run, instance: Path, tmp_path: Path) -> None:
    result = run("export", tmp_path, "--instance", instance)
    assert result.exit_code == 0, result.output
    exported = sorted(p for p in tmp_path.rglob("[!.]*") if p.is_file())
    assert len(exported) > 20
    for path in exported:
        assert path.read_bytes() == (ROOT / path.relative_to(tmp_path)).read_bytes(), path
    again = run("export", tmp_path, "--instance", instance)
    assert "0 files changed" in again.output


def test_queries_by_name_from_standard_input_and_from_a_file(
    run: Run, instance: Path, tmp_path: Path
) -> None:
    by_stdin = run("query", "-", "--instance", instance, stdin=DENIALS)
    assert by_stdin.exit_code == 0, by_stdin.output
    assert list(csv.DictReader(io.StringIO(by_stdin.output))) == [
        {"speaker": "https://w3id.org/parley/id/afghan-taliban"}
    ]
    (tmp_path / "denials.rq").write_text(DENIALS)
    by_file = run(
        "query", tmp_path / "denials.rq", "--instance", instance, "--format", "json", "--version", 1
    )
    rows = json.loads(by_file.output)["results"]["bindings"]
    assert [row["speaker"]["value"] for row in rows] == [
        "https://w3id.org/parley/id/afghan-taliban"
    ]
    by_name = run("query", "contradictions", "--instance", instance)
    assert by_name.exit_code == 0, by_name.output
    assert "officially deny the presence" in by_name.output
    described = "DESCRIBE <https://w3id.org/parley/id/afghan-taliban>"
    as_turtle = run("query", "-", "--instance", instance, stdin=described).output
    assert "@prefix parley: " in as_turtle
    assert "\nid:afghan-taliban " in as_turtle


def test_a_query_that_cannot_be_read_says_where(run: Run, instance: Path) -> None:
    result = run("query", "-", "--instance", instance, stdin="SELECT * WHERE {\n ?s ?p }")
    assert result.exit_code == 2
    assert result.output.startswith("parley: 2:")
    assert "Traceback" not in result.output
    assert run("query", "-", "-p", "a=b", "--instance", instance, stdin="ASK {}").exit_code == 2
    update = run("query", "-", "--instance", instance, stdin="CLEAR ALL")
    assert update.exit_code == 2
    assert "only reads" in update.output


def test_a_version_that_is_not_there(run: Run, instance: Path) -> None:
    result = run("query", "-", "--instance", instance, "--version", "7", stdin="ASK {}")
    assert result.exit_code == 2
    assert "there is no version 7" in result.output
    assert run("query", "-", "--instance", instance / "none", stdin="ASK {}").exit_code == 2


@pytest.mark.parametrize(
    "command",
    ["log", "tags", "prune", "recover", "show 1", "diff 1 2", "tag name", "export files"],
)
def test_an_instance_without_a_version_is_no_empty_history(
    run: Run, tmp_path: Path, command: str
) -> None:
    result = run(*command.split(), "--instance", tmp_path / "typo")
    assert result.exit_code == 2
    assert "typo holds no version: 'parley build' makes the first one" in result.output
    assert not (tmp_path / "typo").exists()


def test_what_the_system_refuses_is_said_in_words(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A title\n\nA sentence of it.\n")
    result = run("draft", tmp_path / "a.txt", "--out", tmp_path / "none/sheet.yaml")
    assert result.exit_code == 1
    assert result.output == f"parley: {tmp_path / 'none/sheet.yaml'}: No such file or directory\n"


def test_a_proposed_sheet_is_written_over_no_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A title\n\nA sentence of it.\n")
    sheet = tmp_path / "sheet.yaml"
    assert run("draft", tmp_path / "a.txt", "--out", sheet).exit_code == 0
    sheet.write_text("filled in")
    again = run("draft", tmp_path / "a.txt", "--out", sheet)
    assert again.exit_code == 1
    assert "is there already" in again.output
    assert sheet.read_text() == "filled in"


def test_a_saved_query_in_a_file_has_its_defaults(run: Run, instance: Path, tmp_path: Path) -> None:
    by_name = run("query", "said-by", "--instance", instance)
    by_file = run("query", ROOT / "queries/said-by.rq", "--instance", instance)
    assert by_name.exit_code == 0
    assert by_file.output == by_name.output
    (tmp_path / "latin.rq").write_bytes(b"# Gef\xe4hrte\nASK {}")
    refused = run("query", tmp_path / "latin.rq", "--instance", instance)
    assert refused.exit_code == 1
    assert "latin.rq: not UTF-8 at byte 5" in refused.output


def test_texts_are_registered_by_their_sha256(run: Run, instance: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("not the article")
    result = run("articles", "add", "siga-2024-02", text, "--instance", instance)
    assert result.exit_code == 1
    assert "sha256" in result.output
    unknown = run("articles", "add", "no-such", text, "--instance", instance)
    assert unknown.exit_code == 2
    assert "siga-2024-02" in unknown.output
    listed = json.loads(run("articles", "list", "--json", "--instance", instance).output)
    assert [(row["article"], row["registered"]) for row in listed] == [("siga-2024-02", False)]
    assert run("articles", "coverage", "siga-2024-02", "--instance", instance).exit_code == 2


def test_what_is_no_text_of_the_article_is_not_registered(
    run: Run, instance: Path, tmp_path: Path
) -> None:
    add = ("articles", "add", "siga-2024-02")
    where = ("--instance", tmp_path / "var")
    (tmp_path / "latin.txt").write_bytes("Gef\xe4ngnis".encode("latin-1"))
    (tmp_path / "long.txt").write_bytes(b"x" * ((16 << 20) + 1))
    os.mkfifo(tmp_path / "pipe.txt")
    for name, why in (
        ("latin.txt", "not UTF-8"),
        ("long.txt", "larger than"),
        ("pipe.txt", "not a file"),
    ):
        refused = run(*add, tmp_path / name, *where)
        assert refused.exit_code == 1
        assert why in refused.output
    for slug in ("../secret", "..", "/etc/passwd"):
        assert run("articles", "add", slug, tmp_path / "latin.txt", *where).exit_code == 2
        assert run("articles", "coverage", slug, *where).exit_code == 2
    assert not (tmp_path / "var").exists()


def test_a_link_in_the_folder_of_texts_is_not_written_through(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path / "own")
    where = ("--dataset", tmp_path / "own", "--instance", tmp_path / "var")
    (tmp_path / "var/articles").mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in ("example.partial", "example.txt"):
        (tmp_path / "var/articles" / name).symlink_to(victim)
    added = run("articles", "add", "example", tmp_path / "own/example.txt", *where)
    assert added.exit_code == 0, added.output
    assert victim.read_text() == "mine"
    registered = tmp_path / "var/articles/example.txt"
    assert not registered.is_symlink()
    assert registered.stat().st_mode & 0o077 == 0


def test_the_registered_text_is_covered(run: Run, tmp_path: Path) -> None:
    text = ROOT.parent / "shared/articles/siga-2024-02.txt"
    if not text.exists():
        pytest.skip("the article's text is not here: it is private and not in the repository")
    assert run("articles", "add", "siga-2024-02", text, "--instance", tmp_path).exit_code == 0
    path = tmp_path / "articles/siga-2024-02.txt"
    assert path.read_bytes() == text.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    result = run("articles", "coverage", "siga-2024-02", "--json", "--instance", tmp_path)
    assert result.exit_code == 0, result.output
    checked = run("check", "--quick", "--json", "--instance", tmp_path)
    report = json.loads(checked.stdout)
    assert checked.exit_code == 0, checked.output
    assert not [f for f in report["findings"] if f["check"] in {"quotes", "coverage"}]


def test_a_damaged_version_is_rebuilt_from_the_ledger(run: Run, tmp_path: Path) -> None:
    assert run("build", "--instance", tmp_path).exit_code == 0
    (tmp_path / "versions/000001/CURRENT").write_text("damaged")
    damaged = run("export", tmp_path / "files", "--instance", tmp_path)
    assert damaged.exit_code == 1
    assert "'parley rebuild 1'" in damaged.output
    rebuilt = run("rebuild", "1", "--instance", tmp_path)
    assert rebuilt.exit_code == 0, rebuilt.output
    assert run("export", tmp_path / "files", "--instance", tmp_path).exit_code == 0
    claims = "data/claims/siga-2024-02.trig"
    assert (tmp_path / "files" / claims).read_bytes() == (ROOT / claims).read_bytes()
    assert run("rebuild", "2", "--instance", tmp_path).exit_code == 2


def test_a_draft_is_a_sheet_to_fill_in(run: Run, tmp_path: Path) -> None:
    text = tmp_path / "some-article.txt"
    text.write_text("A title of some length\n\nThe group reportedly met twice. It denies that.\n")
    result = run("draft", text)
    assert result.exit_code == 0, result.output
    assert "article: some-article" in result.output
    assert "quote: The group reportedly met twice." in result.output
    assert "hedge: reportedly" in result.output
    assert result.output.count("speaker:") == 1, "the author is named once, in the defaults"
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
    assert run("draft", tmp_path / "bad.txt").exit_code == 1
