"""What search engines read in a page: the dataset, or a thing, in schema.org's words as JSON-LD.

https://schema.org/Dataset. A page has it in a data block, which no browser runs.
"""

from __future__ import annotations

import pyoxigraph as ox

from parley.formats import DATASETS, GRAPHS
from parley.store.versions import Version
from parley.web.documents import Document
from parley.web.exchange import Request
from parley.web.site import Site

SCHEMA = "https://schema.org/"
Node = dict[str, object]


def described_dataset(site: Site, request: Request, version: Version) -> Node:
    """The dataset: what it is, who made it, under which licence, and its files."""
    dataset, root = site.about.of(version), site.root(request)
    found: Node = {
        "@context": SCHEMA,
        "@id": dataset.node.value,
        "@type": "Dataset",
        "name": dataset.title,
        "description": dataset.text("dcterms:description"),
        "url": f"{root}/",
        "identifier": dataset.node.value,
        "version": str(version.number),
        "dateModified": version.time,
        "inLanguage": [value.value for value in dataset.values("dcterms:language")],
        "license": [licence.value for licence in dataset.licences],
        "creator": [_creator(site, version, iri, name) for iri, name in dataset.creators],
        "isAccessibleForFree": True,
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": form.media_type,
                "contentUrl": f"{root}/dump.{form.extension}",
            }
            for form in DATASETS + GRAPHS
        ],
    }
    return {key: value for key, value in found.items() if value not in ("", [])}


def described_thing(
    site: Site, request: Request, version: Version, document: Document
) -> Node | None:
    """A thing, None where schema.org has no class that certainly fits."""
    told = _told(site, version, document.topic)
    if "@type" not in told:
        return None
    here = {"@context": SCHEMA, "@id": document.topic.value}
    return {**here, **told, "url": site.root(request) + document.page}


def _creator(site: Site, version: Version, iri: str, name: str) -> Node:
    if not iri:
        return {"@type": "Organization", "name": name}
    return {
        "@id": iri,
        "@type": "Organization",
        "name": name,
        **_told(site, version, ox.NamedNode(iri)),
    }


def _told(site: Site, version: Version, topic: ox.NamedNode) -> Node:
    found: dict[str, list[object]] = {}
    for row in site.rows("schema", version, _thing=topic):
        key, value = row["key"]["value"], row["value"]["value"]
        if key == "@type":
            told: object = value.removeprefix(SCHEMA)
        elif row["value"]["type"] == "uri" and key != "sameAs":
            told = {"@id": value}
        else:
            told = value
        found.setdefault(key, []).append(told)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}
