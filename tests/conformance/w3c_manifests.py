"""The W3C suite's manifests: every test as a `Case`, from the folder beside the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pyoxigraph as ox

SUITE = Path(__file__).parents[3] / "shared" / "w3c" / "sparql11"
BASE = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PREFIXES = {
    "cnt": "http://www.w3.org/2011/content#",
    "ht": "http://www.w3.org/2011/http#",
    "mf": "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#",
    "qt": "http://www.w3.org/2001/sw/DataAccess/tests/test-query#",
    "rdf": RDF,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "ut": "http://www.w3.org/2009/sparql/tests/test-update#",
}


@dataclass(frozen=True)
class Node:
    """A node of a manifest and what the manifest says about it."""

    term: ox.NamedNode | ox.BlankNode | ox.Literal
    store: ox.Store = field(compare=False, repr=False)

    @property
    def text(self) -> str:
        return self.term.value

    def all(self, name: str) -> list[Node]:
        """The values of a property, such as `qt:data`."""
        if isinstance(self.term, ox.Literal):
            return []
        prefix, _, local = name.partition(":")
        found = self.store.quads_for_pattern(
            self.term, ox.NamedNode(_PREFIXES[prefix] + local), None
        )
        return [Node(quad.object, self.store) for quad in found]

    def one(self, name: str) -> Node:
        """The only value of a property; ValueError when there is none or another one."""
        (value,) = self.all(name)
        return value

    def items(self) -> Iterator[Node]:
        """The members of the list that begins here."""
        node = self
        while node.text != RDF + "nil":
            yield node.one("rdf:first")
            node = node.one("rdf:rest")


@dataclass(frozen=True)
class Case:
    """One test of the suite; `kind` is its class without namespace and without a final 11."""

    iri: str
    kind: str
    node: Node = field(compare=False, repr=False)

    @property
    def group(self) -> str:
        """The folder the test is in, such as `aggregates`."""
        return self.iri.removeprefix(BASE).partition("/")[0]


def read(iri: str) -> str:
    """The text of a file of the suite."""
    return path(iri).read_bytes().decode("utf-8")


def path(iri: str) -> Path:
    """Where the file with this IRI is."""
    assert iri.startswith(BASE), iri
    return SUITE / unquote(iri.removeprefix(BASE))


@cache
def cases() -> tuple[Case, ...]:
    """All tests of the suite; none where the suite is absent."""
    return tuple(_cases(BASE + "manifest-all.ttl")) if SUITE.exists() else ()


def _cases(manifest: str) -> Iterator[Case]:
    store = ox.Store()
    store.load(path=path(manifest), format=ox.RdfFormat.TURTLE, base_iri=manifest)
    root = Node(ox.NamedNode(manifest), store)
    for included in (item for list_ in root.all("mf:include") for item in list_.items()):
        if path(included.text).exists():
            yield from _cases(included.text)
    for entry in (item for list_ in root.all("mf:entries") for item in list_.items()):
        kind = entry.one("rdf:type").text.rpartition("#")[2].removesuffix("11")
        yield Case(entry.text, kind, entry)
