"""The page of a form: the rows entered, empty ones after them, and what is to be said of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyoxigraph as ox

from parley.errors import Stale
from parley.model.sentences import Sentence, sentences
from parley.store.change import Change
from parley.web.editing.entries import Entries, Entry, unseen
from parley.web.editing.filling import Filled
from parley.web.editing.forms import MOST, SOME, Field, Form
from parley.web.editing.literals import LANG_STRING
from parley.web.editing.present import Present
from parley.web.editing.subjects import Subject, Subjects
from parley.web.editing.telling import Told, summary
from parley.web.exchange import Reply, Request
from parley.web.site import Site

PRIVATE = (("Cache-Control", "private, no-store"), ("Vary", "Cookie"))


@dataclass
class Shown:
    """What an edit page shows: the rows entered and what is to be said of them."""

    subject: Subject
    before: Present
    form: Form
    rows: Entries
    seen: int
    message: str = ""
    reason: str = ""
    filled: Filled = field(default_factory=Filled)
    elsewhere: list[Told] = field(default_factory=list)
    stale: Stale | None = None
    checked: Change | None = None
    more: str = ""
    status: int = 200


def page(site: Site, subjects: Subjects, request: Request, shown: Shown) -> Reply:
    """The page of a form."""
    subject, before = shown.subject, shown.before
    article = subjects.article_of(subject, before)
    noted = {
        f"{key}.{number}": names
        for key, rows in shown.rows.items()
        for number, row in enumerate(rows)
        if (names := unseen(row))
    }
    html = site.html(
        "edit",
        request,
        site.visitors.shown(request),
        version=None,
        subject=subject,
        title=_title(subject, before),
        node=None if subject.is_new else before.node.value,
        form=shown.form,
        rows={asked.key: _padded(asked, shown) for asked in shown.form.fields},
        told=shown.filled.told,
        choices=shown.filled.choices,
        unseen=noted,
        problems=summary(shown.filled, shown.form, shown.elsewhere),
        seen=shown.seen,
        message=shown.message,
        reason=shown.reason,
        stale=shown.stale,
        checked=listed(shown.checked) if shown.checked is not None else None,
        article=article,
        has_text=subjects.text(article) is not None,
        sentences=readable(site, subjects, request, article),
        worded={s.iri for s in shown.form.statements if s.range == LANG_STRING},
    )
    return Reply(shown.status, html.encode("utf-8", "replace"), "text/html", PRIVATE)


def readable(site: Site, subjects: Subjects, request: Request, article: str) -> list[Sentence]:
    """The sentences of an article, for who is signed in and not for who merely may write."""
    if site.visitors.signed_in(request) is None:
        return []
    return sentences(subjects.text(article) or "")


def _padded(asked: Field, shown: Shown) -> list[Entry]:
    """The rows of a field with empty ones at the end, as many as there may be."""
    rows = list(shown.rows.get(asked.key, ()))
    room = (MOST if asked.most is None else max(asked.most, len(rows))) - len(rows)
    wanted = SOME + (SOME if shown.more == asked.key else 0)
    return rows + [Entry()] * min(room, wanted)


def listed(change: Change) -> list[tuple[str, ox.Quad]]:
    """The quads of a change, those removed first, each with its sign."""
    signed = (("-", change.removed), ("+", change.added))
    return [(sign, quad) for sign, quads in signed for quad in sorted(quads, key=str)]


def _title(subject: Subject, before: Present) -> str:
    if not subject.is_new:
        return f"Edit: {before.label}"
    return "New claim" if subject.article else "New thing"
