"""Which files of a dataset's layout a user names, and the folder they are in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parley.errors import BadInput
from parley.files import LAYOUT, Source, graph_of

_RDF = {".ttl", ".trig", ".nt", ".nq", ".rdf", ".owl"}


@dataclass(frozen=True)
class Given:
    """Files to load: those at `paths` in `folder`; `whole` when all of the folder is meant."""

    folder: Path
    paths: tuple[Path, ...]
    whole: bool

    def source(self, path: Path) -> Source:
        """The file at a path, with the graph it fills."""
        graph = graph_of(path)
        assert graph is not None
        return Source(self.folder / path, graph)


def gather(places: Sequence[Path]) -> Given:
    """The files of a dataset's layout that files and folders name.

    Raises BadInput for an RDF file outside the layout, with the list of what may be loaded.
    """
    found: dict[Path, set[Path]] = {}
    whole = False
    for place in (Path(os.path.abspath(place)) for place in places):
        if place.is_dir():
            inside = _rdf_files(place)
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


def _rdf_files(folder: Path) -> list[Path]:
    places = [folder / "data", folder / "ontology"] if _is_root(folder) else [folder]
    return sorted(p for place in places for p in place.rglob("*") if p.suffix in _RDF)


def _placed(file: Path, folder: Path | None) -> tuple[Path, Path]:
    """The dataset's folder that a file is in, and its path there."""
    for root in [folder] if folder else list(file.parents)[:3]:
        path = file.relative_to(root)
        if graph_of(path):
            return root, path
    raise BadInput(f"fills no graph of a dataset; {_layout()}", source=str(file))


def _layout() -> str:
    return "what may be loaded is " + ", ".join(pattern for pattern, _ in LAYOUT)
