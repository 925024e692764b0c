"""If-Match and If-None-Match of a write (RFC 9110, section 13): the version the client has seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

import pyoxigraph as ox

from parley.errors import Stale
from parley.store.blame import Row, changed_since
from parley.store.ledger import Entry, Ledger
from parley.store.reverting import changes
from parley.store.versions import Version, Versions
from parley.web.exchange import Request
from parley.web.problems import Precondition
from parley.web.site import Site

# With the mark of the content coding in which it was read, if there was one.
_TAG = re.compile(r'\s*(?:W/)?"([1-9][0-9]{0,8})-[0-9a-f]+(?:-[a-z]+)?"\s*\Z')
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
        found = _changed(site, graph, seen, version.number)
        if found:
            entry = found[0][0]
            raise Stale(
                f"the graph was changed since version {seen}: by {entry.author} in version "
                f"{entry.number} ({entry.time}: {entry.text}); look at it and edit it again",
                [changes(*each) for each in found],
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


def since(versions: Versions, seen: int) -> list[Mapping[str, object]]:
    """The newest commits after version `seen` as `changes` has them, whatever they changed."""
    newest = islice(range(versions.number(), seen, -1), _TOLD)
    return [changes(versions.ledger.entry(n), _rows(versions.ledger, n)) for n in newest]


def _changed(site: Site, graph: Graph, seen: int, current: int) -> list[tuple[Entry, list[Row]]]:
    """The last changes to the graph after a version, newest first, with its rows of each."""
    assert site.versions is not None or seen == current
    if site.versions is None:
        return []
    ledger = site.versions.ledger
    found: list[tuple[Entry, list[Row]]] = []
    looked_at = 0
    for number in range(current, seen, -1):
        entry = ledger.entry(number)
        looked_at += entry.added + entry.removed
        if looked_at > _LOOKED_AT:
            return [*found, (entry, [])]
        rows = [row for row in _rows(ledger, number) if row.quad.graph_name == graph]
        if rows:
            found.append((entry, rows))
        if len(found) == _TOLD:
            break
    return found


def _rows(ledger: Ledger, number: int) -> Iterator[Row]:
    for code, line in ledger.rows(number):
        yield Row(code == b"A", next(ox.parse(line, ox.RdfFormat.N_QUADS)))
