"""/as: the claims in other vocabularies, each read by a tool or by the rules of its own world."""

import csv
import gzip
import io
import json
import re
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from csvw import TableGroup
from flask.testing import FlaskClient
from nanopub import Nanopub
from nanopub.utils import MalformedNanopubError
from prov.model import ProvDocument, ProvEntity

BASE = "https://w3id.org/parley/"
PARLEY = f"{BASE}ontology#"
VOCAB = f"{BASE}vocab/"
DENIAL = "claim-siga-2024-02-019-1"
RELAYED = "claim-siga-2024-02-025-4"  # a Talib told a source, who told the author
PREFIXES = f"PREFIX parley: <{PARLEY}> PREFIX vocab: <{VOCAB}> "
FOLLOWTHEMONEY = (
    "followthemoney is not installed: its PyICU is compiled with ICU's headers. On Debian: "
    "apt install libicu-dev pkg-config g++ && .venv/bin/python -m pip install followthemoney"
)
# rdflib warns of itself.
RDFLIB = pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")
WORLDS = {
    "nanopub": ("trig", "nq", "jsonld"),
    "reifiers": ("ttl", "nt"),
    "wikibase": ("ttl", "nt", "rdf", "jsonld"),
    "prov": ("ttl", "nt", "rdf", "jsonld"),
    "followthemoney": ("jsonl",),
}


def get(client: FlaskClient, path: str) -> bytes:
    response = client.get(path, buffered=True)
    assert response.status_code == 200, response.text
    return response.data


def asked(client: FlaskClient, query: str) -> list[dict[str, str]]:
    found = client.get("/sparql", query_string={"query": PREFIXES + query, "format": "json"})
    rows = found.get_json()["results"]["bindings"]
    return [{name: cell["value"] for name, cell in row.items()} for row in rows]


@pytest.fixture(scope="module")
def accepted(client: FlaskClient) -> set[str]:
    """The IRIs of all accepted claims."""
    query = "SELECT ?c { ?c parley:reviewState vocab:review-accepted ; parley:stance ?s }"
    found = {row["c"] for row in asked(client, query)}
    assert len(found) > 200
    return found


@pytest.fixture(scope="module")
def said(client: FlaskClient) -> dict[tuple[str, str], str]:
    """The stance of each accepted claim on each proposition."""
    query = (
        "SELECT ?c ?p ?s { ?c parley:reviewState vocab:review-accepted ; parley:stance ?s ; "
        "parley:claims ?p }"
    )
    return {(row["c"], row["p"]): row["s"].removeprefix(VOCAB) for row in asked(client, query)}


def facts(client: FlaskClient) -> set[ox.Triple]:
    """Everything that is said by anybody, as triples."""
    query = (
        "CONSTRUCT { ?s ?p ?o } { ?x parley:subject ?s ; parley:predicate ?p ; "
        "parley:object|parley:value ?o }"
    )
    accept = {"Accept": "application/n-triples"}
    found = client.get("/sparql", query_string={"query": PREFIXES + query}, headers=accept)
    return {quad.triple for quad in ox.parse(found.data, ox.RdfFormat.N_TRIPLES)}


def stated(data: bytes, form: ox.RdfFormat) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(data, form)}


@RDFLIB
def test_the_tool_for_nanopublications_finds_them_valid(
    client: FlaskClient, accepted: set[str]
) -> None:
    lines: dict[str, list[str]] = {}
    for line in get(client, "/as/nanopub.nq").decode().splitlines(keepends=True):
        lines.setdefault(line.rpartition("/")[2].partition("?")[0], []).append(line)
    sample = sorted(iri.removeprefix(f"{BASE}id/") for iri in accepted)[::16]
    assert len(sample) > 10
    for name in (DENIAL, RELAYED, *sample):
        data = rdflib.Dataset()
        data.parse(data="".join(lines[name]), format="nquads")
        found = Nanopub(rdf=data)
        assert found.is_valid, name
        own = rdflib.URIRef(f"{BASE}as/nanopub/{name}?version=2")
        assert found.metadata.np_uri == own
        assert (own, rdflib.DCTERMS.license, None) in found.pubinfo
        about = rdflib.URIRef(f"{BASE}id/{name}")
        assert (own, rdflib.FOAF.primaryTopic, about) in found.pubinfo
    data.remove((own, rdflib.RDF.type, None, None))
    with pytest.raises(MalformedNanopubError):
        Nanopub(rdf=data)


def test_there_is_a_nanopublication_for_each_accepted_claim(
    client: FlaskClient, accepted: set[str]
) -> None:
    graphs: Counter[str] = Counter()
    for quad in ox.parse(get(client, "/as/nanopub.nq"), ox.RdfFormat.N_QUADS):
        assert isinstance(quad.graph_name, ox.NamedNode)
        graphs[quad.graph_name.value] += 1
    names = {iri.removeprefix(f"{BASE}id/") for iri in accepted}
    parts = ("Head", "assertion", "provenance", "pubinfo")
    wanted = {f"{BASE}as/nanopub/{name}?version=2#{part}" for name in names for part in parts}
    assert set(graphs) == wanted
    assert min(graphs.values()) >= 3


def test_reifiers_speak_of_triples_and_assert_none(
    client: FlaskClient, said: dict[tuple[str, str], str]
) -> None:
    written = {
        form.file_extension: stated(get(client, f"/as/reifiers.{form.file_extension}"), form)
        for form in (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.TURTLE)
    }
    assert written["nt"] == written["ttl"]
    reified = [t for t in written["nt"] if t.predicate.value.endswith("#reifies")]
    assert len(reified) == len(said)
    inner = {triple.object for triple in reified}
    assert inner == facts(client) & inner
    assert not inner & written["nt"]
    denied = [t for t in reified if t.subject == ox.NamedNode(f"{BASE}id/{DENIAL}")]
    assert denied
    stance = ox.Triple(
        denied[0].subject, ox.NamedNode(f"{PARLEY}stance"), ox.NamedNode(f"{VOCAB}denies")
    )
    assert stance in written["nt"]


def test_no_world_of_triples_states_what_is_said(client: FlaskClient) -> None:
    known = facts(client)
    for path, form in (
        ("/as/nanopub.nq", ox.RdfFormat.N_QUADS),
        ("/as/wikibase.nt", ox.RdfFormat.N_TRIPLES),
        ("/as/prov.nt", ox.RdfFormat.N_TRIPLES),
    ):
        found = stated(get(client, path), form)
        assert len(found) > 1000
        assert not found & known, path


def test_the_wikibase_view_follows_the_rules_of_the_dump_format(
    client: FlaskClient, said: dict[tuple[str, str], str]
) -> None:
    store = ox.Store()
    store.load(get(client, "/as/wikibase.ttl"), ox.RdfFormat.TURTLE)
    ask = (
        "PREFIX wikibase: <http://wikiba.se/ontology#> PREFIX prov: <http://www.w3.org/ns/prov#> "
        "PREFIX schema: <http://schema.org/> PREFIX cc: <http://creativecommons.org/ns#> "
    )

    def number(pattern: str) -> int:
        rows = store.query(f"{ask} SELECT (COUNT(*) AS ?n) {{ {pattern} }}")
        assert isinstance(rows, ox.QuerySolutions)
        return int(next(rows)["n"].value)

    # One statement for each claim and proposition: a rank, a value, a reference, an owner.
    assert number("?s a wikibase:Statement") == len(said)
    assert number("?s a wikibase:Statement ; wikibase:rank ?r") == len(said)
    assert number("?s a wikibase:Statement . ?p wikibase:statementProperty ?ps . ?s ?ps ?v") == len(
        said
    )
    owned = "?p wikibase:claim ?c ; wikibase:statementProperty ?ps . ?item ?c ?s . ?s ?ps ?v ."
    assert number(f"{owned} ?item a wikibase:Item") == len(said)
    assert number("?s a wikibase:Statement ; prov:wasDerivedFrom ?r . ?r a wikibase:Reference") >= (
        len(said)
    )
    assert (
        number(
            "?r a wikibase:Reference FILTER NOT EXISTS { ?p wikibase:reference ?pr . ?r ?pr ?v }"
        )
        == 0
    )
    affirmed = sum(stance == "affirms" for stance in said.values())
    normal = number("?s wikibase:rank wikibase:NormalRank")
    assert 0 < normal <= affirmed
    assert number("?s wikibase:rank wikibase:DeprecatedRank") == len(said) - normal
    assert number("?s a wikibase:BestRank") == 0
    assert number("?p wikibase:directClaim ?d . ?item ?d ?v") == 0
    # Every property has one type and a name for each role; numbers have their full value.
    properties = number("?p a wikibase:Property")
    assert properties > 30
    assert number("?p a wikibase:Property ; wikibase:propertyType ?t") == properties
    assert (
        number("?p wikibase:propertyType wikibase:Quantity ; wikibase:statementValue ?v . ?s ?v ?q")
        > 0
    )
    assert (
        number("?q a wikibase:QuantityValue FILTER NOT EXISTS { ?q wikibase:quantityAmount ?a }")
        == 0
    )
    assert number("wikibase:Dump cc:license ?l ; schema:dateModified ?d") == 1


@RDFLIB
def test_the_prov_library_reads_claims_and_the_way_of_their_words(
    client: FlaskClient, accepted: set[str]
) -> None:
    text = get(client, "/as/prov.ttl").decode()
    document = ProvDocument.deserialize(content=text, format="rdf", rdf_format="turtle")
    entities = {str(record.identifier.uri) for record in document.get_records(ProvEntity)}
    assert accepted <= entities
    accounts = {iri for iri in entities if f"{RELAYED}#account-" in iri}
    assert len(accounts) == 2
    whole = stated(get(client, "/as/prov.nt"), ox.RdfFormat.N_TRIPLES)
    prov = "http://www.w3.org/ns/prov#"
    claims = {
        t.subject.value
        for t in whole
        if isinstance(t.subject, ox.NamedNode)
        and t.object in {ox.NamedNode(f"{PARLEY}Claim"), ox.NamedNode(f"{PARLEY}Assessment")}
    }
    assert claims == accepted
    attributed = {t.subject.value for t in whole if t.predicate.value == f"{prov}wasAttributedTo"}
    assert accepted <= attributed
    # Nothing is derived from itself, by whatever way (PROV-CONSTRAINTS, ordering of derivations).
    derived = {f"{prov}wasDerivedFrom", f"{prov}wasQuotedFrom"}
    edges: dict[str, set[str]] = {}
    for triple in whole:
        if triple.predicate.value in derived:
            edges.setdefault(triple.subject.value, set()).add(triple.object.value)
    done: set[str] = set()
    while edges:
        leaves = {node for node, onto in edges.items() if not onto & set(edges)}
        assert leaves, sorted(edges)[:5]
        done |= leaves
        edges = {node: onto for node, onto in edges.items() if node not in leaves}
    assert len(done) > len(accepted) / 2


def test_follow_the_money_accepts_every_entity(client: FlaskClient) -> None:
    model = pytest.importorskip("followthemoney", reason=FOLLOWTHEMONEY).model
    lines = get(client, "/as/followthemoney.jsonl").decode().splitlines()
    told = [json.loads(line) for line in lines]
    by_id = {entity["id"]: entity for entity in told}
    assert len(by_id) == len(told)
    for entity in told:
        proxy = model.get_proxy(entity, cleaned=False)
        proxy.schema.validate(entity)
        for name, values in entity["properties"].items():
            assert len(proxy.get(name)) == len(set(values)), (entity["id"], name, values)
        for prop, value in proxy.itervalues():
            if prop.type.name == "entity":
                end = model.get(by_id[value]["schema"])
                assert end.is_a(prop.range), (entity["id"], prop.name, value)


def test_only_what_is_firm_is_a_link_and_the_rest_are_notes(
    client: FlaskClient, accepted: set[str], said: dict[tuple[str, str], str]
) -> None:
    lines = get(client, "/as/followthemoney.jsonl").decode().splitlines()
    told = [json.loads(line) for line in lines]
    by_id = {entity["id"]: entity for entity in told}
    assert len(by_id) == len(told)
    for entity in told:
        assert entity["license"]
        assert entity["version"] == 2
    notes = {e["properties"]["sourceUrl"][0] for e in told if e["schema"] == "Note"}
    assert notes == accepted
    denial = by_id[DENIAL]["properties"]
    assert "denies" in denial["name"][0]
    linked = {e["properties"]["sourceUrl"][0] for e in told if "summary" in e["properties"]}
    firm = {
        row["p"]
        for row in asked(
            client,
            "SELECT ?p { ?p parley:subject ?s ; parley:predicate ?q ; parley:object ?o "
            f"VALUES ?g {{ <{BASE}graph/confirmed> <{BASE}graph/stated> }} "
            "GRAPH ?g { ?s ?q ?o } }",
        )
    }
    assert linked
    assert linked <= firm
    denied = {proposition for (_, proposition), stance in said.items() if stance == "denies"}
    assert not linked & denied
    silent = {row["s"] for row in asked(client, "SELECT ?s { ?s a parley:AnonymousSource }")}
    silent |= {row["s"] for row in asked(client, "SELECT ?s { ?s a parley:HypotheticalEvent }")}
    assert len(silent) > 10
    assert not {iri.removeprefix(f"{BASE}id/") for iri in silent} & set(by_id)
    schemata = Counter(entity["schema"] for entity in told)
    assert {"Person", "Organization", "Event", "Membership", "UnknownLink"} <= set(schemata)


def test_csvw_reads_the_tables_by_their_description(
    client: FlaskClient, tmp_path: Path, accepted: set[str], said: dict[tuple[str, str], str]
) -> None:
    metadata = get(client, "/as/tables/csv-metadata.json")
    (tmp_path / "csv-metadata.json").write_bytes(metadata)
    names = [table["url"] for table in json.loads(metadata)["tables"]]
    assert len(names) == 9
    for name in names:
        response = client.get(f"/as/tables/{name}", buffered=True)
        assert 'rel="describedby"' in ", ".join(response.headers.getlist("Link"))
        (tmp_path / name).write_bytes(response.data)
    group = TableGroup.from_file(tmp_path / "csv-metadata.json")
    rows = {table.local_name: list(table.iterdicts(strict=True)) for table in group.tables}
    group.check_referential_integrity(strict=True)
    for table in group.tables:
        assert table.check_primary_key(), table.local_name
    assert {row["claim"].unsplit() for row in rows["claims.csv"]} == accepted
    assert len(rows["claim_propositions.csv"]) == len(said)
    assert len(rows["propositions.csv"]) == len({proposition for _, proposition in said})
    assert min(len(found) for found in rows.values()) > 3
    denials = {row["claim"].unsplit() for row in rows["claims.csv"] if row["stance"] == "denies"}
    assert f"{BASE}id/{DENIAL}" in denials
    read = list(csv.DictReader(io.StringIO((tmp_path / "claims.csv").read_text("utf-8"))))
    assert len(read) == len(accepted)


@pytest.mark.parametrize("world", WORLDS)
def test_one_claim_is_told_as_in_the_whole(client: FlaskClient, world: str) -> None:
    extension = "nt" if "nt" in WORLDS[world] else WORLDS[world][-1].replace("jsonld", "nq")
    whole = get(client, f"/as/{world}.{extension}").splitlines()
    for name in (DENIAL, RELAYED):
        lines = get(client, f"/as/{world}/{name}.{extension}").splitlines()
        assert len(lines) > 2
        assert set(lines) <= set(whole)


def test_a_thing_has_all_its_claims_page_by_page(client: FlaskClient, accepted: set[str]) -> None:
    path, found, pages = "/as/reifiers/siga-2024-02.nt", set(), 0
    while path:
        response = client.get(path)
        assert response.status_code == 200, response.text
        pages += 1
        reified = (t for t in stated(response.data, ox.RdfFormat.N_TRIPLES))
        found |= {t.subject.value for t in reified if t.predicate.value.endswith("#reifies")}
        links = ", ".join(response.headers.getlist("Link"))
        assert 'rel="license"' in links
        following = re.search(r'<([^>]+)>; rel="next"', links)
        path = following[1] if following else ""
    assert found == accepted
    assert pages == 2


def test_every_form_of_every_world_is_served(client: FlaskClient) -> None:
    told = client.get("/as", headers={"Accept": "application/json"}).get_json()["translations"]
    assert {world["name"] for world in told} == {*WORLDS, "tables"}
    for world, extensions in WORLDS.items():
        for extension in extensions:
            response = client.get(f"/as/{world}/{DENIAL}.{extension}")
            assert response.status_code == 200, response.text
            assert response.headers["X-Parley-Version"] == "2"
            again = {"If-None-Match": response.headers["ETag"]}
            assert client.get(f"/as/{world}/{DENIAL}.{extension}", headers=again).status_code == 304
        page = client.get("/as", headers={"Accept": "text/html"}).text
        assert f'href="/as/{world}.{extensions[0]}.gz?version=2"' in page
    packed = gzip.decompress(get(client, "/as/reifiers.nt.gz"))
    assert packed == get(client, "/as/reifiers.nt")


def test_accept_chooses_the_file(client: FlaskClient) -> None:
    for path, accept, place in (
        ("/as/prov", "application/ld+json", "/as/prov.jsonld"),
        (f"/as/nanopub/{DENIAL}?version=1", "*/*", f"/as/nanopub/{DENIAL}.trig?version=1"),
        (f"/as/wikibase/{DENIAL}", "text/html", f"/as/wikibase/{DENIAL}.ttl"),
        ("/as/followthemoney", "text/html", "/as/followthemoney.jsonl"),
        ("/as/tables", "*/*", "/as"),
        ("/as/tables/claims", "*/*", "/as/tables/claims.csv"),
    ):
        response = client.get(path, headers={"Accept": accept})
        assert response.status_code == 303, path
        assert response.headers["Location"] == place
    assert client.get("/as/prov", headers={"Accept": "image/png"}).status_code == 406


def test_what_is_not_there_is_not_found(client: FlaskClient) -> None:
    for path in (
        "/as/nothing",
        "/as/prov.xyz",
        "/as/nothing/x.ttl",
        "/as/tables/nothing.csv",
        "/as/nanopub/no-such-claim.trig",
        "/as/nanopub/zzz-added-in-version-2.trig",  # a thing of which nobody says anything
        "/as/nanopub/%3Cx%3E.trig",
        f"/as/nanopub/{DENIAL}.csv",
        f"/as/nanopub/{DENIAL}.trig.gz",
        "/as/nanopub/no-such-claim",
    ):
        assert client.get(path).status_code == 404, path
    said = client.get(f"/as/nanopub/{DENIAL}.csv").get_json()["detail"]
    assert said == "Nanopublications have no format 'csv' here; use trig, nq, jsonld"


def test_every_link_to_another_dataset_has_who_made_it_and_what_it_rests_on(
    client: FlaskClient,
) -> None:
    links = asked(
        client, f"SELECT ?s ?p ?o {{ GRAPH <{BASE}graph/linked> {{ ?s ?p ?o }} }} ORDER BY ?s ?o"
    )
    told = asked(
        client,
        "SELECT ?s ?p ?o { ?m parley:mapsEntity ?s ; parley:mapsBy ?p ; parley:mapsTo ?o ; "
        "parley:mappedBy ?who ; parley:mappingSource ?source } ORDER BY ?s ?o",
    )
    assert links == told
    assert len(links) >= 21
