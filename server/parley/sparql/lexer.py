"""The tokens of a SPARQL request, in time linear in its length, and their places in its text."""

from __future__ import annotations

import re
from typing import NamedTuple

from parley.errors import BadQuery

# SPARQL 1.1 Query, section 19.8, productions 139 to 173. Every repetition is possessive (`*+`):
# no input makes the matcher go back, so hostile text costs no more than ordinary text.
_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_MORE = "0-9\u00b7\u0300-\u036f\u203f\u2040"
_NAME = rf"{_BASE}_\-{_MORE}"
_UCHAR = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_ECHAR = rf"\\[tbnrf\"'\\]|{_UCHAR}"
_LOCAL = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_FIRST = rf"(?:[{_BASE}_:0-9]|{_LOCAL})"
_REST = rf"[{_NAME}:]|{_LOCAL}|\.++(?=[{_NAME}:%\\])"

IRI = rf"<(?:[^<>\"{{}}|^`\\\x00-\x20]|{_UCHAR})*+>"
_LONG = rf'"""(?:[^"\\]|{_ECHAR}|"(?!""))*+"""|' + rf"'''(?:[^'\\]|{_ECHAR}|'(?!''))*+'''"
_SHORT = rf'"(?!"")(?:[^"\\\r\n]|{_ECHAR})*+"|' + rf"'(?!'')(?:[^'\\\r\n]|{_ECHAR})*+'"
_COMMENT = r"#[^\r\n]*+"

# One alternative a token, none of them a group: the matcher then rejects most by their first
# character alone. A name is taken whole and a colon makes it a prefixed name. A quote that begins
# no string takes all that follows: else every later quote would be tried to the end again.
_TOKEN = re.compile(
    rf"""([ \t\r\n]*+)(
      [?$](?:[{_BASE}_0-9][{_BASE}_{_MORE}]*+)?
    | {IRI}
    | [{_BASE}](?:[{_NAME}]|\.++(?=[{_NAME}]))*+(?::(?:{_FIRST}(?:{_REST})*+)?)?
    | [{{}}()\[\],;=!<>+\-*/|^~&]
    | :(?:{_FIRST}(?:{_REST})*+)?
    | {_LONG}
    | {_SHORT}
    | ["'].*+
    | [0-9]++(?:\.[0-9]*+)?[eE][+-]?[0-9]++
    | [0-9]++(?:\.[0-9]++)?
    | \.[0-9]++(?:[eE][+-]?[0-9]++)?
    | \.
    | _:[{_BASE}_0-9](?:[{_NAME}]|\.++(?=[{_NAME}]))*+
    | @[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[A-Za-z]++)?
    | [#][^\r\n]*+
    | \Z
    | .
    )""",
    re.VERBOSE | re.DOTALL,
)
_STRING = re.compile(rf"{_LONG}|{_SHORT}")
_ESCAPE = re.compile(rf"{_COMMENT}|{IRI}|{_LONG}|{_SHORT}|[\"'][\s\S]*+|{_LOCAL}|({_UCHAR})")

DEEPEST = 200
_OPEN, _CLOSE = "{([", "})]"
_PAIR = dict(zip(_CLOSE, _OPEN, strict=True))
_KINDS = {
    **dict.fromkeys("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "word"),
    **dict.fromkeys("0123456789.", "number"),
    **dict.fromkeys("\"'", "string"),
    **dict.fromkeys("{}()[],;=!<>+-*/|^~&", "mark"),
    "$": "var",
    ":": "pname",
    "_": "blank",
    "@": "lang",
    "#": "comment",
    "<": "iri",
    "?": "var",
}
# A `<`, `?` or `.` on its own is a mark; a letter outside ASCII begins a prefixed name only.
_ALONE = {"<": "mark", "?": "mark", ".": "mark"}
_LONGER = frozenset({"var", "string", "blank", "lang"})
_make = tuple.__new__


class Token(NamedTuple):
    """One token: its kind, its text, and its offset in code points.

    Kinds: var, iri, pname, word, blank, string, lang, number, mark, comment.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset just past the token."""
        return self.start + len(self.text)


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1, columns in code points."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def complain(text: str, offset: int, message: str) -> BadQuery:
    """The error to raise about one place of a request."""
    line, column = place(text, offset)
    return BadQuery(message, line=line, column=column)


def decode_escapes(text: str) -> str:
    r"""The text with `\uXXXX` outside strings and IRIs replaced (SPARQL 1.1 Query, section 19.2).

    Inside strings and IRIs the engine decodes them. An escape that would open a string, an IRI
    or a comment is refused: the specification allows no such use, and it could hide what follows.
    """

    def decoded(match: re.Match[str]) -> str:
        escape = match[1]
        if escape is None:
            return match[0]
        number = int(escape[2:], 16)
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF or chr(number) in "\"'<\\#":
            raise complain(text, match.start(), f"the escape {escape} is not allowed here")
        return chr(number)

    return _ESCAPE.sub(decoded, text) if "\\" in text else text


def tokens(text: str) -> list[Token]:
    """All tokens, comments included; raises BadQuery where no token begins or brackets differ."""
    found: list[Token] = []
    brackets: list[Token] = []
    start = 0
    for space, part in _TOKEN.findall(text):
        start += len(space)
        kind = _ALONE.get(part) or _KINDS.get(part[:1], "")
        if (kind == "word" or not kind) and ":" in part:
            kind = "pname"
        token = _make(Token, (kind, part, start))
        if kind == "mark" or not kind or (kind in _LONGER and len(part) == 1):
            if not part:
                break
            _check(text, token, brackets)
        found.append(token)
        start += len(part)
    if found and found[-1].kind == "string" and not _STRING.fullmatch(found[-1].text):
        raise _unreadable(text, found[-1])
    if brackets:
        raise complain(text, brackets[-1].start, f"this '{brackets[-1].text}' is never closed")
    return found


def _check(text: str, token: Token, brackets: list[Token]) -> None:
    """Keep count of open brackets; raises BadQuery for what is no token and for deep nesting."""
    if token.kind != "mark":
        raise _unreadable(text, token)
    if token.text in _OPEN:
        brackets.append(token)
        if len(brackets) > DEEPEST:
            raise complain(text, token.start, f"more than {DEEPEST} brackets inside each other")
    elif token.text in _CLOSE:
        if not brackets:
            raise complain(text, token.start, f"nothing is open that this '{token.text}' closes")
        opened = brackets.pop()
        if opened.text != _PAIR[token.text]:
            line, column = place(text, opened.start)
            raise complain(
                text,
                token.start,
                f"'{token.text}' cannot close the '{opened.text}' of line {line}, column {column}",
            )


def _unreadable(text: str, token: Token) -> BadQuery:
    first = token.text[0]
    if first in "\"'":
        return complain(text, token.start, "this string does not end, or has an unknown escape")
    shown = f"'{first}'" if first.isprintable() else f"U+{ord(first):04X}"
    return complain(text, token.start, f"the character {shown} cannot stand here")
