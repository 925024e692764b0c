"""POST /history/N/revert: takes one commit back, or shows what that would change."""

from __future__ import annotations

from parley.check.report import Report
from parley.errors import Busy, NotFound, Refused, Stale
from parley.store.backend import Written
from parley.store.reverting import inverse_of
from parley.web.access import message
from parley.web.commits import PATCH
from parley.web.exchange import Reply, Request, redirect, single
from parley.web.negotiate import prefers_html
from parley.web.patches import changes, rows_of
from parley.web.protocol import FORM
from parley.web.site import Site
from parley.web.trials import is_dry
from parley.web.updates import written
from parley.web.views import Views

_ATTEMPTS = 10


def register(views: Views, site: Site) -> None:
    """Adds the view that takes a commit back."""

    @views.plain("/history/<int:number>/revert", methods=("POST",))
    def revert(request: Request, number: int) -> Reply:
        fields = request.fields
        if request.media_type == FORM:
            fields = fields + request.form(site.settings.query_text_limit, "query_text_limit")
        given = (single(fields, "message") or "").strip()
        return _revert(site, request, number, given, dry_run=is_dry(fields))


def _revert(site: Site, request: Request, number: int, given: str, *, dry_run: bool) -> Reply:
    if site.versions is None:
        raise NotFound("this server keeps the current version only, and no history")
    why = message(site, request, f"Takes back version {number}", given or None)
    as_page = prefers_html(request.header("Accept"), ())
    for _ in range(_ATTEMPTS):
        current = site.backend.version()
        change = inverse_of(site.versions, number, current, site.dataset.derived())
        try:
            outcome = site.backend.write(change, why, site.deadline(), current, dry_run=dry_run)
        except Stale:
            continue  # another version came in between; it may not have touched these quads
        if dry_run:
            return _preview(site, request, number, outcome, why.text, as_page=as_page)
        if as_page:
            return redirect(f"/history/{outcome.version.number}")
        return written(outcome)
    raise Busy("others keep writing at the same time", retry_after=1)


def _preview(
    site: Site, request: Request, number: int, outcome: Written, reason: str, *, as_page: bool
) -> Reply:
    """What taking the commit back would change, derived quads included. Raises Refused."""
    report = outcome.report
    if isinstance(report, Report) and not report.conforms:
        raise Refused(f"version {number} cannot be taken back: the checks refuse it", report)
    assert outcome.change is not None
    if not as_page:
        return Reply(200, outcome.change.patch().encode(), PATCH.media_type)
    assert site.versions is not None
    return site.page(
        "revert",
        request,
        outcome.version,
        entry=site.versions.ledger.entry(number),
        reason=reason,
        **changes(site, outcome.version, rows_of(outcome.change)),
    )
