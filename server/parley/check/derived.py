"""Derived graphs: they equal their regeneration, and no direct triple is without a claim."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import pyoxigraph as ox

from parley.check.report import Finding
from parley.rdf import STATUS_GRAPHS, Namespaces, concept, term

CHECK = "derived"
# Fills the derived graphs of a store that has none, and says what it put there.
Derive = Callable[[ox.Store], set[ox.Quad]]


def check_derived(
    store: ox.Store, names: Namespaces, graphs: tuple[ox.NamedNode, ...], derive: Derive
) -> Iterator[Finding]:
    """Both gates; `graphs` are those that rules fill. `store` itself stays as it is."""
    found = {quad for graph in graphs for quad in store.quads_for_pattern(None, None, None, graph)}
    again = ox.Store()
    again.bulk_extend(quad for quad in store if quad.graph_name not in graphs)
    wanted = derive(again)
    for quads, message in (
        (found - wanted, "A derived triple does not follow from the claims."),
        (wanted - found, "A triple that follows from the claims is missing."),
    ):
        for quad in quads:
            yield _finding(quad, names, message, "Nobody edits derived graphs: run 'parley build'.")
    direct = (store.quads_for_pattern(None, None, None, names.graph(n)) for n in STATUS_GRAPHS)
    yield from check_claimed(store, names, chain.from_iterable(direct))


def check_claimed(
    store: ox.Store, names: Namespaces, quads: Iterable[ox.Quad]
) -> Iterator[Finding]:
    """Looks each direct triple's proposition up by its content address, not by the rules."""
    for quad in quads:
        if not _is_affirmed(store, names, quad):
            yield _finding(
                quad,
                names,
                "A direct triple has no accepted claim that affirms it.",
                "Run 'parley build'; if it stays, a derivation rule is wrong.",
            )


def _is_affirmed(store: ox.Store, names: Namespaces, quad: ox.Quad) -> bool:
    if not isinstance(quad.subject, ox.NamedNode) or not isinstance(
        quad.object, ox.NamedNode | ox.Literal
    ):
        return False
    proposition = names.proposition(quad.subject, quad.predicate, quad.object)
    return any(
        _has(store, claim.subject, "stance", "affirms")
        and _has(store, claim.subject, "reviewState", "review-accepted")
        for claim in store.quads_for_pattern(None, term("claims"), proposition)
    )


def _has(store: ox.Store, claim: object, name: str, value: str) -> bool:
    if not isinstance(claim, ox.NamedNode):
        return False
    return any(True for _ in store.quads_for_pattern(claim, term(name), concept(value)))


def _finding(quad: ox.Quad, names: Namespaces, message: str, fix: str) -> Finding:
    graph = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
    return Finding(
        CHECK,
        "violation",
        f"{message} (graph {graph.removeprefix(names.graph('').value)})",
        fix,
        focus=quad.subject if isinstance(quad.subject, ox.NamedNode) else None,
        path=quad.predicate,
        value=quad.object if isinstance(quad.object, ox.NamedNode | ox.Literal) else None,
    )
