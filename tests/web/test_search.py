"""Search: names in any spelling, quotes, questions; hostile text; while an index is missing."""

import re
import sqlite3
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from parley.building import fill
from parley.files import Dataset
from parley.queries import load
from parley.rdf import RDFS_LABEL, term
from parley.search.finding import find
from parley.search.index import make
from parley.search.keeping import Indexes
from parley.search.spelling import fold, likeness, sound
from parley.settings import Settings
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app

ID = "https://w3id.org/parley/id/"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def indexed(client: FlaskClient, settings: Settings) -> FlaskClient:
    """A client of an instance whose current version has its index."""
    assert Indexes(Versions(settings.instance)).build(2)
    return client


def results(client: FlaskClient, text: str, **more: str) -> list[dict[str, str]]:
    response = client.get("/search", query_string={"q": text, **more})
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    found: list[dict[str, str]] = response.json["results"]  # type: ignore[index]  # it is an object
    return found


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("Ansorullah Tajikistan", "ansorullah-tajikistan"),
        ("ansorullah", "ansorullah-tajikistan"),
        ("Ansarullah", "ansorullah-tajikistan"),
        ("Ansar Ullah", "ansorullah-tajikistan"),
        ("ANSĀRULLĀH", "ansorullah-tajikistan"),
        ("Ансоруллоҳ", "ansorullah-tajikistan"),
        ("Taliban", "afghan-taliban"),
        ("Taleban", "afghan-taliban"),
        ("talib", "afghan-taliban"),
        ("Талибан", "afghan-taliban"),
        ("alqaeda", "al-qaida"),
        ("ttp", "tehrik-e-taliban-pakistan"),
        ("Tajikstan", "tajikistan"),
        ("kabul", "kabul"),
    ],
)
def test_the_thing_meant_comes_first_however_it_is_spelt(
    indexed: FlaskClient, text: str, thing: str
) -> None:
    assert results(indexed, text)[0]["iri"] == ID + thing


def test_both_provinces_come_before_what_merely_mentions_them(indexed: FlaskClient) -> None:
    for text in ("Badakhshan", "Badakshan", "Бадахшон"):
        assert {hit["kindLabel"] for hit in results(indexed, text)[:2]} == {"province"}


def test_a_quote_finds_its_claim(indexed: FlaskClient) -> None:
    hit = results(indexed, "officially deny the presence")[0]
    assert hit["href"].startswith("/claims/") or hit["href"].startswith("/page/claim-")
    assert "officially deny the presence" in hit["quote"]


def test_a_kind_takes_in_the_narrower_ones(indexed: FlaskClient) -> None:
    kinds = {hit["kindLabel"] for hit in results(indexed, "tajikistan", kind="Place")}
    assert "state" in kinds
    assert "armed group" not in kinds
    hostile = indexed.get("/search", query_string={"q": "kabul", "kind": "Meeting' OR 1=1 --"})
    assert hostile.status_code == 400
    assert not results(indexed, "kabul", kind="NoSuchClass")


def test_questions_are_found_too(indexed: FlaskClient) -> None:
    found = indexed.get("/search?q=who+denies+presence").json
    assert found is not None
    assert "denials-of-presence" in [question["name"] for question in found["questions"]]


def test_pages_follow_each_other_without_repeating(indexed: FlaskClient) -> None:
    first = results(indexed, "taliban", limit="5")
    second = results(indexed, "taliban", limit="5", offset="5")
    assert len(first) == len(second) == 5
    assert not {hit["iri"] for hit in first} & {hit["iri"] for hit in second}
    page = indexed.get("/search?q=taliban&limit=5&offset=5", headers=HTML).text
    assert 'rel="prev"' in page
    assert 'rel="next"' in page


@pytest.mark.parametrize(
    "text",
    [
        '"',
        '" OR *',
        "names:x NEAR(a b)",
        "a AND NOT -b ^c {d}",
        "'; DROP TABLE thing; --",
        "<script>alert(1)</script>",
        "\0\0nul",
        "\u202egnittirw\u202c",
        "\ud7ff\U0001f600",
        "x" * 10_000,
        "ab " * 3_000,
        "%_*?",
        " ",
        "",
    ],
)
def test_hostile_text_is_only_text(indexed: FlaskClient, text: str) -> None:
    assert indexed.get("/search", query_string={"q": text}).status_code == 200
    page = indexed.get("/search", query_string={"q": text}, headers=HTML)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert len(re.findall("<h1", page.text)) == 1


@pytest.mark.parametrize("query", ["limit=-1", "offset=x", "format=xml", "q=a&q=b"])
def test_a_parameter_that_is_none_is_named(indexed: FlaskClient, query: str) -> None:
    response = indexed.get(f"/search?q=a&{query}" if "q=" not in query else f"/search?{query}")
    assert response.status_code == 400


def test_an_answer_keeps_its_tag_once_the_index_is_there(indexed: FlaskClient) -> None:
    response = indexed.get("/search?q=kabul")
    assert response.json is not None
    assert response.json["complete"]
    again = indexed.get("/search?q=kabul", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.fixture
def fresh(tmp_path: Path, dataset: Dataset) -> Versions:
    versions = Versions(tmp_path)
    with versions.stage(None) as staged:
        fill(staged.store, dataset, lambda count: None)
        versions.publish(staged, None, Message("tests", "first"))
    return versions


def commit(versions: Versions, change: Change) -> None:
    with versions.stage(versions.current()) as staged:
        versions.publish(staged, staged.apply(change), Message("tests", "next"))


def test_an_index_that_is_brought_forward_equals_one_made_anew(
    fresh: Versions, dataset: Dataset, tmp_path: Path
) -> None:
    indexes = Indexes(fresh)
    assert indexes.build(1)
    agents = dataset.names.graph("entities/agents")
    kabul = dataset.names.thing("kabul")
    current = fresh.current()
    assert current is not None
    store = current.open()
    label = next(iter(store.quads_for_pattern(kabul, RDFS_LABEL, None, None)))
    exact = ox.NamedNode("http://www.w3.org/ns/oa#exact")
    quote = min(store.quads_for_pattern(None, exact, None, None), key=str)
    assert isinstance(quote.object, ox.Literal)
    words = ox.Literal(f"zebra {quote.object.value}")
    renamed = ox.Quad(kabul, RDFS_LABEL, ox.Literal("Zabul City", language="en"), label.graph_name)
    commit(
        fresh,
        Change(
            frozenset(
                {
                    renamed,
                    ox.Quad(quote.subject, exact, words, quote.graph_name),
                    ox.Quad(kabul, term("nomDeGuerre"), ox.Literal("Quagga"), agents),
                }
            ),
            frozenset({label, quote}),
        ),
    )
    assert indexes.build(2)
    newest = fresh.current()
    assert newest is not None
    anew = tmp_path / "anew.db"
    make(anew, newest.open())
    rows = "SELECT iri, field, text, folded FROM entry ORDER BY 1, 2, 3"
    with sqlite3.connect(anew) as one, sqlite3.connect(indexes.path(2)) as other:
        assert one.execute(rows).fetchall() == other.execute(rows).fetchall()
        things = "SELECT * FROM thing ORDER BY iri"
        assert one.execute(things).fetchall() == other.execute(things).fetchall()
        assert one.execute("SELECT COUNT(*) FROM entry").fetchone()[0] > 500
    for path in (anew, indexes.path(2)):
        assert find(path, "Quagga").hits[0].label == "Zabul City"
        assert find(path, "zebra").hits[0].iri.startswith(f"{ID}claim-")
    assert find(indexes.path(1), "Kabul").hits[0].label == "Kabul"


def test_while_an_index_is_made_plain_names_are_found_and_it_is_said(
    fresh: Versions, dataset: Dataset
) -> None:
    settings = Settings(instance=fresh.instance)
    backend = LocalBackend(fresh, settings, prefixes=dataset.names.prefixes)
    try:
        saved = load(dataset.queries(), dataset.names)
        client = create_app(settings, backend, dataset, saved, fresh).test_client()
        response = client.get("/search?q=kabu")
        assert response.json is not None
        assert not response.json["complete"]
        assert "index is being made" in response.json["note"]
        assert response.json["results"][0]["iri"] == f"{ID}kabul"
        assert "ETag" not in response.headers
        page = client.get("/search?q=a%00kabul", headers=HTML)
        assert 'role="status"' in page.text
        while not Indexes(fresh).build(1):  # the process that was started may still be at it
            pass
        response = client.get("/search?q=Kaboul")
        assert response.json is not None
        assert response.json["complete"]
        assert response.json["results"][0]["iri"] == f"{ID}kabul"
        Indexes(fresh).path(1).write_bytes(b"no database")
        assert "index is being made" in client.get("/search?q=kabu", headers=HTML).text
        assert not Indexes(fresh).path(1).exists()
    finally:
        backend.close()


def test_spelling_is_forgiven_step_by_step() -> None:
    assert fold("  Qal\u2018eh-ye Ḥājjī, ҶАМОАТ ") == "qaleh ye hajji jamoat"
    assert sound("ansarullah") == sound("ansorulla") == sound("onsorullah") != sound("hamas")
    assert sound("taleban") == sound("taliban")
    assert sound("badakhshan") == sound("badakshan")
    assert sound("ali") == ""
    assert likeness("tajikistan", "tajikstan") > 0.7 > 0.3 > likeness("kabul", "herat")
