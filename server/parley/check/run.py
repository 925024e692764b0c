"""Runs every check of a dataset and never stops at the first finding; one Report for all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox

from parley.check.addresses import check_addresses
from parley.check.canonical import check_canonical
from parley.check.coverage import check_coverage
from parley.check.dates import check_dates
from parley.check.derived import check_derived
from parley.check.graphs import check_graphs, check_stray
from parley.check.pitfalls import check_pitfalls
from parley.check.places import Places
from parley.check.quotes import check_quotes
from parley.check.reasoning import check_reasoning
from parley.check.report import Finding, Report, nothing_to_check
from parley.check.saved import check_queries
from parley.check.secrets import check_secrets
from parley.check.shapes import check_shapes, read_shapes
from parley.check.terms import check_query_terms, check_terms, read_terms
from parley.errors import BadInput
from parley.files import Dataset
from parley.model.derivation import derived_quads, read_rules
from parley.queries import load
from parley.rdf import RDFS_LABEL
from parley.store.texts import Texts

Progress = Callable[[str], None]


def check_dataset(
    dataset: Dataset,
    texts: Texts | None = None,
    *,
    quick: bool = False,
    progress: Progress = lambda name: None,
) -> Report:
    """Check the files of a dataset: syntax, form, and all that `check_store` checks.

    A broken file is a finding and is left out of the rest. `quick` leaves out what takes long:
    OWL reasoning. `progress` is told the name of each check before it runs.
    """
    store, findings = ox.Store(), []
    progress("syntax")
    sources = dataset.sources()
    if not sources:
        findings.append(
            nothing_to_check("syntax", "the dataset has no files", "Add ontology/ and data/.")
        )
    for source in sources:
        try:
            store.bulk_extend(list(source.quads(dataset.names)))
        except BadInput as error:
            findings.append(_unreadable(error, source.path, dataset.names.graph(source.graph)))
    progress("canonical")
    findings += check_canonical(sources, dataset.names)
    findings += check_stray(dataset)
    try:
        derived_quads(store, dataset.names, read_rules(dataset.rules()))
    except (BadInput, SyntaxError) as error:
        findings.append(_unreadable(error, dataset.root / "ontology/rules", None, "derived"))
    return _report(dataset, store, [*findings, *_checks(dataset, store, texts, quick, progress)])


def check_store(
    dataset: Dataset,
    store: ox.Store,
    texts: Texts | None = None,
    *,
    quick: bool = False,
    progress: Progress = lambda name: None,
) -> Report:
    """Check the content of a store, its derived graphs included; files only tell the lines.

    The expected answers of saved queries are left out: they speak of one state of the files, and
    a new article may change an answer without anything being wrong.
    """
    checks = _checks(dataset, store, texts, quick, progress, leave_out={"saved queries"})
    return _report(dataset, store, checks)


def _checks(
    dataset: Dataset,
    store: ox.Store,
    texts: Texts | None,
    quick: bool,
    progress: Progress,
    leave_out: Collection[str] = (),
) -> Iterator[Finding]:
    names = dataset.names
    terms = read_terms(store, names)
    queries = [*dataset.rules(), *dataset.queries()]
    pitfalls = sorted((dataset.root / "ontology/pitfalls").glob("*.rq"))
    checks: dict[str, Callable[[], Iterator[Finding]]] = {
        "secrets": lambda: check_secrets(_written(dataset, store)),
        "terms": lambda: check_terms(_written(dataset, store), terms, names),
        "terms of queries": lambda: check_query_terms(queries, terms, names),
        "graphs": lambda: check_graphs(store, terms, names),
        "addresses": lambda: check_addresses(store, names),
        "dates": lambda: check_dates(store),
        "shapes": lambda: check_shapes(store, read_shapes(_shapes(dataset, store))),
        "quotes": lambda: check_quotes(store, names, texts),
        "coverage": lambda: check_coverage(store, names, texts),
        "derived": lambda: check_derived(
            store,
            names,
            dataset.derived(),
            lambda other: derived_quads(other, names, read_rules(dataset.rules())),
        ),
        "pitfalls": lambda: check_pitfalls(pitfalls, _ontology(dataset, store)),
        "saved queries": lambda: check_queries(load(dataset.queries(), names), store),
    }
    if not quick:
        checks["reasoning"] = lambda: check_reasoning(store, names)
    for name, check in checks.items():
        if name in leave_out:
            continue
        progress(name)
        try:
            yield from check()
        except (BadInput, SyntaxError) as error:
            yield _unreadable(error, None, None, name)


def _written(dataset: Dataset, store: ox.Store) -> Iterator[ox.Quad]:
    """What files hold: a mistake in a proposition is not told again for what it derives."""
    derived = set(dataset.derived())
    return (quad for quad in store if quad.graph_name not in derived)


def _shapes(dataset: Dataset, store: ox.Store) -> Iterator[ox.Quad]:
    return _in_graphs(store, dataset.names.graph("shapes/").value)


def _ontology(dataset: Dataset, store: ox.Store) -> ox.Store:
    terms = ox.Store()
    for name in ("ontology", "vocab", "alignments/"):
        terms.bulk_extend(_in_graphs(store, dataset.names.graph(name).value))
    return terms


def _in_graphs(store: ox.Store, start: str) -> Iterator[ox.Quad]:
    for graph in store.named_graphs():
        if isinstance(graph, ox.NamedNode) and graph.value.startswith(start):
            yield from store.quads_for_pattern(None, None, None, graph)


def _unreadable(
    error: BadInput | SyntaxError,
    path: Path | None,
    graph: ox.NamedNode | None,
    check: str = "syntax",
) -> Finding:
    known = error if isinstance(error, BadInput) else None
    return Finding(
        check,
        "violation",
        _capital(known.message if known else str(error)),
        "Correct it first: what it says is missing, and other findings may follow from that.",
        focus=graph,
        source=(known.source if known else None) or (str(path) if path else None),
        line=known.line if known else None,
        column=known.column if known else None,
    )


def _report(
    dataset: Dataset, store: ox.Store, findings: Iterator[Finding] | list[Finding]
) -> Report:
    places = Places(dataset.sources(), dataset.root)
    placed = (_shown(places.locate(f), dataset, store) for f in findings)
    return Report.of(placed, dataset.names.prefixes)


def _shown(finding: Finding, dataset: Dataset, store: ox.Store) -> Finding:
    """The finding with the name of its node, and its file named relative to the dataset."""
    source = finding.source
    if source and Path(source).is_relative_to(dataset.root):
        source = str(Path(source).relative_to(dataset.root))
    return named(replace(finding, source=source), store)


def named(finding: Finding, store: ox.Store) -> Finding:
    """The finding with the name of its node."""
    if not isinstance(finding.focus, ox.NamedNode):
        return finding
    found = store.quads_for_pattern(finding.focus, RDFS_LABEL, None)
    labels = sorted(quad.object.value for quad in found if isinstance(quad.object, ox.Literal))
    return replace(finding, label=labels[0]) if labels else finding


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
