"""Spoilt datasets: each mistake is found with its file, line, focus node and fix, and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rdflib.namespace import RDF, SH

from parley.check.report import Finding, Report
from parley.check.run import check_dataset
from parley.files import Dataset
from parley.rdf import shorten
from parley.store.texts import Texts

ENTITIES = "data/entities/demo.ttl"
CLAIMS = "data/claims/demo.trig"


def _spoil(dataset: Dataset, file: str, old: str, new: str) -> int:
    """Replace text that stands once in a file; the number of the line where the change is."""
    path = dataset.root / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (file, old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def _check(dataset: Dataset, texts: Texts) -> Report:
    return check_dataset(dataset, texts, quick=True)


def _violations(report: Report) -> list[Finding]:
    """All violations; each has something to say, a fix, and is in every form of the report."""
    found = [f for f in report.findings if f.severity == "violation"]
    assert not report.conforms
    text, data, graph = report.text(), json.loads(report.json()), report.graph()
    assert len(data["findings"]) == len(report.findings)
    assert len(list(graph.subjects(RDF.type, SH.ValidationResult))) == len(report.findings)
    for finding in found:
        assert finding.fix
        assert finding.message in text
        assert finding.fix in text
    return found


def _focus(finding: Finding) -> str:
    assert finding.focus is not None
    return shorten(str(finding.focus.value), {"id": "https://w3id.org/parley/id/"}) or ""


def test_valid_dataset_conforms_and_is_silent(dataset: Dataset, texts: Texts) -> None:
    told: list[str] = []
    report = check_dataset(dataset, texts, progress=told.append)
    assert report.findings == ()
    assert report.text() == "conforms: 0 violations, 0 warnings, 0 infos\n"
    assert {"syntax", "shapes", "quotes", "derived", "saved queries", "reasoning"} <= set(told)


def test_broken_turtle(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(dataset, ENTITIES, 'rdfs:label "Norvik"@en', 'rdfs:label "Norvik@en')
    found = _violations(_check(dataset, texts))
    (syntax,) = [f for f in found if f.check == "syntax"]
    assert (syntax.source, syntax.line) == (ENTITIES, line)
    assert syntax.column
    assert "Turtle" in syntax.message
    assert len(found) > 1, "the other checks go on without the file"


def test_two_broken_files_are_both_named(dataset: Dataset, texts: Texts) -> None:
    _spoil(dataset, ENTITIES, 'rdfs:label "Norvik"@en', 'rdfs:label "Norvik@en')
    _spoil(dataset, CLAIMS, '"unlikely"@en', "unlikely@en")
    found = _violations(_check(dataset, texts))
    assert {f.source for f in found if f.check == "syntax"} == {ENTITIES, CLAIMS}


def test_file_that_is_not_utf8(dataset: Dataset, texts: Texts) -> None:
    path = dataset.root / ENTITIES
    path.write_bytes(path.read_bytes().replace(b'"Norvik"@en', b'"N\xf6rvik"@en'))
    found = _violations(_check(dataset, texts))
    assert ENTITIES in {f.source for f in found if f.check == "syntax"}


def test_unknown_property(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(dataset, CLAIMS, "parley:hedgeText", "parley:hedgetext")
    found = _violations(_check(dataset, texts))
    (term,) = [f for f in found if f.check == "terms"]
    assert (term.source, term.line) == (CLAIMS, line)
    assert _focus(term) == "id:claim-demo-005-1"
    assert "parley:hedgetext is no declared property" in term.message
    assert "Did you mean parley:hedgeText?" in term.fix


@pytest.mark.parametrize(
    ("file", "old", "new", "message", "hint"),
    [
        (ENTITIES, "id:norvik a parley:Settlement", "id:norvik a parley:Setlement", "class", "ent"),
        (CLAIMS, "vocab:confidential", "vocab:confidental", "concept", "vocab:confidential"),
        (ENTITIES, '"2021"^^edtf:EDTF', '"2021"^^edtf:edtf', "datatype", "edtf:EDTF"),
        (CLAIMS, "predicate parley:pursues", "predicate parley:persues", "term", "parley:pursues"),
        (ENTITIES, "skos:altLabel", "skos:alternateLabel", "property", "skos:"),
    ],
)
def test_unknown_term_in_any_position(
    dataset: Dataset, texts: Texts, file: str, old: str, new: str, message: str, hint: str
) -> None:
    line = _spoil(dataset, file, old, new)
    found = _violations(_check(dataset, texts))
    (term,) = [f for f in found if f.check == "terms"]
    assert (term.source, term.line) == (file, line)
    assert f"is no declared {message}" in term.message
    assert "Did you mean" in term.fix
    assert hint in term.fix


def test_unknown_term_in_a_query(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(dataset, "queries/who-denies.rq", "parley:stance", "parley:stanse")
    found = _violations(_check(dataset, texts))
    (term,) = [f for f in found if f.check == "terms"]
    assert (term.source, term.line) == ("queries/who-denies.rq", line)
    assert "Did you mean parley:stance?" in term.fix


def test_altered_quote(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(
        dataset, CLAIMS, 'denies that there was a meeting"', 'denies that there is a meeting"'
    )
    found = _violations(_check(dataset, texts))
    (quote,) = [f for f in found if f.check == "quotes"]
    assert quote.source == CLAIMS
    assert _focus(quote).startswith("id:quote-demo-")
    assert "not what the text says" in quote.message
    assert "letter by letter" in quote.fix
    assert line


def test_dates_out_of_order(dataset: Dataset, texts: Texts) -> None:
    _spoil(
        dataset,
        ENTITIES,
        'parley:earliestBegin "2021-01-01"^^xsd:date',
        'parley:earliestBegin "2022-01-01"^^xsd:date',
    )
    found = _violations(_check(dataset, texts))
    shapes = [f for f in found if f.check == "shapes"]
    assert {_focus(f) for f in found} == {"id:time-2021"}
    assert {f.rule.rpartition("/")[2] for f in shapes} == {
        "TimeSpan-begin-order",
        "TimeSpan-whole-order",
    }
    assert {f.check for f in found} == {"shapes", "dates"}
    for finding in found:
        assert finding.source == ENTITIES
        assert finding.line is not None
        assert "2022-01-01" in (dataset.root / ENTITIES).read_text().splitlines()[finding.line - 1]


def test_claim_without_speaker(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(dataset, CLAIMS, "        parley:speaker id:source-official ;\n", "")
    found = _violations(_check(dataset, texts))
    (finding,) = [f for f in found if f.check == "shapes"]
    assert finding.rule.endswith("/Claim-speaker")
    assert finding.message == "A claim has at least one speaker."
    assert "parley:speaker" in finding.fix
    assert _focus(finding) == "id:claim-demo-004-1"
    assert finding.label == "A local official denies that there was a meeting."
    assert finding.source == CLAIMS
    assert finding.line is not None
    assert finding.line < line


def test_deanonymised_source(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(
        dataset,
        ENTITIES,
        "id:source-official a parley:AnonymousSource ;\n",
        'id:source-official a parley:AnonymousSource ;\n    foaf:name "Jon Doe" ;\n',
    )
    _spoil(
        dataset,
        ENTITIES,
        "@prefix geo:",
        "@prefix foaf: <http://xmlns.com/foaf/0.1/> .\n@prefix geo:",
    )
    (finding,) = _violations(_check(dataset, texts))
    assert finding.rule.endswith("/AnonymousSource")
    assert "could identify an anonymous source" in finding.message
    assert finding.fix.startswith("Remove it")
    assert _focus(finding) == "id:source-official"
    assert (finding.source, finding.line) == (ENTITIES, line + 2)


def test_blank_node(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(
        dataset,
        ENTITIES,
        "geo:hasGeometry id:geometry-norvik",
        "geo:hasGeometry [ a geo:Geometry ]",
    )
    found = _violations(_check(dataset, texts))
    blank = [f for f in found if f.check == "graphs" and f.focus is not None]
    assert [(_focus(f), f.source, f.line) for f in blank] == [("id:norvik", ENTITIES, line)]
    assert "blank node" in blank[0].message
    assert "IRI" in blank[0].fix


def test_wrong_datatype(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(dataset, ENTITIES, "parley:low 36", 'parley:low "thirty-six"')
    found = _violations(_check(dataset, texts))
    (finding,) = [f for f in found if f.rule.endswith("/StrengthEstimate-low")]
    assert {_focus(f) for f in found} == {"id:strength-red-band"}
    assert _focus(finding) == "id:strength-red-band"
    assert (finding.source, finding.line) == (ENTITIES, line)
    assert "plain integer" in finding.fix


def test_edtf_that_cannot_be_read(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(dataset, ENTITIES, '"2021"^^edtf:EDTF', '"in 2021"^^edtf:EDTF')
    (finding,) = _violations(_check(dataset, texts))
    assert finding.check == "dates"
    assert "is not EDTF" in finding.message
    assert (finding.source, finding.line) == (ENTITIES, line)


def test_reworded_proposition_keeps_no_address(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(dataset, CLAIMS, "parley:object id:norland-officials", "parley:object id:clerk")
    found = _violations(_check(dataset, texts))
    assert {f.check for f in found} == {"addresses", "derived"}
    (finding,) = [f for f in found if f.check == "addresses"]
    assert "Rename it to id:p-" in finding.fix
    assert finding.source == CLAIMS
    assert finding.line is not None
    assert abs(finding.line - line) < 5


def test_fact_without_a_claim(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(
        dataset,
        ENTITIES,
        "id:clerk a parley:Person ;\n",
        "id:clerk a parley:Person ;\n    parley:memberOf id:red-band ;\n",
    )
    (finding,) = _violations(_check(dataset, texts))
    assert finding.check == "graphs"
    assert "without anybody claiming it" in finding.message
    assert (_focus(finding), finding.line) == ("id:clerk", line + 1)


def test_mention_of_something_nowhere_described(dataset: Dataset, texts: Texts) -> None:
    _spoil(dataset, CLAIMS, "parley:about id:red-band", "parley:about id:red-bend")
    (finding,) = _violations(_check(dataset, texts))
    assert "nowhere described" in finding.message
    assert "Did you mean id:red-band?" in finding.fix
    assert _focus(finding) == "id:claim-demo-003-1"


def test_entity_without_a_class(dataset: Dataset, texts: Texts) -> None:
    path = dataset.root / ENTITIES
    text = path.read_text(encoding="utf-8")
    path.write_text(text + '\nid:nobody rdfs:label "Nobody"@en .\n', encoding="utf-8")
    (finding,) = _violations(_check(dataset, texts))
    assert "has no class" in finding.message
    assert _focus(finding) == "id:nobody"


def test_triple_in_two_graphs(dataset: Dataset, texts: Texts) -> None:
    source = dataset.root / ENTITIES
    header = [x for x in source.read_text().splitlines() if x.startswith("@prefix")]
    twin = dataset.root / "data/entities/twin.ttl"
    twin.write_text("\n".join([*header, "", "id:clerk a parley:Person .", ""]))
    found = _violations(_check(dataset, texts))
    (finding,) = [f for f in found if f.check == "graphs"]
    assert "entities/demo, entities/twin" in finding.message
    assert _focus(finding) == "id:clerk"


def test_stray_file(dataset: Dataset, texts: Texts) -> None:
    (dataset.root / "data/more.ttl").write_text("")
    (finding,) = _violations(_check(dataset, texts))
    assert finding.source == "data/more.ttl"
    assert "fills no graph" in finding.message


def test_other_form_is_a_warning_with_its_line(dataset: Dataset, texts: Texts) -> None:
    line = _spoil(dataset, ENTITIES, "id:clerk a parley:Person ;", "id:clerk  a  parley:Person ;")
    report = _check(dataset, texts)
    (finding,) = report.findings
    assert report.conforms
    assert (finding.check, finding.source, finding.line) == ("canonical", ENTITIES, line)
    assert "id:clerk a parley:Person ;" in finding.fix


def test_empty_folder_is_no_clean_report(tmp_path: Path, dataset: Dataset) -> None:
    report = check_dataset(Dataset(tmp_path / "nothing", dataset.names), quick=True)
    checks = {f.check for f in report.findings if "Nothing to check" in f.message}
    assert {"syntax", "shapes", "quotes", "pitfalls", "saved queries"} <= checks


def test_everything_wrong_at_once_is_reported_at_once(dataset: Dataset, texts: Texts) -> None:
    _spoil(dataset, CLAIMS, "        parley:speaker id:source-official ;\n", "")
    _spoil(dataset, CLAIMS, '"denies that there was a meeting"', '"denies that there is a meeting"')
    _spoil(dataset, ENTITIES, '"2021"^^edtf:EDTF', '"in 2021"^^edtf:EDTF')
    _spoil(dataset, ENTITIES, "parley:low 36", 'parley:low "thirty-six"')
    _spoil(dataset, "queries/who-denies.rq", "parley:stance", "parley:stanse")
    once, again = _check(dataset, texts), _check(dataset, texts)
    assert {f.check for f in once.findings} >= {"shapes", "quotes", "dates", "terms"}
    assert once.text() == again.text()
    assert once.json() == again.json()
