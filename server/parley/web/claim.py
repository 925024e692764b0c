"""/claims/X: a claim with its quote, who says the same and who does not, and its citation."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

from parley.errors import NotFound
from parley.rdf import RDF_TYPE, term
from parley.store.versions import Version
from parley.web.citations import page_work, works_behind
from parley.web.denials import wider_denials
from parley.web.documents import links
from parley.web.entries import listed, said
from parley.web.exchange import Reply, Request
from parley.web.facts import Said, claims_of
from parley.web.linkeddata import as_data, iri, missing, of_thing
from parley.web.record import CLAIMS, head, values
from parley.web.schemaorg import described_thing
from parley.web.site import Row, Site
from parley.web.views import Views

_BESIDE, _MOST = 8, 40  # claims of others that are shown; the list has all


def register(views: Views, site: Site) -> None:
    """The view of one claim."""

    @views.read("/claims/<name>")
    def claim(request: Request, version: Version, name: str) -> Reply:
        node = iri(f"{site.dataset.names.base}id/{name}")
        record = site.rows("record", version, _thing=node)
        if not values(record, RDF_TYPE.value) & CLAIMS:
            if not record:
                raise missing(site, node, version)
            raise NotFound(f"there is no claim {node.value} in version {version.number}")
        document = of_thing(site, node, "claims")
        data = as_data(site, request, version, document)
        if data is not None:
            return data
        parts: dict[str, Any] = {  # Any: what templates show
            part: site.rows(part, version, _thing=node)
            for part in ("propositions", "evidence", "relays")
        }
        shown = head(record, node, name)
        agreeing = [row["claim"]["value"] for row in site.rows("agreeing", version, _thing=node)]
        reply = site.page(
            "claim",
            request,
            version,
            **shown,
            **parts,
            changed=site.traces.last(node, version),
            other=_other(site, version, node, record, parts["propositions"]),
            same=said(listed(site, version, agreeing[:_BESIDE])),
            agreeing=len(agreeing),
            most=_MOST,
            work=page_work(site, request, version, name, record),
            behind=works_behind(site, version, node.value),
            stem=document.stem,
            schema=described_thing(site, request, version, document),
        )
        told = links(site, request, version, document, document.page)
        return reply.header(("Link", ", ".join(told)))


def _other(
    site: Site, version: Version, node: ox.NamedNode, record: list[Row], claimed: list[Row]
) -> list[Said]:
    """The claims that take another stance on what one says, or on more or a part of it."""
    rows = site.rows("contradicting", version, _thing=node)
    stances = {value.rpartition("/")[2] for value in values(record, term("stance").value)}
    if "denies" in stances:
        rows += _covered(site, version, node)
    elif "affirms" in stances:
        rows += wider_denials(site, version, [row["proposition"]["value"] for row in claimed])
    return claims_of(rows)


def _covered(site: Site, version: Version, node: ox.NamedNode) -> list[Row]:
    """The claims that affirm a part of what a denial covers."""
    found = site.rows("covered", version, _thing=node)
    these = [ox.NamedNode(row["proposition"]["value"]) for row in found]
    rows = site.rows("claims-on-these", version, _propositions=these) if these else []
    return [row for row in rows if row["stance"]["value"].endswith("/affirms")]
