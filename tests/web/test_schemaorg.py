"""What search engines read in a page: schema.org as JSON-LD, where the alignment is certain."""

import json
import re
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib.namespace import SDO

from parley.rdf import RDF_TYPE

BASE = "https://w3id.org/parley/"
HTML = {"Accept": "text/html"}
ADDED = "zzz-added-in-version-2"  # by the fixture


def schema(client: FlaskClient, path: str) -> tuple[dict[str, object], set[ox.Triple]]:
    """The JSON-LD of a page, and the same as RDF; schema.org's own context is not fetched."""
    page = client.get(path, headers=HTML)
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)
    assert block, path
    assert "<" not in block[1]
    document = json.loads(block[1])
    assert document["@context"] == "https://schema.org/"
    local = json.dumps({**document, "@context": {"@vocab": str(SDO)}})
    found = {quad.triple for quad in ox.parse(local, ox.RdfFormat.JSON_LD)}
    for triple in found:
        name = triple.object if triple.predicate == RDF_TYPE else triple.predicate
        assert rdflib.URIRef(name.value) in SDO, name  # the list of schema.org's own terms
    return document, found


@pytest.mark.parametrize("path", ["/", "/void"])
def test_the_dataset_is_described_for_search_engines(client: FlaskClient, path: str) -> None:
    document, _ = schema(client, path)
    assert document["@type"] == "Dataset"
    assert document["@id"] == f"{BASE}dataset"
    assert len(str(document["description"])) >= 50  # Google's least
    assert document["version"] == "2"
    assert document["license"] == ["https://creativecommons.org/licenses/by/4.0/"]
    files = document["distribution"]
    assert isinstance(files, list)
    assert len(files) == 6
    for file in files:
        place = urlsplit(file["contentUrl"]).path
        assert client.head(place, buffered=True).mimetype == file["encodingFormat"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/page/afghanistan", "Country"),
        ("/page/ansorullah-tajikistan", "Organization"),
        ("/articles/siga-2024-02", "Article"),
        ("/claims/claim-siga-2024-02-011-1", "Claim"),
    ],
)
def test_a_thing_is_described_where_schema_org_has_a_word(
    client: FlaskClient, path: str, kind: str
) -> None:
    document, _ = schema(client, path)
    assert kind in str(document["@type"])
    assert document["name"]
    assert str(document["url"]).endswith(path)
    if kind == "Country":
        assert "http://www.wikidata.org/entity/Q889" in document["sameAs"]


def test_what_is_only_said_to_have_happened_is_no_event_for_search_engines(
    client: FlaskClient,
) -> None:
    page = client.get("/page/meeting-november-2023")
    assert page.status_code == 200
    assert '<script type="application/ld+json"' not in page.text


def test_a_name_cannot_end_the_block_of_schema_org(client: FlaskClient) -> None:
    assert "<b>Added" not in client.get(f"/page/{ADDED}", headers=HTML).text
    assert ox.NamedNode(f"{BASE}id/{ADDED}").value in client.get(f"/page/{ADDED}").text
