"""What a build from files would undo: commits that the files do not know of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pyoxigraph as ox

from parley.errors import BadInput, Unseen
from parley.files import URI_SPACE, Dataset, graph_of
from parley.rdf import CATALOGUE_GRAPH
from parley.store.change import Change
from parley.store.ledger import Entry
from parley.store.versions import Versions
from parley.syncing.exporting import SHARED, Content, file_sum
from parley.syncing.manifest import Manifest
from parley.syncing.merging import made_by, some


def file_sums(dataset: Dataset) -> dict[Path, str]:
    """The SHA-256 of each file of a dataset, by its path in the dataset's folder."""
    files = [*(source.path for source in dataset.sources()), *dataset.queries()]
    paths = (file.relative_to(dataset.root) for file in files)
    return {path: file_sum(dataset.root / path) or "" for path in paths}


def refuse_undoing(dataset: Dataset, versions: Versions) -> Callable[[Change], None]:
    """For a build: raises Unseen when it would undo commits that the dataset's files do not know.

    What the files said last is known from a build, a load or an export; else it is version 1.
    Raises BadInput when the instance holds another dataset, which the build would replace.
    """
    known = Manifest.find(dataset.root, versions)
    derived = set(dataset.derived())
    names = dataset.names
    shared, saved = names.graph(SHARED), names.graph(CATALOGUE_GRAPH)

    def allow(change: Change) -> None:
        for quad in change.removed:
            if quad.predicate == URI_SPACE and isinstance(quad.object, ox.Literal):
                raise BadInput(
                    f"{versions.instance} holds another dataset, with the base IRI "
                    f"{quad.object.value}; nothing was changed: name another folder with "
                    "--instance, or replace that dataset with --force"
                )
        number = known.version if known else 1
        base = Content(versions.get(number).open(), known.apart if known else Change())
        files = known.files if known else {}
        had = {shared, *(names.graph(str(graph_of(path))) for path in files)}
        asked = {names.query(path.stem) for path in files if path.suffix == ".rq"}

        def was_in_files(quad: ox.Quad) -> bool:
            listed = quad.subject in asked if quad.graph_name == saved else quad.graph_name in had
            return quad in base and (known is None or listed)

        undone = {quad for quad in change.removed if not was_in_files(quad)}
        undone |= {quad for quad in change.added if was_in_files(quad)}
        undone = {quad for quad in undone if quad.graph_name not in derived}
        if undone:
            made = made_by(undone, versions, number)
            raise _not_in_files(undone, made, dataset)

    return allow


def _not_in_files(undone: set[ox.Quad], made: Mapping[ox.Quad, Entry], dataset: Dataset) -> Unseen:
    entries = {entry.number: entry for entry in made.values()}
    lines = [
        f"  version {number} by {entry.author}: {entry.text}"
        for number, entry in sorted(entries.items())
    ]
    quads = sorted(undone, key=str)
    return Unseen(
        f"refused: the files do not have {len(undone):,} quads of live edits, and a build would "
        "undo them; nothing was changed\n"
        + some(lines)
        + f"\ncommit only what you edited with 'parley load {dataset.root}' and write the live "
        f"edits into the files with 'parley export {dataset.root}', or undo them with --force",
        [
            {"quad": str(quad), "commit": made[quad].number if quad in made else None}
            for quad in quads
        ],
    )
