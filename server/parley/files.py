"""Where the dataset's files are, and which named graph each of them fills."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from parley.errors import BadInput, NotFound
from parley.rdf import CATALOGUE_GRAPH, DEFAULT_BASE, DERIVED_GRAPHS, Namespaces

_HERE = Path(__file__).resolve()
_PIECE = 1 << 18
URI_SPACE = ox.NamedNode("http://rdfs.org/ns/void#uriSpace")
_CONFORMS_TO = ox.NamedNode("http://purl.org/dc/terms/conformsTo")
PLAIN = ox.NamedNode("https://w3id.org/parley/profile/plain")

# Folder and pattern of the files, and the graph they fill; `{}` is the file's name without ending.
LAYOUT = (
    ("ontology/parley.ttl", "ontology"),
    ("ontology/vocab.ttl", "vocab"),
    ("ontology/shapes/*.ttl", "shapes/{}"),
    ("ontology/alignments/*.ttl", "alignments/{}"),
    ("data/dataset.ttl", "dataset"),
    ("data/entities/*.ttl", "entities/{}"),
    ("data/articles/*.ttl", "articles/{}"),
    ("data/claims/*.trig", "claims/{}"),
)

# A saved query has a file and fills no graph of its own: it is one node of the graph of queries.
QUERIES = ("queries/*.rq", "queries/{}")

_LONGEST = 200  # bytes of a file's name; a file written by rename has a few more for a moment


def path_of(graph: str) -> Path:
    """The file of a graph, or of a saved query (`queries/NAME`), in the dataset's folder.

    Raises BadInput where there can be none.
    """
    for pattern, name in (*LAYOUT, QUERIES):
        head, star, _ = name.partition("{}")
        if not star and graph == name:
            return Path(pattern)
        stem = graph.removeprefix(head)
        if star and graph != stem and _is_file_name(stem):
            return Path(pattern.replace("*", stem))
    raise BadInput(f"no file of a dataset holds the graph '{graph}'")


def graph_of(path: Path) -> str | None:
    """The graph that a file fills, or `queries/NAME`, from its path in the dataset's folder.

    None for a file that is not of the dataset.
    """
    for pattern, name in (*LAYOUT, QUERIES):
        wanted = Path(pattern)
        if (path.parent, path.suffix) != (wanted.parent, wanted.suffix):
            continue
        if wanted.stem == path.stem or (wanted.stem == "*" and _is_file_name(path.stem)):
            return name.format(path.stem)
    return None


def _is_file_name(stem: str) -> bool:
    fits = 0 < len(stem.encode()) <= _LONGEST and stem.isprintable()
    return fits and not stem.startswith(".") and not set(stem) & set('/\\*?:"{}')


class Counted(io.FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, told: Callable[[int], None]) -> None:
        super().__init__(path)
        self._told = told

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # any buffer
        count = super().readinto(buffer)
        self._told(count)
        return count


@dataclass(frozen=True)
class Source:
    """One file of a dataset and the name of the graph it fills (`claims/siga-2024-02`)."""

    path: Path
    graph: str

    def quads(
        self, names: Namespaces, read: Callable[[int], None] = lambda count: None
    ) -> Iterator[ox.Quad]:
        """The file's quads; `read` is told how many bytes were read each time some were.

        Raises BadInput with file, line and column at the first mistake.
        """
        own = names.graph(self.graph)
        allowed = {own, names.graph("propositions")}
        trig = self.path.suffix == ".trig"
        form = ox.RdfFormat.TRIG if trig else ox.RdfFormat.TURTLE
        try:
            with io.BufferedReader(Counted(self.path, read), _PIECE) as file:
                for quad in ox.parse(file, form, base_iri=names.base):
                    if trig and quad.graph_name not in allowed:
                        raise BadInput(
                            f"quads stand in graph {quad.graph_name}; this file may fill only "
                            + " and ".join(sorted(str(g) for g in allowed)),
                            source=str(self.path),
                        )
                    graph = quad.graph_name if trig else own
                    yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)
        except SyntaxError as error:
            raise BadInput(
                f"not valid {form.name}: {error.msg}",
                source=str(self.path),
                line=error.lineno,
                column=error.offset,
            ) from error
        except UnicodeDecodeError as error:
            raise BadInput(f"not UTF-8: {error.reason}", source=str(self.path)) from error


@dataclass(frozen=True)
class Dataset:
    """A folder with `ontology/`, `data/` and `queries/`, and the namespaces it declares.

    A `plain` dataset has no files that fill graphs, no shapes and no rules: all that is in it came
    in over the protocols, and its default graph is a graph of its own.
    """

    root: Path
    names: Namespaces
    plain: bool = False

    def sources(self) -> list[Source]:
        """Every file that fills a graph, in a fixed order."""
        if self.plain:
            return []
        found = []
        for pattern, graph in LAYOUT:
            for path in sorted(self.root.glob(pattern)):
                found.append(Source(path, graph.format(path.stem)))
        return found

    def stray(self) -> list[Path]:
        """RDF files under `ontology/` and `data/` that no rule of the layout picks up."""
        known = {source.path for source in self.sources()}
        return sorted(
            path
            for folder in ("ontology", "data")
            for path in (self.root / folder).rglob("*")
            if path.suffix in {".ttl", ".trig", ".nt", ".nq", ".rdf", ".owl"} and path not in known
        )

    def quads(self, read: Callable[[int], None] = lambda count: None) -> Iterator[ox.Quad]:
        """All quads of all files, one file after another. Raises BadInput."""
        for source in self.sources():
            yield from source.quads(self.names, read)

    def size(self) -> int:
        """The bytes of all files together."""
        return sum(source.path.stat().st_size for source in self.sources())

    def rules(self) -> list[Path]:
        """The derivation rules, in the order they run."""
        return sorted((self.root / "ontology/rules").glob("*.rq"))

    def queries(self) -> list[Path]:
        """The saved queries."""
        return sorted((self.root / "queries").glob("*.rq"))

    def derived(self) -> tuple[ox.NamedNode, ...]:
        """The graphs that rules fill and no file may."""
        return tuple(self.names.graph(name) for name in DERIVED_GRAPHS)

    def made(self) -> tuple[ox.NamedNode, ...]:
        """The graphs that no RDF file fills: the derived ones, and that of the saved queries."""
        return (*self.derived(), self.names.graph(CATALOGUE_GRAPH))


def find_root(given: Path | None = None) -> Path:
    """The dataset's folder: the one given, else the checkout's, else the one inside the wheel."""
    candidates = [given] if given else [_HERE.parents[2], _HERE.parent / "dataset"]
    for folder in candidates:
        described = (folder / "data/dataset.ttl").is_file()
        if described or ((folder / "ontology").is_dir() and (folder / "data").is_dir()):
            return folder.resolve()
    raise NotFound(
        f"no dataset in {' or '.join(str(c) for c in candidates)}: a dataset folder has "
        "ontology/, data/ and queries/; 'parley init' makes one"
    )


def open_dataset(given: Path | None = None) -> Dataset:
    """The dataset in a folder, its base IRI read from `void:uriSpace` in data/dataset.ttl."""
    root = find_root(given)
    path = root / "data/dataset.ttl"
    if not path.exists():
        return Dataset(root, Namespaces(DEFAULT_BASE))
    described = list(Source(path, "dataset").quads(Namespaces(DEFAULT_BASE)))
    spaces = {
        quad.object.value
        for quad in described
        if quad.predicate == URI_SPACE and isinstance(quad.object, ox.Literal)
    }
    if len(spaces) != 1:
        raise BadInput(
            f"declares {len(spaces)} base IRIs; state exactly one with void:uriSpace",
            source=str(path),
        )
    plain = any(q.predicate == _CONFORMS_TO and q.object == PLAIN for q in described)
    return Dataset(root, Namespaces(spaces.pop()), plain)
