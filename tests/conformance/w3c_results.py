"""Results read from every format with no help from the engine, and compared.

Literals are compared by value: `1.0` and `1` are one decimal, `1.0E2` and `100` one double. The
engine keeps only the canonical form of a number, which the recommendations allow.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any  # parsed JSON
from xml.etree import ElementTree

import pyoxigraph as ox
from w3c_manifests import path

Term = ox.NamedNode | ox.BlankNode | ox.Literal
Row = tuple[Term | None, ...]
_XSD = "http://www.w3.org/2001/XMLSchema#"
_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_CANONICAL: dict[str, Callable[[str], str]] = {
    "integer": lambda text: str(int(text)),
    "decimal": lambda text: str(Decimal(text).normalize()),
    "float": lambda text: str(float(text)),
    "double": lambda text: str(float(text)),
    "boolean": lambda text: {"1": "true", "0": "false"}.get(text, text),
    "dateTime": lambda text: text.replace("+00:00", "Z"),
}
SELECTS = {
    "application/sparql-results+json": "srj",
    "application/sparql-results+xml": "srx",
    "text/tab-separated-values": "tsv",
    "text/csv": "csv",
}
GRAPHS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}
_SRX = "{http://www.w3.org/2005/sparql-results#}"


@dataclass(frozen=True)
class Table:
    """The answer of a SELECT."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def plain(self) -> Table:
        """What CSV keeps of it: no datatypes, no languages, nothing unbound."""
        return Table(self.columns, tuple(tuple(map(_plain, row)) for row in self.rows))


def read(data: bytes, kind: str) -> Table | bool:
    """The answer in a document; `kind` is `srj`, `srx`, `tsv` or `csv`."""
    return {"srj": _json, "srx": _xml, "tsv": _tsv, "csv": _csv}[kind](data)


def read_file(file: str) -> Table | bool:
    """The answer in a file of the suite, by its extension; Turtle is a DAWG result set."""
    data, kind = path(file).read_bytes(), file.rpartition(".")[2]
    return _turtle(data, file) if kind == "ttl" else read(data, kind)


def triples(data: bytes | str, media_type: str, base: str) -> Iterator[ox.Quad]:
    """The triples in a document."""
    return ox.parse(data, format=GRAPHS[media_type], base_iri=base)


def same(expected: Table | bool, found: Table | bool, *, ordered: bool = False) -> bool:
    """Whether two answers are the same but for the order of columns and blank node labels."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if sorted(expected.columns) != sorted(found.columns):
        return False
    places = [found.columns.index(name) for name in expected.columns]
    rows = [tuple(row[place] for place in places) for row in found.rows]
    return _matches(list(expected.rows), rows, ordered)


def isomorphic(left: Iterable[ox.Quad], right: Iterable[ox.Quad]) -> bool:
    """Whether two datasets differ at most in blank node labels."""
    pair = ox.Dataset(left), ox.Dataset(right)
    for dataset in pair:
        dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return pair[0] == pair[1]


def _matches(left: list[Row], right: list[Row], ordered: bool) -> bool:
    if Counter(map(_shape, left)) != Counter(map(_shape, right)):
        return False
    if ordered:
        candidates = [[index] for index in range(len(right))]
    else:
        places = defaultdict(list)
        for index, row in enumerate(right):
            places[_shape(row)].append(index)
        candidates = [places[_shape(row)] for row in left]
    return _assign(0, left, right, candidates, {}, set())


def _assign(
    number: int,
    left: list[Row],
    right: list[Row],
    candidates: list[list[int]],
    names: dict[Term, Term],
    taken: set[int],
) -> bool:
    """Whether the rows from `number` on find partners under one renaming of blank nodes."""
    if number == len(left):
        return True
    for index in candidates[number]:
        if index in taken:
            continue
        more = _renaming(left[number], right[index], names)
        if more is None:
            continue
        if _assign(number + 1, left, right, candidates, names | more, taken | {index}):
            return True
        if not more:
            return False  # nothing was chosen here, so another partner would do no better
    return False


def _renaming(left: Row, right: Row, names: dict[Term, Term]) -> dict[Term, Term] | None:
    more: dict[Term, Term] = {}
    for one, other in zip(left, right, strict=True):
        if isinstance(one, ox.BlankNode) and isinstance(other, ox.BlankNode):
            known = names.get(one) or more.get(one)
            if known is None and other not in {*names.values(), *more.values()}:
                more[one] = other
            elif known != other:
                return None
        elif one != other:
            return None
    return more


def _shape(row: Row) -> tuple[object, ...]:
    return tuple("blank" if isinstance(term, ox.BlankNode) else term for term in row)


def _plain(term: Term | None) -> Term:
    return term if isinstance(term, ox.BlankNode) else _cell(term.value if term else "")


def _literal(value: str, datatype: str | None, language: str | None) -> ox.Literal:
    if language:
        return ox.Literal(value, language=language.lower())
    if not datatype:
        return ox.Literal(value)
    canonical = _CANONICAL.get(datatype.removeprefix(_XSD), str)
    with suppress(ValueError, ArithmeticError):
        value = canonical(value)
    return ox.Literal(value, datatype=ox.NamedNode(datatype))


def _json(data: bytes) -> Table | bool:
    document = json.loads(data)
    if "boolean" in document:
        return bool(document["boolean"])
    columns = tuple(document["head"]["vars"])
    rows = document["results"]["bindings"]
    return Table(columns, tuple(tuple(_from_json(row.get(c)) for c in columns) for row in rows))


def _from_json(term: dict[str, Any] | None) -> Term | None:
    if term is None:
        return None
    value: str = term["value"]
    if term["type"] == "uri":
        return ox.NamedNode(value)
    if term["type"] == "bnode":
        return ox.BlankNode(value)
    return _literal(value, term.get("datatype"), term.get("xml:lang"))


def _xml(data: bytes) -> Table | bool:
    root = ElementTree.fromstring(data)
    truth = root.find(f"{_SRX}boolean")
    if truth is not None:
        return truth.text == "true"
    columns = tuple(v.attrib["name"] for v in root.iterfind(f"{_SRX}head/{_SRX}variable"))
    rows = []
    for result in root.iterfind(f"{_SRX}results/{_SRX}result"):
        bound = {
            binding.attrib["name"]: _from_xml(binding[0]) for binding in result if len(binding)
        }
        rows.append(tuple(bound.get(column) for column in columns))
    return Table(columns, tuple(rows))


def _from_xml(element: ElementTree.Element) -> Term:
    value = element.text or ""
    if element.tag == f"{_SRX}uri":
        return ox.NamedNode(value)
    if element.tag == f"{_SRX}bnode":
        return ox.BlankNode(value)
    language = element.get("{http://www.w3.org/XML/1998/namespace}lang")
    return _literal(value, element.get("datatype"), language)


def _tsv(data: bytes) -> Table:
    head, *lines = data.decode("utf-8").removesuffix("\n").split("\n")
    columns = tuple(name.removeprefix("?") for name in head.split("\t") if name)
    cells = [line.split("\t") if columns else [] for line in lines]
    return Table(columns, tuple(tuple(map(_from_turtle, row)) for row in cells))


def _from_turtle(cell: str) -> Term | None:
    if not cell:
        return None
    if cell.startswith("_:"):
        return ox.BlankNode(cell[2:])
    (triple,) = ox.parse(f"<s:s> <p:p> {cell} .", format=ox.RdfFormat.TURTLE)
    term = triple.object
    assert isinstance(term, Term)
    if isinstance(term, ox.Literal):
        return _literal(term.value, term.datatype.value, term.language)
    return term


def _csv(data: bytes) -> Table:
    head, *rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    unbound = [""] * len(head)  # a row of one column that has nothing in it is an empty line
    return Table(tuple(head), tuple(tuple(map(_from_csv, row or unbound)) for row in rows))


def _from_csv(cell: str) -> Term:
    return ox.BlankNode(cell[2:]) if cell.startswith("_:") else _cell(cell)


def _cell(text: str) -> ox.Literal:
    with suppress(ValueError):
        text = str(float(text))
    return ox.Literal(text)


def _turtle(data: bytes, base: str) -> Table:
    store = ox.Store()
    store.load(data, format=ox.RdfFormat.TURTLE, base_iri=base)

    def values(subject: Term | None, name: str) -> list[Term]:
        found = store.quads_for_pattern(subject, ox.NamedNode(_RS + name), None)
        return [quad.object for quad in found]

    columns = tuple(term.value for term in values(None, "resultVariable"))
    rows = []
    for solution in sorted(values(None, "solution"), key=lambda s: _index(values(s, "index"))):
        bound = {}
        for binding in values(solution, "binding"):
            (variable,), (value,) = values(binding, "variable"), values(binding, "value")
            literal = isinstance(value, ox.Literal)
            bound[variable.value] = _from_turtle(str(value)) if literal else value
        rows.append(tuple(bound.get(column) for column in columns))
    return Table(columns, tuple(rows))


def _index(found: list[Term]) -> int:
    return int(found[0].value) if found else 0
