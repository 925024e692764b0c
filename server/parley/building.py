"""Files to a version: read, derive, check, and publish the difference; or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyoxigraph as ox

from parley.catalogue import catalogue_quads
from parley.check.report import Report
from parley.errors import Refused
from parley.files import Dataset
from parley.model.derivation import derived_quads, read_rules
from parley.queries import load
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Version, Versions

Check = Callable[[ox.Store], Report]


@dataclass(frozen=True)
class Built:
    """What a build led to: the current version, whether it is a new one, and the report."""

    version: Version
    is_new: bool
    report: Report


def fill(store: ox.Store, dataset: Dataset, read: Callable[[int], None]) -> None:
    """Load all files of the dataset into an empty store and derive; raises BadInput."""
    store.bulk_extend(dataset.quads(read))
    saved = load(dataset.queries(), dataset.names)
    store.bulk_extend(catalogue_quads(saved, dataset.names))
    derived_quads(store, dataset.names, read_rules(dataset.rules()))


def build(
    dataset: Dataset,
    versions: Versions,
    message: Message,
    check: Check,
    read: Callable[[int], None] = lambda count: None,
    allow: Callable[[Change], None] = lambda change: None,
) -> Built:
    """Make the version that the dataset's files describe, or keep the current one if it is that.

    `allow` is told what that changes in the current version, and may raise. Raises BadInput for a
    file that cannot be read, Refused when the checks find violations, and Stale when somebody else
    published meanwhile. In every such case the former version stays.
    """
    versions.recover()
    current = versions.current()
    if dataset.plain:
        return _plain(versions, current, message)
    target = ox.Store()
    fill(target, dataset, read)
    report = check(target)
    if not report.conforms:
        count = report.count("violation")
        raise Refused(f"refused: {count} violations; nothing was changed", report)
    with versions.stage(current) as staged:
        if current is None:
            dump = staged.folder.with_name("target.nq")
            target.dump(str(dump), ox.RdfFormat.N_QUADS)
            staged.store.bulk_load(path=str(dump), format=ox.RdfFormat.N_QUADS)
            return Built(versions.publish(staged, None, message), True, report)
        added = frozenset(quad for quad in target if quad not in staged.store)
        removed = frozenset(quad for quad in staged.store if quad not in target)
        change = staged.apply(Change(added, removed))
        if change.is_empty:
            return Built(current, False, report)
        allow(change)
        return Built(versions.publish(staged, change, message), True, report)


def _plain(versions: Versions, current: Version | None, message: Message) -> Built:
    """A plain dataset has no files to build from: it begins empty, and then stays what it is."""
    if current is not None:
        return Built(current, False, Report(()))
    with versions.stage(None) as staged:
        return Built(versions.publish(staged, Change(), message), True, Report(()))
