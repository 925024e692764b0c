"""/health: the process answers; /ready: it answers queries, too."""

from __future__ import annotations

import json

from parley.formats import BINDINGS
from parley.web.exchange import Reply, Request
from parley.web.site import Site
from parley.web.views import Views


def blueprint(site: Site) -> Views:
    """The views of liveness and readiness."""
    views = Views("health", site)

    @views.plain("/health")
    def health(request: Request) -> Reply:
        return _json({"status": "ok"})

    @views.plain("/ready")
    def ready(request: Request) -> Reply:
        version = site.backend.version()
        site.select("ASK {}", BINDINGS[0], version).close()
        return _json({"status": "ok", "version": version.number, "quads": version.quads})

    return views


def _json(data: dict[str, object]) -> Reply:
    body = json.dumps(data).encode() + b"\n"
    return Reply(200, body, "application/json", (("Cache-Control", "no-store"),))
