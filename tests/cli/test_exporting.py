"""`parley export`: the files of a version, no byte more, and nobody's edits lost."""

import json
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import Result

from parley.rdf import RDFS_LABEL, Namespaces

ROOT = Path(__file__).parents[2]
NAMES = Namespaces()
AGENTS = "data/entities/agents.ttl"
Run = Callable[..., Result]
Live = Callable[..., None]


def label(graph: str, slug: str, text: str) -> ox.Quad:
    return ox.Quad(
        NAMES.thing(slug), RDFS_LABEL, ox.Literal(text, language="en"), NAMES.graph(graph)
    )


def test_one_live_edit_is_a_diff_of_one_line(
    run: Run, own: Path, live: Live, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert run("export", out, "--instance", own).exit_code == 0
    before = (out / AGENTS).read_text().splitlines()
    assert before == (ROOT / AGENTS).read_text().splitlines()
    subject = NAMES.thing("amriddin-tabarov")
    added = ox.Quad(
        subject,
        ox.NamedNode("http://www.w3.org/2004/02/skos/core#hiddenLabel"),
        ox.Literal("Amriddin", language="en"),
        NAMES.graph("entities/agents"),
    )
    live(own, {added})
    result = run("export", out, "--json", "--instance", own)
    done = json.loads(result.stdout)
    assert (done["version"], done["written"], done["removed"]) == (2, [AGENTS], [])
    after = (out / AGENTS).read_text().splitlines()
    assert set(after) - set(before) == {'    skos:hiddenLabel "Amriddin"@en ;'}
    assert set(before) <= set(after)
    assert len(after) == len(before) + 1
    first = run("export", out, "--version", "1", "--instance", own)
    assert first.exit_code == 0, first.output
    assert (out / AGENTS).read_text().splitlines() == before


def test_the_file_of_a_graph_that_is_gone_is_removed_if_an_export_wrote_it(
    run: Run, own: Path, live: Live, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    extra = label("entities/extra", "somebody", "Somebody")
    live(own, {extra})
    run("export", out, "--instance", own)
    path = out / "data/entities/extra.ttl"
    assert path.exists()
    (out / "data/entities/notes.ttl").write_text("# mine\n")
    live(own, removed={extra})
    edited = path.read_text() + "# mine\n"
    path.write_text(edited)
    refused = run("export", out, "--instance", own)
    assert refused.exit_code == 1
    assert "data/entities/extra.ttl" in refused.output
    assert path.read_text() == edited
    path.write_text(edited.removesuffix("# mine\n"))
    result = run("export", out, "--instance", own)
    assert "data/entities/extra.ttl (removed)" in result.output
    assert not path.exists()
    assert (out / "data/entities/notes.ttl").exists()


def test_edited_files_are_not_written_over(run: Run, own: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("export", out, "--instance", own).exit_code == 0
    edited = (out / AGENTS).read_text().replace('"@en', ' (edited)"@en', 1)
    (out / AGENTS).write_text(edited)
    refused = run("export", out, "--instance", own)
    assert refused.exit_code == 1
    assert AGENTS in refused.output
    assert "--force" in refused.output
    assert (out / AGENTS).read_text() == edited
    assert run("export", out, "--force", "--instance", own).exit_code == 0
    assert (out / AGENTS).read_bytes() == (ROOT / AGENTS).read_bytes()


def test_files_that_no_export_wrote_are_not_written_over(
    run: Run, own: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / AGENTS).parent.mkdir(parents=True)
    (out / AGENTS).write_text("mine")
    assert run("export", out, "--instance", own).exit_code == 1
    assert (out / AGENTS).read_text() == "mine"
    assert not (out / "ontology").exists()


@pytest.mark.parametrize(
    "name",
    [
        "entities/../../../escaped",
        "entities/..",
        "entities/a/b",
        "entities/" + "x" * 300,
        "entities/a%2F..:b",
        "entities/",
        "elsewhere/x",
        "shapes/.hidden",
    ],
)
def test_no_name_of_a_graph_leads_out_of_the_folder(
    run: Run, own: Path, live: Live, tmp_path: Path, name: str
) -> None:
    live(own, {label(name, "somebody", "Somebody")})
    before = set(tmp_path.rglob("*.ttl"))
    result = run("export", tmp_path / "out", "--instance", own)
    assert result.exit_code == 1
    assert "no file of a dataset holds the graph" in result.output
    assert set(tmp_path.rglob("*.ttl")) == before


def test_names_that_differ_in_case_only_would_share_a_file(
    run: Run, own: Path, live: Live, tmp_path: Path
) -> None:
    live(own, {label("entities/Agents", "somebody", "Somebody")})
    result = run("export", tmp_path / "out", "--instance", own)
    assert result.exit_code == 1
    assert "'entities/Agents' and 'entities/agents'" in result.output


def test_a_link_out_of_the_folder_is_not_followed(run: Run, own: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/data").symlink_to(tmp_path / "elsewhere")
    result = run("export", tmp_path / "out", "--force", "--instance", own)
    assert result.exit_code == 1
    assert "leads out of" in result.output
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_hostile_manifest_names_no_file_to_remove(run: Run, own: Path, tmp_path: Path) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim.ttl"
    run("export", out, "--instance", own)
    victim.write_text("mine")
    manifest = json.loads((out / ".parley-export.json").read_text())
    manifest["files"]["../victim.ttl"] = "0" * 64
    manifest["files"]["data/entities/../../../victim.ttl"] = "0" * 64
    (out / ".parley-export.json").write_text(json.dumps(manifest))
    assert run("export", out, "--force", "--instance", own).exit_code == 0
    assert victim.read_text() == "mine"
    (out / ".parley-export.json").write_text('{"version": 1}')
    broken = run("export", out, "--instance", own)
    assert broken.exit_code == 1
    assert "is not what an export writes" in broken.output
