"""What a fragment says of itself: which part of which dataset it is, how large, where others are.

After https://linkeddatafragments.org/specification/triple-pattern-fragments/ and its extension to
quads: `hydra:search` leads to every fragment, `hydra:next` to the next page. The form and the links
are held to one version, so that all a client fetches for one query is of the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from parley.rdf import COMMON_PREFIXES, RDF_TYPE, XSD
from parley.web.fragments.patterns import DEFAULT_GRAPH, QUAD

HYDRA = "http://www.w3.org/ns/hydra/core#"
SD = "http://www.w3.org/ns/sparql-service-description#"


@dataclass(frozen=True)
class Interface:
    """Where fragments are: `address`, the positions of a pattern, and the version it is held to."""

    address: str
    positions: tuple[str, ...]
    version: int | None

    @property
    def dataset(self) -> ox.NamedNode:
        """The dataset that the fragments are of."""
        held = "" if self.version is None else f"?version={self.version}"
        return ox.NamedNode(f"{self.address}{held}#dataset")

    @property
    def template(self) -> str:
        """The address of every fragment (RFC 6570)."""
        names = ",".join(self.positions)
        if self.version is None:
            return f"{self.address}{{?{names}}}"
        return f"{self.address}?version={self.version}{{&{names}}}"


@dataclass(frozen=True)
class Page:
    """Page `at` of a fragment: both addresses, how many triples match, how many a page has.

    `links` lead to the `first`, the `previous` and the `next` page, those that there are.
    """

    interface: Interface
    fragment: str
    address: str
    at: int
    total: int
    size: int
    links: dict[str, str]

    @property
    def title(self) -> str:
        """What it is, in words."""
        kind = "Quad" if self.interface.positions == QUAD else "Triple"
        return f"{kind} Pattern Fragment, page {self.at}"


def search_form(interface: Interface) -> Iterator[ox.Triple]:
    """The form that leads to every fragment of a dataset."""
    form = ox.NamedNode(f"{interface.address}#pattern")
    yield ox.Triple(interface.dataset, _hydra("search"), form)
    yield ox.Triple(form, RDF_TYPE, _hydra("IriTemplate"))
    yield ox.Triple(form, _hydra("template"), ox.Literal(interface.template))
    yield ox.Triple(form, _hydra("variableRepresentation"), _hydra("ExplicitRepresentation"))
    for name in interface.positions:
        mapping = ox.NamedNode(f"{interface.address}#{name}")
        yield ox.Triple(form, _hydra("mapping"), mapping)
        yield ox.Triple(mapping, _hydra("variable"), ox.Literal(name))
        namespace = SD if name == "graph" else COMMON_PREFIXES["rdf"]
        yield ox.Triple(mapping, _hydra("property"), ox.NamedNode(namespace + name))


def metadata(page: Page) -> Iterator[ox.Triple]:
    """The triples about a page, its fragment and its dataset.

    Clients find the graph these stand in by what its primary topic has the page as a subset of,
    the last such statement counting, and the default graph by a dataset that has the page as one.
    """
    dataset = page.interface.dataset
    fragment, address = ox.NamedNode(page.fragment), ox.NamedNode(page.address)
    subset = ox.NamedNode(COMMON_PREFIXES["void"] + "subset")
    yield ox.Triple(dataset, RDF_TYPE, ox.NamedNode(COMMON_PREFIXES["void"] + "Dataset"))
    yield ox.Triple(dataset, RDF_TYPE, _hydra("Collection"))
    yield ox.Triple(dataset, subset, address)
    yield ox.Triple(dataset, subset, fragment)
    if page.interface.positions == QUAD:
        default = ox.NamedNode(DEFAULT_GRAPH)
        yield ox.Triple(dataset, ox.NamedNode(f"{SD}defaultGraph"), default)
    yield from search_form(page.interface)
    yield ox.Triple(fragment, subset, address)
    yield ox.Triple(fragment, ox.NamedNode(COMMON_PREFIXES["void"] + "triples"), _int(page.total))
    yield ox.Triple(address, RDF_TYPE, _hydra("PartialCollectionView"))
    yield ox.Triple(address, _dcterms("title"), ox.Literal(page.title, language="en"))
    yield ox.Triple(address, _dcterms("source"), dataset)
    yield ox.Triple(address, _hydra("totalItems"), _int(page.total))
    yield ox.Triple(address, _hydra("itemsPerPage"), _int(page.size))
    for relation, target in page.links.items():
        yield ox.Triple(address, _hydra(relation), ox.NamedNode(target))


def _hydra(name: str) -> ox.NamedNode:
    return ox.NamedNode(HYDRA + name)


def _dcterms(name: str) -> ox.NamedNode:
    return ox.NamedNode(COMMON_PREFIXES["dcterms"] + name)


def _int(number: int) -> ox.Literal:
    return ox.Literal(str(number), datatype=ox.NamedNode(f"{XSD}integer"))
