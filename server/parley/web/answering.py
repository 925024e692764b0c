"""The page of the editor with an answer below: a table with labels, and why it may be empty."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pyoxigraph as ox

from parley.formats import Format
from parley.sparql import Kind
from parley.store.backend import Answer, Query
from parley.store.versions import Version
from parley.web import drawing
from parley.web.exchange import Reply, Request
from parley.web.nomatch import NoMatch, explain
from parley.web.site import Row, Site
from parley.web.snippets import Addresses, snippets
from parley.web.visitors import Visitor

_SHOWN_ROWS = 1000
_LONGEST = 8000  # characters of an address that is offered
_LABELLED = 2000  # things; the labels of more are not looked up


@dataclass(frozen=True)
class Shown:
    """An answer as the editor's page shows it.

    `rows` is None for what is no table; then `text` is the answer. `total` counts all rows that
    were found; `cut` says that there are more. `labels` are by IRI.
    """

    columns: Sequence[str] = ()
    rows: Sequence[Row] | None = None
    total: int = 0
    cut: bool = False
    text: str = ""
    labels: dict[str, str] | None = None
    why: NoMatch | None = None


def page(
    site: Site,
    request: Request,
    visitor: Visitor | None,
    version: Version,
    query: Query,
    text: str,
    answer: Answer,
    form: Format,
    pinned: str,
) -> Reply:
    """The editor's page with the query as it was sent and its answer; `pinned` as it was given."""
    shown = _shown(site, version, answer, form)
    if not (shown.total or (shown.rows is None and shown.text not in {"", "No"})):
        shown = replace(shown, why=explain(site, version, replace(query, text=text)))
    address = _address(site, request, version, query, text)
    kind: Kind = (
        "construct" if form.kind != "bindings" else "ask" if shown.rows is None else "select"
    )
    files = {form: f"{address}&format={form}" for form in ("csv", "json", "ttl")}
    html = site.html(
        "sparql",
        request,
        visitor,
        version=version,
        text=text,
        shown=shown,
        views=drawing.fitting(shown.columns),
        pinned=pinned,
        permalink=address,
        programs=snippets(kind, Addresses(**files), "") if address else [],
        extensions=("csv", "tsv", "json", "xml")
        if form.kind == "bindings"
        else ("ttl", "nt", "jsonld", "rdf"),
    )
    return Reply(200, html.encode("utf-8", "replace"), "text/html")


def _address(site: Site, request: Request, version: Version, query: Query, text: str) -> str:
    """Where this answer is for ever; empty for a query too long to stand in an address."""
    fields = [("query", text), ("version", str(version.number))]
    fields += [("default-graph-uri", graph) for graph in query.default_graphs or ()]
    fields += [("named-graph-uri", graph) for graph in query.named_graphs or ()]
    address = f"{site.root(request)}/sparql?{urlencode(fields, errors='replace')}"
    return address if len(address) <= _LONGEST else ""


def _shown(site: Site, version: Version, answer: Answer, form: Format) -> Shown:
    with answer:
        body = answer.read().decode("utf-8")
    if form.kind != "bindings":
        return Shown(text=body if answer.rows else "")
    data = json.loads(body)
    if "results" not in data:
        return Shown(text="Yes" if data["boolean"] else "No")
    found = data["results"]["bindings"]
    rows = [Row(row) for row in found[:_SHOWN_ROWS]]
    columns = data["head"].get("vars", [])
    return Shown(columns, rows, len(found), answer.truncated, labels=_labels(site, version, rows))


def _labels(site: Site, version: Version, rows: Sequence[Row]) -> dict[str, str]:
    """The labels of the things in a table."""
    iris = {cell["value"]: None for row in rows for cell in row.values() if cell["type"] == "uri"}
    nodes = []
    for iri in list(iris)[:_LABELLED]:
        try:
            nodes.append(ox.NamedNode(iri))
        except ValueError:  # an answer may hold what IRI() made of any text
            continue
    if not nodes:
        return {}
    found: dict[str, str] = {}
    for row in site.rows("labels", version, _things=nodes):
        found.setdefault(row["_things"]["value"], row["label"]["value"])
    return found
