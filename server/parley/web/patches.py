"""Rows of a patch for people and for machines: grouped by thing, with labels, and as JSON."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

import pyoxigraph as ox

from parley.rdf import RDFS_LABEL, XSD
from parley.store.blame import Row
from parley.store.change import Change
from parley.store.ledger import Entry
from parley.store.versions import Version
from parley.web.exchange import Reply
from parley.web.site import Cell, Site

Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | ox.DefaultGraph
Labels = dict[str, Cell]
SHOWN = 300  # rows on a page; the rest is in the files


@dataclass(frozen=True)
class Line:
    """A row as a page shows it; the terms are cells of a result, `entry` is who brought it."""

    added: bool
    predicate: Cell
    value: Cell
    graph: Cell
    entry: Entry | None = None


@dataclass(frozen=True)
class Group:
    """The rows that have one thing as their subject."""

    subject: Cell
    lines: list[Line] = field(default_factory=list)


def grouped(rows: Iterable[Row]) -> list[Group]:
    """The rows by subject, in the order of their text."""
    found: dict[str, Group] = {}
    for row in sorted(rows, key=lambda row: (str(row.quad), row.added)):
        group = found.setdefault(str(row.quad.subject), Group(cell(row.quad.subject)))
        group.lines.append(line(row))
    return list(found.values())


def line(row: Row, entry: Entry | None = None) -> Line:
    """A row as a page shows it."""
    quad = row.quad
    return Line(row.added, cell(quad.predicate), cell(quad.object), cell(quad.graph_name), entry)


def parted(
    rows: Iterable[Row], derived: Collection[ox.NamedNode]
) -> tuple[list[Group], list[Group]]:
    """What was written, and what was derived from it."""
    written: list[Row] = []
    followed: list[Row] = []
    for row in rows:
        (followed if row.quad.graph_name in derived else written).append(row)
    return grouped(written), grouped(followed)


def rows_of(change: Change) -> list[Row]:
    """The rows of a change in the order of their text."""
    rows = [Row(False, quad) for quad in change.removed]
    rows += [Row(True, quad) for quad in change.added]
    return sorted(rows, key=lambda row: str(row.quad))


def changes(
    site: Site, version: Version, rows: Sequence[Row], count: int | None = None
) -> dict[str, Any]:  # Any: templates
    """What the template macro `changes` shows of rows: the first ones, by what brought them.

    `count` is how many there are when these are not all.
    """
    first = rows[:SHOWN]
    written, derived = parted(first, site.dataset.derived())
    return {
        "written": written,
        "derived": derived,
        "count": len(rows) if count is None else count,
        "shown": len(first),
        "labels": labels(site, version, first),
    }


def cell(node: Node) -> Cell:
    """A term as the JSON results format has it; the default graph is an empty text."""
    if isinstance(node, ox.NamedNode):
        return {"type": "uri", "value": node.value}
    if isinstance(node, ox.BlankNode):
        return {"type": "bnode", "value": str(node)}
    if not isinstance(node, ox.Literal):
        return {"type": "literal", "value": "" if isinstance(node, ox.DefaultGraph) else str(node)}
    found = {"type": "literal", "value": node.value}
    if node.language:
        return found | {"xml:lang": node.language}
    kind = node.datatype.value
    return found if kind == f"{XSD}string" else found | {"datatype": kind}


def labels(site: Site, version: Version, rows: Sequence[Row]) -> Labels:
    """What the things of these rows are called: in the rows, or else in a version."""
    found = {
        row.quad.subject.value: cell(row.quad.object)
        for row in rows
        if row.quad.predicate == RDFS_LABEL and isinstance(row.quad.subject, ox.NamedNode)
    }
    nodes = {n for r in rows for n in (r.quad.subject, r.quad.predicate, r.quad.object)}
    named = sorted({n for n in nodes if isinstance(n, ox.NamedNode)}, key=lambda n: n.value)
    if named:
        for told in site.rows("labels", version, _things=named):
            found.setdefault(told["_things"]["value"], told["label"])
    return found


def spooled(site: Site, pieces: Iterable[bytes], media_type: str) -> Reply:
    """A reply of any size, written to a nameless file first."""
    site.spool.mkdir(parents=True, exist_ok=True)
    file = cast(BinaryIO, tempfile.TemporaryFile(dir=site.spool))  # noqa: SIM115  # the reply closes it
    file.writelines(pieces)
    size = file.tell()
    file.seek(0)
    return Reply(200, b"", media_type, (), file, size)


def as_json(head: Mapping[str, object], lines: Iterable[bytes]) -> Iterator[bytes]:
    """A JSON document: what `head` has, and the rows of a patch as texts."""
    text = json.dumps(head, ensure_ascii=False, indent=1)
    yield text.removesuffix("\n}").encode() + b',\n "rows": ['
    comma = b"\n  "
    for row in lines:
        if row[:2] in (b"A ", b"D "):
            yield comma + json.dumps(row.rstrip(b"\n").decode(), ensure_ascii=False).encode()
            comma = b",\n  "
    yield b"\n ]\n}\n"
