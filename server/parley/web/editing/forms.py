"""What a form asks for: fields in groups, in their order, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

SOME, MOST = 1, 100  # empty rows offered at the end of a field, and rows a field may have


@dataclass(frozen=True)
class Option:
    """A value to choose, with its name and what it means."""

    iri: str
    label: str
    help: str = ""


@dataclass(frozen=True)
class Field:
    """One property of a form; `widget` says how its values are entered.

    Widgets: kind, choice and thing lead to IRIs; text has a language, plain is any other literal;
    proposition and quote are nodes that belong to a claim. `least` and `most` count values, `most`
    None for any number. `ordered` says that the order of the values means something. `key` names
    the field in a request: the property's CURIE.
    """

    path: str
    key: str
    name: str
    help: str
    widget: str
    least: int = 0
    most: int | None = None
    datatype: str = ""
    kind: str = ""
    longest: int | None = None
    ordered: bool = False
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Group:
    """Fields under one heading."""

    label: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Statement:
    """A property that propositions use; it leads to a thing, to one of `options`, or to a literal
    of the datatype `range`."""

    iri: str
    label: str
    help: str
    to_things: bool
    range: str = ""
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Form:
    """The fields for things of these kinds, the same property never twice."""

    kinds: tuple[str, ...]
    groups: tuple[Group, ...]
    statements: tuple[Statement, ...] = ()

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All fields, in the order of the form."""
        return tuple(field for group in self.groups for field in group.fields)

    @cached_property
    def paths(self) -> frozenset[str]:
        """The properties that the form has a say in."""
        return frozenset(field.path for field in self.fields)

    @property
    def is_claim(self) -> bool:
        """Whether it is the form of a claim."""
        return bool(self.statements)

    def statement(self, iri: str) -> Statement | None:
        """The property of propositions with this IRI."""
        return next((found for found in self.statements if found.iri == iri), None)
