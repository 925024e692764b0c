"""Articles: the list, an article with its claims, and for curators its text with quotes marked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyoxigraph as ox

from parley import sparql
from parley.check.coverage import Coverage, account
from parley.check.quotes import Span
from parley.errors import NotFound
from parley.model.sentences import sentences
from parley.rdf import PARLEY, RDF_TYPE, VOCAB, term
from parley.store.texts import Texts
from parley.store.versions import Version
from parley.web.citations import page_work, works_behind
from parley.web.documents import links
from parley.web.exchange import Reply, Request
from parley.web.facts import Said, claims_of
from parley.web.linkeddata import as_data, iri, missing, of_thing
from parley.web.listing import neighbours, number
from parley.web.reading import Paragraph, Quote, paragraphs
from parley.web.record import head, values
from parley.web.schemaorg import described_thing
from parley.web.site import Row, Site
from parley.web.views import Views

_USUAL, _MOST = 50, 500


@dataclass(frozen=True)
class Marked:
    """One claim with its number on the page and the places of its quotes in the text."""

    number: int
    said: Said
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class Reading:
    """A text for a page: its paragraphs, the claims by where they begin, and those without a place.

    `marks` names the claims that rest on a quote; `moved` are claims with a quote that is not what
    the text says at its offsets.
    """

    paragraphs: list[Paragraph]
    beside: Mapping[Quote, list[Marked]]
    marks: Mapping[Quote, list[Marked]]
    moved: list[Marked]
    coverage: Coverage


def blueprint(site: Site) -> Views:
    """The views of articles."""
    views = Views("articles", site)
    texts = Texts(site.settings.instance / "articles")

    @lru_cache(maxsize=8)
    def total(version: Version) -> int:
        rows = site.table(sparql.total(site.query("articles")), version)[1]
        return int(rows[0]["total"]["value"])

    @views.read("/articles")
    def articles(request: Request, version: Version) -> Reply:
        text = site.query("articles")
        limit = min(number(request, "limit") or _USUAL, _MOST)
        offset = number(request, "offset") or 0
        count = total(version)
        found = site.table(sparql.page(text, limit, offset), version)[1] if offset < count else []
        these = [ox.NamedNode(row["article"]["value"]) for row in found]
        counted = site.rows("article-counts", version, article=these) if these else []
        return site.page(
            "articles",
            request,
            version,
            articles=found,
            claims={row["article"]["value"]: int(row["claims"]["value"]) for row in counted},
            total=count,
            offset=offset,
            pages=neighbours(request, limit, offset, count),
        )

    @views.read("/articles/<name>")
    def article(request: Request, version: Version, name: str) -> Reply:
        node = iri(f"{site.dataset.names.base}id/{name}")
        record = site.rows("record", version, _thing=node)
        if f"{PARLEY}Article" not in values(record, RDF_TYPE.value):
            if not record:
                raise missing(site, node, version)
            raise NotFound(f"there is no article {node.value} in version {version.number}")
        document = of_thing(site, node, "articles")
        data = as_data(site, request, version, document)
        if data is not None:
            return data
        told = ("Link", ", ".join(links(site, request, version, document, document.page)))
        rows = _claims(site, version, node)
        described = head(record, node, name)
        shown: dict[str, Any] = {  # Any: what templates show
            **described,
            "claims": claims_of(rows),
            "changed": site.traces.last(node, version),
            "work": page_work(site, request, version, name, record),
            "behind": works_behind(site, version, node.value),
            "stem": document.stem,
            "schema": described_thing(site, request, version, document),
        }
        reader = site.visitors.signed_in(request)
        if reader is None or not reader.allows("curator"):
            page = site.page("article", request, version, **shown, reading=None, unread="")
            return page.header(told)
        text, unread = _text(texts, name, values(record, term("textSha256").value))
        if text is None:
            page = site.page("article", request, version, **shown, reading=None, unread=unread)
            return page.header(told)
        omissions = site.rows("omissions-of-article", version, _thing=node)
        html = site.html(
            "article",
            request,
            reader,
            version=version,
            **shown,
            reading=read(name, text, rows, omissions),
            unread="",
        )
        # The text is somebody's property: no cache keeps it, and no ETag speaks of it.
        return Reply(
            200,
            html.encode("utf-8", "replace"),
            "text/html",
            (
                ("Cache-Control", "private, no-store"),
                ("Vary", "Cookie, Accept-Encoding"),
                ("X-Parley-Version", str(version.number)),
            ),
        )

    return views


def _claims(site: Site, version: Version, node: ox.NamedNode) -> list[Row]:
    """The claims that quote an article in the order of its text: a row for each place and speaker.

    Two short queries take hundredths of a second where one that does both takes tenths.
    """
    places = site.rows("claims-of-article", version, _thing=node)
    these = [ox.NamedNode(iri) for iri in dict.fromkeys(row["claim"]["value"] for row in places)]
    described: dict[str, dict[str, Row]] = {}
    for row in site.rows("queued", version, claim=these) if these else ():
        described.setdefault(row["claim"]["value"], {})[row["speaker"]["value"]] = row
    return [
        Row(row | place)
        for place in places
        for row in described.get(place["claim"]["value"], {}).values()
    ]


def _text(texts: Texts, slug: str, stated: set[str]) -> tuple[str | None, str]:
    """The registered text of an article, or None and why it is not shown."""
    register = f"register your copy with 'parley articles add {slug} FILE'"
    try:
        text = texts.read(slug)
    except (UnicodeDecodeError, OSError):
        return None, f"The registered text cannot be read: {register}."
    if text is None:
        return None, f"To read the text here with its quotes marked, {register}."
    if stated != {hashlib.sha256(text.encode()).hexdigest()}:
        return None, f"The registered text is not the one this version quotes: {register}."
    return text, ""


def read(slug: str, text: str, rows: list[Row], omissions: list[Row]) -> Reading:
    """The text with the quotes of these claims (rows of claims-of-article) marked."""
    said = claims_of(rows)
    places: dict[str, set[Quote]] = {one.iri: set() for one in said}
    wrong: set[str] = set()
    for row in rows:
        quote = Quote(int(row["start"]["value"]), int(row["end"]["value"]))
        node = row["claim"]["value"]
        if quote.start < quote.end and text[quote.start : quote.end] == row["quote"]["value"]:
            places[node].add(quote)
        else:
            wrong.add(node)
    claims = [
        Marked(number, one, tuple(sorted(places[one.iri]))) for number, one in enumerate(said, 1)
    ]
    marks: dict[Quote, list[Marked]] = {}
    beside: dict[Quote, list[Marked]] = {}
    for claim in claims:
        for quote in claim.quotes:
            marks.setdefault(quote, []).append(claim)
        for quote in claim.quotes[:1]:
            beside.setdefault(quote, []).append(claim)
    accounted = account(
        sentences(text),
        [Span(ox.NamedNode(one.said.iri), q.start, q.end) for one in claims for q in one.quotes],
        [(_span(row), _reason(row)) for row in omissions],
    )
    return Reading(
        paragraphs(text, marks, accounted),
        beside,
        marks,
        [claim for claim in claims if claim.said.iri in wrong],
        Coverage(slug, accounted),
    )


def _span(row: Row) -> Span:
    start, end = int(row["start"]["value"]), int(row["end"]["value"])
    return Span(ox.NamedNode(row["omission"]["value"]), start, end)


def _reason(row: Row) -> str:
    label = row.get("reasonLabel")
    return label["value"] if label else row["reason"]["value"].removeprefix(VOCAB)
