"""Translations of a whole version as a worker writes them: what it is told, and what it does."""

from __future__ import annotations

from typing import Any, BinaryIO

import pyoxigraph as ox

from parley.store.versions import Version
from parley.translating.book import Book
from parley.translating.edition import Edition
from parley.translating.kinds import Kinds
from parley.translating.reading import Stored
from parley.translating.worlds import Translation, translation


def translated(wanted: Translation, version: Version) -> dict[str, Any]:  # Any: JSON
    """What a worker is told of a translation."""
    told = {"base": wanted.base, "name": wanted.name, "extension": wanted.extension}
    return {**told, "number": version.number, "time": version.time}


def translate(store: ox.Store, target: BinaryIO, told: dict[str, Any]) -> None:  # Any: JSON
    """The worker's part: writes a translation of all that the store holds."""
    source, base = Stored(store), told["base"]
    edition = Edition.of(source, base, told["number"], told["time"])
    book = Book(source, edition, Kinds(source))
    translation(base, told["name"], told["extension"]).write(book, target)
