"""A claim sheet (YAML, one entry a claim) read against the article's text and turned into quads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any  # what YAML holds before it is checked

import pyoxigraph as ox
import yaml

from parley.errors import BadInput
from parley.model.claims import Claim, Evidence
from parley.model.propositions import Proposition
from parley.rdf import RDFS_LABEL, XSD, Namespaces, Object, concept, expand, term

_PREDICATE = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_CONCEPTS = {"venue": "venue-", "basis": "basis-", "likelihood": "likelihood-"}
_TEXTS = {
    "basisText": "basisText",
    "hedge": "hedgeText",
    "likelihoodText": "likelihoodText",
}
_NEEDED = ("gloss", "quote", "says", "speaker", "stance", "status", "review")
_LINKS = ("corroborates", "inferredFrom", "independentOf")
_KNOWN = {
    *("s", "gloss", "quote", "says", "speaker", "relayed", "stance", "status", "review"),
    *("assessment", "saidDuring", "about"),
    *_CONCEPTS,
    *_TEXTS,
    *_LINKS,
}


@dataclass(frozen=True)
class Sheet:
    """The claims of one article, in the order of its text."""

    article: str
    claims: tuple[Claim, ...]

    def quads(self, names: Namespaces) -> set[ox.Quad]:
        """All quads of the claims file; equal spans and propositions meet."""
        return {quad for claim in self.claims for quad in claim.quads(names)}


def read_sheet(source: str, text: str, names: Namespaces, vocabulary: Iterable[str]) -> Sheet:
    """Read a claim sheet; `text` is the article, `vocabulary` the IRIs of all known concepts.

    Raises BadInput that names every mistake found (entry, key, and the way out), not the first.
    """
    try:
        document = yaml.safe_load(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = {"line": mark.line + 1, "column": mark.column + 1} if mark else {}
        raise BadInput(f"not valid YAML: {error}", **place) from error
    if not isinstance(document, dict) or not isinstance(document.get("claims"), list):
        raise BadInput("a claim sheet is a mapping with the keys article, defaults and claims")
    article = str(document.get("article", ""))
    names.thing(article)
    reader = _Reader(article, text, names, frozenset(vocabulary))
    defaults = document.get("defaults") or {}
    numbers: Counter[int] = Counter()
    claims, problems = [], []
    for count, raw in enumerate(document["claims"], start=1):
        if not isinstance(raw, dict) or not isinstance(defaults, dict):
            problems.append(f"entry {count}: write keys with values, such as s: 1; so in defaults")
            continue
        entry: Mapping[str, Any] = {**defaults, **raw}
        sentence = entry.get("s")
        if type(sentence) is not int or sentence < 0:  # bool is an int
            problems.append(f"entry {count}: s: write the number of the sentence; the title is 0")
            continue
        numbers[sentence] += 1
        iri = names.claim(article, sentence, numbers[sentence])
        try:
            claims.append(reader.claim(iri, entry))
        except BadInput as error:
            problems.append(f"{iri.value.rpartition('/')[2]}: {error.message}")
    if problems:
        raise BadInput(f"{len(problems)} entries cannot be read:\n" + "\n".join(problems))
    return Sheet(article, tuple(claims))


@dataclass(frozen=True)
class _Reader:
    article: str
    text: str
    names: Namespaces
    vocabulary: frozenset[str]

    def claim(self, iri: ox.NamedNode, entry: Mapping[str, Any]) -> Claim:
        unknown = set(entry) - _KNOWN
        if unknown:
            raise BadInput(
                f"unknown keys {sorted(map(str, unknown))}; known: {', '.join(sorted(_KNOWN))}"
            )
        missing = [key for key in _NEEDED if not entry.get(key)]
        if missing:
            raise BadInput(f"{', '.join(missing)} missing")
        return Claim(
            iri=iri,
            article=self.article,
            gloss=str(entry["gloss"]).strip(),
            propositions=tuple(self.proposition(row) for row in _listed(entry["says"])),
            speakers=self.things(entry["speaker"]),
            relayed=self.things(entry.get("relayed", [])),
            stance=self.concept("", entry["stance"]),
            status=self.concept("status-", entry["status"]),
            review=self.concept("review-", entry["review"]),
            evidence=tuple(self.span(str(quote)) for quote in _listed(entry["quote"])),
            assessment=bool(entry.get("assessment", False)),
            details=tuple(self.details(entry)),
        )

    def details(self, entry: Mapping[str, Any]) -> Iterator[tuple[ox.NamedNode, Object]]:
        for key, prefix in _CONCEPTS.items():
            if entry.get(key):
                yield term(key), self.concept(prefix, entry[key])
        for key, name in _TEXTS.items():
            if entry.get(key):
                yield term(name), ox.Literal(str(entry[key]), language="en")
        for key in ("saidDuring", "about"):
            for slug in _listed(entry.get(key, [])):
                yield term(key), self.names.thing(slug)
        for key in _LINKS:
            for short in _listed(entry.get(key, [])):
                sentence, _, number = str(short).partition("-")
                if not (sentence.isdigit() and number.isdigit()):
                    raise BadInput(f"{key}: '{short}' names no claim; write SENTENCE-NUMBER")
                yield term(key), self.names.claim(self.article, int(sentence), int(number))

    def things(self, slugs: object) -> tuple[ox.NamedNode, ...]:
        return tuple(self.names.thing(str(slug)) for slug in _listed(slugs))

    def concept(self, prefix: str, name: str) -> ox.NamedNode:
        bare = str(name).removeprefix("vocab:")
        for candidate in (concept(bare), concept(prefix + bare)):
            if candidate.value in self.vocabulary:
                return candidate
        raise BadInput(f"'{name}' is no controlled value of the vocabulary")

    def proposition(self, row: object) -> Proposition:
        if not isinstance(row, list) or len(row) != 3:
            raise BadInput(f"{row!r} is no proposition: write [subject, predicate, object]")
        subject, predicate, value = row
        if not _PREDICATE.fullmatch(str(predicate)):
            raise BadInput(f"'{predicate}' is no property; write its name, such as memberOf")
        return Proposition(self.names.thing(str(subject)), term(str(predicate)), self.value(value))

    def value(self, value: object) -> Object:
        match value:
            case bool():
                return ox.Literal(str(value).lower(), datatype=ox.NamedNode(XSD + "boolean"))
            case int():
                return ox.Literal(str(value), datatype=ox.NamedNode(XSD + "integer"))
            case {"text": str(text)}:
                return ox.Literal(text, language="en")
            case {"string": str(text)}:
                return ox.Literal(text)
            case str() if value.startswith("vocab:"):
                return self.concept("", value)
            case str() if ":" in value:
                return expand(value, self.names.prefixes)
            case str():
                return self.names.thing(value)
        raise BadInput(f"{value!r} is neither a slug, a CURIE, a number, true/false nor a text")

    def span(self, quote: str) -> Evidence:
        count = self.text.count(quote)
        if count != 1:
            raise BadInput(
                f"the quote '{quote[:60]}' stands {count} times in the text; "
                + ("copy it letter by letter" if count == 0 else "lengthen it until it is unique")
            )
        start = self.text.index(quote)
        return Evidence.cut(self.article, self.text, start, start + len(quote))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def known_concepts(quads: Iterable[ox.Quad]) -> frozenset[str]:
    """The IRIs that have a label in the vocabulary's graph."""
    labels = {RDFS_LABEL.value, "http://www.w3.org/2004/02/skos/core#prefLabel"}
    return frozenset(
        quad.subject.value
        for quad in quads
        if quad.predicate.value in labels and isinstance(quad.subject, ox.NamedNode)
    )
