"""Spelling forgiven: what two ways to write one name have in common, in Latin or Cyrillic.

Three steps, each coarser: `fold` (case, accents, script, punctuation), `sound` (the consonants of
a word as transliterations agree on them), `likeness` (how many runs of three letters are shared).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

LONGEST = 2000  # characters of one text that are looked at
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяғқҳҷіїєґ",
        "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch  y  e yu ya gh q h j "
        "i i e g".split(" "),
        strict=True,
    )
)
_SAME = str.maketrans(
    {
        **_CYRILLIC,
        # Apostrophes of all kinds: romanizations leave them out as they please.
        **dict.fromkeys("'\u2019\u2018`\u00b4\u02bf\u02be\u02bb\u02bc\u02b9\u02ba", ""),
        # Letters that have no decomposition into a plain one and an accent.
        **dict(zip("\u0131łđøæœþð", "i l d o ae oe th d".split(), strict=True)),
    }
)
# How romanizations of one sound differ, the longest first; what is left of vowels is dropped.
_SOUNDS = (
    *(("shch", "s"), ("kh", "k"), ("gh", "g"), ("sh", "s"), ("ch", "c"), ("zh", "z"), ("ph", "f")),
    *(("th", "t"), ("dh", "d"), ("dj", "j"), ("dzh", "j"), ("ck", "k"), ("q", "k"), ("w", "v")),
    ("x", "ks"),
)
_VOWELS = frozenset("aeiouy")


def fold(text: str) -> str:
    """The text as words of letters and digits, one space apart, without accents and case."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST]).casefold().translate(_SAME)
    kept = (c for c in plain if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in kept).split())


def sound(word: str) -> str:
    """The consonants of a folded word, empty where too few are left to know it by.

    An initial vowel stays, as "a": Ansarullah, Ansorulla and Onsorullah are one.
    """
    if not word.isascii() or not word.isalpha():
        return ""
    first = "a" if word[0] in _VOWELS else word[0] if word[0] == "h" else ""
    for one, other in _SOUNDS:
        word = word.replace(one, other)
    consonants = first + "".join(c for c in word if c not in _VOWELS and c != "h")
    short = consonants[:1] + "".join(b for a, b in pairwise(consonants) if a != b)
    return short if len(short) > 2 else ""


def trigrams(word: str) -> set[str]:
    """The runs of three letters of a word, with its beginning and its end."""
    padded = f"  {word} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def likeness(one: str, other: str) -> float:
    """From 0 to 1, how much two words are written alike (Dice's coefficient of their trigrams)."""
    mine, theirs = trigrams(one), trigrams(other)
    return 2 * len(mine & theirs) / (len(mine) + len(theirs))


def joined(folded: str, most: int = 6) -> Iterator[str]:
    """Neighbouring words of a short name written as one: ansar ullah, ansarullah."""
    words = folded.split()
    if len(words) <= most:
        for one, other in pairwise(words):
            yield one + other
