"""/claims: every claim, narrowed by facets and words, as a page, JSON or CSV."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from urllib.parse import urlencode

from parley.formats import BINDINGS
from parley.store.versions import Version
from parley.web import claim, sources
from parley.web.citing import cited
from parley.web.entries import as_csv, entry, listed, said
from parley.web.exchange import Reply, Request, text
from parley.web.facets import BY_NAME, Choice, Divided, Facets, choice_of
from parley.web.linkeddata import offered
from parley.web.listing import neighbours, number
from parley.web.negotiate import choose, prefers_html
from parley.web.site import Row, Site, stamped
from parley.web.views import Views

_USUAL, _MOST = 25, 500
_FORMS = (replace(BINDINGS[0], media_type="application/json", aliases=()), BINDINGS[2])


@dataclass(frozen=True)
class Listed:
    """Some claims of a choice with `total`, how many there are."""

    choice: Choice
    rows: dict[str, list[Row]]
    total: int
    limit: int
    offset: int


def blueprint(site: Site) -> Views:
    """The views of claims and of who makes them."""
    views = Views("claims", site)
    facets = Facets(site)
    claim.register(views, site)
    sources.register(views, site, facets)

    @views.read("/claims")
    def claims(request: Request, version: Version) -> Reply:
        wanted = request.value("format")
        browser = wanted is None and prefers_html(request.header("Accept"), _FORMS)
        if browser or wanted == "html":
            return _page(site, facets, request, version)
        form, _ = choose(_FORMS, request.header("Accept"), wanted)
        return _file(site, facets, request, version, form.extension)

    @views.read("/claims.<extension>")
    def file(request: Request, version: Version, extension: str) -> Reply:
        return _file(site, facets, request, version, offered(extension, _FORMS).extension)

    return views


def _found(site: Site, facets: Facets, request: Request, version: Version) -> Listed:
    choice = choice_of(request, site.dataset.names)
    limit = min(number(request, "limit") or _USUAL, _MOST)
    offset = number(request, "offset") or 0
    found = facets.claims(version, choice)
    rows = listed(site, version, found[offset : offset + limit])
    return Listed(choice, rows, len(found), limit, offset)


def _page(site: Site, facets: Facets, request: Request, version: Version) -> Reply:
    found = _found(site, facets, request, version)
    divided = facets.divided(version, found.choice, request.value("all") or "")
    groups = groupby(said(found.rows), lambda one: (one.row["source"] or {}).get("value", ""))
    address = f"{site.root(request)}{_address(request, version=str(version.number))}"
    return site.page(
        "claims",
        request,
        version,
        found=found,
        articles=[(node, list(some)) for node, some in groups],
        facets=[(one, _links(site, request, one)) for one in divided],
        chosen=[
            (BY_NAME[name].heading, label, _address(request, **{name: ""}))
            for name, label in facets.named(version, found.choice).items()
        ],
        kept=[(k, v) for k, v in request.fields if v and k in {*BY_NAME, "limit", "version"}],
        words=request.value("q") or "",
        all_of=lambda facet: _address(request, all=facet),
        data={form.extension: _address(request, form.extension) for form in _FORMS},
        unworded=_address(request, q=""),
        pages=neighbours(request, found.limit, found.offset, found.total),
        work=cited(site, version, "claims", "Claims", address),
    )


def _links(site: Site, request: Request, divided: Divided) -> dict[str, str]:
    """The address of the list with each value of a facet; with the chosen one, without it."""
    name = divided.facet.name
    return {
        node: _address(request, **{name: "" if node == divided.chosen else site.render.curie(node)})
        for node, _, _ in divided.values
    }


def _address(request: Request, ending: str = "", **changed: str) -> str:
    """The address of the list with some parameters changed, from its first page on."""
    left = {"offset", "all", "format", *changed}
    fields = [(k, v) for k, v in request.fields if v and k not in left]
    fields += [(k, v) for k, v in changed.items() if v]
    path = f"/claims.{ending}" if ending else "/claims"
    return f"{path}?{urlencode(fields)}" if fields else path


def _file(site: Site, facets: Facets, request: Request, version: Version, ending: str) -> Reply:
    found = _found(site, facets, request, version)
    entries = [entry(rows, site.render.href) for rows in found.rows.values()]
    if ending == "csv":
        reply = text(as_csv(entries), "text/csv")
    else:
        document = {
            "version": version.number,
            "total": found.total,
            "offset": found.offset,
            "claims": [asdict(one) for one in entries],
        }
        reply = text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "application/json")
    pages = neighbours(request, found.limit, found.offset, found.total)
    links = [f'<{href}>; rel="{rel}"' for rel, href in pages.items()]
    return stamped(reply, request, version, *links).header(("X-Parley-Total", str(found.total)))
