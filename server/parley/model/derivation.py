"""Direct triples from claims: the rules run in order, and a later rule's graph takes the triple."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from parley.errors import BadInput
from parley.rdf import Namespaces


@dataclass(frozen=True)
class Rule:
    """A CONSTRUCT query and the derived graph it fills; `name` is the graph's short name."""

    name: str
    text: str


def read_rules(paths: Iterable[Path]) -> tuple[Rule, ...]:
    """The rules of the files `1-reported.rq`, `2-stated.rq`, ... in the order of their numbers."""
    rules = []
    for path in sorted(paths):
        number, dash, name = path.stem.partition("-")
        if not (dash and number.isdigit()):
            raise BadInput("a rule's file is called NUMBER-GRAPH.rq", source=str(path))
        rules.append(Rule(name, path.read_text(encoding="utf-8")))
    if not rules:
        raise BadInput("the dataset has no derivation rules; ontology/rules/ is empty")
    return tuple(rules)


def derived_quads(store: ox.Store, names: Namespaces, rules: Sequence[Rule]) -> set[ox.Quad]:
    """Every quad the rules give for the claims in `store`, read on the union of all its graphs.

    Works on `store` itself: afterwards it holds exactly these quads in the derived graphs. The
    first rule's triples are in place while the later ones run. Each triple ends in one graph.
    """
    graphs = {rule.name: names.graph(rule.name) for rule in rules}
    for graph in graphs.values():
        store.remove_graph(graph)
    placed: dict[ox.Triple, ox.NamedNode] = {}
    for number, rule in enumerate(rules):
        found = store.query(rule.text, use_default_graph_as_union=True)
        assert isinstance(found, ox.QueryTriples)
        placed.update((triple, graphs[rule.name]) for triple in found)
        if number == 0:
            store.bulk_extend(_quads(placed))
    quads = set(_quads(placed))
    for graph in graphs.values():
        store.remove_graph(graph)
    store.bulk_extend(quads)
    return quads


def _quads(placed: dict[ox.Triple, ox.NamedNode]) -> Iterable[ox.Quad]:
    return (ox.Quad(t.subject, t.predicate, t.object, graph) for t, graph in placed.items())
