"""Which sentences of a registered text are quoted, left out with a reason, or neither."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from parley.check.quotes import Span, read_text, spans
from parley.check.report import Finding
from parley.files import Dataset
from parley.model.sentences import Sentence, sentences
from parley.rdf import RDF_TYPE, VOCAB, Namespaces, term
from parley.store.texts import Texts

CHECK = "coverage"
_ByArticle = Mapping[ox.NamedNode, list[Span]]


@dataclass(frozen=True)
class Covered:
    """One sentence, how many quotes touch it, and the reasons of the omissions that span it."""

    sentence: Sentence
    quotes: int
    reasons: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """True when nothing accounts for the sentence."""
        return not (self.quotes or self.reasons)


@dataclass(frozen=True)
class Coverage:
    """All sentences of an article in order, with what accounts for each."""

    article: str
    rows: tuple[Covered, ...]

    @property
    def uncovered(self) -> tuple[Sentence, ...]:
        """The sentences that are neither quoted nor left out with a reason."""
        return tuple(row.sentence for row in self.rows if row.is_open)

    @property
    def quoted(self) -> int:
        """How many sentences a quote touches."""
        return sum(row.quotes > 0 for row in self.rows)

    @property
    def omitted(self) -> int:
        """How many sentences no quote touches and an omission gives the reason for."""
        return len(self.rows) - self.quoted - len(self.uncovered)

    def text(self) -> str:
        """For people: the sentences that no claim quotes, each with its reason, and the totals."""
        lines = [
            f"{row.sentence.number:03d}  {', '.join(row.reasons) or 'NEITHER CLAIMED NOR OMITTED'}"
            f"  {row.sentence.start}-{row.sentence.end}  {row.sentence.text}"
            for row in self.rows
            if not row.quotes
        ]
        lines.append(
            f"{self.article}: {len(self.rows)} sentences, {self.quoted} quoted, "
            f"{self.omitted} omitted, {len(self.uncovered)} neither"
        )
        return "\n".join(lines) + "\n"

    def json(self) -> str:
        """For a machine: every sentence with its offsets, quotes and reasons."""
        rows = [
            {
                "sentence": row.sentence.number,
                "start": row.sentence.start,
                "end": row.sentence.end,
                "text": row.sentence.text,
                "quotes": row.quotes,
                "reasons": list(row.reasons),
            }
            for row in self.rows
        ]
        return json.dumps({"article": self.article, "sentences": rows}, ensure_ascii=False) + "\n"


def cover(dataset: Dataset, slug: str, text: str) -> Coverage:
    """The coverage of one article by its claims and omissions; raises BadInput."""
    store = ox.Store()
    for source in dataset.sources():
        if source.graph in {f"claims/{slug}", f"articles/{slug}"}:
            store.bulk_extend(source.quads(dataset.names))
    return _cover(store, _spans(store), dataset.names.thing(slug), slug, text)


def _spans(store: ox.Store) -> tuple[_ByArticle, _ByArticle]:
    return spans(store, term("Evidence")), spans(store, term("Omission"))


def _cover(
    store: ox.Store,
    found: tuple[_ByArticle, _ByArticle],
    article: ox.NamedNode,
    slug: str,
    text: str,
) -> Coverage:
    quoted, omitted = (by_article.get(article, []) for by_article in found)
    reasons = [(span, reason) for span in omitted for reason in _reasons(store, span)]
    return Coverage(slug, account(sentences(text), quoted, reasons))


def check_coverage(store: ox.Store, names: Namespaces, texts: Texts | None) -> Iterator[Finding]:
    """A warning for each sentence that nothing accounts for; unregistered texts are left to
    `check_quotes`."""
    articles = {q.subject for q in store.quads_for_pattern(None, RDF_TYPE, term("Article"))}
    found = _spans(store)
    for article in sorted((a for a in articles if isinstance(a, ox.NamedNode)), key=str):
        slug = article.value.rpartition("/")[2]
        try:
            text = read_text(article, names, texts)
        except UnicodeDecodeError:  # check_quotes says so
            continue
        for sentence in _cover(store, found, article, slug, text or "").uncovered:
            words = " ".join(sentence.text.split()[:6])
            yield Finding(
                CHECK,
                "warning",
                f"Sentence {sentence.number:03d} ({sentence.start} to {sentence.end}, "
                f"'{words} …') has no claim and no omission.",
                "Claim what it says, or add a parley:Omission with the reason.",
                focus=article,
            )


def account(
    found: Iterable[Sentence], quoted: Iterable[Span], omitted: Iterable[tuple[Span, str]]
) -> tuple[Covered, ...]:
    """What accounts for each sentence: how many quotes touch it, which omissions span it."""
    quotes, omissions = list(quoted), list(omitted)
    rows = []
    for sentence in found:
        touching = sum(s.start < sentence.end and sentence.start < s.end for s in quotes)
        reasons = {
            reason
            for span, reason in omissions
            if span.start <= sentence.start and sentence.end <= span.end
        }
        rows.append(Covered(sentence, touching, tuple(sorted(reasons))))
    return tuple(rows)


def _reasons(store: ox.Store, span: Span) -> Iterator[str]:
    for quad in store.quads_for_pattern(span.iri, term("omissionReason"), None):
        if isinstance(quad.object, ox.NamedNode):
            yield quad.object.value.removeprefix(VOCAB)
