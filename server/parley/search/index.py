"""The index of a version: one SQLite file with the words of its things, made once, then read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from parley.search.documents import Classes, Document, affected, document, named
from parley.search.spelling import LONGEST, fold, joined, sound

_BATCH = 2000
_SCHEMA = """
CREATE TABLE thing (iri TEXT PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entry (
  id INTEGER PRIMARY KEY, iri TEXT NOT NULL, field TEXT NOT NULL, text TEXT NOT NULL,
  folded TEXT NOT NULL
);
CREATE INDEX entry_iri ON entry (iri);
CREATE INDEX entry_name ON entry (folded) WHERE field IN ('label', 'name');
CREATE TABLE word (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, sound TEXT NOT NULL);
CREATE INDEX word_sound ON word (sound) WHERE sound != '';
CREATE TABLE kind (kind TEXT NOT NULL, broader TEXT NOT NULL, PRIMARY KEY (kind, broader));
CREATE VIRTUAL TABLE names USING fts5 (words, tokenize = 'unicode61', prefix = '2 3');
CREATE VIRTUAL TABLE texts USING fts5 (words, tokenize = 'unicode61', prefix = '3');
CREATE VIRTUAL TABLE spelled USING fts5 (word, tokenize = 'trigram', detail = 'none');
"""
NAMES = frozenset({"label", "name"})


def make(path: Path, store: ox.Store) -> int:
    """Writes the index of a whole version to a new file; returns how many things it holds."""
    with sqlite3.connect(path) as db:
        _hurry(db)
        db.executescript(_SCHEMA)
        classes = Classes(store)
        seen: set[ox.NamedNode] = set()

        def fresh() -> Iterable[Document]:
            for node in named(store):
                if node not in seen:
                    seen.add(node)
                    found = document(store, node, classes)
                    if found is not None:
                        yield found

        _add(db, fresh())
        _list_kinds(db, classes)
        for table in ("names", "texts", "spelled"):
            db.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
        count: int = db.execute("SELECT COUNT(*) FROM thing").fetchone()[0]
    db.close()
    return count


def bring_forward(path: Path, store: ox.Store, touched: Iterable[ox.NamedNode]) -> None:
    """Makes the index of an earlier version that of `store`, which differs in what is touched."""
    with sqlite3.connect(path) as db:
        _hurry(db)
        classes = Classes(store)
        nodes = affected(store, touched)
        for node in nodes:
            _forget(db, node.value)
        found = (document(store, node, classes) for node in sorted(nodes, key=lambda n: n.value))
        _add(db, (one for one in found if one is not None))
        _list_kinds(db, classes)
    db.close()


def _hurry(db: sqlite3.Connection) -> None:
    """The file is nobody's yet: after a crash it is thrown away and not repaired."""
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -65536")


def _add(db: sqlite3.Connection, documents: Iterable[Document]) -> None:
    waiting = iter(documents)
    number: Callable[[], int] = iter(
        range(db.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM entry").fetchone()[0], 1 << 62)
    ).__next__
    while batch := list(islice(waiting, _BATCH)):
        things, entries, names, texts = [], [], [], []
        words: set[str] = set()
        for one in batch:
            things.append((one.iri, one.kind, one.label))
            for text in one.texts:
                folded = fold(text.text)
                at = number()
                entries.append((at, one.iri, text.field, text.text[:LONGEST], folded))
                words.update(folded.split())
                if text.field in NAMES:
                    more = list(joined(folded))
                    words.update(more)
                    names.append((at, " ".join((folded, *more))))
                else:
                    texts.append((at, folded))
        db.executemany("INSERT INTO thing VALUES (?, ?, ?)", things)
        db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", entries)
        db.executemany("INSERT INTO names (rowid, words) VALUES (?, ?)", names)
        db.executemany("INSERT INTO texts (rowid, words) VALUES (?, ?)", texts)
        _learn(db, words)


def _learn(db: sqlite3.Connection, words: set[str]) -> None:
    """Adds words to those that spelling is compared with; a word that nothing uses does no harm."""
    spelled = sorted(word for word in words if len(word) > 2 and word.isalpha())
    last = db.execute("SELECT COALESCE(MAX(id), 0) FROM word").fetchone()[0]
    db.executemany(
        "INSERT OR IGNORE INTO word (word, sound) VALUES (?, ?)",
        [(word, sound(word)) for word in spelled],
    )
    db.execute(
        "INSERT INTO spelled (rowid, word) SELECT id, '_' || word || '_' FROM word WHERE id > ?",
        (last,),
    )


def _forget(db: sqlite3.Connection, iri: str) -> None:
    for at, field in db.execute("SELECT id, field FROM entry WHERE iri = ?", (iri,)).fetchall():
        table = "names" if field in NAMES else "texts"
        db.execute(f"DELETE FROM {table} WHERE rowid = ?", (at,))
    db.execute("DELETE FROM entry WHERE iri = ?", (iri,))
    db.execute("DELETE FROM thing WHERE iri = ?", (iri,))


def _list_kinds(db: sqlite3.Connection, classes: Classes) -> None:
    db.execute("DELETE FROM kind")
    kinds = [kind for (kind,) in db.execute("SELECT DISTINCT kind FROM thing").fetchall()]
    rows = [(kind, broader) for kind in kinds for broader in sorted(classes.broader(kind))]
    db.executemany("INSERT INTO kind VALUES (?, ?)", rows)
