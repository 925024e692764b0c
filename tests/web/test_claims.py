"""/claims: facets that count truly and combine, words, pages, files; claims beside one another."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from parley.files import Dataset
from parley.rdf import Namespaces, expand
from parley.settings import Settings
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app

HTML = {"Accept": "text/html"}
DENIAL = "claim-siga-2024-02-019-2"
AUTHOR = "franz-j-marty"


class Links(HTMLParser):
    """The links of a page with their words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open = True
            self.found.append((dict(attrs)["href"] or "", ""))

    def handle_data(self, data: str) -> None:
        if self._open:
            href, words = self.found[-1]
            self.found[-1] = (href, words + data)

    def handle_endtag(self, tag: str) -> None:
        self._open &= tag != "a"


def page(client: FlaskClient, **given: object) -> str:
    response = client.get(f"/claims?{urlencode(given)}", headers=HTML)
    assert response.status_code == 200, response.text
    return response.text


def data(client: FlaskClient, **given: object) -> dict:  # type: ignore[type-arg]  # JSON
    response = client.get(f"/claims.json?{urlencode(given)}")
    assert response.status_code == 200, response.text
    found = json.loads(response.text)
    assert response.headers["X-Parley-Total"] == str(found["total"])
    return found


def count(client: FlaskClient, pattern: str) -> int:
    query = f"""PREFIX parley: <https://w3id.org/parley/ontology#>
        PREFIX vocab: <https://w3id.org/parley/vocab/> PREFIX id: <https://w3id.org/parley/id/>
        SELECT (COUNT(DISTINCT ?claim) AS ?n) {{ ?claim parley:stance ?any . {pattern} }}"""
    found = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/csv"})
    return int(found.text.split()[1])


def facets(text: str) -> Iterator[tuple[str, str, int]]:
    """The facet, the address and the count of each value that a page offers."""
    for href, words in Links(text[text.index("facetted") : text.index("</dl>")]).found:
        last = words.split()[-1].replace(",", "")
        if last.isdigit():
            yield href, " ".join(words.split()[:-1]), int(last)


def test_every_count_of_a_facet_is_what_its_link_shows(client: FlaskClient) -> None:
    offered = list(facets(page(client, stance="affirms")))
    assert {"speaker", "status", "predicate", "article", "review"} <= {
        name for href, _, _ in offered for name in parse_qs(urlsplit(href).query)
    }
    for href, label, number in offered[:: max(1, len(offered) // 8)]:
        assert data(client, **{k: v[0] for k, v in parse_qs(urlsplit(href).query).items()})[
            "total"
        ] == (number if "stance=" in href else count(client, "")), (href, label)


def test_choices_combine_and_totals_are_true(client: FlaskClient) -> None:
    pattern = "?claim parley:speaker id:afghan-taliban ; parley:stance vocab:denies ."
    found = data(client, speaker="id:afghan-taliban", stance="denies")
    assert found["total"] == count(client, pattern) == len(found["claims"]) > 0
    for claim in found["claims"]:
        assert claim["stance"]["iri"].endswith("/denies")
        assert "Afghan Taliban" in [speaker["label"] for speaker in claim["speakers"]]
        assert claim["quotes"][0]["quote"]
    assert data(client)["total"] == count(client, "")
    by_iri = data(client, stance="https://w3id.org/parley/vocab/denies")
    assert by_iri["total"] == count(client, "?claim parley:stance vocab:denies .")


def test_words_are_looked_for_in_claims_and_quotes_whatever_their_case(client: FlaskClient) -> None:
    found = data(client, q="OFFICIALLY deny presence")
    assert DENIAL in [claim["claim"].rpartition("/")[2] for claim in found["claims"]]
    assert 0 < found["total"] < 30
    nothing = page(client, q="zzz'\"} UNION { ?claim ?p ?o")
    assert "<h2>0 claims" in nothing
    assert "No claim is like this" in nothing


def test_claims_come_in_the_order_of_the_text_and_in_pages(client: FlaskClient) -> None:
    whole = data(client, limit=500)
    starts = [
        (c["quotes"][0]["article"], min(q["start"] for q in c["quotes"])) for c in whole["claims"]
    ]
    assert len(starts) == whole["total"] > 100
    assert starts == sorted(starts)
    some = data(client, limit=10, offset=20)["claims"]
    assert some == whole["claims"][20:30]
    text = page(client, limit=10, offset=20)
    assert ", 21 to 30 shown" in text
    assert re.search(r'rel="next" href="/claims\?limit=10&amp;offset=30"', text)
    assert text.count('<li class="claim ') == 10


def test_a_browser_gets_a_page_and_a_program_data(client: FlaskClient) -> None:
    assert client.get("/claims?limit=1").mimetype == "application/json"
    assert client.get("/claims?limit=1", headers={"Accept": "text/csv"}).mimetype == "text/csv"
    assert client.get("/claims?limit=1", headers=HTML).mimetype == "text/html"
    assert client.get("/claims?format=csv&limit=1", headers=HTML).mimetype == "text/csv"
    assert client.get("/claims", headers={"Accept": "image/png"}).status_code == 406
    assert client.get("/claims.xml").status_code == 404
    rows = list(csv.DictReader(io.StringIO(client.get("/claims.csv?stance=denies").text)))
    assert {row["stance"] for row in rows} == {"denies"}
    assert all(row["quotes"] and int(row["start"]) < int(row["end"]) for row in rows)


@pytest.mark.parametrize("given", ["stance=a b", "limit=all", "speaker=<x"])
def test_what_is_no_choice_is_said(client: FlaskClient, given: str) -> None:
    answer = client.get(f"/claims?{given}")
    assert answer.status_code == 400
    assert answer.get_json()["detail"]


def test_a_facet_can_be_seen_whole(client: FlaskClient) -> None:
    some = list(facets(page(client)))
    whole = list(facets(page(client, all="speaker")))
    assert len([href for href, _, _ in whole if "speaker=" in href]) == count_speakers(client)
    assert len(whole) > len(some)


def count_speakers(client: FlaskClient) -> int:
    query = "SELECT DISTINCT ?s { ?c <https://w3id.org/parley/ontology#speaker> ?s }"
    found = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/csv"})
    return len(found.text.split()) - 1


def test_a_claim_names_its_article_and_who_says_the_same(client: FlaskClient) -> None:
    text = client.get(f"/claims/{DENIAL}", headers=HTML).text
    assert "For a quote, cite the article" in text
    assert "Uncertain Efforts" in text
    query = """PREFIX parley: <https://w3id.org/parley/ontology#>
        SELECT ?claim ?other {
          ?claim parley:stance ?stance ; parley:claims ?said .
          ?other parley:stance ?stance ; parley:claims ?said .
          FILTER(?other != ?claim)
        } ORDER BY ?claim LIMIT 1"""
    found = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/csv"})
    claim, other = (iri.rpartition("/")[2] for iri in found.text.split()[1].split(","))
    text = client.get(f"/claims/{claim}", headers=HTML).text
    same = text[text.index("Who takes the same stance") :]
    assert f'href="/page/{other}"' in same


@pytest.mark.parametrize(
    ("path", "article"),
    [(f"/claims/{DENIAL}", True), (f"/page/{AUTHOR}", False), ("/articles/siga-2024-02", True)],
)
def test_a_page_is_cited_with_its_version(client: FlaskClient, path: str, article: bool) -> None:
    text = client.get(path, headers=HTML).text
    assert f"{path}?version=2" in text
    name = path.rpartition("/")[2]
    bib = client.get(f"/cite/{name}.bib?version=2")
    assert bib.mimetype == "application/x-bibtex"
    assert bib.text.count("@misc{") == 1 + article
    assert "edition = {version 2}" in bib.text
    (first, *rest) = json.loads(client.get(f"/cite/{name}.csl.json").text)
    assert first["URL"].endswith(f"{path}?version=2")
    assert [one["id"] for one in rest] == ["siga-2024-02"] * article
    assert client.get("/cite/nobody.bib").status_code == 404


@dataclass(frozen=True)
class Made:
    """A claim with what hangs on it."""

    name: str
    stance: str = "affirms"
    speaker: str = "somebody"
    through: str = ""
    start: int = 0
    predicate: str = "presentIn"

    def quads(self, names: Namespaces) -> frozenset[ox.Quad]:
        def iri(name: str) -> ox.NamedNode:
            return expand(name, names.prefixes)

        claim, said, evidence, place = (
            f"id:{part}-{self.name}" for part in ("claim", "said", "evidence", "place")
        )
        terms = [
            (claim, "parley:stance", iri(f"vocab:{self.stance}")),
            (claim, "parley:epistemicStatus", iri("vocab:stated")),
            (claim, "parley:reviewState", iri("vocab:review-accepted")),
            (claim, "parley:speaker", iri(f"id:{self.speaker}")),
            *([(claim, "parley:relayedBy", iri(f"id:{self.through}"))] if self.through else []),
            (claim, "parley:claims", iri(said)),
            (said, "parley:predicate", iri(f"parley:{self.predicate}")),
            (claim, "parley:evidence", iri(evidence)),
            (evidence, "oa:hasSource", iri("id:article")),
            (evidence, "oa:hasSelector", iri(place)),
            (place, "oa:start", ox.Literal(self.start)),
            (place, "oa:exact", ox.Literal("words")),
        ]
        graph = names.graph("claims/article")
        return frozenset(ox.Quad(iri(s), iri(p), o, graph) for s, p, o in terms)


ONE, TWO, THREE = Made("one", start=1), Made("two", "denies", start=2), Made("three", start=3)
LATER = (
    {ONE, replace(TWO, stance="affirms"), THREE},
    {replace(ONE, start=9), replace(TWO, stance="affirms"), THREE},
    {replace(ONE, start=9, predicate="memberOf"), replace(TWO, stance="affirms")},
    {replace(ONE, start=9, speaker="other", through="somebody"), THREE, Made("four", "doubts")},
)


def test_a_commit_changes_the_lists_as_if_they_were_read_anew(
    tmp_path: Path, dataset: Dataset
) -> None:
    versions, settings = Versions(tmp_path), Settings(instance=tmp_path)
    backend = LocalBackend(versions, settings, prefixes=dataset.names.prefixes)

    def fresh() -> FlaskClient:
        return create_app(settings, backend, dataset, {}, versions).test_client()

    def shown(client: FlaskClient, version: int) -> list[str]:
        places = ("/claims.json?", "/claims?limit=9&", "/sources?")
        found = [client.get(f"{at}version={version}", headers=HTML).text for at in places]
        return [re.sub(r"[vV]ersion\D{1,4}\d+", "", text) for text in found]

    def commit(before: set[Made], after: set[Made]) -> None:
        old, new = (
            frozenset().union(*(made.quads(dataset.names) for made in some))
            for some in (before, after)
        )
        with versions.stage(versions.current()) as staged:
            change = staged.apply(Change(new - old, old - new))
            versions.publish(staged, change, Message("tests", "next"))

    try:
        states = [set[Made](), {ONE, TWO, THREE}, *LATER]
        commit(*states[:2])
        client = fresh()
        seen = [shown(client, 1)]
        for number, (before, after) in enumerate(pairwise(states[1:]), 2):
            commit(before, after)
            seen.append(shown(client, number))
            assert seen[-1] == shown(fresh(), number)
            assert seen[-1] != seen[-2]
        assert shown(client, 2) == seen[1]
    finally:
        backend.close()
