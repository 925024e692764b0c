"""Which files of a dataset's layout a user names, and the folder they are in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from parley.catalogue import catalogue_quads
from parley.errors import BadInput
from parley.files import LAYOUT, QUERIES, Source, graph_of
from parley.queries import load
from parley.rdf import Namespaces

_RDF = {".ttl", ".trig", ".nt", ".nq", ".rdf", ".owl"}
_ANSWERS = "expected"  # the folder of expected answers, which fill no graph


@dataclass(frozen=True)
class Given:
    """Files to load: those at `paths` in `folder`; `whole` when all of the folder is meant."""

    folder: Path
    paths: tuple[Path, ...]
    whole: bool

    def name(self, path: Path) -> str:
        """The graph that the file at a path fills, or `queries/NAME`."""
        name = graph_of(path)
        assert name is not None
        return name

    def quads(
        self, path: Path, names: Namespaces, read: Callable[[int], None]
    ) -> Iterable[ox.Quad]:
        """What a file says; `read` is told how many bytes were read. Raises BadInput."""
        file = self.folder / path
        if path.suffix != ".rq":
            return Source(file, self.name(path)).quads(names, read)
        read(file.stat().st_size)
        return catalogue_quads(load([file], names), names)


def gather(places: Sequence[Path]) -> Given:
    """The files of a dataset's layout that files and folders name.

    Raises BadInput for an RDF file outside the layout, with the list of what may be loaded.
    """
    found: dict[Path, set[Path]] = {}
    whole = False
    for place in (Path(os.path.abspath(place)) for place in places):
        if place.is_dir():
            inside = _files(place)
            folder = place if _is_root(place) else None
            whole = whole or folder is not None
        else:
            inside, folder = [place], None
        for file in inside:
            root, path = _placed(file, folder)
            found.setdefault(root, set()).add(path)
    if len(found) != 1:
        raise BadInput(
            "name files of one dataset folder at a time"
            if found
            else f"no file that may be loaded; {_layout()}"
        )
    ((root, paths),) = found.items()
    return Given(root, tuple(sorted(paths)), whole)


def _is_root(folder: Path) -> bool:
    return (folder / "data").is_dir() or (folder / "ontology").is_dir()


def _files(folder: Path) -> list[Path]:
    if _is_root(folder):
        places = [folder / "data", folder / "ontology"]
        found = [p for place in places for p in place.rglob("*") if p.suffix in _RDF]
        return sorted([*found, *folder.glob(QUERIES[0])])
    endings = {*_RDF, ".rq"}
    return sorted(p for p in folder.rglob("*") if p.suffix in endings and p.parent.name != _ANSWERS)


def _placed(file: Path, folder: Path | None) -> tuple[Path, Path]:
    """The dataset's folder that a file is in, and its path there."""
    for root in [folder] if folder else list(file.parents)[:3]:
        path = file.relative_to(root)
        if graph_of(path):
            return root, path
    raise BadInput(f"fills no graph of a dataset; {_layout()}", source=str(file))


def _layout() -> str:
    return "what may be loaded is " + ", ".join(pattern for pattern, _ in (*LAYOUT, QUERIES))
