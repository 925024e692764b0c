"""/sitemap.xml and /robots.txt: which pages there are, and which addresses are no pages to walk.

https://www.sitemaps.org/protocol.html and RFC 9309.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote
from xml.sax.saxutils import escape

from parley import sparql
from parley.errors import NotFound
from parley.formats import BINDINGS, named
from parley.rdf import VOCAB
from parley.store.ledger import Ledger
from parley.store.versions import Version
from parley.web.exchange import Reply, Request, text
from parley.web.site import Site, stamped
from parley.web.views import Views

_MOST = 50_000  # addresses in one part, by the protocol
_XML = "application/xml"
_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PARTS_KEPT = 8  # packed, some 300 kB each
_COMMITS, _ROWS = 200, 10_000  # that are read for dates: the newest, and none that is larger
_IN_PATH = "/~!$'()*+,;=:@"
_PAGES = (
    *("/", "/queries", "/contradictions", "/sources", "/articles", "/timeline", "/map", "/network"),
    *("/claims", "/ontology", "/shapes.html", "/prefixes", "/history", "/void", "/dumps", "/as"),
)
# What costs much and leads nowhere new: answers to any question, other times, forms.
_CLOSED = (
    *("/sparql?", "/sparql/", "/search", "/diff", "/store", "/claims?", "/fragments"),
    *("/timegate/", "/timemap/", "/embed/", "/*?version=", "/*&version=", "/*offset="),
    *("/edit", "/review", "/login", "/logout"),
)


def blueprint(site: Site) -> Views:
    """The views for those who walk through all pages."""
    views = Views("sitemap", site)

    @lru_cache(maxsize=_PARTS_KEPT)
    def packed(version: Version, number: int) -> bytes:
        return zlib.compress("".join(_things(site, version, number)).encode())

    @lru_cache(maxsize=2)
    def parts(version: Version) -> int:
        rows = site.table(sparql.total(site.query("sitemap")), version)[1]
        return -(-int(rows[0]["total"]["value"]) // _size(site))

    @views.read("/sitemap.xml")
    def index(request: Request, version: Version) -> Reply:
        root, day = site.root(request), version.time[:10]
        addresses = (f"{root}/sitemap-{number}.xml" for number in range(parts(version) + 1))
        entries = (_entry("sitemap", address, day) for address in addresses)
        return stamped(_document("sitemapindex", entries), request, version)

    @views.read("/sitemap-<int:number>.xml")
    def part(request: Request, version: Version, number: int) -> Reply:
        """Part 0 has the pages of the site, the others the things of the data."""
        if number > parts(version):
            raise NotFound(f"the sitemap of version {version.number} has no part {number}")
        if number:
            lines = zlib.decompress(packed(version, number)).decode().splitlines()
        else:
            lines = [*_PAGES, *(f"/queries/{quote(name)}" for name in site.saved(version))]
        root = site.root(request)
        entries = (
            _entry("url", root + place, day) for place, _, day in (x.partition(" ") for x in lines)
        )
        return stamped(_document("urlset", entries), request, version)

    @views.plain("/robots.txt")
    def robots(request: Request) -> Reply:
        closed = "".join(f"Disallow: {path}\n" for path in _CLOSED)
        rules = f"User-agent: *\n{closed}Allow: /\n\nSitemap: {site.root(request)}/sitemap.xml\n"
        return text(rules).header(("Cache-Control", "public, max-age=3600"))

    return views


def _size(site: Site) -> int:
    return min(_MOST, site.settings.row_limit)


def _things(site: Site, version: Version, number: int) -> Iterator[str]:
    """The lines of a part: a path and, where it is known, the day of the last change."""
    base, size = f"{site.dataset.names.base}id/", _size(site)
    days: Mapping[str, str] = {}
    usual = ""
    if site.versions is not None:
        days, usual = changed(site.versions.ledger, version.number, base)
    form = named("tsv", BINDINGS)
    assert form is not None
    query = sparql.page(site.query("sitemap"), size, (number - 1) * size)
    with site.select(query, form, version) as answer:
        rows = answer.read().decode().splitlines()[1:]
    for row in sorted(rows):  # by the engine it takes ten times as long
        term, _, kind = row.partition("\t")
        iri, folder = term[1:-1], kind.strip('"')
        space = VOCAB if folder == "vocab" else base
        if iri.startswith(space):
            place = quote(iri[len(space) :], safe=_IN_PATH)
            if folder == "vocab":
                yield f"/vocab/{place}.html \n"
            else:
                yield f"/{folder}/{place} {days.get(iri, usual)}\n"


def changed(ledger: Ledger, upto: int, base: str) -> tuple[dict[str, str], str]:
    """The day on which each thing below `base` was last touched, by the newest commits that tell.

    And the day for all others: that of the first commit where all later ones were read, else "".
    Larger commits are not read: behind one, nothing is known.
    """
    found: dict[str, str] = {}
    named_in_row = re.compile(re.escape(b"<" + base.encode()) + rb"([^>#]+)")
    for number in range(upto, max(upto - _COMMITS, 0), -1):
        entry = ledger.entry(number)
        if number == 1:
            return found, entry.time[:10]
        if entry.added + entry.removed > _ROWS:
            break
        for _, row in ledger.rows(number):
            for name in named_in_row.findall(row):
                found.setdefault(base + name.decode(), entry.time[:10])
    return found, ""


def _entry(name: str, address: str, day: str) -> str:
    dated = f"<lastmod>{day}</lastmod>" if day else ""
    return f"<{name}><loc>{escape(address)}</loc>{dated}</{name}>\n"


def _document(name: str, entries: Iterable[str]) -> Reply:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{_SPACE}">\n'
    return Reply(200, f"{head}{''.join(entries)}</{name}>\n".encode(), _XML)
