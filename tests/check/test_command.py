"""`parley check` says the same as the report and tells by its exit code whether all is well."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import rdflib
from click.testing import CliRunner, Result
from rdflib.namespace import SH

from parley.cli import main
from parley.files import Dataset
from parley.store.texts import Texts

ENTITIES, CLAIMS = "data/entities/demo.ttl", "data/claims/demo.trig"

# What is spoilt, and what the command must then print: file (and line, where it is not a removal),
# focus node, message and fix.
BAD = {
    "broken Turtle": (
        ENTITIES,
        '"Norvik"@en',
        '"Norvik@en',
        "graph/entities/demo",
        "Correct it first",
    ),
    "unknown term": (CLAIMS, "parley:hedgeText", "parley:hedgetext", "id:claim-demo-005-1", "Did"),
    "altered quote": (
        CLAIMS,
        'exact "denies that there was',
        'exact "denies that there is.',
        "id:quote-demo-",
        "letter by letter",
    ),
    "dates out of order": (
        ENTITIES,
        'parley:latestEnd "2021-12-31"',
        'parley:latestEnd "2020-12-31"',
        "id:time-2021",
        "Correct parley:earliestBegin or parley:latestEnd",
    ),
    "claim without speaker": (
        CLAIMS,
        "        parley:speaker id:source-official ;\n",
        "",
        "id:claim-demo-004-1",
        "Say with parley:speaker who makes it",
    ),
    "de-anonymised source": (
        ENTITIES,
        "id:source-official a parley:AnonymousSource ;\n",
        'id:source-official a parley:AnonymousSource ;\n    skos:altLabel "Jon Doe"@en ;\n',
        "id:source-official",
        "Remove it",
    ),
    "blank node": (
        ENTITIES,
        "geo:hasGeometry id:geometry-norvik",
        "geo:hasGeometry []",
        "id:norvik",
        "Give the node an IRI of its own",
    ),
    "wrong datatype": (
        ENTITIES,
        "parley:low 36",
        'parley:low "thirty-six"',
        "id:strength-red-band",
        "as a plain integer",
    ),
}


def _run(dataset: Dataset, texts: Texts, *options: str) -> Result:
    where = ["--dataset", str(dataset.root), "--instance", str(texts.folder.parent)]
    return CliRunner().invoke(main, ["check", "--quick", *where, *options])


def test_valid_dataset(dataset: Dataset, texts: Texts) -> None:
    result = _run(dataset, texts)
    assert result.exit_code == 0, result.output
    assert result.stdout == "conforms: 0 violations, 0 warnings, 0 infos\n"


@pytest.mark.parametrize("mistake", BAD)
def test_mistake(dataset: Dataset, texts: Texts, mistake: str) -> None:
    file, old, new, focus, fix = BAD[mistake]
    path: Path = dataset.root / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    result = _run(dataset, texts)
    assert result.exit_code == 1
    assert f"{file}:" in result.stdout
    assert focus in result.stdout
    assert fix in result.stdout
    assert "Traceback" not in result.output


def test_machine_readable_forms(dataset: Dataset, texts: Texts) -> None:
    shutil.rmtree(texts.folder)
    data = json.loads(_run(dataset, texts, "--json").stdout)
    assert data["conforms"] is True
    assert data["counts"]["info"] == 1
    graph = rdflib.Graph().parse(data=_run(dataset, texts, "--turtle").stdout, format="turtle")
    assert [bool(c) for c in graph.objects(None, SH.conforms)] == [True]
