"""/page/X: a thing with its names, what is said of it and by whom, what it says, and drawings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox

from parley.rdf import PARLEY, RDF_TYPE
from parley.store.versions import Version
from parley.web.citations import page_work
from parley.web.denials import wider_denials
from parley.web.documents import links
from parley.web.entries import listed, said
from parley.web.exchange import Reply, Request, redirect
from parley.web.facts import Speaking, sections, speaking, status_of
from parley.web.labelling import labelled
from parley.web.linkeddata import as_data, of_thing, resolved
from parley.web.record import CLAIMS, NAMES, head, other_names, values
from parley.web.schemaorg import described_thing
from parley.web.site import Row, Site, stamped
from parley.web.views import Views

_FACTS = 25  # of one status, with the thing on one side
_MADE = 25  # claims of its own
_SPEAKERS = 10
_TERMS = ("subject", "predicate", "object")
_DRAWINGS = {"timeline": "Timeline", "network": "Network", "map": "Map"}


@dataclass(frozen=True)
class Drawn:
    """A drawing of what has to do with a thing: the addresses of the file, and of the page that
    shows it with links and as a table."""

    heading: str
    file: str
    page: str


def register(views: Views, site: Site) -> None:
    """The view of one thing."""
    base = site.dataset.names.base

    @views.read("/page/<path:name>")
    def page(request: Request, version: Version, name: str) -> Reply:
        node = resolved(site, version, f"{base}id/", name)
        document = of_thing(site, node)
        data = as_data(site, request, version, document)
        if data is not None:
            return data
        record = site.rows("record", version, _thing=node)
        kinds = values(record, RDF_TYPE.value)
        tail = f"?{request.query}" if request.query else ""
        if kinds & CLAIMS:
            return stamped(redirect(f"/claims/{name}{tail}"), request, version)
        if f"{PARLEY}Article" in kinds:
            return stamped(redirect(f"/articles/{name}{tail}"), request, version)
        shown = head(record, node, name)
        made = site.rows("made-by", version, _thing=node)
        own = listed(site, version, dict.fromkeys(row["claim"]["value"] for row in made[:_MADE]))
        reply = site.page(
            "thing",
            request,
            version,
            **shown,
            names=other_names(record),
            naming=NAMES,
            **_facts(site, version, node),
            made=said(own),
            spoken=sum(row["relayed"]["value"] == "false" for row in made),
            relayed={row["claim"]["value"] for row in made if row["relayed"]["value"] == "true"},
            **_drawings(site, request, version, node),
            changed=site.traces.last(node, version),
            work=page_work(site, request, version, name, record),
            stem=document.stem,
            schema=described_thing(site, request, version, document),
        )
        told = links(site, request, version, document, document.page)
        return reply.header(("Link", ", ".join(told)))


def _facts(site: Site, version: Version, node: ox.NamedNode) -> dict[str, Any]:  # Any: templates
    """The first facts of each status as subject and as object, and who speaks of them."""
    found = site.rows("facts", version, _thing=node)
    kept, totals = _first(found)
    these = [ox.NamedNode(row["proposition"]["value"]) for row in kept]
    claims = site.rows("claims-on-these", version, _propositions=these) if these else []
    contested = (row["proposition"]["value"] for row in kept if status_of(row) == "contested")
    wider = wider_denials(site, version, contested)
    claims += wider
    kept = labelled(site, version, kept, _TERMS)
    return {
        "outgoing": sections([r for r in kept if _side(r) == "subject"], claims, totals["subject"]),
        "incoming": sections([r for r in kept if _side(r) == "object"], claims, totals["object"]),
        "speaking": _speaking(site, version, node, wider) if found else Speaking([], 0),
    }


def _side(row: Row) -> str:
    return row["side"]["value"]


def _first(rows: Iterable[Row]) -> tuple[list[Row], dict[str, dict[str, int]]]:
    """The first rows of each side and status, and how many propositions each has."""
    kept: list[Row] = []
    seen: dict[str, dict[str, set[str]]] = {"subject": {}, "object": {}}
    for row in rows:
        there = seen[_side(row)].setdefault(status_of(row), set())
        if len(there) < _FACTS:
            kept.append(row)
        there.add(row["proposition"]["value"])
    return kept, {
        side: {status: len(there) for status, there in by.items()} for side, by in seen.items()
    }


def _speaking(site: Site, version: Version, node: ox.NamedNode, wider: list[Row]) -> Speaking:
    rows = site.rows("speaking-of", version, _thing=node)
    first = list(dict.fromkeys(row["speaker"]["value"] for row in rows))
    shown = [row for row in rows if row["speaker"]["value"] in set(first[:_SPEAKERS])]
    return speaking(labelled(site, version, shown, ("speaker", "stance")), wider, len(first))


def _drawings(
    site: Site, request: Request, version: Version, node: ox.NamedNode
) -> dict[str, Any]:  # Any: templates
    """The saved queries with a view that can be narrowed to the thing, where they draw something.

    They are asked when the drawing is looked at, so that the page need not wait for them. Of a
    place that no map can show, that.
    """
    saved = site.saved(version)
    offered = [
        name
        for name in _DRAWINGS
        if name in saved
        and saved[name].view == name
        and "thing" in {parameter.name for parameter in saved[name].parameters}
    ]
    if not offered:
        return {"drawings": [], "unplaced": False}
    drawable = site.rows("drawable", version, _thing=node)[0]
    given = [("thing", site.render.curie(node.value))]
    given += [(k, v) for k, v in request.fields if k == "version"]
    tail = urlencode(given)
    drawings = [
        Drawn(_DRAWINGS[name], f"/queries/{name}.svg?{tail}", f"/queries/{name}?{tail}")
        for name in offered
        if drawable[name]["value"] == "true"
    ]
    unplaced = "map" in offered and drawable["unplaced"]["value"] == "true"
    return {"drawings": drawings, "unplaced": unplaced}
