"""The gate of live writes: a change to a Parley dataset is derived and checked, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from parley.check.report import Finding, Report
from parley.check.run import check_store
from parley.errors import BadInput, Refused
from parley.files import LAYOUT, Dataset, path_of
from parley.model.derivation import derived_quads, read_rules
from parley.store.change import Change
from parley.store.texts import Texts

CHECK = "graphs"
_SHARED = "propositions"


@dataclass(frozen=True)
class Gate:
    """Called with a staged store and the change just applied to it; see `LocalBackend`."""

    dataset: Dataset
    texts: Texts

    def __call__(self, store: ox.Store, change: Change) -> Change:
        """What derivation changed besides. Raises Refused with every finding.

        Derives and checks the whole dataset: the cost grows with it, and the checks run in the
        process that asks. To cost what the change costs, both want the touched propositions and
        the nodes around them only.
        """
        _refuse(Report.of(self._misplaced(change), self.dataset.names.prefixes))
        names = self.dataset.names
        before = {q for graph in self.dataset.derived() for q in _quads(store, graph)}
        after = derived_quads(store, names, read_rules(self.dataset.rules()))
        _refuse(check_store(self.dataset, store, self.texts, quick=True))
        return Change.between(before, after)

    def _misplaced(self, change: Change) -> Iterator[Finding]:
        """Findings about quads where no curator may write, and about blank nodes."""
        wrong = {quad.graph_name: quad for quad in change.added | change.removed}
        for graph in sorted(wrong, key=str):
            if not self._may_be_written(graph):
                yield self._wrong_graph(graph)
        for quad in change.added:
            if isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode):
                yield Finding(
                    CHECK,
                    "violation",
                    "A blank node stands here, which no diff and no citation can name.",
                    f"Give the node an IRI of its own, such as <{self.dataset.names.base}id/…>.",
                    path=quad.predicate,
                )

    def _may_be_written(self, graph: ox.NamedNode | ox.BlankNode | ox.DefaultGraph) -> bool:
        space = self.dataset.names.graph("").value
        if not isinstance(graph, ox.NamedNode) or not graph.value.startswith(space):
            return False
        name = graph.value.removeprefix(space)
        try:
            return name == _SHARED or path_of(name).parts[0] == "data"
        except BadInput:
            return False

    def _wrong_graph(self, graph: ox.NamedNode | ox.BlankNode | ox.DefaultGraph) -> Finding:
        names = self.dataset.names
        if graph in self.dataset.derived():
            what = "This graph is derived from claims and never written by hand."
        elif isinstance(graph, ox.NamedNode):
            what = "This graph is not among those a curator may write."
        else:
            what = "The default graph of this dataset stays empty: every triple has its graph."
        writable = [name for pattern, name in LAYOUT if pattern.startswith("data/")]
        listed = ", ".join(str(names.graph(n.format("…"))) for n in (*writable, _SHARED))
        focus = graph if isinstance(graph, ox.NamedNode) else None
        return Finding(
            CHECK,
            "violation",
            what,
            f"Write in one of these, inside GRAPH or with WITH: {listed}. Ontology, shapes and "
            "rules are changed in their files.",
            focus=focus,
        )


def _quads(store: ox.Store, graph: ox.NamedNode) -> Iterator[ox.Quad]:
    return store.quads_for_pattern(None, None, None, graph)


def _refuse(report: Report) -> None:
    if not report.conforms:
        count = report.count("violation")
        plural = "" if count == 1 else "s"
        raise Refused(f"refused: {count} violation{plural}; nothing was changed", report)
