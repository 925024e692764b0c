"""The page of an article: quotes for everybody; its text only for curators, and never kept."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from parley.building import build
from parley.check.coverage import account
from parley.check.report import Report
from parley.files import Dataset, open_dataset
from parley.model.articles import articles_of
from parley.model.sentences import sentences
from parley.queries import load
from parley.scaffold import make_dataset
from parley.settings import Settings
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.texts import Texts
from parley.store.versions import Versions
from parley.tokens import Tokens
from parley.web.app import create_app
from parley.web.reading import Quote, paragraphs

PAGE = {"Accept": "text/html"}
SECRET = "A spokesman of the government"  # no quote and no gloss has these words


class Newsroom:
    """An instance with an article whose text is registered."""

    def __init__(self, folder: Path) -> None:
        make_dataset(folder / "data", "http://example.org/", "Test")
        self.dataset: Dataset = open_dataset(folder / "data")
        self.versions = Versions(folder / "var")
        build(self.dataset, self.versions, Message("tests", "x"), lambda store: Report(()))
        self.log = folder / "access.log"
        self.settings = Settings(instance=folder / "var", access_log=str(self.log))
        self.text = (folder / "data/example.txt").read_text("utf-8")
        self.texts = Texts(folder / "var/articles")
        self.token = Tokens(self.settings.instance).add("amina", "curator")[1]
        self.backend = LocalBackend(self.versions, self.settings)
        saved = load(self.dataset.queries(), self.dataset.names)
        self._app = create_app(self.settings, self.backend, self.dataset, saved, self.versions)

    def visitor(self, *, signed_in: bool) -> FlaskClient:
        client = self._app.test_client()
        if signed_in:
            assert client.post("/login", data={"token": self.token}).status_code == 303
        return client


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    made = Newsroom(tmp_path_factory.mktemp("newsroom"))
    source = made.dataset.root / "example.txt"
    made.texts.add("example", source, articles_of(made.dataset))
    yield made
    made.backend.close()


def test_a_curator_reads_the_text_with_its_quotes_marked(room: Newsroom) -> None:
    answer = room.visitor(signed_in=True).get("/articles/example", headers=PAGE)
    assert answer.status_code == 200
    assert SECRET in answer.text
    marks = re.findall(r'<mark><span id="(quote-(\d+)-(\d+))"></span>([^<]*)</mark>', answer.text)
    assert [found[3] for found in marks] == [
        "The River Guard met envoys of the Upland government in Harran Ford on 3 March 2021.",
        "denies that there was such a meeting",
    ]
    for anchor, start, end, words in marks:
        assert room.text[int(start) : int(end)] == words
        assert f'<a href="#{anchor}">characters {start} to {end}</a>' in answer.text
    for number in (1, 2):
        assert f'<a href="#claim-{number}" aria-label="Claim {number}">' in answer.text
        assert f'id="claim-{number}"' in answer.text
    assert "3 sentences: 2 quoted, 1 left out with a reason, 0 neither" in answer.text
    assert re.search(r'class="left-out">A meeting at Harran Ford</span>\s*<small', answer.text)


def test_no_cache_keeps_the_text(room: Newsroom) -> None:
    browser = room.visitor(signed_in=True)
    answer = browser.get("/articles/example", headers=PAGE)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer.headers
    assert "Cookie" in answer.headers["Vary"]
    again = browser.get("/articles/example", headers={**PAGE, "If-None-Match": "*"})
    assert again.status_code == 200
    stored = [path for path in room.settings.instance.rglob("*") if path.is_file()]
    holding = {path.name for path in stored if room.text.encode() in path.read_bytes()}
    assert holding == {"example.txt"}
    assert "/articles/example" in room.log.read_text()
    assert SECRET not in room.log.read_text()


@pytest.mark.parametrize(
    "address",
    [
        "/articles/example",
        "/articles/example?version=1",
        "/page/example",
        "/data/example.ttl",
        "/data/example.nt",
        "/review?article=example",
        "/articles/example.txt",
        "/static/../../articles/example.txt",
        "/search?q=spokesman",
    ],
)
def test_nobody_else_gets_the_text(room: Newsroom, address: str) -> None:
    anonymous = room.visitor(signed_in=False)
    forged = room.visitor(signed_in=False)
    forged.set_cookie("parley_session", "x" * 43)
    for client in (anonymous, forged):
        with client.get(address, headers=PAGE, follow_redirects=True) as answer:
            assert SECRET not in answer.text
    basic = {"Authorization": f"Bearer {room.token}", "Origin": "https://evil.example", **PAGE}
    with anonymous.get(address, headers=basic, follow_redirects=True) as answer:
        assert SECRET not in answer.text


def test_the_page_for_everybody_has_the_quotes(room: Newsroom) -> None:
    answer = room.visitor(signed_in=False).get("/articles/example", headers=PAGE)
    assert "<blockquote>denies that there was such a meeting</blockquote>" in answer.text
    assert "articles add" not in answer.text
    assert answer.headers["ETag"]


def test_an_open_server_shows_the_text_to_nobody_who_is_not_signed_in(room: Newsroom) -> None:
    settings = replace(room.settings, open=True)
    app = create_app(settings, room.backend, room.dataset, {}, room.versions)
    assert SECRET not in app.test_client().get("/articles/example", headers=PAGE).text


def test_a_text_that_is_not_the_one_on_record_is_not_shown(room: Newsroom) -> None:
    path = room.texts.path("example")
    good = path.read_bytes()
    browser = room.visitor(signed_in=True)
    try:
        path.write_bytes(good.replace(b"denies", b"admits"))
        other = browser.get("/articles/example", headers=PAGE)
        assert "not the one this version quotes" in other.text
        assert "admits" not in other.text
        path.write_bytes(b"\xff")
        assert "cannot be read" in browser.get("/articles/example", headers=PAGE).text
        path.unlink()
        missing = browser.get("/articles/example", headers=PAGE)
        assert "parley articles add example FILE" in missing.text
    finally:
        path.write_bytes(good)


def test_a_quote_that_is_not_what_the_text_says_is_told_and_not_marked(room: Newsroom) -> None:
    graph = room.dataset.names.graph("claims/example")
    parent = room.versions.current()
    assert parent is not None
    start = ox.NamedNode("http://www.w3.org/ns/oa#start")
    (old,) = [
        quad
        for quad in parent.open().quads_for_pattern(None, start, None, graph)
        if quad.object.value != "26"
    ]
    new = ox.Quad(old.subject, start, ox.Literal(int(old.object.value) - 1), graph)
    with room.versions.stage(parent) as staged:
        change = staged.apply(Change(frozenset({new}), frozenset({old})))
        room.versions.publish(staged, change, Message("tests", "moved"))
    browser = room.visitor(signed_in=True)
    moved = browser.get("/articles/example", headers=PAGE)
    assert "a quote that is not what the text says at its offsets" in moved.text
    assert moved.text.count("<mark>") == 1
    kept = browser.get("/articles/example?version=1", headers=PAGE)
    assert kept.text.count("<mark>") == 2


WORDS = st.text(alphabet="ab .\n\U0001f600", min_size=1, max_size=60)
SPANS = st.lists(st.tuples(st.integers(0, 59), st.integers(1, 30)), max_size=8)


@given(text=WORDS, spans=SPANS)
def test_marking_changes_no_word_and_covers_each_quote(
    text: str, spans: list[tuple[int, int]]
) -> None:
    quotes = {Quote(a, min(a + n, len(text))) for a, n in spans if a < len(text)}
    found = paragraphs(text, quotes, account(sentences(text), [], []))
    lines = [line for line in text.split("\n") if line.strip()]
    assert ["".join(p.text for p in one.pieces) for one in found] == lines
    pieces = [piece for one in found for piece in one.pieces]
    for quote in quotes:
        covered = "".join(piece.text for piece in pieces if quote in piece.quotes)
        wanted = text[quote.start : quote.end]
        assert covered.replace(" ", "") == wanted.replace("\n", "").replace(" ", "")
    assert sum(piece.closes for piece in pieces) == len(sentences(text))


def test_quotes_that_overlap_and_run_on_keep_their_anchors() -> None:
    text = "One two three.\n\nFour five six."
    first, second, third = Quote(0, 7), Quote(4, 13), Quote(8, 25)
    found = paragraphs(text, [first, second, third], account(sentences(text), [], []))
    assert [[(p.text, p.quotes) for p in one.pieces] for one in found] == [
        [
            ("One ", (first,)),
            ("two", (first, second)),
            (" ", (second,)),
            ("three", (second, third)),
            (".", (third,)),
        ],
        [("Four five", (third,)), (" six.", ())],
    ]
    begun = [quote for one in found for piece in one.pieces for quote in piece.begins]
    ended = [quote for one in found for piece in one.pieces for quote in piece.ends]
    assert sorted(begun) == sorted(ended) == [first, second, third]
