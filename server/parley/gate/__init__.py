"""The gate of live writes: a change to a Parley dataset is derived and checked, or refused.

What that costs follows the change: only the triples it can touch are derived again (see
`model.renewal`), and only the nodes whose result it can alter are checked (see `check.changed`,
which says what is covered). Everything is derived and checked instead when the change is large,
when it alters what cannot be followed (such as the class of a class), or when the dataset's own
rules or shapes have a part that cannot be followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyoxigraph as ox

from parley.check.catalogued import check_catalogue
from parley.check.changed import Changed, check_change
from parley.check.followed import FollowedShapes
from parley.check.report import Report
from parley.check.run import check_store, named
from parley.errors import Refused
from parley.files import Dataset
from parley.gate.graphs import misplaced
from parley.gate.ground import Ground
from parley.model.derivation import derived_quads
from parley.model.renewal import FollowedRules
from parley.sparql.patterns import Unbounded
from parley.sparql.quads import Quads
from parley.store.change import Change
from parley.store.texts import Texts

LARGE = 20_000  # quads from which a change may be checked with all the rest
_SHARE = 0.2  # of the store, from which it is
__all__ = ["Checked", "Gate"]


@dataclass(frozen=True)
class Checked:
    """What followed from a change, and what the checks say of it: no violation."""

    derived: Change
    report: Report


@dataclass(frozen=True)
class Gate:
    """Checks changes to a dataset; without `ground` each time as the store has it."""

    dataset: Dataset
    texts: Texts
    ground: Ground | None = None

    def __call__(self, store: ox.Store, change: Change) -> Change:
        """What derivation changed besides, as in `check`."""
        return self.check(store, change).derived

    def check(self, store: ox.Store, change: Change) -> Checked:
        """Derives, in a store with the change just applied to it, and checks.

        Raises Refused with every finding; what the store holds then is of no use.
        """
        names = self.dataset.names
        _refuse(Report.of(misplaced(change, self.dataset), names.prefixes))
        queries = Report.of(check_catalogue(store, change, names), names.prefixes)
        _refuse(queries)
        ground = self.ground or Ground.read(self.dataset, store)
        size = len(change.added) + len(change.removed)
        if ground.followed is None or (size > LARGE and size > _SHARE * len(store)):
            checked = self._whole(store, ground, Change())
        else:
            checked = self._near(store, change, *ground.followed, ground)
        findings = (*checked.report.findings, *queries.findings)
        return replace(checked, report=Report.of(findings, names.prefixes))

    def _near(
        self,
        store: ox.Store,
        change: Change,
        rules: FollowedRules,
        shapes: FollowedShapes,
        ground: Ground,
    ) -> Checked:
        names, derived, quads = self.dataset.names, Change(), Quads(store)
        try:
            more, less = rules.renew(store, change.added, change.removed, quads)
            derived = Change(more, less)
            changed = Changed(change.added, change.removed, more, less)
            found = check_change(store, changed, shapes, ground.terms, names, self.texts, quads)
            report = Report.of((named(f, store) for f in found), names.prefixes)
        except Unbounded:
            return self._whole(store, ground, derived)
        _refuse(report)
        return Checked(derived, report)

    def _whole(self, store: ox.Store, ground: Ground, done: Change) -> Checked:
        """Derives and checks everything; `done` is what was derived since the change."""
        now = {quad for graph in self.dataset.derived() for quad in _quads(store, graph)}
        after = derived_quads(store, self.dataset.names, ground.rules)
        report = check_store(self.dataset, store, self.texts, quick=True)
        _refuse(report)
        return Checked(Change.between((now - done.added) | done.removed, after), report)


def _quads(store: ox.Store, graph: ox.NamedNode) -> Iterator[ox.Quad]:
    return store.quads_for_pattern(None, None, None, graph)


def _refuse(report: Report) -> None:
    if not report.conforms:
        count = report.count("violation")
        plural = "" if count == 1 else "s"
        raise Refused(f"refused: {count} violation{plural}; nothing was changed", report)
