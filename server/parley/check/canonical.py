"""Every Turtle and TriG file is byte for byte what Parley itself would write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from parley.check.report import Finding
from parley.errors import BadInput
from parley.files import Source
from parley.rdf import Namespaces
from parley.turtle import write_trig, write_turtle

CHECK = "canonical"


def canonical_text(source: Source, names: Namespaces) -> str:
    """The file's content as Parley writes it, literals as the store keeps them. Raises BadInput."""
    store = ox.Store()
    store.bulk_extend(source.quads(names))
    if source.path.suffix == ".trig":
        return write_trig(store, names.prefixes)
    return write_turtle(store, names.prefixes)


def check_canonical(sources: Iterable[Source], names: Namespaces) -> Iterator[Finding]:
    """A finding for each file that is written otherwise, with the first line that differs."""
    for source in sources:
        try:
            wanted = canonical_text(source, names)
        except BadInput:  # syntax and blank nodes are other checks' findings
            continue
        with source.path.open(encoding="utf-8", newline="") as file:
            found = file.read()
        if found == wanted:
            continue
        line = _first_difference(found.splitlines(), wanted.splitlines())
        expected = wanted.splitlines()[line - 1 : line]
        yield Finding(
            CHECK,
            "warning",
            "The file is not in Parley's own form, so a later edit would show more changes than "
            "it makes.",
            f"Rewrite the file with 'parley export'; this line should be: {''.join(expected)!r}.",
            source=str(source.path),
            line=line,
        )


def _first_difference(found: list[str], wanted: list[str]) -> int:
    for number, (one, other) in enumerate(zip(found, wanted, strict=False), start=1):
        if one != other:
            return number
    return min(len(found), len(wanted)) + 1
