"""Edits of files beside commits made meanwhile: both are kept, or the place of the clash is named.

The base is what the files said when they were last in step with a version. What the files say
otherwise than the base is their edit; what the current version says otherwise is live. Edits of
different quads never clash. These do: the same value replaced by two different ones, or removed on
one side and replaced on the other; a thing removed on one side and added to on the other; a saved
query edited on both sides, since its description follows from its text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from parley.errors import Unseen
from parley.rdf import shorten
from parley.store.change import Change
from parley.store.ledger import Entry
from parley.store.versions import Versions
from parley.syncing.exporting import Content

_SHOWN = 20
_WIDEST = 300  # characters of a value in an error
_Quads = frozenset[ox.Quad]


@dataclass(frozen=True)
class Clash:
    """What the files make of one property of a thing (`predicate` None: of the thing), and what
    the current version says there; `base` is what stood there before both."""

    graph: ox.NamedNode
    subject: ox.NamedNode
    predicate: ox.NamedNode | None
    base: _Quads
    files: _Quads
    live: _Quads

    def to_files(self) -> Change:
        """What turns the current version into what the files say here."""
        return Change.between(self.live, self.files)


def clashes(
    edits: Change, base: Content, current: Content, whole: Collection[ox.NamedNode] = ()
) -> list[Clash]:
    """Where the edits of files and the live ones cannot both stand, in a fixed order.

    In the graphs `whole` a thing is one value: two different edits of it always clash.
    """
    places = {
        (quad.graph_name, quad.subject)
        for quad in edits.added | edits.removed
        if isinstance(quad.graph_name, ox.NamedNode) and isinstance(quad.subject, ox.NamedNode)
    }
    return [
        clash
        for graph, subject in sorted(places, key=str)
        for clash in _of_thing(graph, subject, edits, base, current, whole=graph in whole)
    ]


def _of_thing(
    graph: ox.NamedNode,
    subject: ox.NamedNode,
    edits: Change,
    base: Content,
    current: Content,
    *,
    whole: bool,
) -> Iterator[Clash]:
    before = frozenset(base.quads(subject, graph))
    live = frozenset(current.quads(subject, graph))
    added = {q for q in edits.added if q.subject == subject and q.graph_name == graph}
    files = frozenset((before - edits.removed) | added)
    if before == live:
        return
    if whole:
        if files != live:
            yield Clash(graph, subject, None, before, files, live)
        return
    if before and ((not files and live - before) or (not live and files - before)):
        yield Clash(graph, subject, None, before, files, live)
        return
    both = (before - files) & (before - live)
    for predicate in sorted({quad.predicate for quad in both}, key=str):
        three = (
            frozenset(quad for quad in quads if quad.predicate == predicate)
            for quads in (before, files, live)
        )
        clash = Clash(graph, subject, predicate, *three)
        if clash.files != clash.live:
            yield clash


def made_by(quads: Iterable[ox.Quad], versions: Versions, since: int) -> dict[ox.Quad, Entry]:
    """The newest commit after version `since` that added or removed each of the quads."""
    sought = {f"{quad} .\n".encode(): quad for quad in quads}
    found: dict[ox.Quad, Entry] = {}
    for number in range(versions.number(), since, -1):
        if not sought:
            break
        for _, line in versions.ledger.rows(number):
            quad = sought.pop(line, None)
            if quad is not None:
                found[quad] = versions.ledger.entry(number)
    return found


def refusal(
    clashing: Sequence[Clash], versions: Versions, since: int, prefixes: Mapping[str, str]
) -> Unseen:
    """The error that lists clashes, with the commit behind each and the ways out."""
    changed = {quad for clash in clashing for quad in clash.live ^ clash.base}
    made = made_by(changed, versions, since)

    def short(node: ox.NamedNode) -> str:
        return shorten(node.value, prefixes) or str(node)

    def listed(quads: _Quads) -> str:
        return ", ".join(sorted(_object(q, prefixes) for q in quads)) or "nothing"

    lines, undone = [], []
    for clash in clashing:
        commits = sorted(
            {made[quad] for quad in clash.live ^ clash.base if quad in made},
            key=lambda entry: entry.number,
        )
        what = short(clash.predicate) if clash.predicate else "the thing"
        told = "; ".join(f"version {e.number} by {e.author}: {e.text}" for e in commits)
        lines.append(
            f"  {short(clash.subject)} {what} in {short(clash.graph)}\n"
            f"    files: {'removed' if not clash.files else listed(clash.files - clash.base)}\n"
            f"    live: {'removed' if not clash.live else listed(clash.live - clash.base)} ({told})"
        )
        undone.append(
            {
                "graph": clash.graph.value,
                "subject": clash.subject.value,
                "predicate": clash.predicate.value if clash.predicate else None,
                "files": sorted(map(str, clash.files)),
                "live": sorted(map(str, clash.live)),
                "commits": [entry.number for entry in commits],
            }
        )
    return Unseen(
        "refused: the files would undo live edits they do not know of; nothing was changed\n"
        + some(lines)
        + "\nwrite the live value into the file where it is right, or take the files' values "
        "with --force",
        undone,
    )


def some(lines: Sequence[str]) -> str:
    """The first lines of a list, and how many more there are."""
    more = f"\n  and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return "\n".join(lines[:_SHOWN]) + more


def _object(quad: ox.Quad, prefixes: Mapping[str, str]) -> str:
    if isinstance(quad.object, ox.NamedNode):
        return shorten(quad.object.value, prefixes) or str(quad.object)
    text = str(quad.object)
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"
