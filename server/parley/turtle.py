"""Canonical Turtle and TriG: sorted, one object a line, the same bytes for the same quads."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from parley.errors import BadInput
from parley.rdf import RDF_TYPE, XSD, shorten

_ESCAPE = re.compile(r"\\(.)")
_BARE = {
    XSD + "integer": re.compile(r"[+-]?[0-9]+\Z"),
    XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+\Z"),
    XSD + "boolean": re.compile(r"(true|false)\Z"),
}


def write_term(
    node: ox.NamedNode | ox.Literal, prefixes: Mapping[str, str], *, multiline: bool = False
) -> str:
    """One term in Turtle, shortened where a prefix allows it; on one line unless `multiline`."""
    if isinstance(node, ox.NamedNode):
        return shorten(node.value, prefixes) or str(node)
    if not isinstance(node, ox.Literal):
        raise BadInput(f"{node} cannot be stored: a dataset holds IRIs and literals only")
    bare = _BARE.get(node.datatype.value)
    if bare and bare.match(node.value):
        return node.value
    text, iri = str(node), node.datatype.value
    if multiline and "\n" in node.value:
        text = _long(text)
    if node.language or iri == XSD + "string":
        return text
    return text.removesuffix(f"<{iri}>") + (shorten(iri, prefixes) or f"<{iri}>")


def _long(text: str) -> str:
    """A quoted literal with its line ends as they are, in three quotation marks."""
    end = text.rindex('"')
    inner = _ESCAPE.sub(lambda m: "\n" if m[1] == "n" else m[0], text[1:end])
    return f'"""{inner}"""{text[end + 1 :]}'


def _body(triples: Iterable[ox.Quad | ox.Triple], prefixes: Mapping[str, str], indent: str) -> str:
    table: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for t in triples:
        predicate = "a" if t.predicate == RDF_TYPE else write_term(t.predicate, prefixes)
        subject = write_term(t.subject, prefixes)  # type: ignore[arg-type]  # raises on a blank node
        value = write_term(t.object, prefixes, multiline=True)  # type: ignore[arg-type]  # as above
        table[subject][predicate].add(value)
    blocks = []
    for subject in sorted(table):
        lines = []
        for predicate in sorted(table[subject], key=lambda p: (p != "a", p)):
            objects = sorted(table[subject][predicate])
            joined = f" ,\n{indent}        ".join(objects)
            lines.append(f"{predicate} {joined}")
        blocks.append(f"{indent}{subject} " + f" ;\n{indent}    ".join(lines) + " .\n")
    return "\n".join(blocks)


def _header(quads: Iterable[ox.Quad | ox.Triple], prefixes: Mapping[str, str]) -> str:
    iris: set[str] = set()
    for quad in quads:
        graph = [quad.graph_name] if isinstance(quad, ox.Quad) else []
        for node in (quad.subject, quad.predicate, quad.object, *graph):
            if isinstance(node, ox.NamedNode):
                iris.add(node.value)
            elif isinstance(node, ox.Literal):
                iris.add(node.datatype.value)
    used = {(shorten(iri, prefixes) or ":").partition(":")[0] for iri in iris}
    lines = [f"@prefix {p}: <{prefixes[p]}> .\n" for p in sorted(used) if p]
    return "".join(lines) + ("\n" if lines else "")


def write_turtle(triples: Iterable[ox.Quad | ox.Triple], prefixes: Mapping[str, str]) -> str:
    """The triples as canonical Turtle, graph names dropped; raises BadInput on a blank node."""
    rows = [ox.Triple(t.subject, t.predicate, t.object) for t in triples]
    return _header(rows, prefixes) + _body(rows, prefixes, "")


def write_trig(quads: Iterable[ox.Quad], prefixes: Mapping[str, str]) -> str:
    """The quads as canonical TriG, graphs sorted; raises BadInput on a blank node or no graph."""
    rows = list(quads)
    graphs: dict[str, list[ox.Quad]] = defaultdict(list)
    for quad in rows:
        if not isinstance(quad.graph_name, ox.NamedNode):
            raise BadInput("a quad without a named graph cannot be written; name its graph")
        graphs[write_term(quad.graph_name, prefixes)].append(quad)
    blocks = [f"{name} {{\n{_body(graphs[name], prefixes, '    ')}}}\n" for name in sorted(graphs)]
    return _header(rows, prefixes) + "\n".join(blocks)
