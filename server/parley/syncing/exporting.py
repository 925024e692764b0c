"""A version written back to the dataset's files: canonical, sorted, byte-identical if unchanged."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from parley.catalogue import name_in, text_in
from parley.errors import BadInput, ParleyError
from parley.files import path_of
from parley.queries import is_name
from parley.rdf import CATALOGUE_GRAPH, DERIVED_GRAPHS, Namespaces, term
from parley.store.change import Change
from parley.store.versions import Version, Versions
from parley.syncing.manifest import Manifest, digest, write_file
from parley.turtle import write_trig, write_turtle

SHARED = "propositions"
_CLAIMS = term("claims")
_SHOWN = 10


@dataclass(frozen=True)
class Content:
    """What the files of a folder say: the quads of a version's `store`, changed by `apart`."""

    store: ox.Store
    apart: Change = field(default_factory=Change)

    def quads(self, subject: ox.NamedNode | None, graph: ox.NamedNode) -> set[ox.Quad]:
        """The quads of a graph, all of them or those of one subject."""
        found = set(self.store.quads_for_pattern(subject, None, None, graph))
        if self.apart.is_empty:
            return found

        def here(quad: ox.Quad) -> bool:
            return quad.graph_name == graph and subject in (None, quad.subject)

        return (found - self.apart.removed) | {q for q in self.apart.added if here(q)}

    def __contains__(self, quad: ox.Quad) -> bool:
        if quad in self.apart.added:
            return True
        return quad in self.store and quad not in self.apart.removed

    def file_quads(self, name: str, names: Namespaces) -> set[ox.Quad]:
        """What the file of a graph holds: a claims file the propositions it claims, too.

        Of a saved query (`queries/NAME`) its description.
        """
        if path_of(name).suffix == ".rq":
            stem = path_of(name).stem
            return self.quads(names.query(stem), names.graph(CATALOGUE_GRAPH))
        quads = self.quads(None, names.graph(name))
        if path_of(name).suffix == ".trig":
            claimed = {q.object for q in quads if q.predicate == _CLAIMS}
            for node in claimed:
                if isinstance(node, ox.NamedNode):
                    quads |= self.quads(node, names.graph(SHARED))
        return quads


def graphs_with_files(store: ox.Store, names: Namespaces) -> list[str]:
    """The names of the graphs and saved queries (`queries/NAME`) that have a file each, in order.

    Raises BadInput for a graph that can have none, and for propositions that no claim claims:
    they would be in no file.
    """
    space, shared = f"{names.base}graph/", names.graph(SHARED)
    found, taken = [], dict[str, str]()
    for graph in sorted(store.named_graphs(), key=str):
        if not isinstance(graph, ox.NamedNode) or not graph.value.startswith(space):
            raise BadInput(f"the graph {graph} is outside <{space}> and has no file")
        name = graph.value.removeprefix(space)
        if name in {*DERIVED_GRAPHS, CATALOGUE_GRAPH} or graph == shared:
            continue
        if path_of(name).suffix == ".rq":
            raise BadInput(f"the graph {graph} has no file: saved queries stand in one graph")
        folded = unicodedata.normalize("NFC", str(path_of(name)).casefold())
        if folded in taken:
            raise BadInput(
                f"the graphs '{taken[folded]}' and '{name}' would share a file on some systems; "
                "rename one of them"
            )
        taken[folded] = name
        found.append(name)
    claimed = {quad.object for quad in store.quads_for_pattern(None, _CLAIMS, None, None)}
    for quad in store.quads_for_pattern(None, None, None, shared):
        if quad.subject not in claimed:
            raise BadInput(f"the proposition {quad.subject} belongs to no claim, so to no file")
    return [*found, *_queries(store, names)]


def _queries(store: ox.Store, names: Namespaces) -> list[str]:
    """The saved queries as `queries/NAME`. Raises BadInput for a description that is of none."""
    graph = names.graph(CATALOGUE_GRAPH)
    found = []
    for node in {quad.subject for quad in store.quads_for_pattern(None, None, None, graph)}:
        name = name_in(node, names)
        if name is None or not is_name(name):
            raise BadInput(f"{node} stands in {graph} and is no saved query, so it has no file")
        found.append(f"queries/{name}")
    return sorted(found)


def file_text(content: Content, name: str, names: Namespaces) -> str:
    """The text of the file that fills a graph, or of a saved query."""
    quads = content.file_quads(name, names)
    if path_of(name).suffix == ".rq":
        return text_in(quads)
    if path_of(name).suffix == ".trig":
        return write_trig(quads, names.prefixes)
    return write_turtle(quads, names.prefixes)


@dataclass(frozen=True)
class Exported:
    """What an export did: paths written, paths removed, and how many files were right already."""

    version: int
    written: tuple[Path, ...]
    removed: tuple[Path, ...]
    unchanged: int


def export(
    version: Version,
    versions: Versions,
    names: Namespaces,
    folder: Path,
    *,
    force: bool = False,
    progress: Callable[[int, int], None] = lambda done, files: None,
) -> Exported:
    """Write the files of a version to a folder, and remove those whose graphs are gone.

    `progress` is told how many files are done, of how many. Raises BadInput, before anything is
    written, when that would lose what somebody wrote there since the files were in step with a
    version; `force` does it all the same.
    """
    content = Content(version.open())
    wanted = {path_of(name): name for name in graphs_with_files(content.store, names)}
    known = Manifest.find(folder, versions)
    files = known.files if known else {}
    there = {path: file_sum(_within(folder, path)) for path in {*wanted, *files}}

    def bytes_of(path: Path) -> bytes:
        return file_text(content, wanted[path], names).encode()

    edited = sorted(
        path
        for path, found in there.items()
        if found not in (None, files.get(path))
        and not (path in wanted and found == digest(bytes_of(path)))
    )
    if edited and not force:
        raise _would_lose(folder, edited)
    written, sums = [], {}
    for done, path in enumerate(wanted, 1):
        data = bytes_of(path)
        sums[path] = digest(data)
        if there[path] != sums[path]:
            write_file(folder / path, data)
            written.append(path)
        progress(done, len(wanted))
    left = {path for path in files if path not in wanted and there[path]}
    gone = sorted({*left, *_answers(folder, left)})
    for path in gone:
        (folder / path).unlink()
    Manifest.of(version, versions, sums).keep_in(folder, versions)
    return Exported(version.number, tuple(written), tuple(gone), len(wanted) - len(written))


def _answers(folder: Path, files: Iterable[Path]) -> Iterator[Path]:
    """The expected answers of saved queries among some files, which mean nothing without them."""
    for query in files:
        for ending in ("tsv", "ttl") if query.suffix == ".rq" else ():
            answer = query.parent / "expected" / f"{query.stem}.{ending}"
            if _within(folder, answer).is_file():
                yield answer


def _would_lose(folder: Path, edited: list[Path]) -> BadInput:
    shown = "".join(f"\n  {path}" for path in edited[:_SHOWN])
    more = f"\n  and {len(edited) - _SHOWN} more" if len(edited) > _SHOWN else ""
    return BadInput(
        f"files that hold edits no version has, or that no export wrote, would be lost:{shown}"
        f"{more}\ncommit them first with 'parley load {folder}', export to another folder, or "
        "write over them with --force",
        source=str(folder),
    )


def _within(folder: Path, path: Path) -> Path:
    """The file at a path in a folder; raises BadInput when a link leads elsewhere."""
    place = folder / path
    if not place.parent.resolve().is_relative_to(folder.resolve()):
        raise BadInput(f"{place.parent} leads out of {folder}; nothing is written there")
    return place


def file_sum(path: Path) -> str | None:
    """The SHA-256 of a file, None where there is none."""
    try:
        return digest(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ParleyError(f"{path} cannot be read: {error.strerror}") from error


def write_files(texts: Iterable[tuple[Path, str]], target: Path) -> list[Path]:
    """Write each text under `target`; returns the paths."""
    written = []
    for relative, text in texts:
        write_file(target / relative, text.encode())
        written.append(relative)
    return written
