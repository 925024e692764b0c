"""Writes the present answers of saved queries down as the expected ones; only when asked to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from parley.check.answers import ask, expectation
from parley.check.tables import TAB, Rows
from parley.queries import SavedQuery

_MOST_ROWS, _WIDEST = 12, 300


def update(queries: Iterable[SavedQuery], store: ox.Store) -> list[Path]:
    """Writes each query's present answer down as the expected one; the files that changed.

    A short table goes into the query's own file, a long one and a graph into expected/ beside it.
    A person reads the difference before committing it: no check ever calls this.
    """
    changed = []
    for query in queries:
        result = ask(query, store)
        text = expectation(result, query)
        table = isinstance(result, Rows)
        short = isinstance(result, bool) or (table and _is_short(text))
        if table and not short:
            text = expectation(result, query, TAB)
        kept = None if short else f"{query.name}.{'tsv' if table else 'ttl'}"
        folder = query.path.parent / "expected"
        for ending in ("tsv", "ttl"):
            file = folder / f"{query.name}.{ending}"
            if file.name != kept and file.exists():
                file.unlink()
                changed.append(file)
        if kept:
            folder.mkdir(exist_ok=True)
            changed += _write(folder / kept, text)
        changed += _write(query.path, _with_expectation(query.text, text if short else None))
    return changed


def _with_expectation(text: str, expected: str | None) -> str:
    """The file's text with another `expect:`, always the last key of the metadata."""
    lines = text.splitlines(keepends=True)
    kept, inside = [], False
    for line in lines:
        if line.startswith("#+"):
            rest = line[2:].rstrip()
            inside = rest.lstrip().startswith("expect:") or (inside and rest[:2] in ("", "  "))
            if inside:
                continue
        kept.append(line)
    last = max((n for n, line in enumerate(kept) if line.startswith("#+")), default=-1) + 1
    block = []
    if expected is not None:
        one_line = expected.strip() in ("true", "false")
        block = [f"#+ expect: {expected.strip()}\n"] if one_line else ["#+ expect: |\n"]
        block += [] if one_line else [f"#+   {row}\n" for row in expected.rstrip("\n").split("\n")]
    return "".join([*kept[:last], *block, *kept[last:]])


def _is_short(text: str) -> bool:
    lines = text.splitlines()
    return len(lines) <= _MOST_ROWS + 1 and max(map(len, lines)) <= _WIDEST


def _write(path: Path, text: str) -> list[Path]:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return []
    path.write_text(text, encoding="utf-8")
    return [path]
