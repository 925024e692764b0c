"""SPARQL updates over HTTP (SPARQL 1.1 Protocol, section 2.2): checked, carried out, published."""

from __future__ import annotations

from dataclasses import replace

from parley import sparql
from parley.errors import BadInput, BadQuery, Stale
from parley.store.backend import Update, Written
from parley.store.versions import Version
from parley.web.access import message
from parley.web.conditions import known_version, since
from parley.web.exchange import Reply, Request
from parley.web.protocol import Operation
from parley.web.site import Site
from parley.web.trials import is_dry, tried


def respond(site: Site, request: Request, operation: Operation) -> Reply:
    """204 once the update is published; raises what the table of problems knows.

    With `dry-run=true` in the address, 200 with what it would change.
    If-Match names the version the update was written against: another current one is Stale.
    """
    assert operation.text is not None
    parsed = sparql.read_closely(operation.text)
    if parsed.kind != "update":
        raise BadQuery("this is a query; send it as 'query', not as 'update'")
    if operation.version is not None:
        raise BadInput("an update changes the current version; leave 'version' out")
    if operation.using or operation.using_named:  # with the place of a conflicting USING or WITH
        sparql.add_using(operation.text, operation.using, operation.using_named)
    why = message(site, request, "SPARQL update", operation.message)
    # LOAD is refused where it is run, so that LOAD SILENT does nothing instead.
    sparql.allow(replace(parsed, loads=()), ())  # SERVICE is for queries only
    update = Update(
        parsed.text,
        operation.using or None,
        operation.using_named or None,
        base=f"{site.root(request)}/sparql",
    )
    deadline = site.deadline(operation.timeout)
    dry = is_dry(request.fields)
    parent = _parent(site, request)
    try:
        outcome = site.backend.write(update, why, deadline, parent, dry_run=dry)
    except Stale as stale:
        if parent is None or site.versions is None:
            raise
        raise Stale(stale.message, since(site.versions, parent.number)) from None
    return tried(site, request, outcome) if dry else written(outcome)


def written(outcome: Written, status: int = 204) -> Reply:
    """The reply to a write, with the version that is current after it."""
    return Reply(status, headers=(("X-Parley-Version", str(outcome.version.number)),))


def _parent(site: Site, request: Request) -> Version | None:
    given = request.header("If-Match")
    if not given or given.strip() == "*":
        return None
    current = site.backend.version()
    number = known_version(given, current.number)
    return current if number == current.number else site.version(str(number))
