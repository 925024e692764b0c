"""A claim sheet to fill in: one proposed entry for each sentence of an article's text."""

from __future__ import annotations

import re

import yaml

from parley.model.sentences import Sentence, sentences
from parley.rdf import Namespaces

_LONGEST, _SHORTEST = 300, 12
_HEDGE = re.compile(
    r"\b(reportedly|allegedly|apparently|according to|claimed|might|may|could|likely|unlikely|"
    r"at least|some sources|indicating|suggests?)\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(den(y|ies|ied)|reject(s|ed)?|refuse[sd]?|dismiss(es|ed)?)\b", re.IGNORECASE
)


def propose(article: str, text: str) -> str:
    """The sheet as YAML. Each entry quotes a whole sentence, is `proposed`, and says nothing yet:
    the curator shortens the quote and adds gloss and propositions, and the author as the speaker
    of all claims that name no other.

    A hedging word is put down as `hedge`; a word of denial asks for a look at the stance.
    Raises BadInput for an article name that is no slug.
    """
    Namespaces().thing(article)
    entries = [_entry(sentence, text) for sentence in sentences(text)]
    sheet = {
        "article": article,
        "defaults": {
            "speaker": [],
            "stance": "affirms",
            "status": "stated",
            "review": "proposed",
        },
        "claims": [entry for entry in entries if entry],
    }
    return str(yaml.safe_dump(sheet, allow_unicode=True, sort_keys=False, width=100))


def _entry(sentence: Sentence, text: str) -> dict[str, object]:
    quote = sentence.text[:_LONGEST]
    if len(quote) < _SHORTEST or text.count(quote) != 1:
        return {}
    entry: dict[str, object] = {
        "s": sentence.number,
        "gloss": "",
        "quote": quote,
        "says": [],
    }
    if hedge := _HEDGE.search(quote):
        entry["hedge"] = hedge[0]
    if _DENIAL.search(quote):
        entry["stance"] = "affirms or denies?"
    return entry
