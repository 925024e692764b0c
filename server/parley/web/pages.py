"""Pages for people: home, a thing, a claim, and what a problem means."""

from __future__ import annotations

from functools import lru_cache

import pyoxigraph as ox

from parley.errors import NotFound
from parley.rdf import PARLEY, RDF_TYPE, RDFS_LABEL, term
from parley.store.ledger import Entry
from parley.store.versions import Version
from parley.web import contradictions, searching, sources
from parley.web.denials import wider_denials
from parley.web.exchange import Reply, Request, redirect
from parley.web.facts import claims_of, facts_by_status
from parley.web.kinds import BY_SLUG, KINDS
from parley.web.linkeddata import alternates, iri, known, missing
from parley.web.site import Row, Site, stamped
from parley.web.views import Views

_SKOS = "http://www.w3.org/2004/02/skos/core#"
_SHOWN_ABOVE = {str(RDFS_LABEL.value), f"{_SKOS}scopeNote", RDF_TYPE.value}
_CLAIMS = {f"{PARLEY}Claim", f"{PARLEY}Assessment"}
_NEWEST = 3
STARTING = ("contradictions", "demands", "both-sides")


def blueprint(site: Site) -> Views:
    """The views of pages."""
    views = Views("pages", site)
    for more in (searching, contradictions, sources):
        more.register(views, site)
    base = site.dataset.names.base
    contested = site.dataset.names.graph("contested")

    @lru_cache(maxsize=8)
    def counts(version: Version) -> dict[str, int]:
        rows = site.rows("counts", version, _contested=contested)
        return {row["kind"]["value"]: int(row["count"]["value"]) for row in rows}

    @views.read("/")
    def home(request: Request, version: Version) -> Reply:
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
        )

    @views.read("/page/<path:name>")
    def page(request: Request, version: Version, name: str) -> Reply:
        node = iri(f"{base}id/{name}")
        record = site.rows("record", version, _thing=node)
        kinds = values(record, RDF_TYPE.value)
        tail = f"?{request.query}" if request.query else ""
        if kinds & _CLAIMS:
            return stamped(redirect(f"/claims/{name}{tail}"), request, version)
        if f"{PARLEY}Article" in kinds:
            return stamped(redirect(f"/articles/{name}{tail}"), request, version)
        if not record:
            known(site, node, version)
        said = site.rows("claims-on", version, _thing=node)
        facts = {
            side: site.rows(f"facts-as-{side}", version, _thing=node)
            for side in ("subject", "object")
        }
        said += wider_denials(
            site,
            version,
            (
                row["proposition"]["value"]
                for rows in facts.values()
                for row in rows
                if "graph" in row and row["graph"]["value"] == contested.value
            ),
        )
        sections = {side: facts_by_status(rows, said) for side, rows in facts.items()}
        made = site.rows("claims-by", version, _thing=node)
        reply = site.page(
            "thing",
            request,
            version,
            **head(record, node, name),
            changed=site.traces.last(node, version),
            outgoing=sections["subject"],
            incoming=sections["object"],
            made=claims_of(made),
        )
        return reply.header(("Link", ", ".join(alternates(f"/data/{name}", node))))

    @views.read("/claims/<name>")
    def claim(request: Request, version: Version, name: str) -> Reply:
        node = iri(f"{base}id/{name}")
        record = site.rows("record", version, _thing=node)
        if not values(record, RDF_TYPE.value) & _CLAIMS:
            if not record:
                raise missing(site, node, version)
            raise NotFound(f"there is no claim {node.value} in version {version.number}")
        stances = {iri.rpartition("/")[2] for iri in values(record, term("stance").value)}
        parts = {
            part: site.rows(part, version, _thing=node)
            for part in ("propositions", "evidence", "relays")
        }
        claimed = [row["proposition"]["value"] for row in parts["propositions"]]
        contrary = site.rows("contradicting", version, _thing=node)
        contrary += _not_in_these_words(site, version, node, stances, claimed)
        other = claims_of(contrary)
        return site.page(
            "claim",
            request,
            version,
            **head(record, node, name),
            **parts,
            changed=site.traces.last(node, version),
            other=other,
        )

    @views.plain("/problems")
    def problems(request: Request) -> Reply:
        return _plain(site, request, "problems", kinds=KINDS)

    @views.plain("/problems/<slug>")
    def problem(request: Request, slug: str) -> Reply:
        if slug not in BY_SLUG:
            raise NotFound(f"there is no kind of problem called '{slug}'")
        return _plain(site, request, "problem", kind=BY_SLUG[slug], problem=None)

    return views


def _not_in_these_words(
    site: Site, version: Version, node: ox.NamedNode, stances: set[str], claimed: list[str]
) -> list[Row]:
    """Claims that contradict one by denying more than it affirms, or affirming part of a denial."""
    if "denies" in stances:
        return site.rows("covered", version, _thing=node)
    return wider_denials(site, version, claimed) if "affirms" in stances else []


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


def values(record: list[Row], predicate: str) -> set[str]:
    """The values that a record gives a property."""
    return {row["value"]["value"] for row in record if row["property"]["value"] == predicate}


def head(record: list[Row], node: ox.NamedNode, name: str) -> dict[str, object]:
    """What every page of a thing shows at its top, and the rest of its record."""
    by_property: dict[str, list[Row]] = {}
    for row in record:
        by_property.setdefault(row["property"]["value"], []).append(row)
    labels = by_property.get(RDFS_LABEL.value, [])
    notes = by_property.get(f"{_SKOS}scopeNote", [])
    return {
        "iri": node.value,
        "name": name,
        "label": labels[0]["value"]["value"] if labels else name,
        "kinds": by_property.get(RDF_TYPE.value, []),
        "notes": [row["value"] for row in notes],
        "record": {k: rows for k, rows in by_property.items() if k not in _SHOWN_ABOVE},
    }
