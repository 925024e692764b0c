"""What every view needs, in one frozen value, and how it asks the dataset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from parley import __version__
from parley.describing import Descriptions
from parley.errors import NotFound
from parley.files import Dataset
from parley.formats import BINDINGS, Format
from parley.queries import SavedQuery
from parley.settings import Settings
from parley.sparql import bind
from parley.store.backend import Answer, Backend, Deadline, Query
from parley.store.spool import spool_folder
from parley.store.versions import Version, Versions
from parley.tokens import masked
from parley.web.about import Abouts
from parley.web.cache import Cache
from parley.web.compressing import CODINGS, tagged, untagged
from parley.web.exchange import Reply, Request
from parley.web.figures import Figures, Ranked
from parley.web.rendering import Renderer
from parley.web.saved import Saved
from parley.web.traces import Traces
from parley.web.visitors import Visitor, Visitors
from parley.web.vocabulary import Vocabularies
from parley.web.watch import Watch

Term = ox.NamedNode | ox.Literal
Cell = dict[str, str]
_COUNTING = 10.0  # seconds that a request waits for a version to be counted
_QUERIES = Path(__file__).parent / "queries"


class Row(dict[str, Cell]):
    """A result's row: terms by column, as the JSON results format has them; None where unbound."""

    def __missing__(self, column: str) -> None:
        return None


@dataclass(frozen=True)
class Site:
    """One instance as the web sees it; `versions` is None where only the current one is kept."""

    settings: Settings
    backend: Backend
    dataset: Dataset
    queries: Mapping[str, SavedQuery]
    render: Renderer
    watch: Watch
    versions: Versions | None = None
    cache: Cache = field(default_factory=lambda: Cache(0))

    @cached_property
    def visitors(self) -> Visitors:
        """Who may do what here."""
        return Visitors(self.settings)

    @cached_property
    def traces(self) -> Traces:
        """What the ledger says of single things."""
        return Traces(self.versions)

    @cached_property
    def _saved(self) -> Saved:
        return Saved(self.rows, self.dataset.names, self._not_deleted)

    def _not_deleted(self, version: Version) -> Mapping[str, SavedQuery]:
        """The queries of the files, without those that were deleted up to a version."""
        node, deleted = self.dataset.names.query, self.traces.deleted
        return {n: query for n, query in self.queries.items() if not deleted(node(n), version)}

    def saved(self, version: Version) -> Mapping[str, SavedQuery]:
        """The saved queries of a version by name."""
        return self._saved.of(version)

    @cached_property
    def vocabularies(self) -> Vocabularies:
        """The classes and properties in use, by version."""
        return Vocabularies(self.rows, self.dataset.names.prefixes)

    @cached_property
    def about(self) -> Abouts:
        """What the dataset says of itself, by version."""
        return Abouts(self.rows, self.dataset.names)

    @cached_property
    def figures(self) -> Figures:
        """How much of what each version holds."""
        base = "" if self.dataset.plain else self.dataset.names.base
        kept = Descriptions(self.versions, base) if self.versions is not None else None
        return Figures(kept, self._graphs, min(_COUNTING, self.settings.query_timeout))

    def _graphs(self, version: Version) -> Ranked:
        rows = self.rows("graphs", version)
        found = [(row["graph"]["value"], int(row["quads"]["value"])) for row in rows]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    @property
    def spool(self) -> Path:
        """The folder for answers that are too large for memory."""
        return spool_folder(self.settings.instance)

    def root(self, request: Request) -> str:
        """The address clients reach this server under, without a slash at the end."""
        return (self.settings.public_url or request.root).rstrip("/")

    def version(self, wanted: str | None) -> Version:
        """The version that `?version=` names, else the current one. Raises NotFound, BadInput."""
        if wanted is None:
            return self.backend.version()
        if self.versions is None:
            raise NotFound("this server keeps the current version only")
        return self.versions.find(wanted)

    def deadline(self, seconds: float | None = None) -> Deadline:
        """What a query may take; a client may ask for less time, never for more."""
        longest = self.settings.query_timeout
        return Deadline(min(seconds or longest, longest), self.settings.query_memory)

    def select(self, text: str, form: Format, version: Version) -> Answer:
        """The answer to a query of our own or a saved one."""
        return self.backend.select(Query(text), form, self.deadline(), version.number)

    def rows(self, name: str, version: Version, **terms: Term | Sequence[Term]) -> list[Row]:
        """The rows of one of the pages' own queries (web/queries), its variables bound."""
        return self.table(self.query(name, **terms), version)[1]

    def query(self, name: str, **terms: Term | Sequence[Term]) -> str:
        """The text of one of the pages' own queries, its variables bound."""
        return bind(_text(name), terms)

    def holds(self, name: str, version: Version, **terms: Term) -> bool:
        """Whether one of the pages' own ASK queries says yes."""
        with self.select(bind(_text(name), terms), BINDINGS[0], version) as answer:
            return bool(json.loads(answer.read())["boolean"])

    def table(self, text: str, version: Version) -> tuple[list[str], list[Row]]:
        """The columns and rows of a SELECT."""
        with self.select(text, BINDINGS[0], version) as answer:
            return table(answer)

    def graph(
        self, name: str, version: Version, form: Format, **terms: Term | Sequence[Term]
    ) -> Answer:
        """The graph that one of the pages' own CONSTRUCT queries makes."""
        return self.select(bind(_text(name), terms), form, version)

    def page(
        self, name: str, request: Request, version: Version, /, also: str = "", **values: Any
    ) -> Reply:
        """An HTML page of a version; `values` are what its template shows (Any: templates)."""
        visitor = self.visitors.shown(request)
        html = self.html(name, request, visitor, version=version, **values)
        reply = Reply(200, html.encode("utf-8", "replace"), "text/html")
        return stamped(reply, request, version, session=visitor.csrf if visitor else "", also=also)

    def html(self, name: str, request: Request, visitor: Visitor | None, /, **values: Any) -> str:
        """The HTML of a template, which greets a visitor (Any: what templates show)."""
        return self.render(
            name,
            path=masked(request.path),
            who=visitor,
            csrf=visitor.csrf if visitor else "",
            **values,
        )


def table(answer: Answer) -> tuple[list[str], list[Row]]:
    """The columns and rows of an answer in the JSON results format."""
    data: dict[str, Any] = json.loads(answer.read())  # Any: JSON
    return data["head"].get("vars", []), [Row(row) for row in data["results"]["bindings"]]


@cache
def _text(name: str) -> str:
    return (_QUERIES / f"{name}.rq").read_text(encoding="utf-8")


def tag(version: Version, *parts: str) -> str:
    """The ETag of what a version answers to these parts of a request."""
    digest = hashlib.sha256(
        "\0".join((__version__, *parts)).encode("utf-8", "replace")
    ).hexdigest()[:16]
    return f'W/"{version.number}-{digest}"'


def matches(request: Request, etag: str) -> bool:
    """Whether If-None-Match names this ETag (weak comparison, RFC 9110, section 13.1.2)."""
    said = request.header("If-None-Match")
    if not said:
        return False
    wanted = {untagged(part.strip().removeprefix("W/")) for part in said.split(",")}
    return "*" in wanted or etag.removeprefix("W/") in wanted


def given(request: Request, etag: str) -> str:
    """The ETag under which a client has what `matches` found: that of a content coding or not."""
    said = request.header("If-None-Match")
    coded = (tagged(etag, name) for name in CODINGS)
    return next((tag for tag in coded if tag.removeprefix("W/") in said), etag)


def stamped(
    reply: Reply,
    request: Request,
    version: Version,
    *links: str,
    session: str = "",
    also: str = "",
) -> Reply:
    """The reply with the headers of every read; 304 when the client has it already.

    A page that greets somebody is for their `session` only. `also` is what the reply tells beside
    the version.
    """
    etag = tag(version, request.path, request.query, reply.media_type, session, also)
    page = reply.media_type == "text/html"
    headers = (
        ("ETag", etag),
        ("Vary", "Accept, Accept-Encoding, Cookie" if page else "Accept, Accept-Encoding"),
        ("X-Parley-Version", str(version.number)),
        ("Cache-Control", "private, no-cache" if session else "no-cache"),
        ("Link", ", ".join((*links, '</sparql>; rel="service-desc"'))),
    )
    if matches(request, etag):
        if reply.file:
            reply.file.close()
        return Reply(304, headers=(("ETag", given(request, etag)), *headers[1:]))
    return reply.header(*headers)


def sent(answer: Answer, media_type: str, *, inline: int = 0) -> Reply:
    """An answer of the store as a reply; whoever sends the reply closes its file.

    A file of up to `inline` bytes is read into memory.
    """
    if answer.file is not None and answer.size <= inline:
        with answer:
            return Reply(200, answer.read(), media_type)
    if answer.file is not None:
        return Reply(200, b"", media_type, (), answer.file, answer.size)
    return Reply(200, answer.body or b"", media_type)
