"""`parley load`: one commit of what was edited in files, and no live edit undone."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import Result

from parley.rdf import RDFS_LABEL, Namespaces
from parley.store.versions import Versions

ROOT = Path(__file__).parents[2]
NAMES = Namespaces()
AGENTS, CLAIMS = "data/entities/agents.ttl", "data/claims/siga-2024-02.trig"
ALSO = ox.NamedNode("http://www.w3.org/2004/02/skos/core#altLabel")
GRAPH = NAMES.graph("entities/agents")
TABAROV = NAMES.thing("amriddin-tabarov")
Run = Callable[..., Result]
Live = Callable[..., None]


def label(text: str, predicate: ox.NamedNode = RDFS_LABEL) -> ox.Quad:
    return ox.Quad(TABAROV, predicate, ox.Literal(text, language="en"), GRAPH)


@pytest.fixture
def files(run: Run, own: Path, tmp_path: Path) -> Path:
    """An export of version 1."""
    assert run("export", tmp_path / "files", "--instance", own).exit_code == 0
    return tmp_path / "files"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def store(instance: Path) -> ox.Store:
    current = Versions(instance).current()
    assert current is not None
    return current.open()


def test_an_export_that_was_not_edited_is_no_change(run: Run, own: Path, files: Path) -> None:
    result = run("load", files, "-m", "nothing", "--instance", own)
    assert result.exit_code == 0, result.output
    assert "nothing changed; still version 1" in result.output
    assert run("load", files, "-m", "x", "--base-version", "1", "--instance", own).exit_code == 0
    assert Versions(own).number() == 1


def test_edits_of_files_and_live_edits_both_stay(
    run: Run, own: Path, files: Path, live: Live
) -> None:
    live(own, added={label("Boris was here", ALSO)})
    edit(files / AGENTS, '"Amriddin Tabarov"@en', '"Amriddin Tabarov the elder"@en')
    dry = run("load", files, "-m", "a name", "--dry-run", "--instance", own)
    assert dry.exit_code == 0, dry.output
    assert "A <https://w3id.org/parley/id/amriddin-tabarov>" in dry.output
    assert Versions(own).number() == 2
    result = run("load", files, "-m", "a name", "--author", "Amina", "--json", "--instance", own)
    assert result.exit_code == 0, result.output
    done = json.loads(result.stdout)
    assert (done["version"], done["files"]) == (3, [AGENTS])
    assert (done["added"], done["removed"], done["behind"]) == (1, 1, 1)
    now = store(own)
    assert label("Boris was here", ALSO) in now
    assert label("Amriddin Tabarov the elder") in now
    assert label("Amriddin Tabarov") not in now
    entry = list(Versions(own).history())[-1]
    assert (entry.author, entry.text) == ("Amina", "a name")
    # That the files lack the live edit is no wish to remove it, nor is a live revert undone.
    live(own, added={label("Amriddin Tabarov")}, removed={label("Amriddin Tabarov the elder")})
    again = run("load", files, "-m", "nothing", "--instance", own)
    assert "nothing changed; still version 4" in again.output
    brought = run("export", files, "--instance", own)
    assert brought.exit_code == 0, brought.output
    assert "Boris was here" in (files / AGENTS).read_text("utf-8")


def test_two_values_for_the_same_are_refused_with_the_commit(
    run: Run, own: Path, files: Path, live: Live
) -> None:
    live(own, added={label("Amriddin T.")}, removed={label("Amriddin Tabarov")})
    edit(files / AGENTS, '"Amriddin Tabarov"@en', '"A. Tabarov"@en')
    refused = run("load", files, "-m", "a name", "--instance", own)
    assert refused.exit_code == 1
    assert "id:amriddin-tabarov rdfs:label in" in refused.output
    assert 'files: "A. Tabarov"@en' in refused.output
    assert 'live: "Amriddin T."@en (version 2 by Boris: a live edit)' in refused.output
    data = json.loads(run("load", files, "-m", "x", "--json", "--instance", own).stdout)
    assert data["undone"][0]["commits"] == [2]
    assert Versions(own).number() == 2
    forced = run("load", files, "-m", "a name", "--force", "--instance", own)
    assert forced.exit_code == 0, forced.output
    labels = {
        q.object.value for q in store(own).quads_for_pattern(TABAROV, RDFS_LABEL, None, GRAPH)
    }
    assert labels == {"A. Tabarov"}


def test_what_the_checks_refuse_changes_nothing(run: Run, own: Path, files: Path) -> None:
    edit(files / AGENTS, '"Amriddin Tabarov"@en', '"Amriddin Tabarov"@en ;\n    parley:typo 1')
    refused = run("load", files, "-m", "a typo", "--instance", own)
    assert refused.exit_code == 1
    assert "parley:typo" in refused.output
    assert "does not conform" in refused.output
    assert Versions(own).number() == 1
    (files / AGENTS).write_text("id:x a")
    broken = run("load", files, "-m", "broken", "--instance", own)
    assert broken.exit_code == 1
    assert "agents.ttl:1:" in broken.output


def test_the_ontology_is_loaded_from_files_and_checked_as_a_whole(
    run: Run, own: Path, files: Path
) -> None:
    edit(files / "ontology/vocab.ttl", 'rdfs:label "', 'rdfs:label "Really ')
    result = run("load", files / "ontology", "-m", "a term", "--instance", own)
    assert result.exit_code == 0, result.output
    assert "published version 2: +1 -1" in result.output


def test_only_files_of_the_layout_whose_origin_is_known_are_loaded(
    run: Run, own: Path, files: Path, tmp_path: Path
) -> None:
    shutil.copy(files / AGENTS, tmp_path / "notes.ttl")
    outside = run("load", tmp_path / "notes.ttl", "-m", "x", "--instance", own)
    assert outside.exit_code == 1
    assert "data/claims/*.trig" in outside.output
    shutil.copytree(files / "data", tmp_path / "other/data")
    unknown = run("load", tmp_path / "other", "-m", "x", "--instance", own)
    assert unknown.exit_code == 1
    assert "--base-version" in unknown.output
    edit(tmp_path / "other" / AGENTS, '"Amriddin Tabarov"@en', '"A. Tabarov"@en')
    told = run(
        "load", tmp_path / "other", "-m", "x", "--base-version", "1", "--instance", own, "--json"
    )
    assert json.loads(told.stdout)["files"] == [AGENTS]
    assert run("load", tmp_path / "other", "-m", "x", "--instance", own).exit_code == 0
    assert run("load", files, "-m", "x", "--graph", "x:y", "--instance", own).exit_code == 2


def test_a_new_file_is_loaded_and_edited_without_an_export(
    run: Run, own: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new/data/entities/people.ttl"
    new.parent.mkdir(parents=True)
    new.write_text(
        "@prefix id: <https://w3id.org/parley/id/> .\n"
        "@prefix parley: <https://w3id.org/parley/ontology#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        'id:somebody a parley:Person ; rdfs:label "Somebody"@en ; skos:scopeNote "One."@en .\n'
    )
    added = run("load", new, "-m", "a person", "--instance", own)
    assert added.exit_code == 0, added.output
    edit(new, "Somebody", "Somebody else")
    assert run("load", new, "-m", "a name", "--instance", own).exit_code == 0
    people = NAMES.graph("entities/people")
    assert len(list(store(own).quads_for_pattern(None, None, None, people))) == 3


def test_a_build_does_not_undo_a_live_edit_that_its_files_do_not_have(
    run: Run, own: Path, live: Live
) -> None:
    live(own, added={label("Boris was here", ALSO)})
    refused = run("build", "--instance", own)
    assert refused.exit_code == 1
    assert "version 2 by Boris: a live edit" in refused.output
    assert f"'parley load {ROOT}'" in refused.output
    assert Versions(own).number() == 2
    assert run("build", "--force", "--instance", own).exit_code == 0
    assert label("Boris was here", ALSO) not in store(own)


def test_a_plain_dataset_takes_any_file(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path / "plain", "--plain")
    where = ("--dataset", tmp_path / "plain", "--instance", tmp_path / "var")
    run("build", *where)
    (tmp_path / "a.ttl").write_text("<x:a> <x:p> 1 . <x:b> <x:p> 2 .")
    (tmp_path / "b.ttl").write_text("<x:a> <x:p> 1 . <x:c> <x:p> 3 .")
    (tmp_path / "q.nq").write_text("<x:a> <x:p> <x:o> <x:h> .\n")
    load = ("load", "-m", "a load", "--json", *where)

    def done(*more: str | Path) -> tuple[int, int, int]:
        result = run(*load, *more)
        assert result.exit_code == 0, result.output
        data = json.loads(result.stdout)
        return data["version"], data["added"], data["removed"]

    assert done(tmp_path / "a.ttl", "--graph", "x:g", "--dry-run") == (1, 2, 0)
    assert done(tmp_path / "a.ttl", "--graph", "x:g") == (2, 2, 0)
    assert done(tmp_path / "a.ttl", "--graph", "x:g") == (2, 0, 0)
    assert done(tmp_path / "b.ttl", "--graph", "x:g") == (3, 1, 1)
    assert done(tmp_path / "a.ttl", "--graph", "x:g", "--add") == (4, 1, 0)
    assert done(tmp_path / "q.nq", "--base-version", "1") == (5, 1, 0)
    assert {str(q.graph_name) for q in store(tmp_path / "var")} == {"<x:g>", "<x:h>"}
    stale = run(*load, tmp_path / "a.ttl", "--graph", "x:g", "--base-version", "2")
    assert stale.exit_code == 1
    assert "version 3, 4" in stale.output
    (tmp_path / "bad.nt").write_text("<x:a> <x:p> .\n")
    bad = run(*load, tmp_path / "bad.nt", "--graph", "x:g")
    assert bad.exit_code == 1
    assert "bad.nt:1:" in bad.output
    assert run(*load, tmp_path / "bad.nt", "--graph", "no iri").exit_code == 2
    (tmp_path / "x.doc").write_text("")
    assert "no known format" in run(*load, tmp_path / "x.doc").output
