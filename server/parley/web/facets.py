"""Claims narrowed by facets: how many there are, how each facet divides them, and a page of them.

Each facet is a pattern of SPARQL that stands here as a constant; what a reader typed enters as
terms only.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyoxigraph as ox

from parley.errors import BadInput, ParleyError
from parley.formats import BINDINGS
from parley.rdf import PARLEY, VOCAB, Namespaces, read_iri
from parley.sparql import bind
from parley.store.touched import touched
from parley.store.versions import Version
from parley.web.columns import Columns, Kept
from parley.web.exchange import Request
from parley.web.labelling import labels_of
from parley.web.site import Cell, Site, Term

_LOG = logging.getLogger(__name__)
_TOUCHED = 3_000  # things; for more the columns are read anew
_KEPT = 64  # choices whose claims are kept
_SHOWN, _WHOLE = 6, 500  # values of a facet
_WORDS = 6  # of the text that are looked for
_LONGEST = 200
_TSV = BINDINGS[3]
_WORDED = (
    "{ ?claim rdfs:label ?words . } "
    "UNION { ?claim parley:evidence/oa:hasSelector/oa:exact ?words . } "
    "BIND(LCASE(STR(?words)) AS ?low) FILTER("
)


@dataclass(frozen=True)
class Facet:
    """One way to narrow claims: `pattern` leads from ?claim to ?value.

    `space` is what a bare name in the address stands in; `divides` whether its values are offered,
    and `held` whether they are in the columns.
    """

    name: str
    heading: str
    pattern: str
    space: str = "id"
    divides: bool = True
    held: bool = True


FACETS = (
    Facet("stance", "Stance", "?claim parley:stance ?value .", VOCAB),
    Facet("status", "Status", "?claim parley:epistemicStatus ?value .", VOCAB),
    Facet("speaker", "Speaker", "?claim parley:speaker ?value ."),
    Facet("predicate", "Property", "?claim parley:claims/parley:predicate ?value .", PARLEY),
    Facet("article", "Article", "?claim parley:evidence/oa:hasSource ?value ."),
    Facet("review", "Review", "?claim parley:reviewState ?value .", VOCAB),
    # From pages that show some of their claims and lead here for all.
    Facet("through", "Passed on by", "?claim parley:relayedBy ?value .", divides=False),
    Facet(
        "about",
        "About",
        "?claim parley:claims ?said . ?said parley:subject|parley:object ?value .",
        divides=False,
        held=False,
    ),
    Facet("says", "Saying that", "?claim parley:claims ?value .", divides=False, held=False),
)
BY_NAME = {facet.name: facet for facet in FACETS}


@dataclass(frozen=True)
class Choice:
    """What a reader wants to see: a value for some facets, and words of the gloss or the quote."""

    values: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()

    def without(self, facet: str) -> Choice:
        """The same without one facet."""
        return Choice(tuple(pair for pair in self.values if pair[0] != facet), self.words)


@dataclass(frozen=True)
class Divided:
    """A facet with the values that most claims of a choice have: IRI, label and how many claims.

    The facet's own value is not part of the choice that is counted, so that another can be seen;
    `chosen` is that value, or empty. `more` values are left out.
    """

    facet: Facet
    chosen: str
    values: list[tuple[str, str, int]]
    more: int


def choice_of(request: Request, names: Namespaces) -> Choice:
    """What the address of a request chooses. Raises BadInput for what can be no IRI."""
    values = tuple(
        (facet.name, _iri(facet, given, names))
        for facet in FACETS
        if (given := request.value(facet.name))
    )
    text = (request.value("q") or "")[:_LONGEST].lower()
    return Choice(values, tuple(dict.fromkeys(text.split()))[:_WORDS])


def _iri(facet: Facet, given: str, names: Namespaces) -> str:
    if ":" in given:
        return read_iri(given, names.prefixes).value
    space = facet.space if facet.space != "id" else f"{names.base}id/"
    try:
        return ox.NamedNode(space + given).value
    except ValueError as error:
        raise BadInput(f"{facet.name}: '{given[:200]}' is not a name or an IRI") from error


class Facets:
    """The claims of choices; threads may share it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        held = [facet.name for facet in FACETS if facet.held]
        self._kept = Kept(self._column, self._changed, held)
        self._chosen = lru_cache(maxsize=_KEPT)(self._ask)

    def columns(self, version: Version) -> Columns:
        """The values of all claims of a version."""
        return self._kept.of(version)

    def claims(self, version: Version, choice: Choice) -> list[str]:
        """The IRIs of the claims, in the order of their articles and places."""
        columns = self._kept.of(version)
        return [columns.iris[number] for number in self._numbers(version, choice)]

    def divided(self, version: Version, choice: Choice, whole: str = "") -> list[Divided]:
        """Each facet with some of its values; that of the name `whole` with all, up to 500."""
        columns = self._kept.of(version)
        chosen = dict(choice.values)
        found = []
        for facet in FACETS:
            if facet.divides:
                own = chosen.get(facet.name, "")
                others = self._numbers(version, choice.without(facet.name))
                counted = columns.counts(facet.name, others)
                most = _WHOLE if facet.name == whole else _SHOWN
                kept = [pair for n, pair in enumerate(counted) if n < most or pair[0] == own]
                found.append((facet, own, kept, len(counted) - len(kept)))
        known = labels_of(self._site, version, (iri for _, _, kept, _ in found for iri, _ in kept))
        return [
            Divided(facet, own, [(iri, self._label(known, iri), n) for iri, n in kept], more)
            for facet, own, kept, more in found
        ]

    def named(self, version: Version, choice: Choice) -> dict[str, str]:
        """The labels of what is chosen, by the names of the facets."""
        known = labels_of(self._site, version, (iri for _, iri in choice.values))
        return {name: self._label(known, iri) for name, iri in choice.values}

    def _label(self, known: Mapping[str, Cell], iri: str) -> str:
        return known[iri]["value"] if iri in known else self._site.render.curie(iri)

    def _numbers(self, version: Version, choice: Choice) -> Sequence[int]:
        """The numbers of the claims in the columns of the version."""
        columns = self._kept.of(version)
        sets = []
        for name, iri in choice.values:
            if name in columns.claims:
                sets.append(columns.having(name, iri))
            else:
                sets.append(columns.among(self._chosen(version, name, (iri,))))
        if choice.words:
            sets.append(columns.among(self._chosen(version, "", choice.words)))
        if not sets:
            return range(len(columns.iris))
        return sorted(frozenset.intersection(*sets))

    def _ask(self, version: Version, name: str, values: tuple[str, ...]) -> frozenset[str]:
        """The claims with a value that no column has, or with words."""
        if name:
            pattern = BY_NAME[name].pattern.replace("?value", "?_value")
            terms: dict[str, Term] = {"_value": ox.NamedNode(values[0])}
        else:
            terms = {f"_w{n}": ox.Literal(word) for n, word in enumerate(values)}
            pattern = _WORDED + " && ".join(f"CONTAINS(?low, ?_w{n})" for n in range(len(values)))
            pattern += ")"
        text = bind(self._site.query("claims-chosen").replace("# the choice", pattern), terms)
        return frozenset(row["claim"]["value"] for row in self._site.table(text, version)[1])

    def _column(
        self, version: Version, facet: str, claims: Collection[str] | None
    ) -> Iterator[Sequence[str]]:
        """The rows of a facet, or where claims stand, as their terms are written."""
        text = self._site.query("claims-column" if facet else "claims-places")
        if facet:
            text = text.replace("# the facet", BY_NAME[facet].pattern)
        if claims is not None:
            text = text.replace("# the claims", "VALUES ?claim { parley:none }")
            text = bind(text, {"claim": [ox.NamedNode(iri) for iri in sorted(claims)]})
        with self._site.select(text, _TSV, version) as answer:
            lines = answer.read().decode().split("\n")
        return (line.split("\t") for line in lines[1:] if line)

    def _changed(self, near: int, version: Version) -> set[str] | None:
        """The claims that may differ between two versions: all that a commit between them touched.

        None where that is much, or is not known.
        """
        if self._site.versions is None:
            return None
        first, last = sorted((near, version.number))
        try:
            found = touched(self._site.versions.ledger, first, last, _TOUCHED)
        except ParleyError as error:
            _LOG.warning("the claims of version %d are read anew: %s", version.number, error)
            return None
        if not found:
            return None if found is None else set()
        rows = self._site.rows("claims-touched", version, _touched=sorted(found, key=str))
        return {row["claim"]["value"] for row in rows} | {node.value for node in found}
