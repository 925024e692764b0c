"""In which file and line a node, and a property of it, is written down."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from parley.check.report import Finding
from parley.files import Source
from parley.rdf import shorten

_PREFIX = re.compile(r"\s*(?:@prefix|PREFIX)\s+([\w.-]*):\s*<([^>]*)>", re.IGNORECASE)
_SUBJECT = re.compile(r"\s*(<[^>\s]*>|[\w.-]*:[\w.-]*)(?=\s|$)")
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


class Places:
    """Finds focus nodes in Turtle and TriG files; reads them when the first finding needs it."""

    def __init__(self, sources: Iterable[Source], root: Path) -> None:
        self._sources = tuple(sources)
        self._root = root

    def shown(self, path: Path) -> str:
        """The path as reports name it: relative to the dataset's folder where it is inside."""
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else str(path)

    def locate(self, finding: Finding) -> Finding:
        """The finding with file and line, when they are missing and the focus node is written."""
        if finding.line is not None or not isinstance(finding.focus, ox.NamedNode):
            return finding
        for path, prefixes, lines in self._texts:
            if finding.source not in (None, self.shown(path)):
                continue
            start = self._index.get((path, finding.focus.value))
            if start is not None:
                line = _within(lines, start, prefixes, finding)
                return replace(finding, source=self.shown(path), line=line + 1)
        return finding

    @cached_property
    def _texts(self) -> list[tuple[Path, dict[str, str], list[str]]]:
        texts = []
        for source in self._sources:
            try:
                text = source.path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):  # reported by who parses the file
                continue
            prefixes = {m[1]: m[2] for line in text.splitlines() if (m := _PREFIX.match(line))}
            texts.append((source.path, prefixes, text.splitlines()))
        return texts

    @cached_property
    def _index(self) -> dict[tuple[Path, str], int]:
        index: dict[tuple[Path, str], int] = {}
        for path, prefixes, lines in self._texts:
            starts = True
            for number, line in enumerate(lines):
                match = _SUBJECT.match(line) if starts else None
                if match:
                    index.setdefault((path, _iri(match[1], prefixes)), number)
                if line.strip():
                    starts = line.rstrip().endswith((".", "{", "}"))
        return index


def _iri(token: str, prefixes: dict[str, str]) -> str:
    if token.startswith("<"):
        return token[1:-1]
    prefix, _, local = token.partition(":")
    return prefixes.get(prefix, prefix + ":") + local


def _within(lines: list[str], start: int, prefixes: dict[str, str], finding: Finding) -> int:
    """The line of the finding's property and value inside the block that begins at `start`."""
    wanted = [node for node in (finding.path, finding.value) if node is not None]
    here = start
    for node in wanted:
        words = _words(node, prefixes)
        for number in range(here, len(lines)):
            if any(re.search(rf"(?<![\w:-]){re.escape(w)}(?![\w-])", lines[number]) for w in words):
                here = number
                break
            if lines[number].rstrip().endswith(" ."):
                break
    return here


def _words(node: object, prefixes: dict[str, str]) -> list[str]:
    if isinstance(node, ox.NamedNode):
        short = shorten(node.value, prefixes)
        return [w for w in (short, f"<{node.value}>", "a" if node == _TYPE else None) if w]
    return [node.value] if isinstance(node, ox.Literal) and node.value else []
