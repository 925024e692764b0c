"""Tables of terms as text: the rows a saved query must give, one line a row, terms as in Turtle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from parley.errors import BadInput
from parley.rdf import canonical
from parley.turtle import write_term

Cell = ox.NamedNode | ox.Literal | None
TAB, BAR = "\t", " | "
_LINE_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True)
class Rows:
    """The rows of a SELECT; a cell is None where the variable is unbound."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def write_table(table: Rows, prefixes: Mapping[str, str], separator: str) -> str:
    """Header and rows; with TAB it is the SPARQL 1.1 TSV format, its IRIs shortened by prefix.

    With BAR a `|` inside a text is written as an escape.
    """
    lines = [[f"?{column}" for column in table.columns]]
    lines += [[write_cell(cell, prefixes) for cell in row] for row in table.rows]
    if separator == BAR:
        lines = [[cell.replace("|", "\\u007C") for cell in line] for line in lines]
    return "".join(separator.join(line).rstrip(" ") + "\n" for line in lines)


def write_cell(cell: Cell, prefixes: Mapping[str, str]) -> str:
    """One term in Turtle on one line, empty when unbound."""
    if cell is None:
        return ""
    text = write_term(cell, prefixes).replace("\t", "\\t")
    return _LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04X}", text)


def read_table(text: str, prefixes: Mapping[str, str]) -> Rows:
    """The table that `write_table` wrote, either way; raises BadInput naming the line."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        raise BadInput(
            "the table has no header; its first line names the columns: ?group | ?founder"
        )
    separator = TAB if TAB in text else "|"
    header = [cell.strip() for cell in lines[0].split(separator)]
    if not all(cell.startswith("?") for cell in header):
        raise BadInput("the first line names the columns with a question mark: ?group | ?founder")
    declared = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items())
    known: dict[str, Cell] = {"": None}
    rows = []
    for number, line in enumerate(lines[1:], 2):
        cells = [cell.strip() for cell in line.split(separator)]
        if len(cells) != len(header):
            raise BadInput(f"row {number} has {len(cells)} cells; there are {len(header)} columns")
        for cell in cells:
            if cell not in known:
                known[cell] = _read_cell(cell, declared, number)
        rows.append(tuple(known[cell] for cell in cells))
    return Rows(tuple(cell[1:] for cell in header), tuple(rows))


def _read_cell(text: str, declared: str, number: int) -> Cell:
    try:
        (triple,) = ox.parse(f"{declared}<row:> <is:> {text} .", format=ox.RdfFormat.TURTLE)
    except (SyntaxError, ValueError) as error:
        raise BadInput(f"row {number}: {text} is no single term of Turtle") from error
    if not isinstance(triple.object, ox.NamedNode | ox.Literal):
        raise BadInput(f"row {number}: {text} is neither an IRI nor a literal")
    found = canonical(triple.object)
    assert isinstance(found, ox.NamedNode | ox.Literal)
    return found
