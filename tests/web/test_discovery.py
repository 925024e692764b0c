"""What finds its way without being told: prefixes, sitemap, robots."""

import json
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import pyoxigraph as ox
import rdflib
from flask.testing import FlaskClient
from pyshacl import validate
from rdflib.namespace import RDF, SH

from parley.files import Dataset
from parley.rdf import RDF_TYPE
from parley.rdf import term as parley
from parley.settings import Settings
from parley.store.versions import Versions
from parley.web.sitemap import changed

BASE = "https://w3id.org/parley/"
HTML = {"Accept": "text/html"}
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ADDED = "zzz-added-in-version-2"  # by the fixture


def test_prefixes_are_declared_for_shacl(client: FlaskClient, dataset: Dataset) -> None:
    turtle = client.get("/prefixes", headers={"Accept": "text/turtle"}, buffered=True)
    declared = rdflib.Graph().parse(data=turtle.data, format="turtle")
    here = rdflib.URIRef(f"{BASE}prefixes")
    found = {
        str(declared.value(node, SH.prefix)): str(declared.value(node, SH.namespace))
        for node in declared.objects(here, SH.declare)
    }
    assert found == dataset.names.prefixes
    shape = f"""
        @prefix sh: <{SH}> . @prefix ex: <http://example.org/> .
        ex:shape a sh:NodeShape ; sh:targetNode ex:thing ; sh:sparql ex:rule .
        ex:rule sh:prefixes <{here}> ; sh:select "SELECT $this {{ $this a parley:Claim }}" ."""
    shapes = rdflib.Graph().parse(data=shape, format="turtle") + declared
    data = rdflib.Graph()
    claim = rdflib.URIRef(parley("Claim").value)
    data.add((rdflib.URIRef("http://example.org/thing"), RDF.type, claim))
    conforms, _, _ = validate(data, shacl_graph=shapes)
    assert not conforms


def test_prefixes_are_a_json_ld_context(client: FlaskClient, dataset: Dataset) -> None:
    context = client.get("/context.jsonld")
    assert context.mimetype == "application/ld+json"
    document = {**context.get_json(), "@id": "id:x", "@type": "parley:Claim", "rdfs:label": "X"}
    found = {q.triple for q in ox.parse(json.dumps(document), ox.RdfFormat.JSON_LD)}
    assert ox.Triple(ox.NamedNode(f"{BASE}id/x"), RDF_TYPE, parley("Claim")) in found
    assert set(context.get_json()["@context"]) == {"@version", *dataset.names.prefixes}


def test_prefixes_are_for_people_too(client: FlaskClient) -> None:
    page = client.get("/prefixes", headers=HTML)
    assert "PREFIX parley: &lt;https://w3id.org/parley/ontology#&gt;" in page.text
    assert client.get("/prefixes.html").mimetype == "text/html"
    assert 'href="/prefixes"' in client.get("/sparql", headers=HTML).text


def locations(client: FlaskClient, path: str) -> dict[str, str | None]:
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, "application/xml")
    root = ET.fromstring(response.data)
    return {
        str(each.findtext(f"{SITEMAP}loc")): each.findtext(f"{SITEMAP}lastmod") for each in root
    }


def test_the_sitemap_has_every_page(client: FlaskClient) -> None:
    index = [urlsplit(place).path for place in locations(client, "/sitemap.xml")]
    assert index == ["/sitemap-0.xml", "/sitemap-1.xml"]
    found = {urlsplit(p).path: day for part in index for p, day in locations(client, part).items()}
    for path in (
        "/",
        "/void",
        "/queries/contradictions",
        "/page/afghan-taliban",
        "/articles/siga-2024-02",
    ):
        assert path in found
    for path in list(found)[::97]:
        assert client.get(path, headers=HTML).status_code == 200, path
    assert found["/page/kabul"]
    assert found[f"/page/{ADDED}"]
    assert f"/page/{ADDED}" not in {
        urlsplit(p).path for p in locations(client, "/sitemap-1.xml?version=1")
    }
    assert client.get("/sitemap-2.xml").status_code == 404


def test_the_day_of_the_last_change_is_known_where_it_is_cheap(
    settings: Settings, client: FlaskClient
) -> None:
    ledger = Versions(settings.instance).ledger
    days, usual = changed(ledger, 2, f"{BASE}id/")
    assert days == {f"{BASE}id/{ADDED}": ledger.entry(2).time[:10]}
    assert usual == ledger.entry(1).time[:10]


def test_robots_may_read_and_are_kept_from_what_is_costly(client: FlaskClient) -> None:
    response = client.get("/robots.txt")
    assert response.mimetype == "text/plain"
    assert "Sitemap: http://localhost/sitemap.xml" in response.text.splitlines()
    closed = [line.split()[1] for line in response.text.splitlines() if line.startswith("Disallow")]
    for path in ("/sparql?query=ASK{}", "/search?q=x", "/diff?from=1&to=2", "/edit/things/x"):
        assert any(path.startswith(rule) for rule in closed), path
    for path in ("/", "/page/x", "/data/x.ttl", "/void", "/dump.nq.gz", "/sparql", "/sitemap.xml"):
        assert not any(path.startswith(rule) for rule in closed), path
