"""Forms made from the SHACL shapes of a version, remembered for the last versions asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from parley.rdf import COMMON_PREFIXES, RDF_TYPE, VOCAB, XSD, term
from parley.store.versions import Version
from parley.web.editing.forms import Field, Form, Group, Option, Statement
from parley.web.site import Row, Site

LANG_STRING = COMMON_PREFIXES["rdf"] + "langString"
_STATEMENT = f"{VOCAB}role-statement"
_IRI = COMMON_PREFIXES["sh"] + "IRI"
_OBJECT_PROPERTY = COMMON_PREFIXES["owl"] + "ObjectProperty"
_PROPOSITION, _RELAY = term("Proposition").value, term("Relay").value
# Values of these classes are parts of a claim; relay steps are written from `relayed by`.
_PARTS = {_PROPOSITION: "proposition", term("Evidence").value: "quote", _RELAY: "relay"}
_KEPT = 2
Place = tuple[float, str]  # a group's order and label


@dataclass
class _Known:
    """What was read of one version."""

    forms: dict[tuple[str, ...], Form] = field(default_factory=dict)
    kinds: tuple[Option, ...] = ()


class Forms:
    """The forms of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._known: dict[int, _Known] = {}

    def form(self, kinds: Iterable[str], version: Version) -> Form:
        """The form of things that are of all these classes."""
        wanted = tuple(sorted(set(kinds)))
        known = self._of(version)
        if wanted not in known.forms:
            known.forms[wanted] = self._read(wanted, version)
        return known.forms[wanted]

    def kinds(self, version: Version) -> tuple[Option, ...]:
        """The classes of which a curator describes things."""
        known = self._of(version)
        if not known.kinds:
            known.kinds = _options(self._site.rows("kinds", version), "kind")
        return known.kinds

    def _of(self, version: Version) -> _Known:
        with self._lock:
            known = self._known.setdefault(version.number, _Known())
            for old in sorted(self._known)[:-_KEPT]:
                del self._known[old]
            return known

    def _read(self, kinds: tuple[str, ...], version: Version) -> Form:
        rows = [row for kind in kinds for row in self._rows("form", version, _kind=kind)]
        by_path: dict[str, list[Row]] = {RDF_TYPE.value: []}
        for row in rows:
            if text(row, "role") != _STATEMENT:  # those are derived from claims
                by_path.setdefault(text(row, "path"), []).append(row)
        of_claims = any(text(row, "class") == _PROPOSITION for row in rows)
        offered = (
            _options(self._rows("subclasses", version, _class=term("Claim").value), "kind")
            if of_claims
            else self.kinds(version)
        )
        placed: dict[Place, list[tuple[float, Field]]] = {}
        for path, found in by_path.items():
            options = offered if path == RDF_TYPE.value else self._choices(found, version)
            asked = self._field(path, found, options, of_claims)
            if asked.widget != "relay":
                place, order = _place(path, found)
                placed.setdefault(place, []).append((order, asked))
        groups = tuple(
            Group(label, tuple(f for _, f in sorted(fields, key=lambda p: (p[0], p[1].key))))
            for (_, label), fields in sorted(placed.items())
        )
        return Form(kinds, groups, self._statements(version) if of_claims else ())

    def _field(
        self, path: str, rows: Sequence[Row], options: tuple[Option, ...], of_claims: bool
    ) -> Field:
        """Where several shapes speak of one property, the narrowest counts hold."""
        most = [int(text(row, "maxCount")) for row in rows if "maxCount" in row]
        longest = [int(text(row, "maxLength")) for row in rows if "maxLength" in row]
        said = _fullest(rows)
        curie = self._site.render.curie(path)
        widget = _widget(path, rows, options)
        is_kind = widget == "kind"
        return Field(
            path=path,
            key=curie,
            name=text(said, "name") or ("kind" if is_kind else curie),
            help=text(said, "description")
            or ("What it is. A thing may be of several kinds." if is_kind else ""),
            widget=widget,
            least=max([int(text(row, "minCount") or 0) for row in rows], default=int(is_kind)),
            most=min(most, default=None),
            datatype=_first(rows, "datatype") or (_range(rows) if widget == "plain" else ""),
            kind=_first(rows, "class"),
            longest=min(longest, default=None),
            ordered=of_claims and path == term("relayedBy").value,
            options=options,
        )

    def _choices(self, rows: Sequence[Row], version: Version) -> tuple[Option, ...]:
        """The controlled values that the shapes leave for a property."""
        if scheme := _first(rows, "scheme"):
            return _options(self._rows("concepts", version, _thing=scheme), "concept")
        return _options([row for row in rows if "allowed" in row], "allowed", "allowedLabel")

    def _statements(self, version: Version) -> tuple[Statement, ...]:
        schemes: dict[str, tuple[Option, ...]] = {"": ()}
        found = {}
        for row in self._site.rows("statements", version):
            scheme = text(row, "scheme")
            if scheme not in schemes:
                members = self._rows("concepts", version, _thing=scheme)
                schemes[scheme] = _options(members, "concept")
            found[text(row, "property")] = Statement(
                text(row, "property"),
                text(row, "label"),
                text(row, "definition"),
                text(row, "kind") == _OBJECT_PROPERTY,
                text(row, "range"),
                schemes[scheme],
            )
        return tuple(found.values())

    def _rows(self, query: str, version: Version, **iris: str) -> list[Row]:
        terms = {name: ox.NamedNode(iri) for name, iri in iris.items()}
        return self._site.rows(query, version, **terms)


def text(row: Row | None, column: str) -> str:
    """The value of a column, empty where it is unbound."""
    return row[column]["value"] if row is not None and column in row else ""


def _options(rows: Iterable[Row], column: str, label: str = "label") -> tuple[Option, ...]:
    found = {}
    for row in rows:
        iri = text(row, column)
        found[iri] = Option(iri, text(row, label) or iri, text(row, "definition"))
    return tuple(found.values())


def _first(rows: Iterable[Row], column: str) -> str:
    return next((text(row, column) for row in rows if column in row), "")


def _fullest(rows: Sequence[Row]) -> Row | None:
    """The row that says most of a property: one with a group, not a mere order of two values."""
    return max(
        rows,
        key=lambda r: ("group" in r, sum(c in r for c in ("datatype", "class", "scheme"))),
        default=None,
    )


def _place(path: str, rows: Sequence[Row]) -> tuple[Place, float]:
    said = _fullest(rows)
    order = float(text(said, "order") or 999)
    if "groupLabel" in (said or ()):
        return (float(text(said, "groupOrder") or 99), text(said, "groupLabel")), order
    return ((0.0, "Kind") if path == RDF_TYPE.value else (99.0, "More")), order


def _widget(path: str, rows: Sequence[Row], options: tuple[Option, ...]) -> str:
    if path == RDF_TYPE.value:
        return "kind"
    if options:
        return "choice"
    if kind := _first(rows, "class"):
        return _PARTS.get(kind, "thing")
    if _first(rows, "nodeKind") == _IRI:
        return "thing"
    return "text" if _first(rows, "datatype") == LANG_STRING else "plain"


def _range(rows: Sequence[Row]) -> str:
    """The datatype that the ontology gives a property."""
    found = _first(rows, "range")
    return found if found.startswith((XSD, COMMON_PREFIXES["edtf"])) or found == LANG_STRING else ""
