"""What the editor asks for beside answers: terms to complete, errors, why nothing matches."""

from __future__ import annotations

import json
from dataclasses import asdict

from parley import sparql
from parley.errors import BadQuery, LimitReached, ParleyError
from parley.formats import BINDINGS
from parley.store.backend import Query, WrongFormat
from parley.store.versions import Version
from parley.web.exchange import Reply, Request
from parley.web.nomatch import explain
from parley.web.protocol import Operation, read_operation
from parley.web.site import Site, stamped
from parley.web.views import Views

_NOWHERE = "urn:x-parley:nothing"  # a graph that holds nothing: a query on it ends at once
_SECONDS = 2.0


def blueprint(site: Site) -> Views:
    """The addresses below /sparql."""
    views = Views("desk", site)

    @views.read("/sparql/terms.json")
    def terms(request: Request, version: Version) -> Reply:
        """Prefixes, classes and properties of the data, with labels and counts.

        Where counting takes too long, those that are declared, without counts.
        """
        used = site.vocabularies.of(version)
        found = {
            "version": version.number,
            "prefixes": dict(sorted(site.dataset.names.prefixes.items())),
            "classes": [asdict(one) for one in used.classes],
            "properties": [asdict(one) for one in used.properties],
        }
        if not used.counted:
            passing = (("X-Parley-Version", str(version.number)), ("Vary", "Accept-Encoding"))
            return _json(found, "no-store").header(*passing)
        return stamped(_json(found), request, version)

    @views.plain("/sparql/check", ("GET", "POST"))
    def check(request: Request) -> Reply:
        """The first error of a query's syntax, with line and column; it is not carried out."""
        operation, version = _asked(site, request)
        error = wrong(site, version, operation)
        place = {"line": error.line, "column": error.column} if error else {}
        errors = [{"message": error.message, **place}] if error else []
        return _json({"errors": errors}, "no-cache")

    @views.plain("/sparql/nomatch", ("GET", "POST"))
    def nomatch(request: Request) -> Reply:
        """Why a query that returns nothing does so; null where it cannot be told."""
        operation, version = _asked(site, request)
        query = Query(
            operation.text or "",
            operation.default_graphs,
            operation.named_graphs,
            base=f"{site.root(request)}/sparql",
        )
        found = explain(site, version, query)
        return _json(
            {"version": version.number, "noMatch": asdict(found) if found else None}, "no-cache"
        )

    return views


def wrong(site: Site, version: Version, operation: Operation) -> ParleyError | None:
    """What is wrong with the text of a query, None when it can be asked.

    The engine reads it by answering it from an empty graph.
    """
    try:
        parsed = sparql.read_closely(operation.text or "")
        if parsed.kind == "update":
            return BadQuery("this is an update, which this page does not send", line=1, column=1)
        if parsed.services:
            return None  # asked of the engine, it would go out
        query = Query(parsed.text, (_NOWHERE,), None, base="http://localhost/sparql")
        deadline = site.deadline(_SECONDS)
        site.backend.select(query, BINDINGS[0], deadline, version.number).close()
    except (WrongFormat, LimitReached):
        return None  # a CONSTRUCT or DESCRIBE, or too much work even on nothing: read it was
    except BadQuery as error:
        return error
    return None


def _asked(site: Site, request: Request) -> tuple[Operation, Version]:
    operation = read_operation(request, site.settings)
    return operation, site.version(operation.version)


def _json(found: object, caching: str = "") -> Reply:
    body = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    headers = (("Cache-Control", caching),) if caching else ()
    return Reply(200, body, "application/json", headers)
