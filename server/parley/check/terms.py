"""Undeclared terms: a predicate, class, datatype or controlled value that nobody has declared."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from parley.check import vocabularies
from parley.check.report import Finding
from parley.rdf import PARLEY, RDF_TYPE, VOCAB, Namespaces, concept, shorten, term

CHECK = "terms"
_OWL = "http://www.w3.org/2002/07/owl#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_PROPERTY_TYPES = frozenset(
    _OWL + kind for kind in ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")
)
_CLASS_TYPES = frozenset({_OWL + "Class", _RDFS + "Class"})
_IN_QUERY = re.compile(r"(?<![\w:-])(parley|vocab):([A-Za-z][\w-]*)")


@dataclass(frozen=True)
class Terms:
    """What a dataset may use: properties, classes and datatypes declared here or elsewhere,
    its own terms and concepts, and which properties are statement properties."""

    properties: frozenset[str]
    classes: frozenset[str]
    own: frozenset[str]
    statements: frozenset[str]
    datatypes: frozenset[str] = field(default=vocabularies.DATATYPES)


def read_terms(store: ox.Store, names: Namespaces) -> Terms:
    """The terms declared by `ontology`, `vocab` and the alignments, with those known anyway."""
    properties, classes = set(vocabularies.PROPERTIES), set(vocabularies.CLASSES)
    own = set()
    declaring = {names.graph("ontology").value, names.graph("vocab").value}
    alignments = names.graph("alignments/").value
    for graph in store.named_graphs():
        if not (graph.value in declaring or graph.value.startswith(alignments)):
            continue
        for quad in store.quads_for_pattern(None, RDF_TYPE, None, graph):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
                iri, kind = quad.subject.value, quad.object.value
                own.add(iri)
                if kind in _PROPERTY_TYPES:
                    properties.add(iri)
                elif kind in _CLASS_TYPES:
                    classes.add(iri)
    roles = store.quads_for_pattern(None, term("role"), concept("role-statement"))
    statements = {q.subject.value for q in roles if isinstance(q.subject, ox.NamedNode)}
    return Terms(frozenset(properties), frozenset(classes), frozenset(own), frozenset(statements))


def nearest(iri: str, among: Iterable[str]) -> str | None:
    """The term that looks most like this one, preferably of the same namespace, or None."""
    pool = sorted(among)
    space, local = _parts(iri)
    for candidates in ([c for c in pool if c.startswith(space)], pool):
        locals_ = {_parts(c)[1].lower(): c for c in reversed(candidates)}
        close = difflib.get_close_matches(local.lower(), sorted(locals_), n=1, cutoff=0.6)
        if close:
            return locals_[close[0]]
    return None


def check_terms(quads: Iterable[ox.Quad], terms: Terms, names: Namespaces) -> Iterator[Finding]:
    """A finding for every undeclared term in any position of these quads."""
    for quad in quads:
        for iri, kind, among in _undeclared(quad, terms):
            yield Finding(
                CHECK,
                "violation",
                f"{short(iri, names)} is no declared {kind}.",
                "Correct it, or declare it in the ontology." + did_you_mean(iri, among, names),
                focus=quad.subject if isinstance(quad.subject, ox.NamedNode) else None,
                path=quad.predicate,
                value=quad.object if isinstance(quad.object, ox.NamedNode | ox.Literal) else None,
            )


def check_query_terms(paths: Iterable[Path], terms: Terms, names: Namespaces) -> Iterator[Finding]:
    """A finding for every undeclared `parley:` or `vocab:` term in a query or rule file."""
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for match in _IN_QUERY.finditer("" if line.lstrip().startswith("#") else line):
                iri = (PARLEY if match[1] == "parley" else VOCAB) + match[2]
                if iri not in terms.own:
                    yield Finding(
                        CHECK,
                        "violation",
                        f"{match[0]} is no declared term.",
                        "Correct it: the query would silently find nothing."
                        + did_you_mean(iri, terms.own, names),
                        source=str(path),
                        line=number,
                        column=match.start() + 1,
                    )


def _undeclared(quad: ox.Quad, terms: Terms) -> Iterator[tuple[str, str, frozenset[str]]]:
    value = quad.object
    if quad.predicate.value not in terms.properties:
        yield quad.predicate.value, "property", terms.properties
    if isinstance(value, ox.Literal):
        if quad.predicate == RDF_TYPE:
            yield value.value, "class", terms.classes
        if value.datatype.value not in terms.datatypes:
            yield value.datatype.value, "datatype", terms.datatypes
    elif isinstance(value, ox.NamedNode):
        if quad.predicate == RDF_TYPE and value.value not in terms.classes:
            yield value.value, "class", terms.classes
        elif _is_own(value.value) and value.value not in terms.own:
            kind = "concept" if value.value.startswith(VOCAB) else "term"
            yield value.value, kind, terms.own
    if isinstance(quad.subject, ox.NamedNode):
        subject = quad.subject.value
        if _is_own(subject) and subject not in terms.own:
            yield subject, "term", terms.own


def _is_own(iri: str) -> bool:
    return iri.startswith((PARLEY, VOCAB)) and iri not in {PARLEY, VOCAB}


def did_you_mean(iri: str, among: Iterable[str], names: Namespaces) -> str:
    """` Did you mean parley:speaker?`, or nothing when nothing is near."""
    close = nearest(iri, among)
    return f" Did you mean {short(close, names)}?" if close else ""


def short(iri: str, names: Namespaces) -> str:
    """The CURIE of an IRI, or the IRI in angle brackets."""
    return shorten(iri, names.prefixes) or f"<{iri}>"


def _parts(iri: str) -> tuple[str, str]:
    cut = max(iri.rfind("#"), iri.rfind("/")) + 1
    return iri[:cut], iri[cut:]
