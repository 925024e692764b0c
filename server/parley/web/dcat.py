"""The dataset as catalogues want it (DCAT 3): its versions, its files, and the services on it."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from parley.rdf import Namespaces
from parley.store.ledger import Entry
from parley.store.versions import Versions
from parley.translating.csvw import METADATA
from parley.translating.worlds import Translation
from parley.web.about import About, described_at
from parley.web.dumped import File
from parley.web.partitions import part
from parley.web.statements import Statements, text, typed

_IANA = "https://www.iana.org/assignments/media-types/"
# For dcterms:format, as DCAT-AP has it; IANA's types are in dcat:mediaType.
_FILE_TYPES = {
    extension: f"http://publications.europa.eu/resource/authority/file-type/{name}"
    for extension, name in {
        "ttl": "RDF_TURTLE",
        "nt": "RDF_N_TRIPLES",
        "rdf": "RDF_XML",
        "jsonld": "JSON_LD",
        "trig": "RDF_TRIG",
        "nq": "RDF_N_QUADS",
        "csv": "CSV",
    }.items()
}
_SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
_SERVICES = (
    ("sparql", "SPARQL endpoint", "https://www.w3.org/TR/sparql11-protocol/"),
    ("store", "Graph store", "https://www.w3.org/TR/sparql11-http-rdf-update/"),
    (
        "fragments",
        "Triple Pattern Fragments",
        "https://linkeddatafragments.org/specification/triple-pattern-fragments/",
    ),
)
_VERSIONS = 100  # that are listed; the history has all of them


def say_catalog(said: Statements, about: About, root: str) -> None:
    """The catalogue that this server is, with its one dataset and the services on it."""
    catalog = part(described_at(root), catalog=about.title)
    said.a(catalog, "dcat:Catalog")
    said.say(catalog, "dcterms:title", text(f"{about.title}: catalogue"))
    said.say(catalog, "dcterms:description", text(f"The dataset {about.title} and its services."))
    said.say(catalog, "dcterms:publisher", *about.publishers)
    said.say(catalog, "dcterms:license", *about.licences)
    said.things(catalog, "foaf:homepage", "foaf:Document", f"{root}/")
    said.say(catalog, "dcat:dataset", about.node)
    for path, title, standard in _SERVICES:
        service = ox.NamedNode(f"{root}/{path}")
        said.say(catalog, "dcat:service", service)
        said.a(service, "dcat:DataService")
        said.say(service, "dcterms:title", text(f"{about.title}: {title}"))
        said.say(service, "dcat:endpointURL", service)
        said.say(service, "dcat:endpointDescription", ox.NamedNode(f"{root}/openapi.json"))
        said.say(service, "dcat:servesDataset", about.node)
        said.things(service, "dcterms:conformsTo", "dcterms:Standard", standard)
        said.say(service, "dcterms:license", *about.licences)


def say_dumps(said: Statements, about: About, root: str, dumps: Iterable[File]) -> None:
    """The files with all triples of the version that is described."""
    for dump in dumps:
        said.say(about.node, "void:dataDump", ox.NamedNode(root + dump.address))
        _say_file(said, about, root, dump, "/dumps")


def say_translations(said: Statements, about: About, root: str, files: Iterable[File]) -> None:
    """The files that tell its claims in other vocabularies, which are no dumps of its triples."""
    for file in files:
        translation = file.asked.form
        assert isinstance(translation, Translation)
        world = translation.world
        place = _say_file(said, about, root, file, "/as")
        said.say(place, "dcterms:description", text(f"{world.title}. {world.says}"))
        said.things(place, "dcterms:conformsTo", "dcterms:Standard", world.standard)
        if world.parts:
            metadata = f"{root}/as/{world.name}/{METADATA}.json?version={about.version.number}"
            said.things(place, "foaf:page", "foaf:Document", metadata)


def _say_file(said: Statements, about: About, root: str, file: File, page: str) -> ox.NamedNode:
    """A distribution: its file, and the page on which it is found."""
    document, form = described_at(root), file.asked.form
    place = part(document, file=file.name)
    said.say(about.node, "dcat:distribution", place)
    said.a(place, "dcat:Distribution")
    said.say(place, "dcterms:title", text(file.name))
    said.say(place, "dcat:accessURL", ox.NamedNode(root + page))
    said.say(place, "dcat:downloadURL", ox.NamedNode(root + file.address))
    media_type = form.media_type.partition(";")[0]
    kind = _FILE_TYPES.get(form.extension)
    if kind is not None:
        said.things(place, "dcat:mediaType", "dcterms:MediaType", _IANA + media_type)
    else:  # nobody lists it
        kind = part(document, format=media_type).value
        said.say(ox.NamedNode(kind), "rdfs:label", media_type)
    said.things(place, "dcterms:format", "dcterms:MediaTypeOrExtent", kind)
    said.say(place, "dcterms:license", *about.licences)
    said.say(place, "dcterms:issued", typed(about.version.time, "dateTime"))
    if file.asked.packed:
        packing = _IANA + "application/gzip"
        said.things(place, "dcat:compressFormat", "dcterms:MediaType", packing)
    if file.made is not None:
        digest = part(document, file=file.name, digest="sha256")
        said.say(place, "dcat:byteSize", typed(file.made.size, "nonNegativeInteger"))
        said.say(place, "spdx:checksum", digest)
        said.a(digest, "spdx:Checksum")
        said.things(digest, "spdx:algorithm", "spdx:ChecksumAlgorithm", _SHA256)
        said.say(digest, "spdx:checksumValue", typed(file.made.sha256, "hexBinary"))
    return place


def say_versions(said: Statements, about: About, versions: Versions | None, root: str) -> None:
    """Which version this is, when it was made, and which others there are."""
    version, names = about.version, about.names
    time = typed(version.time, "dateTime")
    said.say(about.node, "dcterms:modified", time)
    said.say(about.node, "dcat:version", str(version.number))
    said.say(about.node, "pav:version", str(version.number))
    if versions is None:
        return
    said.say(about.node, "dcterms:issued", typed(versions.ledger.entry(1).time, "dateTime"))
    said.say(about.node, "dcat:hasCurrentVersion", names.version(version.number))
    said.say(about.node, "pav:hasCurrentVersion", names.version(version.number))
    if version.number > 1:
        before = names.version(version.number - 1)
        said.say(about.node, "dcat:previousVersion", before)
        said.say(about.node, "pav:previousVersion", before)
    for number in range(version.number, max(0, version.number - _VERSIONS), -1):
        _say_version(said, about, names, versions.ledger.entry(number), root)


def _say_version(
    said: Statements, about: About, names: Namespaces, entry: Entry, root: str
) -> None:
    node = names.version(entry.number)
    said.say(about.node, "dcat:hasVersion", node)
    said.a(node, "dcat:Dataset", "prov:Entity")
    said.say(node, "dcterms:title", text(f"{about.title}, version {entry.number}"))
    said.say(node, "dcterms:description", entry.text or f"version {entry.number}")
    said.say(node, "dcterms:issued", typed(entry.time, "dateTime"))
    said.say(node, "dcat:version", str(entry.number))
    said.say(node, "dcat:isVersionOf", about.node)
    page = f"{root}/?version={entry.number}"
    said.things(node, "dcat:landingPage", "foaf:Document", page)
    if entry.parent is not None:
        said.say(node, "dcat:previousVersion", names.version(entry.parent))
