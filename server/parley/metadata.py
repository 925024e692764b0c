"""The `#+` lines of a saved query: read as YAML, and one of their keys written anew."""

from __future__ import annotations

import unicodedata
from typing import Any  # what YAML holds before it is checked

import yaml

from parley.errors import BadInput

_GRLC = ("summary", "description", "tags", "defaults", "enumerate", "pagination", "method")
_GRLC_REST = ("endpoint", "endpoint_in_url", "mime", "transform")
_OURS = ("question", "view", "values", "expect")
KEYS = frozenset((*_GRLC, *_GRLC_REST, *_OURS))
LONGEST = 64 << 10  # characters of metadata: YAML is read slowly
_START = "#+"
_UNLIKELY = 1 << 30  # no line is folded


def read_metadata(text: str) -> dict[str, Any]:
    """The YAML of the `#+` lines.

    Raises BadInput, with the line where it is known, for YAML that is none, for an unknown key,
    and for what makes YAML grow when it is written out: references and tags of types.
    """
    _refuse_unseen(text)
    rows, joined = _rows(text)
    node = _composed(rows, joined)
    if node is None:
        return {}
    try:
        data = yaml.constructor.SafeConstructor().construct_document(node)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise _invalid(rows, error) from error
    if not isinstance(data, dict):
        raise BadInput("the #+ lines are no keys and values: write '#+ summary: …'", line=rows[0])
    unknown = sorted(str(key) for key in data if key not in KEYS)
    if unknown:
        line = next(_line(rows, k.start_mark) for k, _ in node.value if k.value in unknown)
        raise BadInput(f"unknown {', '.join(unknown)}; known: {', '.join(sorted(KEYS))}", line=line)
    return data


def with_key(text: str, key: str, value: object) -> str:
    """The text with another value of one key, None for none; every other line stays as it is.

    A key that is not there yet is written behind the others. Raises BadInput.
    """
    rows, joined = _rows(text)
    node = _composed(rows, joined)
    pairs = node.value if node is not None else []
    starts = [pair[0].start_mark.line for pair in pairs]
    if len(set(starts)) < len(starts) or (node is not None and node.flow_style):
        raise BadInput("write each key of the #+ lines on a line of its own", line=rows[0])
    ends = [*starts, len(rows)][1:]
    lines = text.splitlines(keepends=True)
    cut: set[int] = set()
    for (name, _), start, end in zip(pairs, starts, ends, strict=True):
        if name.value == key:
            own = [rows[number] - 1 for number in range(start, end)]
            while _is_beside(lines[own[-1]], name.start_mark.column):
                own.pop()
            cut |= {*own}
    place = min(cut) if cut else max(rows, default=0)
    if place and not cut and not lines[place - 1].endswith(("\n", "\r")):
        lines[place - 1] += "\n"
    ending = "\r\n" if "\r\n" in text else "\n"
    block = [] if value is None else [f"{_START} {row}{ending}" for row in _written(key, value)]
    before = [line for number, line in enumerate(lines[:place]) if number not in cut]
    after = [line for number, line in enumerate(lines) if number >= place and number not in cut]
    changed = "".join([*before, *block, *after])
    if not _is_same(read_metadata(changed).get(key), value):
        raise BadInput(f"{key}: this text cannot be written into the #+ lines")
    return changed


def _is_same(one: object, other: object) -> bool:
    """Whether two values are equal, but for the end of a text's last line."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[k], other[k]) for k in one)
    if isinstance(one, str) and isinstance(other, str):
        return one.rstrip("\n") == other.rstrip("\n")
    return one == other


def _is_beside(line: str, column: int) -> bool:
    """Whether a line is empty or a comment, and stands no deeper than a key in this column."""
    said = line.removeprefix(_START).rstrip()
    inner = said.lstrip()
    return not inner or (inner.startswith("#") and len(said) - len(inner) <= column)


class _Refers(yaml.MarkedYAMLError):
    """A node that is another one's, or of a type that is named."""


class _Reader(yaml.SafeLoader):
    """Reads what is written out."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # a key
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs have no types here
        refers = isinstance(event, yaml.AliasEvent) or event.anchor
        if refers or getattr(event, "tag", None):
            raise _Refers(problem_mark=event.start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


class _Writer(yaml.SafeDumper):
    """Writes lists indented, and texts of several lines as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _as_block(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _as_block)


def _written(key: str, value: object) -> list[str]:
    text = yaml.dump(
        {key: value}, Dumper=_Writer, allow_unicode=True, width=_UNLIKELY, sort_keys=False
    )
    return str(text).rstrip("\n").split("\n")


def _refuse_unseen(text: str) -> None:
    """Control characters and breaks that only some readers take for the end of a line."""
    if text.isascii() and text.isprintable():
        return
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        for column, character in enumerate(line, 1):
            if unicodedata.category(character) in {"Cc", "Zl", "Zp"} and character != "\t":
                raise BadInput(
                    f"the character U+{ord(character):04X} stands here, which nobody sees; "
                    "remove it",
                    line=number,
                    column=column,
                )


def _rows(text: str) -> tuple[list[int], str]:
    """The numbers of the `#+` lines, and what they hold."""
    found = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.startswith(_START)]
    joined = "\n".join(line[len(_START) :] for _, line in found)
    if len(joined) > LONGEST:
        raise BadInput(
            f"the #+ lines hold more than {LONGEST} characters; a long expected answer belongs "
            "into a file of its own",
            line=found[0][0],
        )
    return [number for number, _ in found], joined


def _composed(rows: list[int], joined: str) -> yaml.MappingNode | None:
    """The keys and values with their places, None where there are none. Raises BadInput."""
    try:
        node = yaml.compose(joined, _Reader)
    except _Refers as error:
        raise BadInput(
            "the #+ lines hold a reference (& or *) or a type (!); write the values out",
            line=_line(rows, error.problem_mark),
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _invalid(rows, error) from error
    if node is not None and not isinstance(node, yaml.MappingNode):
        raise BadInput("the #+ lines are no keys and values: write '#+ summary: …'", line=rows[0])
    return node


def _invalid(rows: list[int], error: Exception) -> BadInput:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or (
        "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    )
    return BadInput(f"the #+ lines are not valid YAML: {problem}", line=_line(rows, mark))


def _line(rows: list[int], mark: Any) -> int | None:  # Any: PyYAML has a mark of its own in C
    """The line of the text behind a place in the YAML, which may end one line further."""
    return rows[min(mark.line, len(rows) - 1)] if mark else None
