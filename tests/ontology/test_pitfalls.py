"""Each pitfall query passes the ontology and its good file, and names what its bad file names."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from parley.rdf import COMMON_PREFIXES, expand

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology"
CASES = Path(__file__).resolve().parent / "pitfalls"
PITFALLS = sorted(ONTOLOGY.glob("pitfalls/*.rq"))
MUST_FAIL = "# must fail: "


def _store(*paths: Path) -> ox.Store:
    store = ox.Store()
    for path in paths:
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            store.add(ox.Quad(quad.subject, quad.predicate, quad.object))
    return store


def _offenders(pitfall: Path, store: ox.Store) -> set[ox.Term]:
    solutions = store.query(pitfall.read_text(encoding="utf-8"))
    assert isinstance(solutions, ox.QuerySolutions)
    return {solution["term"] for solution in solutions}


@pytest.fixture(scope="module")
def ontology() -> ox.Store:
    return _store(*ONTOLOGY.glob("*.ttl"), *ONTOLOGY.glob("alignments/*.ttl"))


def test_every_pitfall_has_its_two_files() -> None:
    assert len(PITFALLS) >= 18
    expected = {f"{path.stem}-{kind}.ttl" for path in PITFALLS for kind in ("pass", "fail")}
    assert {path.name for path in CASES.glob("*.ttl")} == expected


@pytest.mark.parametrize("pitfall", PITFALLS, ids=lambda path: path.stem)
def test_the_ontology_is_free_of_the_pitfall(pitfall: Path, ontology: ox.Store) -> None:
    assert len(ontology) > 2000
    assert _offenders(pitfall, ontology) == set()


@pytest.mark.parametrize("pitfall", PITFALLS, ids=lambda path: path.stem)
def test_the_good_file_passes(pitfall: Path) -> None:
    store = _store(CASES / f"{pitfall.stem}-pass.ttl")
    assert len(store) > 0
    assert _offenders(pitfall, store) == set()


@pytest.mark.parametrize("pitfall", PITFALLS, ids=lambda path: path.stem)
def test_the_bad_file_fails_with_the_terms_it_names(pitfall: Path) -> None:
    path = CASES / f"{pitfall.stem}-fail.ttl"
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = {expand(curie, COMMON_PREFIXES) for curie in first.removeprefix(MUST_FAIL).split()}
    assert first.startswith(MUST_FAIL)
    assert _offenders(pitfall, _store(path)) == named


@pytest.mark.parametrize("pitfall", PITFALLS, ids=lambda path: path.stem)
def test_the_pitfall_says_what_is_wrong_and_how_to_put_it_right(pitfall: Path) -> None:
    lines = pitfall.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("#+ summary: ")
    assert lines[1].startswith("#+ fix: ")
