"""What the data itself says of the dataset as a whole: its title, licence, authors, publisher."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyoxigraph as ox

from parley.rdf import Namespaces
from parley.store.versions import Version
from parley.web.site import Cell, Site
from parley.web.statements import Statements, name, text

_LANGUAGE = name("dcterms:language")
_CODE = re.compile("[a-z]{2}")
_CODES = "http://id.loc.gov/vocabulary/iso639-1/"  # as DCAT 3 has it, section 6.4.9
Value = ox.NamedNode | ox.Literal


@dataclass(frozen=True)
class About:
    """A dataset: its IRI, that of the document which describes it, and what is said of it.

    `said` are properties with values, `labels` the names of those values that are things. Where
    the data names no publisher, its creators are taken for that.
    """

    node: ox.NamedNode
    document: str
    version: Version
    names: Namespaces
    said: tuple[tuple[ox.NamedNode, Value], ...]
    labels: tuple[tuple[ox.NamedNode, Value], ...]

    def values(self, *properties: str) -> list[Value]:
        """The values of these properties."""
        wanted = {name(property_) for property_ in properties}
        return [value for property_, value in self.said if property_ in wanted]

    @property
    def title(self) -> str:
        """The title, the base IRI where there is none."""
        return next((value.value for value in self.values("dcterms:title")), self.names.base)

    @property
    def licences(self) -> list[Value]:
        """The licences."""
        return self.values("dcterms:license")

    @property
    def publishers(self) -> list[Value]:
        """Who publishes it."""
        return self.values("dcterms:publisher") or self.values("dcterms:creator")


def about(site: Site, root: str, version: Version) -> About:
    """What a version says of the dataset; `root` is the address of the server."""
    names = site.dataset.names
    node = ox.NamedNode(f"{names.base}dataset")
    rows = site.rows("said-of-dataset", version, _dataset=node)
    said = {
        (ox.NamedNode(row["property"]["value"]), _term(row["value"])): None
        for row in rows
        if row["value"]["type"] != "bnode"
    }
    labels = {
        (ox.NamedNode(row["value"]["value"]), _term(row["label"])): None
        for row in rows
        if row["value"]["type"] == "uri" and "label" in row
    }
    return About(node, f"{root}/void", version, names, tuple(said), tuple(labels))


def say_about(said: Statements, dataset: About, root: str) -> None:
    """What the data says, and where the dataset is to be found."""
    node, document = dataset.node, ox.NamedNode(dataset.document)
    said.a(node, "void:Dataset", "dcat:Dataset")
    for property_, value in dataset.said:
        if property_ == _LANGUAGE and _CODE.fullmatch(value.value):
            said.things(node, "dcterms:language", "dcterms:LinguisticSystem", _CODES + value.value)
        else:
            said.add(node, property_, value)
    for licence in dataset.licences:
        if isinstance(licence, ox.NamedNode):
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


def _term(cell: Cell) -> Value:
    if cell["type"] == "uri":
        return ox.NamedNode(cell["value"])
    if "xml:lang" in cell:
        return ox.Literal(cell["value"], language=cell["xml:lang"])
    if "datatype" in cell:
        return ox.Literal(cell["value"], datatype=ox.NamedNode(cell["datatype"]))
    return ox.Literal(cell["value"])
