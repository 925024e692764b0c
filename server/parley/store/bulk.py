"""Files of any size into the graphs of a plain dataset, as one commit of what they change."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox

from parley.errors import BadInput, Unseen
from parley.files import Counted
from parley.formats import DATASETS, GRAPHS, Format, named
from parley.store.difference import difference
from parley.store.ledger import Message
from parley.store.replay import drop_empty
from parley.store.versions import Version, Versions

_BATCH = 50_000
_PIECE = 1 << 18
Graph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph


@dataclass(frozen=True)
class Filled:
    """The version that is current after a load, and how many quads it added and removed."""

    version: Version
    added: int
    removed: int


def fill(
    files: Sequence[Path],
    graph: ox.NamedNode | None,
    versions: Versions,
    parent: Version,
    message: Message,
    *,
    base: int | None = None,
    add: bool = False,
    dry_run: bool = False,
    read: Callable[[int], None] = lambda count: None,
) -> Filled:
    """Replace the graphs that files fill by what the files say; with `add`, keep what is there.

    Triples fill `graph`, or the default graph; a file of quads says itself which graphs it fills.
    Files are read piece by piece, and the change is worked out in files: memory stays bounded.
    Blank nodes get new labels. Raises BadInput for a file that cannot be read, Unseen when a commit
    after version `base` touched the same graphs, and Stale when somebody else published meanwhile;
    then nothing is changed.
    """
    target = graph or ox.DefaultGraph()
    with versions.stage(parent) as staged:
        seen = set[Graph]()

        def begin(filled: Graph) -> None:
            if filled not in seen and not add:
                staged.store.clear_graph(filled)
            seen.add(filled)

        for file in files:
            form = _format(file)
            if form.kind == "graph":
                begin(target)
            quads = _quads(file, form, target, read)
            while batch := list(islice(quads, _BATCH)):
                for filled in {quad.graph_name for quad in batch} - seen:
                    begin(filled)
                staged.store.bulk_extend(batch)
        if base is not None:
            _refuse_unseen(seen, versions, base, parent)
        drop_empty(staged.store, [g for g in seen if isinstance(g, ox.NamedNode)])
        change = difference(parent.open(), staged.store, staged.folder)
        if dry_run or not change.added + change.removed:
            return Filled(parent, change.added, change.removed)
        return Filled(versions.publish(staged, change, message), change.added, change.removed)


def _format(file: Path) -> Format:
    plain = file.with_suffix("") if file.suffix == ".gz" else file
    form = named(plain.suffix.removeprefix("."), GRAPHS + DATASETS) if plain.suffix else None
    if form is None:
        offered = ", ".join(f".{form.extension}" for form in GRAPHS + DATASETS)
        raise BadInput(f"has no known format; use {offered}, each also as .gz", source=str(file))
    return form


def _quads(
    file: Path, form: Format, target: Graph, read: Callable[[int], None]
) -> Iterator[ox.Quad]:
    assert isinstance(form.engine, ox.RdfFormat)
    try:
        with io.BufferedReader(Counted(file, read), _PIECE) as raw:
            unpacked = gzip.GzipFile(fileobj=raw) if file.suffix == ".gz" else raw
            source = cast(IO[bytes], unpacked)
            for quad in ox.parse(source, form.engine, rename_blank_nodes=True):
                if form.kind == "graph":
                    yield ox.Quad(quad.subject, quad.predicate, quad.object, target)
                else:
                    yield quad
    except SyntaxError as error:
        raise BadInput(
            f"not valid {form.engine.name}: {error.msg}",
            source=str(file),
            line=error.lineno,
            column=error.offset,
        ) from error
    except (ValueError, RuntimeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadInput(f"not valid {form.engine.name}: {error}", source=str(file)) from error


def _refuse_unseen(graphs: set[Graph], versions: Versions, base: int, parent: Version) -> None:
    """Raises Unseen when a commit after version `base` touched one of the graphs."""
    undone = []
    for number in range(base + 1, parent.number + 1):
        rows = (
            next(ox.parse(line, ox.RdfFormat.N_QUADS)) for _, line in versions.ledger.rows(number)
        )
        graph = next((quad.graph_name for quad in rows if quad.graph_name in graphs), None)
        if graph is not None:
            undone.append({"version": number, "graph": str(graph)})
    if undone:
        listed = ", ".join(str(one["version"]) for one in undone)
        raise Unseen(
            f"refused: the files would undo what version {listed} did to the same graphs since "
            f"version {base}; nothing was changed\nlook at it with 'parley show', take it into the "
            "files, and load them without --base-version",
            undone,
        )
