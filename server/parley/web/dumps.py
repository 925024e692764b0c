"""/dump.EXT: a version as a file; /dumps lists them; /dump.EXT.sha256 for `sha256sum -c`."""

from __future__ import annotations

import json
from dataclasses import replace

import pyoxigraph as ox

from parley.store.versions import Version
from parley.web.downloads import asked_for, downloaded, fetched
from parley.web.dumped import Dumped
from parley.web.exchange import Reply, Request
from parley.web.history import as_page
from parley.web.listing import neighbours, number
from parley.web.site import Site, stamped
from parley.web.views import Views

_USUAL, _MOST = 50, 500
_VERSIONS = 20


def blueprint(site: Site) -> Views:
    """The views of the dumps."""
    views = Views("dumps", site)

    @views.read("/dumps")
    def dumps(request: Request, version: Version) -> Reply:
        limit = min(number(request, "limit") or _USUAL, _MOST)
        offset = number(request, "offset") or 0
        named = [pair for pair in site.figures.graphs(version) if not pair[0].startswith("_:")]
        dumped = Dumped(site, version)
        whole = list(dumped.of())
        graphs = [
            (graph, triples, list(dumped.of(ox.NamedNode(graph))))
            for graph, triples in named[offset : offset + limit]
        ]
        files = [*whole, *(dump for _, _, found in graphs for dump in found)]
        also = repr([dump.made for dump in files])
        pages = neighbours(request, limit, offset, len(named))
        root = site.root(request)
        if not as_page(request):
            document = {
                "version": version.number,
                "files": [dump.told(root) for dump in whole],
                "graphs": [
                    {"iri": graph, "triples": triples, "files": [d.told(root) for d in found]}
                    for graph, triples, found in graphs
                ],
                "total": len(named),
                **pages,
            }
            body = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
            return stamped(Reply(200, body, "application/json"), request, version, also=also)
        numbers = range(version.number, max(0, version.number - _VERSIONS), -1)
        return site.page(
            "dumps",
            request,
            version,
            also=also,
            root=root,
            pinned=f"?version={version.number}" if site.versions else "",
            whole=whole,
            graphs=graphs,
            pages=pages,
            others=[site.versions.ledger.entry(n) for n in numbers] if site.versions else [],
        )

    @views.read("/dump.<extension>")
    def dump(request: Request, version: Version, extension: str) -> Reply:
        asked = asked_for(site, request, version, extension)
        return downloaded(site, request, version, asked)

    @views.read("/dump.<extension>.sha256")
    def digest(request: Request, version: Version, extension: str) -> Reply:
        asked = asked_for(site, request, version, extension)
        empty = stamped(Reply(200, b"", "text/plain"), request, version)
        if empty.status == 304:
            return empty
        found = fetched(site, request, version, asked)
        found.file.close()
        return replace(empty, body=f"{found.sha256}  dump.{extension}\n".encode())

    return views
