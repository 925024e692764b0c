"""The examples of docs/linked-data.md: their client, their text, the answer they promise."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise

from bench.data import PROJECT
from bench.tdb2 import JARS

DOCS = PROJECT / "docs/linked-data.md"
FIRST, SECOND = "http://127.0.0.1:8000", "http://127.0.0.1:8001"  # as the examples have them
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LANGUAGES = {"sh", "python", "js"}
# What an example needs beside Parley: the program, and how to get it.
_PROGRAMS = {
    "curl": "apt-get install curl",
    "node": "apt-get install nodejs",
    "npx": "apt-get install nodejs npm",
    "rsparql": "apt-get install default-jre-headless libapache-jena-java",
}


@dataclass(frozen=True)
class Example:
    """One example: under which heading it stands, its language, its text, and what it prints."""

    client: str
    language: str
    text: str
    printed: str

    @property
    def program(self) -> str:
        """The program that runs it."""
        given = {"python": "python", "js": "node"}
        words = self.text.split()
        return given.get(self.language) or next(word for word in words if word in _PROGRAMS)

    def at(self, addresses: Mapping[str, str]) -> str:
        """The text with the addresses of servers that are there."""
        text = self.text
        for written, real in addresses.items():
            text = text.replace(written, real)
        return text

    def missing(self) -> str | None:
        """Why it cannot run here and what would help, or None."""
        program = self.program
        if program == "python":
            wanted = [name for name in ("pandas", "SPARQLWrapper") if f"import {name}" in self.text]
            absent = [name for name in wanted if not find_spec(name)]
            return f"not installed: pip install {' '.join(absent)}" if absent else None
        debian = program == "rsparql" and shutil.which("java") and (JARS / "jena-arq.jar").exists()
        if debian or shutil.which(program):
            return None
        return f"there is no {program}; on Debian: {_PROGRAMS[program]}"

    def differs(self, output: str) -> bool:
        """Whether it printed anything else; how lines end does not count."""
        return _lines(output) != _lines(self.printed)


def read(text: str | None = None) -> tuple[list[Example], str]:
    """The examples in their order, and the Turtle of the second dataset."""
    text = DOCS.read_text(encoding="utf-8") if text is None else text
    part = text.partition("\n## Clients\n")[2].partition("\n## ")[0]
    found = []
    for section in part.split("\n### ")[1:]:
        blocks = _FENCE.findall(section)
        for (language, body), (kind, printed) in pairwise([*blocks, ("", "")]):
            if language in _LANGUAGES and kind == "text":
                found.append(Example(section.partition("\n")[0], language, body, printed))
    data = "".join(body for language, body in _FENCE.findall(part) if language == "turtle")
    return found, data


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]
