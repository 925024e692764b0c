"""What the servers are asked: each workload with enough different queries for its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pyoxigraph as ox

from bench.synthetic import SEED

JSON, TRIPLES = "application/sparql-results+json", "application/n-triples"
_PREFIXES = """\
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX parley: <https://w3id.org/parley/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""
_MOST_SUBJECTS, _JOINS, _VARIANTS = 200_000, 20_000, 2_000


TITLES = {
    "lookup": "point lookup, every one different",
    "repeated": "one query again and again",
    "join": "join, filter, order, every one different",
    "text": "text filter over everything",
    "aggregate": "aggregate over everything",
    "rows": "SELECT download",
    "triples": "CONSTRUCT download",
}


@dataclass(frozen=True)
class Workload:
    """Queries of one kind; all different unless `repeat`, so that no cache can answer them.

    Where the answer is to be the same, the name of a variable in it is what differs.
    """

    name: str
    accept: str
    queries: tuple[str, ...]
    ordered: bool = False
    repeat: bool = False

    @property
    def title(self) -> str:
        return TITLES[self.name]


def workloads(store: ox.Store) -> tuple[Workload, ...]:
    """The workloads over this data."""
    join, places = _many(_join, _JOINS), _places(store)
    return (
        Workload("lookup", JSON, _lookups(store)),
        Workload("repeated", JSON, join[:1], True, True),
        Workload("join", JSON, join[1:], True),
        Workload("text", JSON, _many(lambda number: _text(number, places), _VARIANTS)),
        Workload("aggregate", JSON, _many(_aggregate, _VARIANTS)),
        Workload("rows", JSON, _many(_rows, _VARIANTS)),
        Workload("triples", TRIPLES, _many(_triples, _VARIANTS)),
    )


def _many(make: Callable[[int], str], count: int) -> tuple[str, ...]:
    return tuple(_PREFIXES + make(number) for number in range(count))


def _lookups(store: ox.Store) -> tuple[str, ...]:
    found = store.query(
        "SELECT DISTINCT ?s WHERE { GRAPH ?g { ?s a ?type } FILTER(isIRI(?s)) } "
        f"LIMIT {_MOST_SUBJECTS}"
    )
    assert isinstance(found, ox.QuerySolutions)
    subjects = sorted(str(row["s"]) for row in found)
    Random(SEED).shuffle(subjects)
    return tuple(f"SELECT ?p ?o WHERE {{ {subject} ?p ?o }}" for subject in subjects)


def _join(number: int) -> str:
    year, month = 2010 + number % 8, number // 8 % 12 + 1
    day = number // 96 % 28 + 1
    return f"""
SELECT ?event ?label{number} ?place ?begin WHERE {{
  ?event parley:takesPlaceIn ?place ; parley:during ?span ; rdfs:label ?label{number} .
  ?place parley:within ?province .
  ?span parley:earliestBegin ?begin .
  FILTER(?begin >= "{year}-{month:02d}-{day:02d}"^^xsd:date)
}} ORDER BY ?begin ?event LIMIT 100"""


def _places(store: ox.Store) -> tuple[str, ...]:
    found = store.query(
        _PREFIXES + "SELECT ?name WHERE { ?s a parley:Settlement ; rdfs:label ?name }",
        use_default_graph_as_union=True,
    )
    assert isinstance(found, ox.QuerySolutions)
    return tuple(sorted(row["name"].value.lower() for row in found))


def _text(number: int, places: tuple[str, ...]) -> str:
    return f"""
SELECT ?s ?p ?text{number} WHERE {{
  ?s ?p ?text{number} .
  FILTER(isLiteral(?text{number})
    && CONTAINS(LCASE(STR(?text{number})), "{places[number % len(places)]}"))
}}"""


def _aggregate(number: int) -> str:
    return f"SELECT ?p (COUNT(*) AS ?n{number}) WHERE {{ ?s ?p ?o }} GROUP BY ?p"


def _rows(number: int) -> str:
    return f"""
SELECT ?s{number} ?p ?text WHERE {{
  VALUES ?p {{ oa:exact rdfs:label parley:stance }} ?s{number} ?p ?text .
}}"""


def _triples(number: int) -> str:
    return f"""
CONSTRUCT {{ ?s{number} ?p ?text }} WHERE {{
  VALUES ?p {{ oa:exact rdfs:label parley:stance }} ?s{number} ?p ?text .
}}"""
