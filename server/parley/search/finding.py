"""Finding things in an index by words, however they are spelt; the best first."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parley.search.index import NAMES
from parley.search.spelling import fold, joined, likeness, sound

_LONGEST = 200  # characters of a question that are looked at
_WORDS = 8
_CANDIDATES = 400  # entries of one step that are ranked
_ALIKE = 0.45
_SIMILAR, _SAME_SOUND = 6, 12  # other spellings of one word
_SECONDS = 2.0
_STEPS = 10_000  # of SQLite's machine between two looks at the clock


@dataclass(frozen=True)
class Hit:
    """A thing: `kind` is the IRI of its class, `matched` the name that was found.

    `quote` holds the sentence where the words stand in a quote, a gloss or a note.
    """

    iri: str
    label: str
    kind: str
    matched: str
    quote: str = ""


@dataclass(frozen=True)
class Found:
    """Hits, the best first; `cut` says that there are more than were ranked, or time ran out.

    `kinds` are the classes of the hits by IRI with their labels.
    """

    hits: list[Hit]
    cut: bool = False
    kinds: dict[str, str] = field(default_factory=dict)


def find(path: Path, text: str, kind: str | None = None) -> Found:
    """All that fits a text, which is taken as words and nothing else; `kind` narrows to a class.

    Raises sqlite3.DatabaseError when the file is no index.
    """
    folded = fold(text[:_LONGEST])
    words = folded.split()[:_WORDS]
    if not words:
        return Found([])
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        until = time.monotonic() + _SECONDS
        db.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        return _Search(db, " ".join(words), words, kind).run()
    finally:
        db.close()


_Row = tuple[int, str, str, str, str, str, str]
_Score = tuple[float, int, str, str]


class _Search:
    def __init__(
        self, db: sqlite3.Connection, folded: str, words: Sequence[str], kind: str | None
    ) -> None:
        self._db, self._folded, self._words, self._kind = db, folded, words, kind
        self._best: dict[str, tuple[_Score, Hit]] = {}
        self._cut = False

    def run(self) -> Found:
        try:
            self._steps()
        except sqlite3.OperationalError as error:
            if "interrupted" not in str(error):
                raise
            self._cut = True
        self._db.set_progress_handler(None, 0)
        hits = [hit for _, hit in sorted(self._best.values(), key=lambda pair: pair[0])]
        return Found(hits, self._cut, self._labels({hit.kind for hit in hits}))

    def _labels(self, kinds: set[str]) -> dict[str, str]:
        wanted = ", ".join("?" * len(kinds))
        rows = self._db.execute(
            f"SELECT iri, label FROM thing WHERE iri IN ({wanted}) ORDER BY label", sorted(kinds)
        )
        return dict(rows.fetchall())

    def _steps(self) -> None:
        self._keep(self._begins(), 0)
        spellings = [[word, *self._same_sound(word)] for word in self._words]
        whole = list(joined(self._folded, 3))
        one = [s for word in whole for s in (word, *self._same_sound(word))]
        self._keep(self._match("names", _all(spellings, one if len(self._words) == 2 else ())), 0)
        if len(self._best) < 5:
            similar = [[*found, *self._similar(found[0])] for found in spellings]
            self._keep(self._match("names", _all(similar)), 3)
            spellings = similar if not self._best else spellings
        self._keep(self._match("texts", _all(spellings)), 0)
        if not self._best and len(self._words) > 1:
            long = [found for found in spellings if len(found[0]) > 3]
            for table in ("names", "texts"):
                self._keep(self._match(table, " OR ".join(map(_any, long))), 20)

    def _begins(self) -> Iterator[_Row]:
        """Names that are the text or begin with it."""
        return self._rows(
            "entry.folded >= ? AND entry.folded < ? AND entry.field IN ('label', 'name')",
            "",
            (self._folded, self._folded + "\U0010ffff"),
            "entry.folded",
        )

    def _match(self, table: str, wanted: str) -> Iterator[_Row]:
        if not wanted:
            return iter(())
        return self._rows(f"{table} MATCH ?", f"{table} JOIN", (wanted,), f"{table}.rowid")

    def _rows(self, where: str, table: str, values: tuple[str, ...], order: str) -> Iterator[_Row]:
        on = f"ON entry.id = {table.removesuffix(' JOIN')}.rowid" if table else ""
        narrow = "AND thing.kind IN (SELECT kind FROM kind WHERE broader = ?)" if self._kind else ""
        rows: Iterable[_Row] = self._db.execute(
            "SELECT entry.id, entry.iri, entry.field, entry.text, entry.folded, thing.kind, "
            f"thing.label FROM {table} entry {on} JOIN thing ON thing.iri = entry.iri "
            f"WHERE {where} {narrow} ORDER BY {order} LIMIT {_CANDIDATES}",
            (*values, *([self._kind] if self._kind else [])),
        )
        count = 0
        for count, row in enumerate(rows, 1):  # noqa: B007  # the count is wanted at the end
            yield row
        self._cut |= count == _CANDIDATES

    def _keep(self, rows: Iterable[_Row], more: int) -> None:
        for _, iri, part, text, folded, kind, label in rows:
            is_name = part in NAMES
            score = (self._rank(part, folded) + more, len(folded), folded, iri)
            hit = Hit(iri, label, kind, text if is_name else label, "" if is_name else text)
            if iri not in self._best or score < self._best[iri][0]:
                self._best[iri] = (score, hit)

    def _rank(self, part: str, folded: str) -> float:
        """Lower is better: the whole name, its sound, its beginning, its words; then what is said.

        A name whose last word is still being typed comes before those that go on.

        The label counts a little more than another name. For what matches loosely, the number of
        words that do counts.
        """
        other = {"label": 0.0, "name": 0.5}.get(part)
        words = folded.split()
        hit = sum(any(w.startswith(wanted) for w in words) for wanted in self._words)
        missing = len(self._words) - hit
        if other is None:
            return {"gloss": 10.0, "quote": 11.0, "note": 12.0}[part] + missing
        if folded == self._folded:
            return other
        if _sounds(folded) and _sounds(folded) == _sounds(self._folded):
            return 1 + other
        if folded.startswith(self._folded):
            finished = len(words) == len(self._words)  # but for the word that is being typed
            return (1.5 if finished else 2) + other
        return (4 if not missing else 6) + other + missing / 10

    def _same_sound(self, word: str) -> list[str]:
        """Words of the dataset that are written otherwise and sound the same."""
        key = sound(word)
        if not key:
            return []
        rows = self._db.execute(
            "SELECT word FROM word WHERE sound = ? AND sound != '' AND word != ? LIMIT 200",
            (key, word),
        )
        found = sorted((-likeness(word, other), other) for (other,) in rows)
        return [other for _, other in found[:_SAME_SOUND]]

    def _similar(self, word: str) -> list[str]:
        """Words of the dataset that are written alike, the closest first."""
        if len(word) < 4 or not word.isalpha():
            return []
        padded = f"_{word}_"
        runs = sorted({padded[at : at + 3] for at in range(len(padded) - 2)})
        rows = self._db.execute(
            f"SELECT word FROM spelled WHERE spelled MATCH ? ORDER BY rank LIMIT {_CANDIDATES}",
            (" OR ".join(f'"{run}"' for run in runs),),
        )
        alike = sorted((-likeness(word, other.strip("_")), other.strip("_")) for (other,) in rows)
        return [other for score, other in alike[:_SIMILAR] if -score >= _ALIKE]


def _sounds(folded: str) -> str:
    """The sound of a name as one word."""
    return sound(folded.replace(" ", ""))


def _any(spellings: Sequence[str]) -> str:
    """The FTS5 expression for one word: it begins a word, or another spelling is one.

    Folded words are letters and digits, so that within quotes they mean nothing else.
    """
    first, *rest = spellings
    begins = " *" if len(first) > 1 else ""
    return "(" + " OR ".join([f'"{first}"{begins}', *(f'"{word}"' for word in rest)]) + ")"


def _all(words: Sequence[Sequence[str]], whole: Sequence[str] = ()) -> str:
    """All words in any of their spellings, or their spellings as one word."""
    each = " AND ".join(map(_any, words))
    return f"({each}) OR {_any(whole)}" if whole else each
