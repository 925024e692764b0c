"""What a version says of the dataset as a whole: its title, licence, authors, publisher."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyoxigraph as ox

from parley.rdf import Namespaces
from parley.store.versions import Version
from parley.web.statements import Statements, name, term, text

_KEPT = 8  # versions
_LANGUAGE = name("dcterms:language")
_CODE = re.compile("[a-z]{2}")
_CODES = "http://id.loc.gov/vocabulary/iso639-1/"  # as DCAT 3 has it, section 6.4.9
Value = ox.NamedNode | ox.Literal
Rows = Sequence[Mapping[str, dict[str, str]]]


@dataclass(frozen=True)
class About:
    """A dataset: its IRI, and what is said of it.

    `said` are properties with values, `labels` the names of those values that are things. Where
    the data names no publisher, its creators are taken for that.
    """

    node: ox.NamedNode
    version: Version
    names: Namespaces
    said: tuple[tuple[ox.NamedNode, Value], ...]
    labels: tuple[tuple[ox.NamedNode, Value], ...]

    def values(self, *properties: str) -> list[Value]:
        """The values of these properties."""
        wanted = {name(property_) for property_ in properties}
        return [value for property_, value in self.said if property_ in wanted]

    def text(self, property_: str) -> str:
        """The first value of a property, empty where there is none."""
        return next((value.value for value in self.values(property_)), "")

    @property
    def title(self) -> str:
        """The title, the base IRI where there is none."""
        return self.text("dcterms:title") or self.text("rdfs:label") or self.names.base

    @property
    def licences(self) -> list[ox.NamedNode]:
        """The licences that have an IRI."""
        found = self.values("dcterms:license")
        return [value for value in found if isinstance(value, ox.NamedNode)]

    @property
    def creators(self) -> list[tuple[str, str]]:
        """The IRI and the name of each who made it; no IRI where only a name is given."""
        labels = {thing: label.value for thing, label in reversed(self.labels)}
        return [
            (value.value, labels.get(value, value.value))
            if isinstance(value, ox.NamedNode)
            else ("", value.value)
            for value in self.values("dcterms:creator")
        ]

    @property
    def publishers(self) -> list[Value]:
        """Who publishes it."""
        return self.values("dcterms:publisher") or self.values("dcterms:creator")


class Abouts:
    """What versions say; `rows` asks one of the pages' own queries, as `Site.rows` does."""

    def __init__(self, rows: Callable[..., Rows], names: Namespaces) -> None:
        self._rows = rows
        self._names = names
        self.of = lru_cache(maxsize=_KEPT)(self._of)

    def _of(self, version: Version) -> About:
        node = ox.NamedNode(f"{self._names.base}dataset")
        rows = self._rows("said-of-dataset", version, _dataset=node)
        said = {
            (ox.NamedNode(row["property"]["value"]), term(row["value"])): None
            for row in rows
            if row["value"]["type"] != "bnode"
        }
        labels = {
            (ox.NamedNode(row["value"]["value"]), term(row["label"])): None
            for row in rows
            if row["value"]["type"] == "uri" and "label" in row
        }
        return About(node, version, self._names, tuple(said), tuple(labels))


def described_at(root: str) -> str:
    """The address of the document that describes the dataset, on the server at `root`."""
    return f"{root}/void"


def say_about(said: Statements, dataset: About, root: str) -> None:
    """What the data says, and where the dataset is to be found."""
    node, document = dataset.node, ox.NamedNode(described_at(root))
    said.a(node, "void:Dataset", "dcat:Dataset")
    for property_, value in dataset.said:
        if property_ == _LANGUAGE and _CODE.fullmatch(value.value):
            said.things(node, "dcterms:language", "dcterms:LinguisticSystem", _CODES + value.value)
        else:
            said.add(node, property_, value)
    for licence in dataset.licences:
        said.a(licence, "dcterms:LicenseDocument")
    if not dataset.values("dcterms:title"):
        said.say(node, "dcterms:title", text(dataset.title))
    said.say(node, "dcterms:publisher", *dataset.publishers)
    for thing, label in dataset.labels:
        said.say(thing, "rdfs:label", label)
        if thing in dataset.publishers or thing in dataset.values("dcterms:creator"):
            said.a(thing, "foaf:Agent")
            said.say(thing, "foaf:name", label)
    for way in ("foaf:homepage", "dcat:landingPage", "void:rootResource"):
        said.things(node, way, "foaf:Document", f"{root}/")
    said.say(node, "void:sparqlEndpoint", ox.NamedNode(f"{root}/sparql"))
    said.a(document, "void:DatasetDescription", "foaf:Document")
    said.say(document, "foaf:primaryTopic", node)
    said.say(document, "dcterms:title", text(f"Description of {dataset.title}"))
