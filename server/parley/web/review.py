"""/review: proposed claims to accept, to edit, or to reject with a reason, each a commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pyoxigraph as ox

from parley.check.report import Report
from parley.errors import BadInput, NotFound, Refused, Stale
from parley.rdf import concept, term
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Version
from parley.web.access import author, message
from parley.web.conditions import check_resource
from parley.web.editing.present import present
from parley.web.editing.saving import commit, seen_version
from parley.web.editing.shapes import text
from parley.web.editing.showing import PRIVATE
from parley.web.editing.views import opened
from parley.web.editing.wording import worded
from parley.web.exchange import Reply, Request, redirect, single
from parley.web.facts import claims_of
from parley.web.site import Row, Site
from parley.web.views import Views

PAGE = 20  # claims on a page
_PROPOSED = concept("review-proposed")
_STATES = {"accept": concept("review-accepted"), "reject": concept("review-rejected")}
_REASON = 3  # the shortest reason


@dataclass
class Shown:
    """What the page shows beside the queue: messages by the claim's slug, on top by "", and what
    was entered."""

    article: str = ""
    page: int = 1
    seen: int = 0
    done: int = 0
    told: dict[str, list[str]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    ticked: frozenset[str] = frozenset()
    status: int = 200

    def tell(self, slug: str, said: str) -> None:
        """Puts a message at a claim, or on top."""
        self.told.setdefault(slug, []).append(said)
        self.status = max(self.status, 422)


def blueprint(site: Site) -> Views:
    """The views of the review queue."""
    views = Views("review", site)

    @views.plain("/review")
    def queue(request: Request) -> Reply:
        version = opened(site, request)
        shown = Shown(
            request.value("article") or "",
            _number(request.value("page"), 1),
            version.number,
            _number(request.value("done"), 0),
        )
        return _page(site, request, shown, version)

    @views.plain("/review", methods=("POST",))
    def decide(request: Request) -> Reply:
        version = opened(site, request)
        author(site, request)
        fields = request.form(site.settings.query_text_limit, "query_text_limit")
        do, _, slug = (single(fields, "do") or "").partition(" ")
        shown = Shown(
            single(fields, "article") or "",
            _number(single(fields, "page"), 1),
            seen_version(site, request, single(fields, "seen")),
            reasons={k.removeprefix("reason."): v for k, v in fields if k.startswith("reason.")},
            ticked=frozenset(value for key, value in fields if key == "claim"),
        )
        if do == "look":  # what the Enter key presses in a field: decides nothing
            return _page(site, request, shown, version)
        slugs = [slug] if slug else sorted(shown.ticked)
        if do not in _STATES:
            raise BadInput(f"do: '{do[:40]}' is nothing the queue does")
        if len(slugs) > PAGE:
            raise BadInput(f"decide on up to {PAGE} claims at once")
        made = _decide(site, request, shown, do, slugs) if slugs else None
        if made is not None:
            going = {"article": shown.article, "page": shown.page, "done": made.number}
            return redirect(f"/review?{urlencode(going)}")
        if not slugs:
            shown.tell("", "Tick the claims to accept, or use the buttons of one.")
        version = site.backend.version()
        shown.seen = version.number if shown.status == 412 else shown.seen
        return _page(site, request, shown, version)

    return views


def _decide(
    site: Site, request: Request, shown: Shown, do: str, slugs: Sequence[str]
) -> Version | None:
    """The version in which the claims are accepted or rejected; None when something is told."""
    why = _message(site, request, shown, do, slugs)
    if why is None:
        return None
    asked = ""

    def made(version: Version) -> Change | None:
        nonlocal asked
        change = Change()
        for asked in slugs:
            part = _change(site, request, shown, asked, _STATES[do], version)
            change = change.then(part)
        return None if shown.told else change

    try:
        return commit(site, made, why)
    except Stale as error:
        shown.tell(asked, f"Not decided: {error.message}. This is how it stands now.")
        shown.status = 412
    except Refused as error:
        assert isinstance(error.report, Report)
        for finding in error.report.findings:
            if finding.severity == "violation":
                focus = finding.focus.value if finding.focus is not None else ""
                place = focus.partition("#")[0].rpartition("/")[2]
                about = "" if place in slugs else f" ({site.render.curie(focus)})" if focus else ""
                shown.tell(place if place in slugs else "", f"{worded(finding)}{about}")
    return None


def _message(
    site: Site, request: Request, shown: Shown, do: str, slugs: Sequence[str]
) -> Message | None:
    """Author and reason of a decision; None when a rejection has no reason."""
    if do == "accept":
        named = slugs[0] if len(slugs) == 1 else f"{len(slugs)} claims: {', '.join(slugs)}"
        return message(site, request, "", f"Accept {named}"[:2000])
    reason = shown.reasons.get(slugs[0], "").strip()
    if len(slugs) != 1 or len(reason) < _REASON:
        shown.tell(slugs[0], "Say why it is rejected.")
        return None
    return message(site, request, "", f"Reject {slugs[0]}: {reason}")


def _change(
    site: Site, request: Request, shown: Shown, slug: str, state: ox.NamedNode, version: Version
) -> Change:
    """What gives one proposed claim another review state. Raises Stale, NotFound."""
    try:
        node = site.dataset.names.thing(slug)
    except BadInput as error:
        raise NotFound(error.message) from error
    now = present(site, node, version)
    if now.home is None:
        shown.tell("", f"There is no claim {slug} any more.")
        return Change()
    check_resource(site, request, node, shown.seen)
    path = term("reviewState")
    old = {q for q in now.quads if q.subject == node and q.predicate == path}
    if {q.object for q in old} != {_PROPOSED}:
        shown.tell(slug, "This claim does not wait for review any more.")
        return Change()
    new = {ox.Quad(node, path, state, quad.graph_name) for quad in old}
    return Change(frozenset(new), frozenset(old))


def _page(site: Site, request: Request, shown: Shown, version: Version) -> Reply:
    waiting = site.rows("queue", version, _state=_PROPOSED)
    articles = {text(row, "article"): text(row, "articleLabel") for row in waiting}
    chosen = [row for row in waiting if shown.article in {"", _slug(row, "article")}]
    pages = max(1, -(-len(chosen) // PAGE))
    shown.page = min(max(1, shown.page), pages)
    rows = chosen[(shown.page - 1) * PAGE : shown.page * PAGE]
    claims = [ox.NamedNode(text(row, "claim")) for row in rows]
    details = claims_of(site.rows("queued", version, claim=claims)) if claims else []
    by_iri = {said.iri: said for said in details}
    html = site.html(
        "review",
        request,
        site.visitors.shown(request),
        version=None,
        shown=shown,
        total=len(waiting),
        count=len(chosen),
        pages=pages,
        articles={iri.rpartition("/")[2]: label for iri, label in articles.items()},
        queue=[
            (_slug(row, "claim"), row, by_iri[text(row, "claim")])
            for row in rows
            if text(row, "claim") in by_iri
        ],
        done=_entry(site, shown.done, version),
    )
    return Reply(shown.status, html.encode("utf-8", "replace"), "text/html", PRIVATE)


def _entry(site: Site, number: int, version: Version) -> str:
    """What was done in a version, for who has just done it."""
    if site.versions is None or not 0 < number <= version.number:
        return ""
    return site.versions.ledger.entry(number).text


def _slug(row: Row, column: str) -> str:
    return text(row, column).rpartition("/")[2]


def _number(given: str | None, default: int) -> int:
    if not given:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise BadInput(f"'{given[:40]}' is not a number")
    return int(given)
