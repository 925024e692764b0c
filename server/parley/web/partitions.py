"""VoID statistics of a dataset: totals, partitions by class and property, graphs and linksets."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

import pyoxigraph as ox

from parley.describing.statistics import Statistics
from parley.rdf import shorten
from parley.web.statements import PREFIXES, Statements, text

_SAFE = "/:@!$'()*,;?-._~"  # what a fragment may hold (RFC 3986, section 3.5), less & = + and %
_MOST = 10_000  # classes, properties or graphs that are listed
_NAMESPACE = re.compile(r".*[#/:]")


def part(document: str, **values: str) -> ox.NamedNode:
    """The IRI of a part of a description, such as `…/void#class=parley:Claim`."""
    fragment = "&".join(f"{key}={_shown(value)}" for key, value in values.items())
    return ox.NamedNode(f"{document}#{fragment}")


@lru_cache(maxsize=10_000)
def _shown(value: str) -> str:
    return quote(shorten(value, PREFIXES) or value, safe=_SAFE)


def say_totals(said: Statements, node: ox.NamedNode, figures: Statistics) -> None:
    """How much the dataset holds in all."""
    for name, count in (
        ("triples", figures.total("triples")),
        ("distinctSubjects", figures.total("subjects")),
        ("distinctObjects", figures.total("objects")),
        ("entities", figures.total("entities")),
        ("documents", figures.total("documents")),
        ("properties", len(figures.by("uses", ""))),
        ("classes", len(figures.by("class"))),
    ):
        said.say(node, f"void:{name}", count)


def say_vocabularies(said: Statements, node: ox.NamedNode, figures: Statistics) -> None:
    """The namespaces of all properties and classes in use."""
    terms = [term for term, _ in (*figures.by("uses", ""), *figures.by("class"))]
    spaces = {match[0] for term in terms if (match := _NAMESPACE.match(term))}
    said.say(node, "void:vocabulary", *map(ox.NamedNode, sorted(spaces)))


def say_partitions(
    said: Statements, node: ox.NamedNode, document: str, figures: Statistics, *, nested: bool
) -> None:
    """The parts by property and by class; `nested`, also by the properties of a class.

    Of a property: the datatypes of literals, and the classes of the things it leads to.
    """
    for property_, _ in _largest(said, node, "properties", figures.by("uses", "")):
        made = part(document, property=property_)
        said.say(node, "void:propertyPartition", made)
        _say_property(said, made, document, figures, "", property_, nested=nested)
        said.say(made, "void:distinctObjects", figures.total("values", property_))
    for kind, count in _largest(said, node, "classes", figures.by("class")):
        made = part(document, **{"class": kind})
        said.say(node, "void:classPartition", made)
        said.say(made, "void:class", ox.NamedNode(kind))
        said.say(made, "void:entities", count)
        for property_, _ in figures.by("uses", kind) if nested else ():
            inner = part(document, **{"class": kind}, property=property_)
            said.say(made, "void:propertyPartition", inner)
            _say_property(said, inner, document, figures, kind, property_, nested=True)


def _say_property(
    said: Statements,
    made: ox.NamedNode,
    document: str,
    figures: Statistics,
    kind: str,
    property_: str,
    *,
    nested: bool,
) -> None:
    said.say(made, "void:property", ox.NamedNode(property_))
    said.say(made, "void:triples", figures.total("uses", kind, property_))
    said.say(made, "void:distinctSubjects", figures.total("users", kind, property_))
    if not nested:
        return
    place = {"class": kind, "property": property_} if kind else {"property": property_}
    for datatype, count in figures.by("datatype", kind, property_):
        there = part(document, **place, datatype=datatype)
        said.say(made, "void-ext:datatypePartition", there)
        said.say(there, "void-ext:datatype", ox.NamedNode(datatype))
        said.say(there, "void:triples", count)
    for target, count in figures.by("leads", kind, property_):
        there = part(document, **place, to=target)
        said.say(made, "void:classPartition", there)
        said.say(there, "void:class", ox.NamedNode(target))
        said.say(there, "void:triples", count)


def _largest(
    said: Statements, node: ox.NamedNode, what: str, found: list[tuple[str, int]]
) -> list[tuple[str, int]]:
    """The first of a list, and a word on the rest where there is one."""
    if len(found) > _MOST:
        told = f"Of {len(found)} {what}, the {_MOST} with the highest figures are listed."
        said.say(node, "rdfs:comment", text(told))
    return found[:_MOST]


def say_languages(said: Statements, node: ox.NamedNode, document: str, figures: Statistics) -> None:
    """The languages of texts, and how many there are in each."""
    said.say(node, "void-ext:languages", len(figures.by("language")))
    for language, count in figures.by("language"):
        made = part(document, language=language)
        said.say(node, "void-ext:languagePartition", made)
        said.say(made, "void-ext:language", language)
        said.say(made, "void:triples", count)


def say_links(said: Statements, node: ox.NamedNode, document: str, figures: Statistics) -> None:
    """The links to other datasets, by property and by where they lead."""
    for property_, _ in figures.by("uses", ""):
        for origin, count in figures.by("link", property_):
            made, there = part(document, link=property_, to=origin), part(document, origin=origin)
            said.say(node, "void:subset", made)
            said.a(made, "void:Linkset")
            said.say(made, "void:linkPredicate", ox.NamedNode(property_))
            said.say(made, "void:subjectsTarget", node)
            said.say(made, "void:objectsTarget", there)
            said.say(made, "void:triples", count)
            said.a(there, "void:Dataset")
            said.say(there, "void:uriSpace", origin)


def say_graphs(said: Statements, node: ox.NamedNode, document: str, figures: Statistics) -> None:
    """The named graphs, each a subset of the dataset; blank nodes name none for others."""
    for graph, triples in _largest(said, node, "graphs", figures.by("graph")):
        if not graph or graph.startswith("_:"):
            continue
        made = part(document, graph=graph)
        said.say(node, "void:subset", made)
        said.say(made, "void:triples", triples)
        said.say(made, "void:distinctSubjects", figures.total("graph-subjects", graph))
        said.say(made, "void:distinctObjects", figures.total("graph-objects", graph))
        said.say(made, "void:properties", len(figures.by("graph-uses", graph)))
        said.say(made, "void:classes", len(figures.by("graph-class", graph)))
