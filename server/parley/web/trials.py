"""Writes that are only tried: `?dry-run=true` says what would change, and what the checks say."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

import pyoxigraph as ox

from parley.check.report import Report
from parley.errors import BadInput
from parley.store.backend import Written
from parley.store.change import Change
from parley.web.commits import JSON, PATCH
from parley.web.exchange import Reply, Request, single
from parley.web.negotiate import choose, prefers_html
from parley.web.patches import changes, rows_of
from parley.web.site import Site

_VALUES = {"true": True, "1": True, "false": False, "0": False, "": False}


def is_dry(fields: Sequence[tuple[str, str]]) -> bool:
    """Whether a request asks for a dry run; raises BadInput for a value that is neither."""
    value = (single(fields, "dry-run") or "").lower()
    if value not in _VALUES:
        raise BadInput(f"dry-run is true or false, not '{value[:40]}'")
    return _VALUES[value]


def tried(site: Site, request: Request, outcome: Written) -> Reply:
    """200 with the change as JSON, as RDF Patch or as a page; nothing was committed.

    The JSON has `version` (the one the change was tried on), `added` and `removed`, each with the
    quads written and those `derived`, as N-Quads, and `report`, null where nothing is checked.
    """
    change, report = outcome.change, outcome.report
    assert change is not None
    headers = (
        ("Vary", "Accept"),
        ("Cache-Control", "no-store"),
        ("X-Parley-Version", str(outcome.version.number)),
    )
    derived = frozenset(site.dataset.derived())
    found = report.data() if isinstance(report, Report) else None
    if prefers_html(request.header("Accept"), (JSON, PATCH)):
        rows = changes(site, outcome.version, rows_of(change))
        page = site.page("tried", request, outcome.version, report=found, **rows)
        return page.header(("Cache-Control", "no-store"))
    form, media_type = choose((JSON, PATCH), request.header("Accept"), request.value("format"))
    if form is PATCH:
        return Reply(200, change.patch().encode(), media_type, headers)
    document = {
        "version": outcome.version.number,
        **listed(change, derived),
        "report": found,
    }
    body = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    return Reply(200, body.encode("utf-8", "replace"), media_type, headers)


def listed(change: Change, derived: Collection[object]) -> dict[str, dict[str, list[str]]]:
    """What a change adds and removes, ready for JSON; `derived` are the graphs of derived quads."""
    return {"added": _parts(change.added, derived), "removed": _parts(change.removed, derived)}


def _parts(quads: Iterable[ox.Quad], derived: Collection[object]) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {"written": [], "derived": []}
    for quad in quads:
        parts["derived" if quad.graph_name in derived else "written"].append(f"{quad} .")
    return {name: sorted(rows) for name, rows in parts.items()}
