"""/fragments, triples by pattern, and /fragments/quads, the same with their graphs."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from parley.errors import NotFound, TooLarge
from parley.formats import BINDINGS, DATASETS, GRAPHS, Format
from parley.rdf import COMMON_PREFIXES
from parley.store.versions import Version
from parley.web.exchange import Reply, Request
from parley.web.fragments.controls import HYDRA, Interface, Page, metadata
from parley.web.fragments.matches import Matches
from parley.web.fragments.patterns import PATHS, QUAD, TRIPLE, asked, read_pattern
from parley.web.listing import number
from parley.web.negotiate import choose, prefers_html
from parley.web.patches import cell
from parley.web.site import Row, Site, stamped
from parley.web.views import Views

SIZE = 500  # triples on a page: some clients read large fragments to their end
_OFFERED = {TRIPLE: DATASETS + GRAPHS, QUAD: (*DATASETS, GRAPHS[-1])}  # quads need graphs
_MOST = 64 << 20  # bytes of the rows of one query
_TOPIC = ox.NamedNode(COMMON_PREFIXES["foaf"] + "primaryTopic")
_LEGAL = "%-._~:/?@!$&'()*+,;="  # in the query of an IRI, beside letters and digits
_LINKS = {"first": "first", "previous": "prev", "next": "next"}  # Hydra's words and HTTP's


def blueprint(site: Site) -> Views:
    """The views of fragments."""
    views = Views("fragments", site)
    matches = Matches()

    def fragment(request: Request, version: Version, positions: tuple[str, ...]) -> Reply:
        form, media_type = _negotiated(request, _OFFERED[positions])
        if form is not None:
            unchanged = stamped(Reply(200, b"", media_type), request, version)
            if unchanged.status == 304:
                return unchanged
        page, quads = _page(site, matches, request, version, positions)
        if form is None:
            return _shown(site, request, version, page, quads)
        links = [f'<{href}>; rel="{_LINKS[name]}"' for name, href in page.links.items()]
        body = _written(page, quads, form, site.dataset.names.prefixes)
        return stamped(Reply(200, body, media_type), request, version, *links)

    @views.read("/fragments")
    def triples(request: Request, version: Version) -> Reply:
        return fragment(request, version, TRIPLE)

    @views.read("/fragments/quads")
    def quads(request: Request, version: Version) -> Reply:
        return fragment(request, version, QUAD)

    return views


def interface(site: Site, root: str, version: Version, positions: tuple[str, ...]) -> Interface:
    """Where the fragments of a version are found."""
    held = None if site.versions is None else version.number
    return Interface(root + PATHS[positions], positions, held)


def _negotiated(request: Request, offered: tuple[Format, ...]) -> tuple[Format | None, str]:
    """The format, None for a page. Raises NotAcceptable."""
    wanted, accept = request.value("format"), request.header("Accept")
    if wanted is None and prefers_html(accept, offered):
        return None, "text/html"
    return choose(offered, accept, wanted)


def _page(
    site: Site, matches: Matches, request: Request, version: Version, positions: tuple[str, ...]
) -> tuple[Page, list[ox.Quad]]:
    """What a page says of itself, and its matches. Raises BadInput, NotFound, TooLarge."""
    given = {name: request.value(name) or "" for name in (*positions, "values")}
    pattern = read_pattern(given, positions, site.dataset.names.prefixes)
    at = number(request, "page") or 1
    queries = asked(pattern, union=not site.dataset.plain)
    found = matches.page(version.number, queries, (at - 1) * SIZE, SIZE, _Asking(site, version))
    last = max(1, -(-found.total // SIZE))
    if at > last:
        raise NotFound(f"there is no page {at} of this fragment; the last one is page {last}")
    quads = list(ox.parse("\n".join(found.statements), ox.RdfFormat.TRIG))
    return _described(site, request, version, positions, at, found.total), quads


class _Asking:
    """The store as `Matches` asks it, in one version."""

    def __init__(self, site: Site, version: Version) -> None:
        self._site = site
        self._version = version

    def rows(self, text: str) -> list[str]:
        """The rows of a SELECT in TSV. Raises TooLarge."""
        with self._site.select(text, BINDINGS[-1], self._version) as answer:
            if answer.size > _MOST:
                raise TooLarge(
                    f"the triples of this fragment take more than {_MOST} bytes; take the dump",
                    limit="fragment_bytes",
                    value=_MOST,
                )
            return answer.read().decode("utf-8").split("\n")[1:-1]

    def counts(self, text: str) -> list[tuple[str, int]]:
        """Keys and how many matches each has."""
        rows = self._site.table(text, self._version)[1]
        return [(row["key"]["value"], int(row["count"]["value"])) for row in rows]

    def predicates(self) -> list[tuple[str, int]]:
        """The figures of the version, if every triple of it stands in one graph."""
        known = self._site.figures.known(self._version)
        alone = known is not None and known.total("triples") == self._version.quads
        return known.by("uses", "") if known and alone and not self._site.dataset.plain else []


def _described(
    site: Site,
    request: Request,
    version: Version,
    positions: tuple[str, ...],
    at: int,
    total: int,
) -> Page:
    there = interface(site, site.root(request), version, positions)
    kept = {name: request.value(name) for name in (*positions, "values")}
    fields = [(name, value) for name, value in kept.items() if value]
    if there.version is not None:
        fields.insert(0, ("version", str(there.version)))
    form = [("format", value)] if (value := request.value("format")) else []

    def address(page: int | None) -> str:
        paged = [*fields, ("page", str(page)), *form] if page else fields
        return there.address + (f"?{urlencode(paged)}" if paged else "")

    links = {"first": address(1)}
    if at > 1:
        links["previous"] = address(at - 1)
    if at * SIZE < total:
        links["next"] = address(at + 1)
    query = quote(request.query.encode("latin-1"), safe=_LEGAL)
    asked_for = site.root(request) + request.path + (f"?{query}" if query else "")
    return Page(there, address(None), asked_for, at, total, SIZE, links)


def _written(page: Page, quads: list[ox.Quad], form: Format, prefixes: Mapping[str, str]) -> bytes:
    """Matches and controls; where the format has graphs, the controls stand in one of their own."""
    assert isinstance(form.engine, ox.RdfFormat)
    about = [*metadata(page)]
    if form.engine.supports_datasets:
        graph = ox.NamedNode(f"{page.fragment}#metadata")
        topic = ox.Quad(graph, _TOPIC, ox.NamedNode(page.fragment), graph)
        rows = [topic, *(ox.Quad(t.subject, t.predicate, t.object, graph) for t in about), *quads]
        body = ox.serialize(rows, None, form.engine, prefixes=_prefixes(form, prefixes))
    else:
        triples = [*about, *(quad.triple for quad in quads)]
        body = ox.serialize(triples, None, form.engine, prefixes=_prefixes(form, prefixes))
    assert body is not None
    return body


def _prefixes(form: Format, known: Mapping[str, str]) -> dict[str, str]:
    """The prefixes for a format that has any."""
    return {**known, "hydra": HYDRA} if form.extension in {"ttl", "trig", "rdf"} else {}


def _shown(
    site: Site, request: Request, version: Version, page: Page, quads: list[ox.Quad]
) -> Reply:
    positions = page.interface.positions
    rows = [Row(zip(QUAD, map(cell, quad), strict=True)) for quad in quads]
    known = {name: request.value(name) or "" for name in positions}
    data = [(k, v) for k, v in request.fields if k != "format"]
    return site.page(
        "fragments",
        request,
        version,
        page=page,
        columns=positions,
        rows=rows,
        given=known,
        pinned=request.value("version") or "",
        other=PATHS[TRIPLE if positions == QUAD else QUAD],
        formats={
            form.extension: f"{request.path}?{urlencode([*data, ('format', form.extension)])}"
            for form in _OFFERED[positions]
        },
    )
