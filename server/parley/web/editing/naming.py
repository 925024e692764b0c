"""Things by name: what a name may mean, and new addresses made from names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from parley.errors import BadInput
from parley.rdf import expand
from parley.store.versions import Version
from parley.web.editing.shapes import Forms, text
from parley.web.site import Row, Site

ANY = "http://www.w3.org/2000/01/rdf-schema#Resource"
_LONGEST_NAME, _LONGEST_SLUG = 300, 80
_WORDS = 3
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_TAKEN = {"new"}  # an address of the editor itself


@dataclass(frozen=True)
class Named:
    """A thing with its name, its kinds in words, and whether it is of the class asked for."""

    iri: str
    label: str
    kinds: str = ""
    fits: bool = True


@dataclass(frozen=True)
class Meaning:
    """What a name was found to mean: a thing, or several to choose from, or a problem."""

    iri: ox.NamedNode | None = None
    choices: tuple[Named, ...] = ()
    problem: str = ""


class Naming:
    """Looks names up in a version of one site."""

    def __init__(self, site: Site, forms: Forms, version: Version) -> None:
        self._site = site
        self._forms = forms
        self._version = version
        self.names = site.dataset.names

    def suggest(self, words: str, kind: str = "") -> list[Named]:
        """Things of a class, of any when it is empty, with these words in a name."""
        return _together(self._suggested(words, kind))

    def _suggested(self, words: str, kind: str) -> list[Row]:
        low = unicodedata.normalize("NFC", words[:_LONGEST_NAME]).lower().strip()
        if not low:
            return []
        if kind:
            rows = self._site.rows("subclasses", self._version, _class=ox.NamedNode(kind))
            kinds = [ox.NamedNode(text(row, "kind")) for row in rows]
        else:
            kinds = [ox.NamedNode(option.iri) for option in self._forms.kinds(self._version)]
        given = (low.split() + [""] * _WORDS)[:_WORDS]
        terms = {f"_w{n}": ox.Literal(word) for n, word in enumerate(given, start=1)}
        terms["_text"] = ox.Literal(low)
        return self._site.rows("suggest", self._version, kind=kinds, **terms) if kinds else []

    def meaning(self, name: str, kind: str = "", hint: str = "", pick: str = "") -> Meaning:
        """The one thing a person means by a name, an address or an IRI.

        `hint` is the IRI of the thing whose name stood in the field before, and counts while that
        is still its name; `pick` is the one chosen among those that were offered for this name.
        """
        if len(name) > _LONGEST_NAME:
            return Meaning(problem=f"A name has up to {_LONGEST_NAME} characters.")
        address = self._address(name)
        if address is not None:
            return address
        named = _together(self._named(name, kind))
        alike: list[Named] = []
        if not named:
            rows = (kind and self._suggested(name, kind)) or self._suggested(name, "")
            named = _together(row for row in rows if text(row, "rank") == "0")
            alike = _together(rows)
        for chosen, among in ((hint, named), (pick, named or alike)):
            if any(n.iri == chosen for n in among):
                return Meaning(ox.NamedNode(chosen))
        fitting = tuple(n for n in named if n.fits) or tuple(named)
        if len(fitting) == 1:
            return Meaning(ox.NamedNode(fitting[0].iri))
        if fitting:
            return Meaning(None, fitting, f"Several things are called '{name}'. Choose one.")
        if _SLUG.match(name) and self._exists(self.names.thing(name)):
            return Meaning(self.names.thing(name))
        if alike:
            return Meaning(None, tuple(alike), f"Nothing is called '{name}'. Choose what is meant.")
        return Meaning(
            problem=f"Nothing is called '{name}'. Correct the name, or describe the thing first."
        )

    def fresh(self, label: str, kind: str) -> ox.NamedNode:
        """An IRI nobody uses, made from a name, or from the kind when that has no Latin letter."""
        stem = slug(label) or slug(kind) or "thing"
        number = 1
        while True:
            candidate = stem if number == 1 else f"{stem}-{number}"
            iri = self.names.thing(candidate)
            if candidate not in _TAKEN and not self._exists(iri):
                return iri
            number += 1

    def _address(self, name: str) -> Meaning | None:
        """What an absolute IRI or a CURIE means; None for a name, which may have a colon, too."""
        prefix, colon, rest = name.partition(":")
        if name.startswith("<") or (colon and rest.startswith("//")):
            written = name if name.startswith("<") else f"<{name}>"
        elif colon and prefix in self.names.prefixes:
            written = name
        else:
            return None
        try:
            return Meaning(expand(written, self.names.prefixes))
        except BadInput:
            return Meaning(problem=f"'{name}' is no address: it has spaces, or is cut short.")

    def _exists(self, iri: ox.NamedNode) -> bool:
        return self._site.holds("exists", self._version, _thing=iri)

    def _named(self, name: str, kind: str) -> list[Row]:
        return self._site.rows(
            "named",
            self._version,
            _name=ox.Literal(name, language="en"),
            _class=ox.NamedNode(kind or ANY),
            _space=ox.Literal(f"{self.names.base}id/"),
        )


def slug(label: str) -> str:
    """Lower-case words joined by hyphens; letters of other scripts are left out."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    return "-".join(words)[:_LONGEST_SLUG].strip("-")


def _together(rows: Iterable[Row]) -> list[Named]:
    """Each thing once, with all its kinds."""
    found: dict[str, Named] = {}
    for row in rows:
        iri = text(row, "thing")
        kind, fits = text(row, "kindLabel"), text(row, "fits") == "true"
        before = found.get(iri)
        if before is None:
            found[iri] = Named(iri, text(row, "label"), kind, fits)
        else:
            kinds = before.kinds if kind in before.kinds.split(", ") else f"{before.kinds}, {kind}"
            found[iri] = Named(iri, before.label, kinds, before.fits or fits)
    return list(found.values())
