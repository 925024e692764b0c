"""Findings of all checks in one Report: text for people, JSON, or a SHACL validation report."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyoxigraph as ox
import rdflib
from rdflib.namespace import RDF, SH, XSD

from parley.rdf import COMMON_PREFIXES, Namespaces, shorten, to_rdflib

Severity = Literal["violation", "warning", "info"]
Node = ox.NamedNode | ox.BlankNode | ox.Literal

_TERMS = (ox.NamedNode, ox.BlankNode, ox.Literal)
_NODES = {"focus", "path", "value", "shape", "constraint", "component"}
_ORDER: dict[str, int] = {"violation": 0, "warning": 1, "info": 2}
_SEVERITY = {"violation": SH.Violation, "warning": SH.Warning, "info": SH.Info}
_LABEL = 70  # characters of a label that a line of text has room for
CHECKS = "https://w3id.org/parley/check/"


@dataclass(frozen=True)
class Finding:
    """One thing a check has to say: what is wrong, where, and what to do about it.

    `check` names the check (`shapes`, `quotes`, …). `focus` is the node it is about and `label`
    that node's name. `shape` is the SHACL shape, `constraint` the SPARQL constraint inside it,
    `component` the kind of constraint. `line` and `column` count from 1.
    """

    check: str
    severity: Severity
    message: str
    fix: str = ""
    focus: Node | None = None
    path: ox.NamedNode | None = None
    value: Node | None = None
    shape: ox.NamedNode | None = None
    source: str | None = None
    line: int | None = None
    column: int | None = None
    label: str = ""
    constraint: ox.NamedNode | None = None
    component: ox.NamedNode | None = None

    @property
    def rule(self) -> str:
        """What exactly was broken: the IRI of the constraint or shape, else the check's name."""
        narrowest = self.constraint or self.shape
        return narrowest.value if narrowest else self.check

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known; empty when it is not."""
        return ":".join(str(part) for part in (self.source, self.line, self.column) if part)

    def key(self) -> tuple[Any, ...]:
        """The sort key that makes a report's order a function of what was found."""
        return (
            _ORDER[self.severity],
            self.check != "syntax",  # what cannot be read comes first: the rest may follow from it
            self.check,
            self.rule,
            self.source or "",
            self.line or 0,
            self.column or 0,
            *(str(node or "") for node in (self.focus, self.path, self.value)),
            self.message,
            self.fix,
        )


@dataclass(frozen=True)
class Report:
    """All findings, the worst first; `conforms` when none of them is a violation."""

    findings: tuple[Finding, ...]
    prefixes: Mapping[str, str] = field(default_factory=lambda: Namespaces().prefixes, repr=False)

    @classmethod
    def of(cls, findings: Iterable[Finding], prefixes: Mapping[str, str] | None = None) -> Report:
        """A report in its fixed order, the same finding never twice."""
        ordered = tuple(sorted(set(findings), key=Finding.key))
        return cls(ordered, prefixes or Namespaces().prefixes)

    @property
    def conforms(self) -> bool:
        """True when there is no violation; warnings and infos do not refuse anything."""
        return not any(f.severity == "violation" for f in self.findings)

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(f.severity == severity for f in self.findings)

    def _short(self, node: Node | None) -> str:
        if node is None:
            return ""
        if isinstance(node, ox.NamedNode):
            return shorten(node.value, {**COMMON_PREFIXES, **self.prefixes}) or str(node)
        return str(node)

    def text(self) -> str:
        """The report for people: grouped by severity and check, then the verdict on a last line."""
        lines: list[str] = []
        group: tuple[str, str] | None = None
        for finding in sorted(self.findings, key=Finding.key):
            if group != (finding.severity, finding.check):
                group = (finding.severity, finding.check)
                lines += [*([""] if lines else []), f"{finding.severity}: {finding.check}"]
            focus = self._short(finding.focus)
            label = textwrap.shorten(finding.label, _LABEL, placeholder=" …")
            named = f"{focus} ({label})" if focus and label else focus
            lines.append("  " + ": ".join(p for p in (finding.place, named, finding.message) if p))
            if finding.path or finding.value:
                lines.append(
                    f"    at {self._short(finding.path)} {self._short(finding.value)}".rstrip()
                )
            if finding.fix:
                lines.append(f"    fix: {finding.fix}")
        totals = ", ".join(_plural(self.count(s), s) for s in ("violation", "warning", "info"))
        verdict = "conforms" if self.conforms else "does not conform"
        return "\n".join([*lines, *([""] if lines else []), f"{verdict}: {totals}", ""])

    def data(self) -> dict[str, Any]:
        """The report as plain values, ready for JSON."""
        return {
            "conforms": self.conforms,
            "counts": {s: self.count(s) for s in ("violation", "warning", "info")},
            "findings": [
                {
                    "check": f.check,
                    "severity": f.severity,
                    "message": f.message,
                    "fix": f.fix,
                    "focus": _plain(f.focus),
                    "label": f.label or None,
                    "path": _plain(f.path),
                    "value": _plain(f.value),
                    "shape": _plain(f.shape),
                    "constraint": _plain(f.constraint),
                    "source": f.source,
                    "line": f.line,
                    "column": f.column,
                }
                for f in sorted(self.findings, key=Finding.key)
            ],
        }

    def packed(self) -> dict[str, Any]:
        """The report as JSON from which `unpacked` makes the same one; terms in N-Triples."""
        return {
            "prefixes": dict(self.prefixes),
            "findings": [
                {
                    name: str(value) if isinstance(value, _TERMS) else value
                    for name, value in vars(finding).items()
                }
                for finding in self.findings
            ],
        }

    @classmethod
    def unpacked(cls, data: Mapping[str, Any]) -> Report:
        """The report that `packed` made this of."""
        found = []
        for packed in data["findings"]:
            values: dict[str, Any] = dict(packed)
            for name in _NODES:
                values[name] = None if packed[name] is None else _term(packed[name])
            found.append(Finding(**values))
        return cls(tuple(found), data["prefixes"])

    def json(self) -> str:
        """The report as indented JSON; absent parts are null."""
        return json.dumps(self.data(), ensure_ascii=False, indent=2) + "\n"

    def graph(self) -> rdflib.Graph:
        """The report as `sh:ValidationReport` (https://www.w3.org/TR/shacl/#validation-report)."""
        graph = rdflib.Graph()
        graph.bind("sh", SH)
        for prefix, namespace in self.prefixes.items():
            graph.bind(prefix, namespace)
        report = rdflib.BNode("report")
        graph.add((report, RDF.type, SH.ValidationReport))
        graph.add((report, SH.conforms, rdflib.Literal(self.conforms, datatype=XSD.boolean)))
        for number, finding in enumerate(sorted(self.findings, key=Finding.key), 1):
            result = rdflib.BNode(f"result{number:05d}")
            graph.add((report, SH.result, result))
            graph.add((result, RDF.type, SH.ValidationResult))
            graph.add((result, SH.resultSeverity, _SEVERITY[finding.severity]))
            said = f"{finding.message} {finding.fix}".strip()
            graph.add((result, SH.resultMessage, rdflib.Literal(said, lang="en")))
            component = finding.component or ox.NamedNode(CHECKS + finding.check.replace(" ", "-"))
            for predicate, node in (
                (SH.sourceConstraintComponent, component),
                (SH.focusNode, finding.focus),
                (SH.resultPath, finding.path),
                (SH.value, finding.value),
                (SH.sourceShape, finding.shape),
                (SH.sourceConstraint, finding.constraint),
            ):
                if node is not None:
                    graph.add((result, predicate, to_rdflib(node)))
        return graph


def _term(text: str) -> Node:
    (quad,) = ox.parse(f"<x:x> <x:x> {text} .", ox.RdfFormat.N_TRIPLES)
    assert isinstance(quad.object, _TERMS)
    return quad.object


def _plain(node: Node | None) -> str | None:
    return None if node is None else str(node.value)


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def nothing_to_check(check: str, what: str, fix: str) -> Finding:
    """The violation of a check that found nothing to look at: a gate that cannot fail is none."""
    return Finding(check, "violation", f"Nothing to check: {what}.", fix)
