"""Quotes against the registered texts of articles: the right text, the right place, the words."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from parley.check.addresses import typed
from parley.check.report import Finding, nothing_to_check
from parley.rdf import COMMON_PREFIXES, Namespaces, term
from parley.store.texts import Texts

CHECK = "quotes"
_OA = COMMON_PREFIXES["oa"]


@dataclass(frozen=True)
class Span:
    """A quoted or omitted span of a document; `exact` is None for an omission."""

    iri: ox.NamedNode
    start: int
    end: int
    exact: str | None = None
    prefix: str = ""
    suffix: str = ""


def spans(
    store: ox.Store, kind: ox.NamedNode, among: Iterable[ox.NamedNode] | None = None
) -> dict[ox.NamedNode, list[Span]]:
    """The complete spans of this class (Evidence or Omission), by the document they are from.

    Only those `among` some nodes, if given.
    """
    found: dict[ox.NamedNode, list[Span]] = defaultdict(list)
    for node in {quad.subject for quad in typed(store, kind, among)}:
        values: dict[str, str] = {}
        for link in store.quads_for_pattern(node, ox.NamedNode(_OA + "hasSelector"), None):
            if isinstance(link.object, ox.NamedNode):
                for quad in store.quads_for_pattern(link.object, None, None):
                    if isinstance(quad.object, ox.Literal):
                        values[quad.predicate.value.removeprefix(_OA)] = quad.object.value
        start, end = values.get("start", ""), values.get("end", "")
        if not (isinstance(node, ox.NamedNode) and start.isdigit() and end.isdigit()):
            continue  # the shapes say so already
        span = Span(
            node,
            int(start),
            int(end),
            values.get("exact"),
            values.get("prefix", ""),
            values.get("suffix", ""),
        )
        for link in store.quads_for_pattern(node, ox.NamedNode(_OA + "hasSource"), None):
            if isinstance(link.object, ox.NamedNode):
                found[link.object].append(span)
    return {
        doc: sorted(found[doc], key=lambda s: (s.start, s.end, s.iri.value))
        for doc in sorted(found, key=str)
    }


def read_text(article: ox.NamedNode, names: Namespaces, texts: Texts | None) -> str | None:
    """The registered text of an article, unchanged, or None when there is none.

    Raises UnicodeDecodeError when the file is not UTF-8.
    """
    things = names.thing("x").value[:-1]
    slug = article.value.removeprefix(things)
    if texts is None or not article.value.startswith(things) or "/" in slug:
        return None
    return texts.read(slug)


def check_quotes(
    store: ox.Store,
    names: Namespaces,
    texts: Texts | None,
    among: Iterable[ox.NamedNode] | None = None,
) -> Iterator[Finding]:
    """Findings about every quote; a text that is not registered is an info, not silence.

    Only quotes `among` some nodes, if given.
    """
    quoted = spans(store, term("Evidence"), among)
    if not quoted and among is None:
        yield nothing_to_check(CHECK, "no evidence quotes a document", "Add claims with quotes.")
    for article, found in quoted.items():
        slug = article.value.rpartition("/")[2]
        try:
            text = read_text(article, names, texts)
        except UnicodeDecodeError:
            yield _about(article, "The registered text is not UTF-8.", _register(slug))
            continue
        if text is None:
            yield Finding(
                CHECK,
                "info",
                f"No text of {slug} is registered, so its {len(found)} quotes were not compared.",
                f"Register your copy with 'parley articles add {slug} FILE'; it stays private.",
                focus=article,
            )
            continue
        wrong = _wrong_text(store, article, text)
        if wrong:
            yield _about(article, wrong, _register(slug))
            continue
        for span in found:
            problem = _problem(text, span)
            if problem:
                value = ox.Literal(span.exact or "")
                yield _about(span.iri, *problem, value=value)


def _wrong_text(store: ox.Store, article: ox.NamedNode, text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    stated = {
        quad.object.value
        for quad in store.quads_for_pattern(article, term("textSha256"), None)
        if isinstance(quad.object, ox.Literal)
    }
    lengths = {
        quad.object.value
        for quad in store.quads_for_pattern(article, term("textLength"), None)
        if isinstance(quad.object, ox.Literal)
    }
    if stated != {digest}:
        return "The registered text is not the one that was quoted: its SHA-256 differs."
    if lengths and lengths != {str(len(text))}:
        return f"The article's textLength is wrong: the text has {len(text)} characters."
    return ""


def _problem(text: str, span: Span) -> tuple[str, str] | None:
    if span.exact is None:
        return None  # the shapes say so already
    if text[span.start : span.end] != span.exact:
        where = text.find(span.exact)
        return (
            "The quote is not what the text says at these offsets.",
            f"The words stand at {where} to {where + len(span.exact)}; correct the offsets."
            if where >= 0
            else "Copy the words letter by letter; typographic quotes and dashes count.",
        )
    if text.find(span.exact) != text.rfind(span.exact):
        return "The quote stands more than once in the text.", "Lengthen it until it is unique."
    if not text[: span.start].endswith(span.prefix):
        return "The prefix is not what stands before the quote.", "Copy oa:prefix from the text."
    if not text[span.end :].startswith(span.suffix):
        return "The suffix is not what stands after the quote.", "Copy oa:suffix from the text."
    return None


def _register(slug: str) -> str:
    return f"Register the text that was quoted with 'parley articles add {slug} FILE'."


def _about(focus: ox.NamedNode, message: str, fix: str, value: ox.Literal | None = None) -> Finding:
    return Finding(CHECK, "violation", message, fix, focus=focus, value=value)
