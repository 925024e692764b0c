"""Pages for people: home, what it leads to, and what a problem means."""

from __future__ import annotations

from functools import lru_cache

from parley.errors import NotFound
from parley.store.ledger import Entry
from parley.store.versions import Version
from parley.web import contradictions, searching, thing
from parley.web.exchange import Reply, Request, redirect
from parley.web.kinds import BY_SLUG, KINDS
from parley.web.negotiate import prefers_rdf
from parley.web.schemaorg import described_dataset
from parley.web.site import Site, stamped
from parley.web.views import Views

_NEWEST = 3
_FRAGMENTS = '</fragments>; rel="service-desc"; title="Triple Pattern Fragments"'
STARTING = ("contradictions", "demands", "both-sides")


def blueprint(site: Site) -> Views:
    """The views of pages."""
    views = Views("pages", site)
    for more in (thing, searching, contradictions):
        more.register(views, site)
    contested = site.dataset.names.graph("contested")

    @lru_cache(maxsize=8)
    def counts(version: Version) -> dict[str, int]:
        rows = site.rows("counts", version, _contested=contested)
        return {row["kind"]["value"]: int(row["count"]["value"]) for row in rows}

    @views.read("/")
    def home(request: Request, version: Version) -> Reply:
        if prefers_rdf(request.header("Accept")):
            tail = f"?{request.query}" if request.query else ""
            return stamped(redirect(f"/void{tail}"), request, version)
        saved = site.saved(version)
        starting = [saved[name] for name in STARTING if name in saved]
        starting = starting or list(saved.values())[:3]
        return site.page(
            "home",
            request,
            version,
            counts=counts(version),
            starting=starting,
            newest=_newest(site, version),
            schema=described_dataset(site, request, version),
        ).header(("Link", _FRAGMENTS))

    @views.plain("/problems")
    def problems(request: Request) -> Reply:
        return _plain(site, request, "problems", kinds=KINDS)

    @views.plain("/problems/<slug>")
    def problem(request: Request, slug: str) -> Reply:
        if slug not in BY_SLUG:
            raise NotFound(f"there is no kind of problem called '{slug}'")
        return _plain(site, request, "problem", kind=BY_SLUG[slug], problem=None)

    return views


def _newest(site: Site, version: Version) -> list[Entry]:
    """The last commits up to a version, the newest first."""
    if site.versions is None:
        return []
    numbers = range(version.number, max(version.number - _NEWEST, 0), -1)
    return [site.versions.ledger.entry(number) for number in numbers]


def _plain(site: Site, request: Request, template: str, **values: object) -> Reply:
    """A page that belongs to no version of the dataset."""
    visitor = site.visitors.shown(request)
    html = site.html(template, request, visitor, version=None, **values)
    scope = "private, no-cache" if visitor and visitor.csrf else "no-cache"
    return Reply(200, html.encode(), "text/html", (("Vary", "Cookie"), ("Cache-Control", scope)))
