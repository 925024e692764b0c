"""The forms of saved queries: shown, checked, saved, deleted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from parley.check.report import Report
from parley.errors import BadInput, Gone, Refused, Stale
from parley.parameters import Parameter
from parley.queries import VIEWS, SavedQuery, is_name, read_text
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Version
from parley.web.access import author, message
from parley.web.asking import picked
from parley.web.authoring.draft import Draft, entered, fields_of
from parley.web.authoring.saving import change
from parley.web.authoring.trial import Trial, tried
from parley.web.conditions import check_resource
from parley.web.editing.saving import commit, seen_version
from parley.web.editing.showing import PRIVATE, listed
from parley.web.exchange import Reply, Request, redirect, single
from parley.web.site import Site

_REASON = 3  # the shortest reason
_ESCAPED = 4  # bytes that one of a text may take in a form
Made = Callable[[Version], Change | None]


@dataclass
class _Shown:
    """A form as it is shown: of a new query when `name` is empty."""

    name: str
    draft: Draft
    seen: int
    trial: Trial | None = None
    checked: Change | None = None
    stale: Stale | None = None
    status: int = 200


class Forms:
    """Shows and takes the forms of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def new(self, request: Request, version: Version) -> Reply:
        """The form of a new query, with the text that `query` in the address has."""
        text = (request.value("query") or "").replace("\r\n", "\n")
        return self._page(request, _Shown("", Draft("", text, fields_of(text)), version.number))

    def edit(self, request: Request, version: Version, query: SavedQuery) -> Reply:
        """The form of a query that is there."""
        draft = Draft(query.name, query.text, fields_of(query.text))
        return self._page(request, _Shown(query.name, draft, version.number))

    def ask_to_delete(self, request: Request, version: Version, query: SavedQuery) -> Reply:
        """The form that asks why a query is to be deleted."""
        draft = Draft(query.name, query.text)
        return self._page(request, _Shown(query.name, draft, version.number), "query-delete")

    def take(self, request: Request, name: str) -> Reply:
        """What follows from a form that was sent. Raises what the table of problems knows."""
        shown, do = self._sent(request, name)
        version = self._site.backend.version()
        if name:
            with suppress(Gone):  # somebody deleted it meanwhile: saving brings it back
                picked(self._site, version, name)
        if do == "save":
            return self._save(request, shown, version)
        return self._check(request, shown, version)

    def delete(self, request: Request, name: str) -> Reply:
        """What follows from the form that deletes a query."""
        shown, _ = self._sent(request, name)
        draft = shown.draft
        if len(draft.reason) < _REASON:
            draft.tell("reason", "Say why it is to be deleted.")
            shown.status = 422
            return self._page(request, shown, "query-delete")
        why = message(self._site, request, "", f"Delete query {name}: {draft.reason}")

        def made(version: Version) -> Change:
            check_resource(self._site, request, self._site.dataset.names.query(name), shown.seen)
            return change(self._site, version, name, None)

        if self._commit(shown, made, why):
            return redirect("/queries")
        return self._page(request, shown, "query-delete")

    def _sent(self, request: Request, name: str) -> tuple[_Shown, str]:
        """The form as it was sent, its fields and its text brought together."""
        author(self._site, request)
        limit = _ESCAPED * self._site.settings.query_text_limit
        fields = request.form(limit, "query_text_limit")
        seen = seen_version(self._site, request, single(fields, "seen"))
        before = self._before(name, seen)
        draft = entered(fields, "\r\n" if "\r\n" in before else "\n")
        draft.name = name or draft.name
        draft.settle(before)
        do = single(fields, "do") or "check"
        return _Shown(name, draft, seen), do

    def _before(self, name: str, seen: int) -> str:
        """The text that a form was made from, empty for a new query."""
        if not name or seen > self._site.backend.version().number:
            return ""
        query = self._site.saved(self._site.version(str(seen))).get(name)
        return query.text if query else ""

    def _try(self, shown: _Shown, version: Version) -> SavedQuery | None:
        """The query that was entered, None when something is told."""
        draft = shown.draft
        if not shown.name and not is_name(draft.name):
            draft.tell("name", "Write a name of lower-case words joined by hyphens.")
        elif not shown.name and draft.name in self._site.saved(version):
            draft.tell("name", "A saved query has this name. Choose another one.")
        if not (draft.fields["question"] or draft.fields["summary"]):
            draft.tell("question", "Write the question that it answers.")
        if draft.told:
            return None
        shown.trial = tried(self._site, version, draft.name, draft.text)
        shown.trial.tell(draft)
        return shown.trial.query if shown.trial.stands else None

    def _check(self, request: Request, shown: _Shown, version: Version) -> Reply:
        """What saving would change and what the answer is, with nothing saved."""
        query = self._try(shown, version)
        if query is None:
            shown.status = 422
            return self._page(request, shown)
        why = message(self._site, request, "", "Check")
        try:
            self._unchanged(request, shown)
            wanted = change(self._site, version, query.name, query)
            outcome = self._site.backend.write(
                wanted, why, self._site.deadline(), version, dry_run=True
            )
            shown.checked = outcome.change or Change()
        except (Stale, Refused) as error:
            self._stopped(shown, error)
        return self._page(request, shown)

    def _save(self, request: Request, shown: _Shown, version: Version) -> Reply:
        query = self._try(shown, version)
        if query is None:
            shown.status = 422
            return self._page(request, shown)
        name = query.name
        default = f"Edit query {name}" if shown.name else f"Save query {name}"
        why = message(self._site, request, default, shown.draft.message or None)

        def made(version: Version) -> Change | None:
            self._unchanged(request, shown)
            if not shown.name and name in self._site.saved(version):
                shown.draft.tell("name", "A saved query has this name. Choose another one.")
                return None
            return change(self._site, version, name, query)

        if self._commit(shown, made, why):
            return redirect(f"/queries/{name}")
        return self._page(request, shown)

    def _unchanged(self, request: Request, shown: _Shown) -> None:
        """Raises Stale when somebody else changed the query since the form was made."""
        if shown.name:
            node = self._site.dataset.names.query(shown.name)
            check_resource(self._site, request, node, shown.seen)

    def _commit(self, shown: _Shown, made: Made, why: Message) -> bool:
        """Whether it was published; else the page says what stands in the way."""
        try:
            if commit(self._site, made, why) is not None:
                return True
            shown.status = 422
        except (Stale, Refused) as error:
            self._stopped(shown, error)
        return False

    def _stopped(self, shown: _Shown, error: Stale | Refused) -> None:
        if isinstance(error, Stale):  # the form is now one of the current version
            shown.stale, shown.seen = error, self._site.backend.version().number
            shown.status = 412
            return
        assert isinstance(error.report, Report)
        for finding in error.report.findings:
            shown.draft.tell("", f"{finding.message} {finding.fix}".strip())
        shown.status = 422

    def _parameters(self, draft: Draft) -> tuple[Parameter, ...]:
        """The parameters of the text, as far as it can be read."""
        try:
            return read_text(draft.name, draft.text, self._site.dataset.names).parameters
        except BadInput:
            return ()

    def _page(self, request: Request, shown: _Shown, template: str = "query-edit") -> Reply:
        site, draft = self._site, shown.draft
        html = site.html(
            template,
            request,
            site.visitors.shown(request),
            version=None,
            name=shown.name,
            draft=draft,
            told=draft.told,
            seen=shown.seen,
            views=[view for view in VIEWS if view != "table"],
            parameters=self._parameters(draft),
            trial=shown.trial,
            checked=listed(shown.checked) if shown.checked is not None else None,
            stale=shown.stale,
        )
        return Reply(shown.status, html.encode("utf-8", "replace"), "text/html", PRIVATE)
