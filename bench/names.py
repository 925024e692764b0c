"""Made-up names: pronounceable, distinct for distinct numbers, of no place or person."""

from __future__ import annotations

_ONSETS = ("b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z")
_VOWELS = ("a", "e", "i", "o", "u")
_SYLLABLES = tuple(onset + vowel for onset in _ONSETS for vowel in _VOWELS)
_STEP = 2_654_435_761  # coprime to every power of 75: a one-to-one shuffle of the numbers


def name(number: int, syllables: int = 3) -> str:
    """The name of a number below 75 to the power of `syllables`; different numbers differ."""
    space = len(_SYLLABLES) ** syllables
    if not 0 <= number < space:
        raise ValueError(f"{number} is not between 0 and {space - 1}")
    rest, parts = number * _STEP % space, []
    for _ in range(syllables):
        rest, digit = divmod(rest, len(_SYLLABLES))
        parts.append(_SYLLABLES[digit])
    return "".join(parts).capitalize()
