"""The pages that edit one thing or claim: shown, checked, saved, deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pyoxigraph as ox

from parley.check.report import Report
from parley.errors import BadInput, Refused, Stale
from parley.rdf import RDF_TYPE, RDFS_LABEL
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Version
from parley.web.access import author, message
from parley.web.conditions import check_resource
from parley.web.editing.entries import Entries, Entry, read_entries
from parley.web.editing.filling import Filler
from parley.web.editing.forms import Form
from parley.web.editing.naming import Naming
from parley.web.editing.present import Present, entries, shared
from parley.web.editing.saving import commit, seen_version
from parley.web.editing.shapes import text
from parley.web.editing.showing import Shown, page, readable
from parley.web.editing.subjects import Subject, Subjects, number_of
from parley.web.editing.telling import Told, tell
from parley.web.exchange import Reply, Request, redirect, single
from parley.web.site import Site

_REASON = 3  # the shortest reason


class Editor:
    """Shows and takes the forms of one site."""

    def __init__(self, site: Site, subjects: Subjects) -> None:
        self._site = site
        self._subjects = subjects

    def show(self, request: Request, subject: Subject, version: Version) -> Reply:
        """The form as the version has the thing, or as a new one begins."""
        before = self._subjects.known(subject, version)
        form = self._form(subject, before, {}, version)
        if subject.is_new:
            words = readable(self._site, self._subjects, request, subject.article)
            sentence = number_of(words, request.value("sentence") or "")
            rows = self._subjects.blank(subject, form, sentence)
        else:
            rows = entries(before, form, self._site.render.curie)
        return self._page(request, Shown(subject, before, form, rows, version.number))

    def take(self, request: Request, subject: Subject) -> Reply:
        """What follows from a form that was sent. Raises what the table of problems knows."""
        author(self._site, request)
        limit = self._site.settings.query_text_limit
        fields = request.form(limit, "query_text_limit")
        do, _, about = (single(fields, "do") or "save").partition(" ")
        version = self._site.backend.version()
        before = self._subjects.known(subject, version)
        rows = read_entries(fields)
        changes = do in {"save", "delete"} and not subject.is_new
        given = single(fields, "seen")
        shown = Shown(
            subject,
            before,
            self._form(subject, before, rows, version),
            rows,
            seen_version(self._site, request, given) if changes or given else version.number,
            (single(fields, "message") or "").strip(),
            (single(fields, "reason") or "").strip(),
        )
        match do:
            case "save":
                return self._save(request, shown)
            case "check":
                return self._check(request, shown, version)
            case "delete" if not subject.is_new:
                return self._delete(request, shown)
            case "add":
                shown.more = about
                return self._page(request, shown)
            case "quote":
                self._take_sentence(request, shown, about)
                return self._page(request, shown)
        raise BadInput(f"do: '{do[:40]}' is nothing this form does")

    def _save(self, request: Request, shown: Shown) -> Reply:
        name = _named(shown) or shown.subject.kind.rpartition("#")[2]
        default = f"Add {name}" if shown.subject.is_new else f"Edit {shown.before.label}"
        why = message(self._site, request, default[:300], shown.message or None)

        def made(version: Version) -> Change | None:
            change = self._change(request, shown, version)
            return None if shown.filled.told else change

        if not self._commit(shown, made, why):
            return self._page(request, shown)
        space = f"{self._site.dataset.names.base}id/"
        return redirect(f"/page/{shown.before.node.value.removeprefix(space)}")

    def _check(self, request: Request, shown: Shown, version: Version) -> Reply:
        """What saving would change and what the checks say of it, with nothing saved."""
        why = message(self._site, request, "", "Check")
        try:
            change = self._change(request, shown, version)
            if shown.filled.told:
                shown.status = 422
                return self._page(request, shown)
            outcome = self._site.backend.write(
                change, why, self._site.deadline(), version, dry_run=True
            )
            shown.checked = outcome.change or Change()
            if isinstance(outcome.report, Report):
                self._tell(shown, outcome.report)
        except Stale as error:
            self._overtaken(shown, error)
        except Refused as error:
            self._refused(shown, error)
        return self._page(request, shown)

    def _delete(self, request: Request, shown: Shown) -> Reply:
        if len(shown.reason) < _REASON:
            shown.filled.tell("reason", "Say why it is to be deleted.")
            shown.status = 422
            return self._page(request, shown)
        why = message(self._site, request, "", f"Delete {shown.before.label[:300]}: {shown.reason}")

        def made(version: Version) -> Change | None:
            before = self._subjects.known(shown.subject, version)
            check_resource(self._site, request, before.node, shown.seen)
            shown.before, shown.elsewhere = before, self._pointing(before.node, version)
            if shown.elsewhere:
                return None
            kept = shared(self._site, before.node, version)
            lost = {q for q in before.quads if not _within(q.subject, kept)}
            return Change(removed=frozenset(lost))

        if not self._commit(shown, made, why):
            return self._page(request, shown)
        article = self._subjects.article_of(shown.subject, shown.before)
        return redirect(f"/articles/{article}" if article else "/edit")

    def _commit(self, shown: Shown, made: Callable[[Version], Change | None], why: Message) -> bool:
        """Whether it was published; else the page says what stands in the way."""
        try:
            if commit(self._site, made, why) is not None:
                return True
            shown.status = 422
        except Stale as error:
            self._overtaken(shown, error)
        except Refused as error:
            self._refused(shown, error)
        return False

    def _change(self, request: Request, shown: Shown, version: Version) -> Change:
        """What turns the thing of this version into what was entered; problems are told."""
        subject, subjects = shown.subject, self._subjects
        before = subjects.known(subject, version)
        shown.form = self._form(subject, before, shown.rows, version)
        if subject.is_new:
            before = replace(before, node=subjects.node(subject, shown.form, shown.rows, version))
        else:
            check_resource(self._site, request, before.node, shown.seen)
        shown.before = before
        article = subjects.article_of(subject, before)
        filler = Filler(
            shown.form,
            Naming(self._site, subjects.forms, version),
            before,
            subjects.home(subject, before, version),
            article,
            subjects.text(article),
            shared(self._site, before.node, version) if shown.form.is_claim else frozenset(),
        )
        shown.filled = filler.fill(shown.rows)
        return Change.between(before.quads, shown.filled.wanted)

    def _form(self, subject: Subject, before: Present, rows: Entries, version: Version) -> Form:
        """The form of what the thing is, and of what it is to be."""
        offered = {option.iri for option in self._subjects.forms.kinds(version)}
        key = self._site.render.curie(RDF_TYPE.value)
        entered = {row.text for row in rows.get(key, []) if row.text in offered}
        return self._subjects.forms.form({*before.kinds, *entered} or {subject.kind}, version)

    def _pointing(self, node: ox.NamedNode, version: Version) -> list[Told]:
        """What stands in the way of deleting a thing."""
        return [
            Told(
                f"It cannot be deleted: '{text(row, 'fromLabel') or text(row, 'from')}' points at "
                f"it with '{text(row, 'byLabel') or text(row, 'by')}'. Change that first.",
                focus=text(row, "from"),
            )
            for row in self._site.rows("pointing", version, _thing=node)
        ]

    def _overtaken(self, shown: Shown, error: Stale) -> None:
        """Shows what others changed; the form is now one of the current version."""
        shown.stale, shown.seen, shown.status = error, self._site.backend.version().number, 412

    def _refused(self, shown: Shown, error: Refused) -> None:
        assert isinstance(error.report, Report)
        self._tell(shown, error.report)

    def _tell(self, shown: Shown, report: Report) -> None:
        shown.elsewhere = tell(report, shown.filled, shown.before.node, shown.form)
        if not report.conforms:
            shown.status = 422

    def _take_sentence(self, request: Request, shown: Shown, number: str) -> None:
        """Puts a sentence of the registered text into a new row of quotes."""
        article = self._subjects.article_of(shown.subject, shown.before)
        found = number_of(readable(self._site, self._subjects, request, article), number)
        for asked in shown.form.fields:
            if asked.widget == "quote" and found is not None:
                shown.rows.setdefault(asked.key, []).append(Entry({"": found.text}))

    def _page(self, request: Request, shown: Shown) -> Reply:
        return page(self._site, self._subjects, request, shown)


def _named(shown: Shown) -> str:
    """What a new thing is to be called."""
    fields = (asked for asked in shown.form.fields if asked.path == RDFS_LABEL.value)
    return next((row.text for asked in fields for row in shown.rows.get(asked.key, ())), "")


def _within(node: ox.NamedNode | ox.BlankNode | ox.Triple, parts: frozenset[str]) -> bool:
    """Whether a node is one of these or a part (`…#part`) of one."""
    return isinstance(node, ox.NamedNode) and node.value.partition("#")[0] in parts
