"""The text of a saved query before it is saved: can it be read, may it be asked, does it answer?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from parley import sparql
from parley.check.answers import Result, table
from parley.check.report import Finding, Report
from parley.check.saved import CHECK, Problem, problems
from parley.errors import (
    BadInput,
    Forbidden,
    LimitReached,
    ParleyError,
    Refused,
    ServiceFailed,
    TooLarge,
)
from parley.formats import BINDINGS, GRAPHS
from parley.queries import SavedQuery, read_text
from parley.store.versions import Version
from parley.web.authoring.draft import Draft, placed
from parley.web.desk import wrong
from parley.web.protocol import Operation
from parley.web.site import Site

_COMPARED = 10_000  # rows or triples that are looked at


@dataclass(frozen=True)
class Trial:
    """What a text turned out to be.

    `query` is None where it cannot be read; `errors` are what was raised, by the part of the text
    they are about; `problems` what an answer showed. `rows` counts rows or triples, None for yes or
    no and where nothing was answered.
    """

    query: SavedQuery | None = None
    errors: tuple[tuple[str, ParleyError], ...] = ()
    problems: tuple[Problem, ...] = ()
    rows: int | None = None

    @property
    def stands(self) -> bool:
        """Whether nothing was found that a save is refused for."""
        return not self.errors and all(p.severity != "violation" for p in self.problems)

    def tell(self, draft: Draft) -> None:
        """Puts every error and problem at its field."""
        for part, error in self.errors:
            draft.tell(part, placed(error))
        for problem in self.problems:
            said = f"{problem.message[:1].upper()}{problem.message[1:]}. {problem.fix}"
            remark = "" if problem.severity == "violation" else "Not refused, but look at it: "
            draft.tell(problem.part, remark + said)

    def require(self, name: str, focus: ox.NamedNode) -> SavedQuery:
        """The query that may be saved. Raises the first error, Refused with all problems."""
        if self.errors:
            raise self.errors[0][1]
        findings = (
            Finding(CHECK, p.severity, p.message, p.fix, focus=focus, label=name)
            for p in self.problems
        )
        if not self.stands:
            raise Refused("refused: the query cannot be saved like this", Report.of(findings))
        assert self.query is not None
        return self.query


def tried(site: Site, version: Version, name: str, text: str) -> Trial:
    """Reads a text and asks it once, with its defaults, under the limits of every query.

    Raises as the store does where that is not the query's fault.
    """
    limit = site.settings.query_text_limit
    if len(text.encode()) > limit:
        error = TooLarge(
            f"the text is longer than {limit} bytes", limit="query_text_limit", value=limit
        )
        return Trial(errors=(("text", error),))
    try:
        query = read_text(name, text, site.dataset.names)
    except BadInput as error:
        part = error.message.partition(":")[0]
        return Trial(errors=((part, error),))
    errors = tuple(_refusals(site, version, query))
    if errors:
        return Trial(query, errors)
    asked = _Asked(site, version)
    try:
        found = tuple(problems(query, asked))
    except (LimitReached, TooLarge, ServiceFailed) as error:
        return Trial(query, (("text", error),))
    return Trial(query, (), found, asked.rows)


def _refusals(site: Site, version: Version, query: SavedQuery) -> Iterator[tuple[str, ParleyError]]:
    """What stands in the way of asking a query or for its choices: syntax, and servers it calls."""
    texts = {"text": query.text}
    texts |= {f"values.{p.name}": p.values for p in query.parameters if p.values}
    hosts = site.settings.service_hosts
    for part, text in texts.items():
        try:
            sparql.allow(sparql.silence(sparql.read_closely(text), hosts), hosts)
        except (BadInput, Forbidden) as error:
            yield part, error
            continue
        mistake = wrong(site, version, Operation(text))
        if mistake is not None:
            yield part, mistake


class _Asked:
    """Asks a version; `rows` is what the first answer had."""

    def __init__(self, site: Site, version: Version) -> None:
        self._site = site
        self._version = version
        self._counted = False
        self.rows: int | None = None

    def __call__(self, text: str) -> Result:
        graph = sparql.kind(text) in {"construct", "describe"}
        form = GRAPHS[1] if graph else BINDINGS[0]
        with self._site.select(text, form, self._version) as answer:
            if not self._counted:
                self._counted, self.rows = True, answer.rows
            source = answer.file or answer.body or b""
            if graph:
                quads = islice(ox.parse(source, ox.RdfFormat.N_TRIPLES), _COMPARED)
                return frozenset(quad.triple for quad in quads)
            found = ox.parse_query_results(source, format=ox.QueryResultsFormat.JSON)
            return table(found, _COMPARED)
