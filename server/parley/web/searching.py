"""/search: things by their names and by the words said of them, and saved questions."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pyoxigraph as ox

from parley.errors import BadInput, NotFound
from parley.queries import SavedQuery
from parley.rdf import PARLEY, read_iri
from parley.search.finding import Found, Hit, find
from parley.search.keeping import Indexes
from parley.search.spelling import fold, sound
from parley.store.versions import Version
from parley.web.exchange import Reply, Request
from parley.web.listing import neighbours, number
from parley.web.negotiate import prefers_html
from parley.web.site import Site, stamped
from parley.web.views import Views

_LOG = logging.getLogger(__name__)
_USUAL, _MOST = 20, 100
_LONGEST = 10_000  # characters of `q`; only the first words of it are looked for
_QUESTIONS = 5


@dataclass(frozen=True)
class Results:
    """What was found, and `note`, why it may not be all; `questions` are saved queries."""

    hits: list[Hit]
    cut: bool = False
    note: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    questions: list[SavedQuery] = field(default_factory=list)


class Searcher:
    """Asks the index of a version, has it made where there is none, and says so meanwhile."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._indexes = Indexes(site.versions) if site.versions is not None else None

    def __call__(self, version: Version, text: str, kind: str | None = None) -> Results:
        """All that fits a text; `kind` is the IRI of a class."""
        questions = [] if kind else asked(self._site.saved(version).values(), text)
        found, note = self._indexed(version, text, kind)
        if found is None:
            found = self._plain(version, text, kind)
        return Results(found.hits, found.cut, note, found.kinds, questions)

    def _indexed(self, version: Version, text: str, kind: str | None) -> tuple[Found | None, str]:
        if self._indexes is None:
            return None, "This server keeps no index: only names that hold these words are found."
        try:
            near = self._indexes.nearest(version.number)
            if near is None or near[0] != version.number:
                self._indexes.want(version.number)
            if near is not None:
                note = f"The index of version {version.number} is being made; this is from that of "
                note += f"version {near[0]}. Ask again in a moment."
                return find(near[1], text, kind), "" if near[0] == version.number else note
        except (sqlite3.Error, OSError, NotFound) as error:
            _LOG.warning("the index of version %s cannot be read: %s", version.number, error)
            self._indexes.discard(version.number)
        return None, (
            "The index is being made: for now, only names that hold these words are found. "
            "Ask again in a moment."
        )

    def _plain(self, version: Version, text: str, kind: str | None) -> Found:
        words = " ".join(c for c in text[:200].lower().split() if c.isprintable())
        if not words:
            return Found([])
        hits: dict[str, Hit] = {}
        kinds: dict[str, str] = {}
        for row in self._site.rows("names-like", version, _text=ox.Literal(words)):
            of = row["kind"]["value"]
            if kind in {None, of}:
                iri, name = row["thing"]["value"], row["name"]["value"]
                hits.setdefault(iri, Hit(iri, row["label"]["value"], of, name))
                kinds[of] = row.get("kindLabel", row["kind"])["value"]
        return Found(list(hits.values()), kinds=kinds)


def asked(queries: Iterable[SavedQuery], text: str) -> list[SavedQuery]:
    """The saved queries whose questions have most of these words, the best first."""
    words = [word for word in fold(text[:200]).split() if len(word) > 2]
    scored = []
    for query in queries:
        there = fold(f"{query.question} {query.summary} {' '.join(query.tags)}").split()
        sounds = {sound(word) for word in there} - {""}
        hits = sum(
            any(w.startswith(word) for w in there) or sound(word) in sounds for word in words
        )
        if hits and 2 * hits > len(words):
            scored.append((-hits, query.name, query))
    return [query for _, _, query in sorted(scored, key=lambda one: one[:2])[:_QUESTIONS]]


def register(views: Views, site: Site) -> None:
    """The view of the search."""
    search = Searcher(site)

    @views.read("/search")
    def search_page(request: Request, version: Version) -> Reply:
        text = request.value("q") or ""
        if len(text) > _LONGEST:
            raise BadInput(f"q is longer than {_LONGEST} characters")
        kind = _kind(site, request.value("kind"))
        limit = min(number(request, "limit") or _USUAL, _MOST)
        offset = min(number(request, "offset") or 0, _MOST * _MOST)
        results = search(version, text, kind)
        shown = results.hits[offset : offset + limit]
        if _as_json(request):
            body = json.dumps(_document(site, version, results, shown, offset), ensure_ascii=False)
            reply = Reply(200, body.encode("utf-8", "replace") + b"\n", "application/json")
            return (
                stamped(reply, request, version) if not results.note else _passing(reply, version)
            )
        reply = site.page(
            "search",
            request,
            version,
            text=text,
            kind=kind,
            results=results,
            shown=shown,
            facets=_facets(results, text) if kind is None else [],
            first=offset + 1,
            pages=neighbours(request, limit, offset, len(results.hits)),
        )
        return _passing(reply, version) if results.note else reply


def _as_json(request: Request) -> bool:
    wanted = request.value("format")
    if wanted not in {None, "json", "html"}:
        raise BadInput(f"format is html or json, not '{(wanted or '')[:40]}'")
    return wanted == "json" or (wanted is None and not prefers_html(request.header("Accept")))


def _passing(reply: Reply, version: Version) -> Reply:
    """An answer that may be another one soon, though the version is the same."""
    kept = [(k, v) for k, v in reply.headers if k in {"Vary", "Link"}]
    headers = (("Cache-Control", "no-store"), ("X-Parley-Version", str(version.number)), *kept)
    return Reply(200, reply.body, reply.media_type, headers)


def _kind(site: Site, text: str | None) -> str | None:
    """The class that `kind` names: an IRI, a CURIE, or the name of a class of the ontology."""
    if not text:
        return None
    if ":" not in text:
        text = PARLEY + text if text.isidentifier() else f"<{text}>"
    return read_iri(text, site.dataset.names.prefixes).value


def _facets(results: Results, text: str) -> list[tuple[str, int, str]]:
    """The kinds of what was found: label, how many, and the address of these alone."""
    counted = Counter(hit.kind for hit in results.hits)
    return [
        (results.kinds.get(kind, kind), count, f"/search?{urlencode({'q': text, 'kind': kind})}")
        for kind, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _document(
    site: Site, version: Version, results: Results, shown: list[Hit], offset: int
) -> dict[str, object]:
    return {
        "version": version.number,
        "total": len(results.hits),
        "complete": not (results.cut or results.note),
        "note": results.note,
        "offset": offset,
        "results": [
            {
                "iri": hit.iri,
                "curie": site.render.curie(hit.iri),
                "label": hit.label,
                "kind": hit.kind,
                "kindLabel": results.kinds.get(hit.kind, ""),
                "matched": hit.matched,
                "quote": hit.quote,
                "href": site.render.href(hit.iri),
            }
            for hit in shown
        ],
        "questions": [
            {"name": q.name, "question": q.question, "href": f"/queries/{q.name}"}
            for q in results.questions
        ],
    }
