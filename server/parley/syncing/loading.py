"""Edited files to one commit: what they changed since they were in step, beside live edits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from parley.check.run import check_store
from parley.errors import BadInput, NotFound, Refused, Stale
from parley.files import Dataset, graph_of, path_of
from parley.model.derivation import derived_quads, read_rules
from parley.rdf import CATALOGUE_GRAPH, Namespaces, term
from parley.store.change import Change, canonical
from parley.store.ledger import Message
from parley.store.texts import Texts
from parley.store.versions import Version, Versions
from parley.syncing.exporting import SHARED, Content, file_sum
from parley.syncing.gathering import Given
from parley.syncing.manifest import Manifest
from parley.syncing.merging import clashes, refusal

# Derives and checks in a staged store; returns what derivation changed, or raises Refused.
Guard = Callable[[ox.Store, Change], Change]
_CLAIMS = term("claims")


def checked(dataset: Dataset, texts: Texts, gate: Guard) -> Guard:
    """A guard that leaves changes of data to the gate, and derives and checks all after others.

    The gate lets nobody write the ontology and the shapes; files may.
    """
    names = dataset.names

    def is_data(graph: ox.NamedNode) -> bool:
        name = graph.value.removeprefix(names.graph("").value)
        return name in {SHARED, CATALOGUE_GRAPH} or path_of(name).parts[0] == "data"

    def guard(store: ox.Store, change: Change) -> Change:
        if all(is_data(graph) for graph in change.graphs()):
            return gate(store, change)
        before = {
            q for g in dataset.derived() for q in store.quads_for_pattern(None, None, None, g)
        }
        after = derived_quads(store, names, read_rules(dataset.rules()))
        report = check_store(dataset, store, texts, quick=True)
        if not report.conforms:
            count = report.count("violation")
            raise Refused(f"refused: {count} violations; nothing was changed", report)
        return Change.between(before, after)

    return guard


@dataclass(frozen=True)
class Loaded:
    """What a load led to: the version that is current then, and what it changed in which files.

    `change` is the files' own part, `derived` what followed from it. `behind` counts quads in
    which the files differ from the version, because of live edits that they do not have.
    """

    version: Version
    is_new: bool
    change: Change
    derived: Change
    files: tuple[Path, ...]
    behind: int


def load(
    given: Given,
    dataset: Dataset,
    versions: Versions,
    message: Message,
    guard: Guard,
    *,
    base_version: str | None = None,
    force: bool = False,
    dry_run: bool = False,
    read: Callable[[int], None] = lambda count: None,
) -> Loaded:
    """Commit what the files changed since they were in step with a version, and only that.

    That version is the one named, else the one known from an export, a load or a build. `read`
    is told how many bytes were read. Raises Unseen where the files and live edits clash (`force`
    takes the files' values), Refused when the checks find violations, BadInput for a file that
    cannot be read or whose version is not known. In every such case nothing is changed.
    """
    known = None if base_version else Manifest.find(given.folder, versions)
    based = _based(base_version, known, versions)
    base = Content(based.open(), known.apart if known else Change()) if based else _NOTHING
    sums = {path: file_sum(given.folder / path) or "" for path in given.paths}
    edits, edited = _edits(given, base, known, sums, dataset.names, read)
    while True:
        current = versions.current()
        if current is None:
            raise NotFound("there is no version yet; 'parley build' makes the first one")
        if base_version is None:
            _refuse_unknown(given, edited, known, base, Content(current.open()), dataset.names)
        try:
            with versions.stage(current) as staged:
                now = Content(staged.store)
                queries = dataset.names.graph(CATALOGUE_GRAPH)
                clashing = clashes(edits, base, now, {queries})
                since = based.number if based else current.number
                if clashing and not force:
                    raise refusal(clashing, versions, since, dataset.names.prefixes)
                wanted = _wanted(edits, edited, now, dataset.names)
                for clash in clashing:
                    wanted = wanted.then(clash.to_files())
                change = staged.apply(wanted)
                derived, version = Change(), current
                if not change.is_empty:
                    derived = guard(staged.store, change)
                    if not dry_run:
                        version = versions.publish(staged, change.then(derived), message)
                break
        except Stale:  # somebody published between these lines
            continue
    behind = 0
    if not dry_run:
        files = {**(known.files if known and not given.whole else {}), **sums}
        apart = _apart(version, versions, based, base, wanted, dataset)
        behind = len(apart.added) + len(apart.removed)
        entry = versions.ledger.entry(version.number).sha256
        Manifest(version.number, entry, files, apart).keep(given.folder, versions)
    return Loaded(version, version != current, change, derived, tuple(edited), behind)


_NOTHING = Content(ox.Store())


def _based(at: str | None, known: Manifest | None, versions: Versions) -> Version | None:
    if at is not None:
        return versions.find(at)
    return versions.get(known.version) if known else None


def _edits(
    given: Given,
    base: Content,
    known: Manifest | None,
    sums: Mapping[Path, str],
    names: Namespaces,
    read: Callable[[int], None],
) -> tuple[Change, list[Path]]:
    """What the files say otherwise than the base, and which of them do; one file at a time."""
    files = known.files if known else {}
    added, removed = set[ox.Quad](), set[ox.Quad]()
    said = set[ox.Quad]()  # propositions that one file drops may stand in another
    edited = []
    gone = [path for path in files if path not in sums] if given.whole else []
    for path in [*given.paths, *gone]:
        if path in sums and sums[path] == files.get(path):
            read((given.folder / path).stat().st_size)
            continue
        new = canonical(given.quads(path, names, read)) if path in sums else frozenset()
        old = base.file_quads(given.name(path), names)
        if new != old:
            edited.append(path)
        said |= {quad for quad in new if quad.graph_name == names.graph(SHARED)}
        added |= new - old
        removed |= old - new
    return Change(frozenset(added), frozenset(removed - said)), edited


def _refuse_unknown(
    given: Given,
    edited: Sequence[Path],
    known: Manifest | None,
    base: Content,
    current: Content,
    names: Namespaces,
) -> None:
    """Raises BadInput when it is not known what a file said before it was edited."""
    files = known.files if known else {}
    for path in edited:
        before = base if known else current
        if path not in files and before.file_quads(given.name(path), names):
            raise BadInput(
                "which version this file was exported from is not known, so its edits cannot be "
                "told from what was committed since; name the version with --base-version, or "
                f"begin from the files that 'parley export {given.folder}' writes",
                source=str(given.folder / path),
            )


def _wanted(edits: Change, edited: Sequence[Path], current: Content, names: Namespaces) -> Change:
    """The edits without the removal of propositions that a claim in another file still claims."""
    shared = names.graph(SHARED)
    dropped = {quad.subject for quad in edits.removed if quad.graph_name == shared}
    graphs = {names.graph(str(graph_of(path))) for path in edited}
    kept = {node for node in dropped if _is_claimed(node, edits, current, graphs)}
    removed = {q for q in edits.removed if not (q.graph_name == shared and q.subject in kept)}
    return Change(edits.added, frozenset(removed))


def _is_claimed(
    node: ox.NamedNode | ox.BlankNode | ox.Triple,
    edits: Change,
    current: Content,
    edited: set[ox.NamedNode],
) -> bool:
    return any(
        quad.graph_name not in edited and quad not in edits.removed
        for quad in current.store.quads_for_pattern(None, _CLAIMS, node, None)
    )


def _apart(
    version: Version,
    versions: Versions,
    based: Version | None,
    base: Content,
    edits: Change,
    dataset: Dataset,
) -> Change:
    """What turns a version into what the files say: live edits that they do not have, undone."""
    if based is None:
        return Change()
    derived = set(dataset.derived())
    store = version.open()

    def touched() -> Iterator[ox.Quad]:
        yield from base.apart.added | base.apart.removed | edits.added | edits.removed
        for number in range(based.number + 1, version.number + 1):
            for _, line in versions.ledger.rows(number):
                yield from ox.parse(line, ox.RdfFormat.N_QUADS)

    added, removed = set[ox.Quad](), set[ox.Quad]()
    for quad in touched():
        if quad.graph_name not in derived:
            said = quad in edits.added or (quad in base and quad not in edits.removed)
            if said and quad not in store:
                added.add(quad)
            if quad in store and not said:
                removed.add(quad)
    return Change(frozenset(added), frozenset(removed))
