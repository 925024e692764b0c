"""One report, three forms: text for people, JSON for machines, sh:ValidationReport for SHACL."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pyshacl
from rdflib.namespace import RDF, SH

from parley.check.report import Finding, Report, nothing_to_check
from parley.rdf import Namespaces, term

NAMES = Namespaces()
SPEAKER = Finding(
    "shapes",
    "violation",
    "A claim has at least one speaker.",
    "Say with parley:speaker who makes it.",
    focus=NAMES.thing("claim-demo-001-1"),
    path=term("speaker"),
    shape=ox.NamedNode("https://w3id.org/parley/shapes/Claim-speaker"),
    source="data/claims/demo.trig",
    line=12,
    label="The Red Band met officials.",
)
SYNTAX = Finding("syntax", "violation", "Not valid Turtle.", source="a.ttl", line=3, column=7)
TEXT = Finding(
    "quotes", "info", "No text is registered.", "Register it.", focus=NAMES.thing("demo")
)
OPEN = Finding("coverage", "warning", "Sentence 3 has no claim.", "Claim it.")


def test_text_groups_by_severity_and_names_place_node_label_and_fix() -> None:
    report = Report.of([TEXT, OPEN, SYNTAX, SPEAKER])
    assert report.text() == (
        "violation: syntax\n"
        "  a.ttl:3:7: Not valid Turtle.\n"
        "\n"
        "violation: shapes\n"
        "  data/claims/demo.trig:12: id:claim-demo-001-1 (The Red Band met officials.): "
        "A claim has at least one speaker.\n"
        "    at parley:speaker\n"
        "    fix: Say with parley:speaker who makes it.\n"
        "\n"
        "warning: coverage\n"
        "  Sentence 3 has no claim.\n"
        "    fix: Claim it.\n"
        "\n"
        "info: quotes\n"
        "  id:demo: No text is registered.\n"
        "    fix: Register it.\n"
        "\n"
        "does not conform: 2 violations, 1 warning, 1 info\n"
    )


def test_order_does_not_depend_on_the_order_of_findings() -> None:
    one = Report.of([TEXT, OPEN, SYNTAX, SPEAKER])
    other = Report.of([SPEAKER, SYNTAX, SPEAKER, OPEN, TEXT])
    assert one == other
    assert one.json() == other.json()
    assert one.graph().serialize() == other.graph().serialize()


def test_only_violations_stop_a_dataset_from_conforming() -> None:
    assert Report.of([]).conforms
    assert Report.of([OPEN, TEXT]).conforms
    assert not Report.of([OPEN, SPEAKER]).conforms
    assert not Report.of([nothing_to_check("quotes", "no evidence", "Add claims.")]).conforms


def test_json_has_counts_and_nulls_for_what_is_absent() -> None:
    data = json.loads(Report.of([SYNTAX, SPEAKER]).json())
    assert data["conforms"] is False
    assert data["counts"] == {"violation": 2, "warning": 0, "info": 0}
    syntax, speaker = data["findings"]
    assert speaker["focus"] == "https://w3id.org/parley/id/claim-demo-001-1"
    assert speaker["shape"] == "https://w3id.org/parley/shapes/Claim-speaker"
    assert (syntax["line"], syntax["column"], syntax["focus"]) == (3, 7, None)


def test_graph_is_a_validation_report_of_the_standard() -> None:
    graph = Report.of([SPEAKER, TEXT, OPEN]).graph()
    (report,) = graph.subjects(RDF.type, SH.ValidationReport)
    assert [bool(c) for c in graph.objects(report, SH.conforms)] == [False]
    results = list(graph.objects(report, SH.result))
    assert len(results) == 3
    for result in results:
        for needed in (SH.resultSeverity, SH.sourceConstraintComponent, SH.resultMessage):
            assert len(list(graph.objects(result, needed))) == 1
    (speaker,) = graph.subjects(SH.sourceShape)
    assert "Say with parley:speaker" in str(graph.value(speaker, SH.resultMessage))
    assert pyshacl.validate(graph, shacl_graph=graph)[0]
