"""Sentences of an article's text with offsets that point into the unchanged text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.model.sentences import sentences


def _texts(text: str) -> list[str]:
    return [sentence.text for sentence in sentences(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Title\n\nFirst line\nSecond.", ["Title", "First line", "Second."]),
        ("They saw it (see e.g. here). Then", ["They saw it (see e.g. here).", "Then"]),
        ("Mr. Doe of the U.S. army left.", ["Mr. Doe of the U.S. army left."]),
        ("He went to the U.S. She stayed.", ["He went to the U.S.", "She stayed."]),
        ("Franz J. Marty wrote it.", ["Franz J. Marty wrote it."]),
        ("See No. 5 and p. 12 there.", ["See No. 5 and p. 12 there."]),
        ("Did they? No. They left.", ["Did they?", "No.", "They left."]),
        ("“It is over.” He left.", ["“It is over.”", "He left."]),
        ("It grew by 3.5 per cent. Good.", ["It grew by 3.5 per cent.", "Good."]),
        ("Soil[1]. A base stayed.[2] Good.", ["Soil[1].", "A base stayed.[2]", "Good."]),
        ("• to leave;\n• to stay; and", ["• to leave;", "• to stay; and"]),
        ("---\n\n* * *\nText", ["Text"]),
        ("", []),
    ],
)
def test_boundaries(text: str, wanted: list[str]) -> None:
    assert _texts(text) == wanted


@given(st.text(alphabet="aB. \n!?“”(e.g)1"))
def test_offsets_point_at_the_sentences_in_order(text: str) -> None:
    end = 0
    for number, sentence in enumerate(sentences(text)):
        assert sentence.number == number
        assert end <= sentence.start < sentence.end
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip()
        assert not any(c.isalnum() for c in text[end : sentence.start])
        end = sentence.end
    assert not any(c.isalnum() for c in text[end:])
