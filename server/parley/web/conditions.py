"""If-Match and If-None-Match of a write (RFC 9110, section 13): the version the client has seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

import pyoxigraph as ox

from parley.errors import Stale
from parley.store.blame import changed_since
from parley.store.ledger import Entry, Ledger
from parley.store.reverting import changes
from parley.store.versions import Version
from parley.web.exchange import Request
from parley.web.problems import Precondition
from parley.web.site import Site

_TAG = re.compile(r'\s*(?:W/)?"([1-9][0-9]{0,8})-[0-9a-f]+"\s*\Z')
_LOOKED_AT = 200_000  # rows of the ledger; behind more than these a graph counts as changed
_TOLD = 20  # commits in an error
Graph = ox.NamedNode | ox.DefaultGraph


def is_conditional(request: Request) -> bool:
    """Whether a write names a condition."""
    return bool(request.header("If-Match") or request.header("If-None-Match"))


def known_version(header: str, current: int) -> int:
    """The newest version that the entity tags of a header name. Raises Stale when it is none."""
    numbers = [int(match[1]) for tag in header.split(",") if (match := _TAG.match(tag))]
    numbers = [number for number in numbers if number <= current]
    if not numbers:
        raise Stale("If-Match names no version of this dataset; send the ETag of a GET")
    return max(numbers)


def check(
    site: Site, request: Request, graph: Graph, version: Version, exists: Callable[[], bool]
) -> None:
    """Raise Stale unless the graph, at `version`, is as the conditions of the request want it.

    An ETag here names a version of the dataset, so a graph is as its reader saw it when no version
    since has touched it: two people may edit two graphs without being in each other's way.
    """
    match, none_match = request.header("If-Match").strip(), request.header("If-None-Match").strip()
    if match == "*":
        if not exists():
            raise Stale("there is no such graph, and If-Match: * asks for one")
    elif match:
        seen = known_version(match, version.number)
        entry = _changed(site, graph, seen, version.number)
        if entry is not None:
            raise Stale(
                f"the graph was changed since version {seen}: by {entry.author} in version "
                f"{entry.number} ({entry.time}: {entry.text}); look at it and edit it again"
            )
    if none_match and exists():
        tags = [_TAG.match(tag) for tag in none_match.split(",")]
        if none_match == "*" or any(tag and int(tag[1]) == version.number for tag in tags):
            raise Stale("the graph exists already, and If-None-Match asks for a new one")


def check_resource(
    site: Site, request: Request, iri: ox.NamedNode, seen: int | None = None
) -> None:
    """Raise Stale when what is said of a thing was changed since the version its editor saw.

    That version is `seen`, as a form has it, or what If-Match names; without either it raises
    Precondition. Derived triples do not count, nor does what others say with the thing as object.
    """
    match = request.header("If-Match").strip()
    current = site.backend.version().number
    if seen is None:
        if not match:
            raise Precondition("say which version you edited: send its ETag as If-Match")
        if match == "*":
            return
        seen = known_version(match, current)
    if site.versions is None or seen == current:
        return
    if not 1 <= seen <= current:
        raise Stale(f"there is no version {seen}; the newest is {current}")
    since = changed_since(site.versions, iri, seen, site.dataset.derived())
    found = list(islice(since, _TOLD))
    if found:
        entry = found[0][0]
        raise Stale(
            f"{iri.value} was changed since version {seen}: by {entry.author} in version "
            f"{entry.number} ({entry.time}: {entry.text}); look at it and edit it again",
            [changes(*each) for each in found],
        )


def _changed(site: Site, graph: Graph, seen: int, current: int) -> Entry | None:
    """The last change to the graph after a version, None when there was none."""
    assert site.versions is not None or seen == current
    if site.versions is None:
        return None
    ledger = site.versions.ledger
    rows = 0
    for number in range(current, seen, -1):
        entry = ledger.entry(number)
        rows += entry.added + entry.removed
        if rows > _LOOKED_AT or graph in _graphs(ledger, number):
            return entry
    return None


def _graphs(ledger: Ledger, number: int) -> Iterator[object]:
    lines = b"".join(line for _, line in ledger.rows(number))
    return (quad.graph_name for quad in ox.parse(lines, ox.RdfFormat.N_QUADS))
