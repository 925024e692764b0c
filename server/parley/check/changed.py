"""What a change to a sound dataset breaks, found by looking at what it touches and nothing else.

Covered, and so refused at once: tokens in data; undeclared terms; SHACL, core and SPARQL
constraints alike, on every node whose result the change can alter; facts without a claim, triples
in two graphs, things that are mentioned but not described, things without a class; addresses of
propositions; EDTF values and the bounds beside them; quotes against registered texts; direct
triples without a claim. The whole check finds the same, and the tests hold one to the other.

Left to `parley check` and `parley build`: what only files say (syntax, form, places in files,
terms of queries, expected answers), the ontology (which no live write may alter), sentences that
nothing covers (a warning), reasoning. A mistake that was there before and that the change does not
touch is not seen either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from parley.check.addresses import check_addresses
from parley.check.dates import check_dates
from parley.check.derived import check_claimed
from parley.check.followed import FollowedShapes
from parley.check.graphs import check_graphs_near
from parley.check.quotes import check_quotes
from parley.check.report import Finding
from parley.check.secrets import check_secrets
from parley.check.terms import Terms, check_terms
from parley.rdf import COMMON_PREFIXES, STATUS_GRAPHS, Namespaces, term
from parley.sparql.quads import Quads
from parley.store.texts import Texts

_OA = COMMON_PREFIXES["oa"]
_HAS_SELECTOR = ox.NamedNode(_OA + "hasSelector")
_HAS_SOURCE = ox.NamedNode(_OA + "hasSource")
_MEASURES = {term("textSha256"), term("textLength")}


@dataclass(frozen=True)
class Changed:
    """A change that is in the store already: what was written, and what followed from it."""

    written: Collection[ox.Quad]
    unwritten: Collection[ox.Quad]
    derived: Collection[ox.Quad]
    underived: Collection[ox.Quad]

    @property
    def added(self) -> list[ox.Quad]:
        """All quads that were not there before."""
        return [*self.written, *self.derived]

    @property
    def removed(self) -> list[ox.Quad]:
        """All quads that are not there any more."""
        return [*self.unwritten, *self.underived]


def check_change(
    store: ox.Store,
    changed: Changed,
    shapes: FollowedShapes,
    terms: Terms,
    names: Namespaces,
    texts: Texts | None,
    quads: Quads | None = None,
) -> Iterator[Finding]:
    """What the change breaks; `quads` may know some of the store already.

    Raises Unbounded when too much hangs on the change: then the whole is to be checked.
    """
    quads = quads or Quads(store)
    around = Quads(store, changed.removed) if changed.removed else quads
    everything = [*changed.added, *changed.removed]
    nodes = shapes.touched(everything, around)
    written = {q.subject for q in (*changed.written, *changed.unwritten)}
    subjects = {node for node in written if isinstance(node, ox.NamedNode)}
    yield from check_secrets(changed.written)
    yield from check_terms(changed.written, terms, names)
    yield from check_graphs_near(store, changed.added, changed.removed, terms, names)
    yield from check_addresses(store, names, subjects)
    yield from check_dates(store, subjects)
    yield from shapes.check(store, nodes, quads)
    yield from check_quotes(store, names, texts, _quotes(store, changed, subjects))
    status = {names.graph(name) for name in STATUS_GRAPHS}
    direct = [quad for quad in changed.derived if quad.graph_name in status]
    yield from check_claimed(store, names, direct)


def _quotes(
    store: ox.Store, changed: Changed, subjects: Collection[ox.NamedNode]
) -> set[ox.NamedNode]:
    """The nodes that may be quotes and are touched, by themselves, a selector or the article."""
    found = {*subjects}
    for node in subjects:
        found |= _pointing(store, _HAS_SELECTOR, node)
    for quad in (*changed.written, *changed.unwritten):
        if quad.predicate in _MEASURES and isinstance(quad.subject, ox.NamedNode):
            found |= _pointing(store, _HAS_SOURCE, quad.subject)
    return found


def _pointing(store: ox.Store, predicate: ox.NamedNode, node: ox.NamedNode) -> set[ox.NamedNode]:
    quads = store.quads_for_pattern(None, predicate, node)
    return {quad.subject for quad in quads if isinstance(quad.subject, ox.NamedNode)}
