"""What a person entered: rows of named parts for each field, read from a form as it was sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from parley.web.editing.forms import MOST, Field

_NAME = re.compile(r"(.+)\.(\d{1,3})(?:\.([a-z-]{1,20}))?\Z", re.DOTALL)
# Breaks, joiners and directions that are not seen: one may be meant, so it is told, not removed.
_UNSEEN = {"Cf", "Zl", "Zp", "Co", "Cn"}
_ALLOWED = "\n\t"
# Parts that say how another part is meant, and nothing by themselves.
_BESIDE = {
    "lang",
    "type",
    "node",
    *(f"{of}{p}" for of in ("", "subject-", "object-") for p in ("iri", "pick")),
}


@dataclass(frozen=True)
class Entry:
    """One row of a field: its parts by name; the main one has the empty name."""

    parts: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, part: str) -> str:
        return self.parts.get(part, "")

    @property
    def text(self) -> str:
        """The main part."""
        return self[""]

    @property
    def is_empty(self) -> bool:
        """Whether nothing that counts was entered; a language or a hint alone says nothing."""
        return not any(value for part, value in self.parts.items() if part not in _BESIDE)


Entries = dict[str, list[Entry]]


def read_entries(fields: Iterable[tuple[str, str]]) -> Entries:
    """The rows by the key of their field, empty rows left out, in the order of their numbers.

    A name is `KEY.NUMBER` or `KEY.NUMBER.PART`; of a name given twice the first counts.
    """
    rows: dict[str, dict[int, dict[str, str]]] = {}
    for name, value in fields:
        if match := _NAME.match(name):
            key, number, part = match[1], int(match[2]), match[3] or ""
            clean = value.replace("\r\n", "\n").replace("\r", "\n").strip(" \n\t")
            rows.setdefault(key, {}).setdefault(number, {}).setdefault(part, clean)
    found = {
        key: [Entry(parts) for _, parts in sorted(numbered.items())]
        for key, numbered in rows.items()
    }
    return {key: [row for row in some if not row.is_empty] for key, some in found.items()}


def problem(asked: Field, number: int, entry: Entry) -> str:
    """What no row may have: characters that are no text, and more rows than a field takes."""
    if number >= MOST:
        return f"More than {MOST} values stand here. Save these first."
    for value in entry.parts.values():
        for character in value:
            if unicodedata.category(character) == "Cc" and character not in _ALLOWED:
                return f"The value holds the control character {_name(character)}. Remove it."
    return ""


def unseen(entry: Entry) -> str:
    """The names of characters in a row that nobody sees, such as marks of direction."""
    found = {
        _name(character)
        for value in entry.parts.values()
        for character in value
        if unicodedata.category(character) in _UNSEEN
    }
    return ", ".join(sorted(found))


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip().lower()
