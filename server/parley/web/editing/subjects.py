"""What an address of the editor is about: a thing or a claim that is there, or a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from parley.errors import BadInput, NotFound
from parley.model.sentences import Sentence, sentences
from parley.rdf import PARLEY, RDF_TYPE, RDFS_LABEL, concept, term
from parley.store.texts import Texts
from parley.store.versions import Version
from parley.web.editing.entries import Entries, Entry
from parley.web.editing.forms import Form
from parley.web.editing.naming import Naming, slug
from parley.web.editing.present import Present, present
from parley.web.editing.shapes import Forms, text
from parley.web.site import Site

_ARTICLE = f"{PARLEY}Article"
_CLAIMS_SPACE = "claims/"
# How a new claim begins, as the drafts of `parley draft` do; nothing counts before it is reviewed.
_NEW_CLAIM = {
    "stance": "affirms",
    "epistemicStatus": "status-stated",
    "reviewState": "review-proposed",
}


@dataclass(frozen=True)
class Subject:
    """What is edited. `slug` is empty for a new one, which `kind` and, for a claim, the `article`
    describe; `action` is the address its form is sent to."""

    slug: str
    action: str
    kind: str = ""
    article: str = ""

    @property
    def is_new(self) -> bool:
        """Whether it is to be made."""
        return not self.slug


class Subjects:
    """The things and claims of one site as the editor wants them."""

    def __init__(self, site: Site, forms: Forms) -> None:
        self._site = site
        self._names = site.dataset.names
        self._texts = Texts(site.settings.instance / "articles")
        self.forms = forms

    def new_thing(self, kind: str, version: Version) -> Subject:
        """A new thing of a class, named by its IRI, CURIE or last part. Raises NotFound."""
        for option in self.forms.kinds(version):
            if kind in {
                option.iri,
                option.iri.rpartition("#")[2],
                self._site.render.curie(option.iri),
            }:
                name = option.iri.rpartition("#")[2] or option.iri
                return Subject("", f"/edit/things/new?kind={name}", option.iri)
        raise NotFound(f"'{kind}' is no kind of thing that this dataset describes")

    def new_claim(self, article: str, version: Version) -> Subject:
        """A new claim drawn from an article. Raises NotFound."""
        self._is_article(article, version)
        return Subject("", f"/edit/claims/new?article={article}", term("Claim").value, article)

    def load(self, subject: Subject, version: Version) -> Present:
        """What a version holds of the subject; nothing for a new one."""
        if subject.is_new:
            return Present(self._names.thing("new"), frozenset(), {})
        return present(self._site, self._node(subject.slug), version)

    def known(self, subject: Subject, version: Version) -> Present:
        """What a version holds of a subject that has to be there. Raises NotFound."""
        found = self.load(subject, version)
        if subject.is_new:
            return found
        if found.home is None:
            raise NotFound(f"there is no {found.node.value} in version {version.number} to edit")
        kinds = {option.iri for option in self.forms.kinds(version)}
        if not kinds & set(found.kinds) and not self.forms.form(found.kinds, version).is_claim:
            raise NotFound(f"{found.node.value} is part of a claim, and edited with it")
        return found

    def article_of(self, subject: Subject, found: Present) -> str:
        """The slug of the article a claim is drawn from; empty for a thing."""
        space = self._names.graph(_CLAIMS_SPACE).value
        home = found.home.value if found.home is not None else ""
        return home.removeprefix(space) if home.startswith(space) else subject.article

    def text(self, article: str) -> str | None:
        """The registered text of an article."""
        return self._texts.read(article) if article and slug(article) == article else None

    def home(self, subject: Subject, found: Present, version: Version) -> ox.NamedNode:
        """The graph that new quads of the subject go to."""
        if found.home is not None:
            return found.home
        if subject.article:
            return self._names.graph(_CLAIMS_SPACE + subject.article)
        if subject.kind == _ARTICLE:
            return self._names.graph("articles/" + found.node.value.rpartition("/")[2])
        rows = self._site.rows("home", version, _kind=ox.NamedNode(subject.kind))
        return (
            ox.NamedNode(text(rows[0], "graph")) if rows else self._names.graph("entities/things")
        )

    def node(self, subject: Subject, form: Form, rows: Entries, version: Version) -> ox.NamedNode:
        """The IRI of the subject; of a new one from its name, or from where its quote stands."""
        if not subject.is_new:
            return self._node(subject.slug)
        if subject.article:
            return self._new_claim(subject.article, form, rows, version)
        naming = Naming(self._site, self.forms, version)
        by_path = {asked.path: rows.get(asked.key, []) for asked in form.fields}
        labels = by_path.get(RDFS_LABEL.value, [])
        kind = subject.kind.rpartition("#")[2]
        if labels:
            return naming.fresh(labels[0].text, kind)
        words = (row.text for a in form.fields if a.widget == "text" for row in rows.get(a.key, []))
        return naming.fresh(f"{kind} {next(words, '')}", kind)

    def blank(self, subject: Subject, form: Form, sentence: Sentence | None) -> Entries:
        """The rows a new form begins with."""
        rows: Entries = {}
        for asked in form.fields:
            name = asked.path.removeprefix(PARLEY)
            if asked.path == RDF_TYPE.value:
                rows[asked.key] = [Entry({"": subject.kind})]
            elif subject.article and name in _NEW_CLAIM:
                rows[asked.key] = [Entry({"": concept(_NEW_CLAIM[name]).value})]
            elif asked.widget == "quote" and sentence is not None:
                rows[asked.key] = [Entry({"": sentence.text})]
        return rows

    def _new_claim(self, article: str, form: Form, rows: Entries, version: Version) -> ox.NamedNode:
        words = next(
            (row.text for a in form.fields if a.widget == "quote" for row in rows.get(a.key, [])),
            "",
        )
        whole = self.text(article) or ""
        start = whole.find(words) if words else -1
        number = next((s.number for s in sentences(whole) if s.start <= start < s.end), 0)
        for count in range(1, 1000):
            iri = self._names.claim(article, number, count)
            if not self._site.holds("exists", version, _thing=iri):
                return iri
        raise BadInput(f"sentence {number} of {article} has 999 claims already")

    def _is_article(self, article: str, version: Version) -> None:
        rows = self._site.rows("record", version, _thing=self._node(article))
        if not any(
            text(r, "property") == RDF_TYPE.value and text(r, "value") == _ARTICLE for r in rows
        ):
            raise NotFound(f"there is no article '{article}' in version {version.number}")

    def _node(self, name: str) -> ox.NamedNode:
        try:
            return self._names.thing(name)
        except BadInput as error:
            raise NotFound(error.message) from error


def number_of(found: Iterable[Sentence], number: str) -> Sentence | None:
    """The sentence of this number, None when there is none."""
    return next((s for s in found if str(s.number) == number), None)
