"""Known mistakes of ontologies: each a query in ontology/pitfalls whose rows are the mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from parley.check.report import Finding, nothing_to_check

CHECK = "pitfalls"
_HEAD = re.compile(r"^#\+ (summary|fix): (.+)$", re.MULTILINE)


def check_pitfalls(paths: Iterable[Path], terms: ox.Store) -> Iterator[Finding]:
    """A finding for each `?term` a query gives; `terms` holds the ontology and its vocabularies."""
    files = sorted(paths)
    if not files:
        yield nothing_to_check(
            CHECK, "there are no queries for pitfalls", "Put them into ontology/pitfalls."
        )
    for path in files:
        text = path.read_text(encoding="utf-8")
        said = dict(_HEAD.findall(text))
        summary, fix = (_sentence(said.get(key, "")) for key in ("summary", "fix"))
        try:
            rows = terms.query(text, use_default_graph_as_union=True)
        except SyntaxError as error:
            yield Finding(
                CHECK,
                "violation",
                f"The query is not valid SPARQL: {error}",
                "Correct the query.",
                source=str(path),
            )
            continue
        assert isinstance(rows, ox.QuerySolutions)
        for row in rows:
            node = row["term"]
            if isinstance(node, ox.NamedNode | ox.BlankNode):
                yield Finding(CHECK, "violation", f"{summary} ({path.stem})", fix, focus=node)


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
