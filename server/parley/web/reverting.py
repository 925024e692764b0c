"""POST /history/N/revert: takes one commit back, or shows what that would change."""

from __future__ import annotations

from parley.errors import BadInput, Busy, NotFound, Stale
from parley.store.blame import Row
from parley.store.change import Change
from parley.store.reverting import inverse_of
from parley.store.versions import Version
from parley.web.access import message
from parley.web.commits import PATCH
from parley.web.exchange import Reply, Request, redirect, single
from parley.web.negotiate import prefers_html
from parley.web.patches import SHOWN, grouped, labels
from parley.web.protocol import FORM
from parley.web.site import Site
from parley.web.views import Views

_ATTEMPTS = 10
_DRY = {"true": True, "1": True, "false": False, "0": False, "": False}


def register(views: Views, site: Site) -> None:
    """Adds the view that takes a commit back."""

    @views.plain("/history/<int:number>/revert", methods=("POST",))
    def revert(request: Request, number: int) -> Reply:
        fields = request.fields
        if request.media_type == FORM:
            fields = fields + request.form(site.settings.query_text_limit, "query_text_limit")
        dry = (single(fields, "dry-run") or "").lower()
        if dry not in _DRY:
            raise BadInput(f"dry-run is true or false, not '{dry[:40]}'")
        given = (single(fields, "message") or "").strip()
        return _revert(site, request, number, given, dry_run=_DRY[dry])


def _revert(site: Site, request: Request, number: int, given: str, *, dry_run: bool) -> Reply:
    if site.versions is None:
        raise NotFound("this server keeps the current version only, and no history")
    why = message(site, request, f"Takes back version {number}", given or None)
    as_page = prefers_html(request.header("Accept"), ())
    for _ in range(_ATTEMPTS):
        current = site.backend.version()
        change = inverse_of(site.versions, number, current, site.dataset.derived())
        if dry_run:
            return _preview(site, request, current, number, change, why.text, as_page=as_page)
        try:
            made = site.backend.commit(change, why, current)
        except Stale:
            continue  # another version came in between; it may not have touched these quads
        if as_page:
            return redirect(f"/history/{made.number}")
        return Reply(204, headers=(("X-Parley-Version", str(made.number)),))
    raise Busy("others keep writing at the same time", retry_after=1)


def _preview(
    site: Site,
    request: Request,
    current: Version,
    number: int,
    change: Change,
    reason: str,
    *,
    as_page: bool,
) -> Reply:
    """What taking the commit back would change, before derivation and checks."""
    if not as_page:
        return Reply(200, change.patch().encode(), PATCH.media_type)
    rows = [Row(False, quad) for quad in change.removed] + [Row(True, q) for q in change.added]
    shown = sorted(rows, key=lambda row: str(row.quad))[:SHOWN]
    assert site.versions is not None
    return site.page(
        "revert",
        request,
        current,
        entry=site.versions.ledger.entry(number),
        written=grouped(shown),
        count=len(rows),
        reason=reason,
        shown=len(shown),
        labels=labels(site, current, shown),
    )
