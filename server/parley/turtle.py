"""Canonical Turtle and TriG: sorted, one object a line, the same bytes for the same quads."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from parley.errors import BadInput
from parley.rdf import RDF_TYPE, XSD, shorten

_ESCAPE = re.compile(r"\\(.)")
_STRING = XSD + "string"
_BARE = {
    XSD + "integer": re.compile(r"[+-]?[0-9]+\Z"),
    XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+\Z"),
    XSD + "boolean": re.compile(r"(true|false)\Z"),
}


class _Terms:
    """Writes terms for one file; `used` are the prefixes that the file needs."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = prefixes
        self._short: dict[str, str | None] = {}
        self.used: set[str] = set()

    def iri(self, iri: str) -> str:
        """An IRI, shortened where a prefix allows it."""
        return self._curie(iri) or f"<{iri}>"

    def value(self, node: object, *, multiline: bool = False) -> str:
        """An IRI or a literal; on one line unless `multiline`."""
        if isinstance(node, ox.NamedNode):
            return self.iri(node.value)
        if not isinstance(node, ox.Literal):
            raise BadInput(f"{node} cannot be stored: a dataset holds IRIs and literals only")
        datatype = node.datatype.value
        curie = self._curie(datatype)
        lexical = node.value
        bare = _BARE.get(datatype)
        if bare and bare.match(lexical):
            return lexical
        text = str(node)
        if multiline and "\n" in lexical:
            text = _long(text)
        if node.language or datatype == _STRING:
            return text
        return text.removesuffix(f"<{datatype}>") + curie if curie else text

    def _curie(self, iri: str) -> str | None:
        try:
            return self._short[iri]
        except KeyError:
            found = self._short[iri] = shorten(iri, self._prefixes)
            if found:
                self.used.add(found.partition(":")[0])
            return found

    def header(self) -> str:
        """The declarations of the prefixes that were used, in order."""
        lines = [f"@prefix {p}: <{self._prefixes[p]}> .\n" for p in sorted(self.used)]
        return "".join(lines) + ("\n" if lines else "")


def write_term(node: ox.NamedNode | ox.Literal, prefixes: Mapping[str, str]) -> str:
    """One term in Turtle, shortened where a prefix allows it; on one line."""
    return _Terms(prefixes).value(node)


def _long(text: str) -> str:
    """A quoted literal with its line ends as they are, in three quotation marks."""
    end = text.rindex('"')
    inner = _ESCAPE.sub(lambda m: "\n" if m[1] == "n" else m[0], text[1:end])
    return f'"""{inner}"""{text[end + 1 :]}'


def _body(triples: Iterable[ox.Quad | ox.Triple], terms: _Terms, indent: str) -> str:
    table: dict[str, dict[str, set[str]]] = {}
    for t in triples:
        subject = terms.value(t.subject)
        predicate = terms.iri(t.predicate.value)
        if t.predicate == RDF_TYPE:
            predicate = "a"
        rows = table.setdefault(subject, {})
        rows.setdefault(predicate, set()).add(terms.value(t.object, multiline=True))
    blocks = []
    for subject in sorted(table):
        rows, lines = table[subject], []
        for predicate in sorted(rows, key=lambda p: (p != "a", p)):
            joined = f" ,\n{indent}        ".join(sorted(rows[predicate]))
            lines.append(f"{predicate} {joined}")
        blocks.append(f"{indent}{subject} " + f" ;\n{indent}    ".join(lines) + " .\n")
    return "\n".join(blocks)


def write_turtle(triples: Iterable[ox.Quad | ox.Triple], prefixes: Mapping[str, str]) -> str:
    """The triples as canonical Turtle, graph names dropped; raises BadInput on a blank node."""
    terms = _Terms(prefixes)
    body = _body(triples, terms, "")
    return terms.header() + body


def write_trig(quads: Iterable[ox.Quad], prefixes: Mapping[str, str]) -> str:
    """The quads as canonical TriG, graphs sorted; raises BadInput on a blank node or no graph."""
    terms = _Terms(prefixes)
    graphs: dict[str, list[ox.Quad]] = defaultdict(list)
    for quad in quads:
        if not isinstance(quad.graph_name, ox.NamedNode):
            raise BadInput("a quad without a named graph cannot be written; name its graph")
        graphs[terms.iri(quad.graph_name.value)].append(quad)
    blocks = [f"{name} {{\n{_body(graphs[name], terms, '    ')}}}\n" for name in sorted(graphs)]
    return terms.header() + "\n".join(blocks)
