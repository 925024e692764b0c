"""/history: who changed what, when and why; for one thing, which commit brought each triple."""

from __future__ import annotations

import json
from dataclasses import asdict

import pyoxigraph as ox

from parley.errors import BadInput, NotFound
from parley.rdf import read_iri
from parley.store.blame import Row, blame
from parley.store.ledger import Entry
from parley.store.places import Places
from parley.store.versions import Version, Versions
from parley.web import commits, reverting
from parley.web.exchange import Reply, Request
from parley.web.listing import Listed, listed
from parley.web.negotiate import prefers_html
from parley.web.patches import SHOWN, cell, labels, line
from parley.web.site import Site, stamped
from parley.web.views import Views


def blueprint(site: Site) -> Views:
    """The views of the history."""
    views = Views("history", site)
    # Reading through the ledger is work for the processor: one after the other, readers besides.
    places = Places(1, site.settings.queue_length, "search of the history is")

    @views.read("/history")
    def history(request: Request, version: Version) -> Reply:
        versions = kept(site)
        text = request.value("resource")
        iri = read_iri(text, site.dataset.names.prefixes) if text else None
        with places.taken_for(site.settings.query_timeout):
            found = listed(versions.ledger, version.number, request, iri)
            brought = blame(versions, iri, version) if iri else []
        if as_page(request):
            return _page(site, request, version, found, iri, brought)
        document: dict[str, object] = {"entries": [asdict(entry) for entry in found.entries]}
        if iri:
            document["resource"] = iri.value
            document["blame"] = [{"quad": f"{q} .", "version": e.number} for q, e in brought]
        document |= {"looked_at": found.looked_at, "prev": found.newer, "next": found.older}
        body = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
        links = [
            f'<{address}>; rel="{name}"'
            for name, address in (("prev", found.newer), ("next", found.older))
            if address
        ]
        return stamped(Reply(200, body, "application/json"), request, version, *links)

    commits.register(views, site, places)
    reverting.register(views, site)
    return views


def kept(site: Site) -> Versions:
    """The versions with their ledger. Raises NotFound where only the current one is kept."""
    if site.versions is None:
        raise NotFound("this server keeps the current version only, and no history")
    return site.versions


def as_page(request: Request) -> bool:
    """Whether to answer with a page: for browsers, unless they ask for JSON. Raises BadInput."""
    wanted = request.value("format")
    if wanted not in {None, "html", "json"}:
        raise BadInput(f"format: '{wanted}' is neither html nor json")
    return wanted == "html" or (wanted is None and prefers_html(request.header("Accept"), ()))


def _page(
    site: Site,
    request: Request,
    version: Version,
    found: Listed,
    iri: ox.NamedNode | None,
    brought: list[tuple[ox.Quad, Entry]],
) -> Reply:
    shown = brought[:SHOWN]
    rows = [Row(True, quad) for quad, _ in shown]
    names = labels(site, version, rows)
    return site.page(
        "history",
        request,
        version,
        found=found,
        author=request.value("author") or "",
        resource=cell(iri) if iri else None,
        lines=[line(row, entry) for row, (_, entry) in zip(rows, shown, strict=True)],
        more=len(brought) - len(shown),
        labels=names,
        derived={graph.value for graph in site.dataset.derived()},
    )
