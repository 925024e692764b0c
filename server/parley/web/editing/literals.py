"""Literals from what a person typed: by the datatype that is wanted, or by what it looks like."""

from __future__ import annotations

import re
from datetime import date

import pyoxigraph as ox

from parley.errors import BadInput
from parley.rdf import COMMON_PREFIXES, XSD

LANG_STRING = COMMON_PREFIXES["rdf"] + "langString"
DEFAULT_LANGUAGE = "en"
_DATES = (
    (re.compile(r"\d{4}\Z"), f"{XSD}gYear"),
    (re.compile(r"\d{4}-\d\d\Z"), f"{XSD}gYearMonth"),
    (re.compile(r"\d{4}-\d\d-\d\d\Z"), f"{XSD}date"),
)
_DATE_TYPES = {datatype for _, datatype in _DATES}
_TRUTH = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)?\Z")
_INTEGER = re.compile(r"[+-]?\d{1,18}\Z")


def worded(text: str, language: str) -> ox.Literal:
    """A text in a language. Raises BadInput for what is no language tag."""
    try:
        return ox.Literal(text, language=language or DEFAULT_LANGUAGE)
    except ValueError as error:
        raise BadInput(
            f"'{language}' is no language tag. Write one such as en, fa or tg-Cyrl."
        ) from error


def typed(text: str, datatype: str) -> ox.Literal:
    """A literal of this datatype; yes and no are truth values. Raises BadInput."""
    if datatype == f"{XSD}boolean":
        if text.lower() not in _TRUTH:
            raise BadInput(f"'{text}' is neither yes nor no.")
        text = _TRUTH[text.lower()]
    if datatype == f"{XSD}integer" and not _INTEGER.match(text):
        raise BadInput(f"'{text}' is no whole number. Write digits only.")
    if datatype == f"{XSD}date" and not _is_date(text):
        raise BadInput(f"'{text}' is no date. Write year, month and day, such as 2021-03-09.")
    if datatype == LANG_STRING:
        return worded(text, "")
    if not datatype:
        return ox.Literal(text)
    try:
        return ox.Literal(text, datatype=ox.NamedNode(datatype))
    except ValueError as error:
        raise BadInput(f"'{datatype}' is no datatype.") from error


def guessed(text: str, before: str) -> ox.Literal:
    """A literal of a field that takes any: dates by their look, else of the datatype it had."""
    if before in {"", *_DATE_TYPES}:
        datatype = next((d for shape, d in _DATES if shape.match(text)), "")
        return typed(text, datatype)
    return typed(text, before)


def _is_date(text: str) -> bool:
    found = _DATE.match(text)
    try:
        return found is not None and bool(date.fromisoformat(found[1]))
    except ValueError:
        return False
