"""Parameters of saved queries: grlc's way of naming them, and how a value's text becomes a term."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from parley.errors import BadInput
from parley.rdf import XSD, Namespaces, Object, expand

# grlc, gquery.py and README "Parameter mapping": `?_name` is required, `?__name` optional, a name
# holds no underscore, and what follows the next underscore is the type.
_VARIABLE = re.compile(r"(_{1,2})([^_]+)(?:_([A-Za-z0-9]+))?(?:_([A-Za-z0-9]+))?.*\Z")
_PLAIN = {"literal", "string"}
_DATATYPES = frozenset(
    """
    anyURI base64Binary boolean byte date dateTime decimal double duration float gDay gMonth
    gMonthDay gYear gYearMonth hexBinary int integer language long negativeInteger
    nonNegativeInteger nonPositiveInteger normalizedString positiveInteger short string time token
    unsignedByte unsignedInt unsignedLong unsignedShort
    """.split()
)
_ZONE = r"(?:Z|[+-]\d\d:\d\d)?"
_DATE = r"-?\d{4,}-\d\d-\d\d"
_TIME = r"\d\d:\d\d:\d\d(?:\.\d+)?"
_WHOLE = (r"[+-]?\d+", "a whole number such as 12")
# The lexical forms of XML Schema 1.1 Part 2 that a mistyped value is checked against.
_FORMS = {
    **dict.fromkeys(("integer", "long", "int", "short", "byte"), _WHOLE),
    **dict.fromkeys(
        ("nonNegativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
        (r"\+?\d+", "a whole number, 0 or more"),
    ),
    "positiveInteger": (r"\+?0*[1-9]\d*", "a whole number, 1 or more"),
    "nonPositiveInteger": (r"-\d+|0+", "a whole number, 0 or less"),
    "negativeInteger": (r"-0*[1-9]\d*", "a whole number below 0"),
    "decimal": (r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", "a decimal number such as 2.5"),
    **dict.fromkeys(
        ("double", "float"),
        (r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|INF)|NaN", "a number such as 2.5e3"),
    ),
    "boolean": (r"true|false|0|1", "true or false"),
    "date": (_DATE + _ZONE, "a date such as 2023-11-08"),
    "dateTime": (f"{_DATE}T{_TIME}{_ZONE}", "a date and time such as 2023-11-08T10:00:00Z"),
    "time": (_TIME + _ZONE, "a time such as 10:00:00"),
    "gYear": (r"-?\d{4,}" + _ZONE, "a year such as 2023"),
    "gYearMonth": (r"-?\d{4,}-\d\d" + _ZONE, "a month such as 2023-11"),
    "gMonth": (r"--\d\d" + _ZONE, "a month such as --11"),
    "gDay": (r"---\d\d" + _ZONE, "a day such as ---08"),
    "gMonthDay": (r"--\d\d-\d\d" + _ZONE, "a day of a month such as --11-08"),
    "duration": (r"-?P(?=.)[0-9YMDTHS.]+", "a duration such as P3D"),
    "language": (r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", "a language tag such as en"),
}
_CALENDAR = ("date", "dateTime", "time")
_NUMBER = re.compile(r"[+-]?(?:\d+(\.\d*)?|(\.\d+))([eE][+-]?\d+)?\Z", re.ASCII)
_CURIE = re.compile(r"([A-Za-z][A-Za-z0-9_-]*):(?!//)")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")


@dataclass(frozen=True)
class Parameter:
    """One parameter: `variable` is its name in the query without `?`; `kind` is iri, number or
    literal; `choices` are the values of `enumerate`; `values` is the SELECT that offers some."""

    name: str
    variable: str
    required: bool
    kind: str
    datatype: str | None = None
    language: str | None = None
    default: str | None = None
    choices: tuple[str, ...] = ()
    values: str | None = None

    @property
    def form(self) -> str:
        """The accepted form of a value, in words."""
        if self.kind == "iri":
            return "an IRI, a name with a known prefix such as id:taliban, or a bare slug"
        if self.kind == "number":
            return "a number such as 12 or 2.5"
        if self.datatype:
            name = self.datatype.removeprefix(XSD)
            return _FORMS.get(name, ("", f"a text of type {name}"))[1]
        return "a text" + (f" in the language {self.language}" if self.language else "")

    def term(self, value: str, names: Namespaces) -> Object:
        """The typed term of a value; raises BadInput naming the parameter and the accepted form."""
        if self.choices and value not in self.choices:
            raise BadInput(f"{self.name}: '{value}' is not offered; use {', '.join(self.choices)}")
        try:
            if self.kind == "iri":
                return _iri(value.strip(), names)
            if self.kind == "number":
                return _number(value.strip())
            if self.language:
                return ox.Literal(value, language=self.language)
            return _typed(value, self.datatype)
        except ValueError as error:
            raise BadInput(f"{self.name}: '{value}' is not {self.form}") from error


def read_parameter(variable: str, prefixes: Mapping[str, str]) -> Parameter | None:
    """The parameter that a variable (without `?`) stands for, or None for an ordinary variable.

    `prefixes` are those of the query, for a suffix such as `_edtf_EDTF`. Raises BadInput.
    """
    found = _VARIABLE.match(variable)
    if not found:
        return None
    marks, name, kind, user = found.groups()
    required = len(marks) == 1
    if kind in ("iri", "number"):
        return Parameter(name, variable, required, kind)
    if kind is None or kind in _PLAIN:
        return Parameter(name, variable, required, "literal")
    if kind in _DATATYPES:
        return Parameter(name, variable, required, "literal", XSD + kind)
    if len(kind) == 2 and user is None:
        return Parameter(name, variable, required, "literal", language=kind)
    if user:
        prefixes = {"xsd": XSD, **prefixes}
        if kind not in prefixes:
            raise BadInput(
                f"?{variable}: the query declares no prefix '{kind}'; a date is written _xsd_date"
            )
        return Parameter(name, variable, required, "literal", prefixes[kind] + user)
    raise BadInput(
        f"?{variable}: '{kind}' is no type of a parameter; use iri, number, literal, a type of "
        "XML Schema such as integer or date, a language of two letters, or prefix_datatype"
    )


def _iri(value: str, names: Namespaces) -> ox.NamedNode:
    try:
        if value.startswith("<") and value.endswith(">"):
            value = value[1:-1]
        elif (found := _CURIE.match(value)) and found[1] in names.prefixes:
            return expand(value, names.prefixes)
        elif ":" not in value:
            return names.thing(value)
    except BadInput as error:
        raise ValueError(value) from error
    if not _ABSOLUTE.match(value):
        raise ValueError(value)
    return ox.NamedNode(value)


def _number(value: str) -> ox.Literal:
    # SPARQL 1.1 Query, section 4.1.2: integer, decimal with a point, double with an exponent.
    found = _NUMBER.match(value)
    if not found:
        raise ValueError(value)
    name = "double" if found[3] else "decimal" if found[1] or found[2] else "integer"
    return ox.Literal(value, datatype=ox.NamedNode(XSD + name))


def _typed(value: str, datatype: str | None) -> ox.Literal:
    if datatype is None or datatype == XSD + "string":
        return ox.Literal(value)
    name = datatype.removeprefix(XSD)
    if name in _FORMS:
        value = value.strip()
        if not re.fullmatch(_FORMS[name][0], value, re.ASCII):
            raise ValueError(value)
    literal = ox.Literal(value, datatype=ox.NamedNode(datatype))
    if name in _CALENDAR and not _exists(literal):
        raise ValueError(value)
    return literal


def _exists(literal: ox.Literal) -> bool:
    """Whether the calendar has such a day: the engine's cast gives no value for 30 February."""
    rows = ox.Store().query(f"SELECT ({literal.datatype}({ox.Literal(literal.value)}) AS ?v) {{}}")
    assert isinstance(rows, ox.QuerySolutions)
    return next(iter(rows))[0] is not None
