"""Pages: what a thing, a claim and an article show, and how they are made for everybody."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from flask.testing import FlaskClient

ADDED = "zzz-added-in-version-2"  # by the fixture
PAGES = [
    "/",
    "/queries",
    "/queries/contradictions",
    "/queries/claims-about",
    "/articles",
    "/articles?limit=1",
    "/claims",
    "/claims?speaker=id:afghan-taliban&stance=denies&q=presence&all=predicate",
    "/articles/siga-2024-02",
    "/page/ansorullah-tajikistan",
    "/page/afghan-taliban",
    "/claims/claim-siga-2024-02-019-2",
    "/contradictions",
    "/sources",
    "/search",
    "/search?q=taliban",
    "/ontology",
    "/vocab/stance.html",
    "/about/dataset.html",
    "/prefixes",
    "/graph/vocab",
    "/history",
    "/history?author=nobody",
    "/history?resource=id:afghan-taliban",
    "/history?resource=id:nobody",
    "/history/1",
    "/history/2",
    "/diff?from=1&to=2",
    "/sparql",
    "/problems",
    "/problems/stale",
    "/nothing",
]
HTML = {"Accept": "text/html"}


class Outline(HTMLParser):
    """What a page is made of: its tags in order, with attributes; complains of unclosed tags."""

    VOID = frozenset({"meta", "link", "br", "input", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()

    def named(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


def text(client: FlaskClient, path: str) -> str:
    response = client.get(path, headers=HTML)
    assert response.mimetype == "text/html"
    assert response.status_code == (404 if path == "/nothing" else 200)
    return response.text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_well_made(client: FlaskClient, path: str) -> None:
    outline = Outline(text(client, path))
    assert len(outline.named("h1")) == 1
    assert len(outline.named("main")) == 1
    assert outline.named("html")[0]["lang"] == "en"
    assert outline.named("a")[0] == {"class": "skip", "href": "#main"}
    assert len(outline.named("caption")) == len(outline.named("table"))
    assert not outline.named("style", "iframe")
    for attrs in outline.named("img"):
        assert attrs["alt"]
        assert (attrs["src"] or "").startswith("/queries/")
    for attrs in outline.named("script"):
        if attrs.get("type") == "application/ld+json":  # data for search engines
            continue
        assert (attrs["src"] or "").startswith("/static/")
    labels = {attrs["for"] for attrs in outline.named("label")}
    fields = [a for a in outline.named("input", "select", "textarea") if a.get("type") != "hidden"]
    assert {attrs["id"] for attrs in fields} <= labels
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for attrs in outline.named("a"):
        assert (attrs["href"] or "").startswith(("/", "#", "http://", "https://"))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_elsewhere(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=HTML)
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    for attrs in Outline(response.text).named("link"):
        assert (attrs["href"] or "").startswith("/")
    assert " style=" not in response.text
    assert not re.search(r"\son[a-z]+=", response.text)


@pytest.mark.parametrize(
    "path", ["/", "/page/afghan-taliban", "/articles/siga-2024-02", "/history/2"]
)
def test_links_within_the_site_lead_somewhere(client: FlaskClient, path: str) -> None:
    links = {attrs["href"] for attrs in Outline(text(client, path)).named("a", "link")}
    inner = sorted(href for href in links if href and href.startswith("/"))
    assert inner
    for href in inner[:60]:
        assert client.get(href, headers=HTML, buffered=True).status_code in {200, 303}, href


def test_home_explains_and_offers_three_questions(client: FlaskClient) -> None:
    page = text(client, "/")
    assert "Every fact in it is somebody" in page
    cards = page[page.index('class="cards"') : page.index("All questions")]
    assert cards.count("<li>") == 3
    assert 'action="/search"' in page
    assert 'href="/history/2"' in page


def test_a_contested_fact_shows_denials_beside_affirmations(client: FlaskClient) -> None:
    page = text(client, "/page/ansorullah-tajikistan")
    contested = page[page.index('class="status contested"') : page.index('class="status stated"')]
    assert 'class="claim affirms"' in contested
    assert 'class="claim denies"' in contested
    assert "<blockquote>" in contested
    assert "official" in contested


def test_a_claim_shows_quote_speaker_stance_and_who_contradicts_it(client: FlaskClient) -> None:
    page = text(client, "/claims/claim-siga-2024-02-019-2")
    assert "<mark>officially deny the presence" in page
    for word in ("Speaker", "Stance", "Status", "Venue", "Who takes another stance"):
        assert word in page


def test_an_article_lists_its_claims_in_the_order_of_the_text(client: FlaskClient) -> None:
    page = text(client, "/articles/siga-2024-02")
    sentences = [int(n) for n in re.findall(r"/page/claim-siga-2024-02-(\d{3})-", page)]
    assert len(sentences) > 100
    assert sentences[0] == 0
    early, late = sentences[: len(sentences) // 2], sentences[len(sentences) // 2 :]
    assert sum(early) / len(early) < sum(late) / len(late)
    assert "textSha256" in page or "sha256" in page.lower()


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/page/siga-2024-02", "/articles/siga-2024-02"),
        ("/page/claim-siga-2024-02-019-2", "/claims/claim-siga-2024-02-019-2"),
    ],
)
def test_claims_and_articles_have_pages_of_their_own(
    client: FlaskClient, path: str, location: str
) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["Location"]) == (303, location)


def test_a_thing_has_its_names_who_speaks_of_it_and_drawings(client: FlaskClient) -> None:
    page = text(client, "/page/ansorullah-tajikistan")
    names = page[page.index("Also called") : page.index("Who speaks of it")]
    assert "Jamaat Ansarullah</span>" in names
    assert 'lang="en"' in names
    outline = Outline(page)
    drawings = [attrs["src"] or "" for attrs in outline.named("img")]
    assert {src.partition(".")[0] for src in drawings} >= {"/queries/network", "/queries/timeline"}
    for src in drawings:
        answer = client.get(src)
        assert answer.mimetype == "image/svg+xml"
        assert "ansorullah-tajikistan" in answer.text
        assert client.get(src.replace(".svg", ""), headers=HTML).status_code == 200
    table = page[page.index("Who speaks of it") : page.index("What is said of it")]
    assert re.search(r"Afghan Taliban</a></th>\s*<td>.*denies more: The Afghan Taliban off", table)
    assert not Outline(text(client, "/page/" + ADDED)).named("img")


def test_a_place_without_a_position_says_so(client: FlaskClient) -> None:
    told = "No position of this place is recorded"
    assert told in text(client, "/page/military-base-201")
    assert told not in text(client, "/page/kabul")
    assert told not in text(client, "/page/ansorullah-tajikistan")


def test_the_counts_beside_a_speaker_are_those_of_the_list(client: FlaskClient) -> None:
    page = text(client, "/page/ansorullah-tajikistan")
    table = page[page.index("Who speaks of it") : page.index("What is said of it")]
    offered = re.findall(r'<a href="(/claims\?[^"]+)">[^<]*? (\d+)</a>', table)
    assert len(offered) > 3
    for href, number in offered[:3]:
        listed = client.get(href.replace("&amp;", "&")).get_json()
        assert listed["total"] == int(number)


def test_markup_in_data_is_shown_as_text(client: FlaskClient) -> None:
    page = text(client, f"/page/{ADDED}")
    assert "&lt;b&gt;Added &amp; later&lt;/b&gt;" in page
    assert "<b>Added" not in page


def test_markup_in_an_address_is_shown_as_text(client: FlaskClient) -> None:
    page = client.get("/<script>alert(1)</script>", headers=HTML)
    assert page.status_code == 404
    assert "<script>" not in page.text


def test_from_home_one_click_shows_who_denies_presence_and_who_affirms_it(
    client: FlaskClient,
) -> None:
    assert 'href="/contradictions"' in text(client, "/")
    page = text(client, "/contradictions")
    start = page.index("Ansorullah Tajikistan</a>")
    statement = page[start : page.index("</section>", start)]
    affirmed, denied = statement.split(">Denied ")
    assert "Afghan Taliban" in denied
    assert "official" in denied
    assert "officially deny the presence of Ansorullah" in denied
    assert affirmed.count("<blockquote>") >= 1
    assert "siga-2024-02" in denied


def test_a_denial_of_more_is_said_to_be_one(client: FlaskClient) -> None:
    page = text(client, "/contradictions?limit=1000")
    assert "Denies more widely: " in page
    assert "The Afghan Taliban officially deny that" in page


def test_contradictions_have_pages(client: FlaskClient) -> None:
    first = text(client, "/contradictions?limit=1")
    assert first.count("facing") == 1
    assert 'rel="next"' in first
    second = text(client, "/contradictions?limit=1&offset=1")
    assert second.count("facing") == 1
    assert first != second


def test_an_anonymous_source_has_the_words_of_the_text_and_nothing_else(
    client: FlaskClient,
) -> None:
    page = text(client, "/sources?limit=50")
    rows = [row for row in page.split("<tr>") if ">anonymous<" in row]
    assert len(rows) > 5
    for row in rows:
        head = row[: row.index("</th>")]
        assert head.count("<a ") == 1
        assert "<q " in head
    assert "independent of" in page


def test_what_is_not_there_offers_a_search(client: FlaskClient) -> None:
    page = text(client, "/nothing")
    assert 'action="/search"' in page
    assert "forgives spelling" in page
