"""Quotes and coverage against a registered text."""

from __future__ import annotations

import hashlib
import json

import pytest

from parley.check.coverage import cover
from parley.check.report import Finding
from parley.check.run import check_dataset
from parley.files import Dataset
from parley.store.texts import Texts

CLAIMS = "data/claims/demo.trig"
ARTICLE = "data/articles/demo.ttl"


def _replace(dataset: Dataset, file: str, old: str, new: str, times: int = 1) -> None:
    path = dataset.root / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == times, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def _found(dataset: Dataset, texts: Texts | None, check: str) -> list[Finding]:
    report = check_dataset(dataset, texts, quick=True)
    return [f for f in report.findings if f.check == check]


def _register(dataset: Dataset, texts: Texts, text: str) -> None:
    """Put another text in the article's place, its hash and length put right."""
    old = texts.path("demo").read_bytes()
    texts.path("demo").write_bytes(text.encode())
    digest, former = (hashlib.sha256(t).hexdigest() for t in (text.encode(), old))
    _replace(dataset, ARTICLE, former, digest)
    length = len(old.decode())
    _replace(dataset, ARTICLE, f"textLength {length}", f"textLength {len(text)}")


def test_unregistered_text_is_an_info_that_says_how_to_register_it(dataset: Dataset) -> None:
    (finding,) = _found(dataset, None, "quotes")
    assert finding.severity == "info"
    assert "4 quotes were not compared" in finding.message
    assert "parley articles add demo FILE" in finding.fix


def test_another_text_than_the_one_quoted(dataset: Dataset, texts: Texts) -> None:
    texts.path("demo").write_text("Another text.", encoding="utf-8")
    (finding,) = _found(dataset, texts, "quotes")
    assert "its SHA-256 differs" in finding.message
    assert finding.source == ARTICLE


def test_text_that_is_not_utf8(dataset: Dataset, texts: Texts) -> None:
    texts.path("demo").write_bytes(b"\xff\xfe")
    (finding,) = _found(dataset, texts, "quotes")
    assert "not UTF-8" in finding.message


def test_wrong_length(dataset: Dataset, texts: Texts) -> None:
    length = len(texts.path("demo").read_bytes().decode())
    _replace(dataset, ARTICLE, f"textLength {length}", f"textLength {length + 1}")
    (finding,) = _found(dataset, texts, "quotes")
    assert f"has {length} characters" in finding.message


def test_moved_quote_is_told_where_it_stands(dataset: Dataset, texts: Texts) -> None:
    text = texts.path("demo").read_bytes().decode()
    _register(dataset, texts, text.replace("Talks in Norvik", "Some talks in Norvik"))
    found = _found(dataset, texts, "quotes")
    assert len(found) == 4
    for finding in found:
        assert "at these offsets" in finding.message
        assert "The words stand at " in finding.fix
        assert finding.source == CLAIMS
        assert finding.line


def test_quote_that_stands_twice(dataset: Dataset, texts: Texts) -> None:
    text = texts.path("demo").read_bytes().decode()
    _register(dataset, texts, text + "He denies that there was a meeting.\n")
    (finding,) = _found(dataset, texts, "quotes")
    assert "more than once" in finding.message


@pytest.mark.parametrize("part", ["prefix", "suffix"])
def test_wrong_context(dataset: Dataset, texts: Texts, part: str) -> None:
    quoted = 'oa:exact "denies that there was a meeting" ;\n'
    path = dataset.root / CLAIMS
    block = path.read_text(encoding="utf-8").split(quoted)[1].split(".\n")[0]
    (line,) = [x for x in block.splitlines() if f"oa:{part} " in x]
    _replace(
        dataset,
        CLAIMS,
        line,
        line.replace('"', '"x', 1)
        if part == "suffix"
        else '"x"'.join([line.split('"')[0], line.rsplit('"', 1)[1]]),
    )
    (finding,) = _found(dataset, texts, "quotes")
    assert f"The {part} is not" in finding.message


def test_sentence_that_nothing_accounts_for(dataset: Dataset, texts: Texts) -> None:
    text = texts.path("demo").read_bytes().decode()
    _register(dataset, texts, text + "Nobody claims this, e.g. that it rained.\n")
    (finding,) = _found(dataset, texts, "coverage")
    assert finding.severity == "warning"
    assert "Sentence 006" in finding.message
    assert "'Nobody claims this, e.g. that it …'" in finding.message
    assert finding.source == ARTICLE


def test_coverage_lists_what_is_not_quoted_with_its_reason(dataset: Dataset, texts: Texts) -> None:
    text = texts.read("demo")
    assert text
    result = cover(dataset, "demo", text + "One more sentence.\n")
    assert [s.number for s in result.uncovered] == [6]
    lines = result.text().splitlines()
    assert lines[0].startswith("000  heading  0-15  Talks in Norvik")
    assert lines[1].startswith("002  page-furniture ")
    assert "NEITHER CLAIMED NOR OMITTED" in lines[2]
    assert lines[3] == "demo: 7 sentences, 4 quoted, 2 omitted, 1 neither"
    rows = json.loads(result.json())["sentences"]
    assert [row["quotes"] for row in rows] == [0, 1, 0, 1, 1, 1, 0]
