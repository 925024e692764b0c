"""Rows are counted exactly in any text the engine writes, and an answer is cut between two."""

import csv
import io
import json
import xml.etree.ElementTree as ET

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.formats import BINDINGS, Format
from parley.store.rows import RowCounter

TRICKY = st.sampled_from(
    ['},{"', ',{"x":{"', "[{}", ",{}", '"', '""', "\n", "\r\n", "\\", '\\"', "<result>", ",", "\t"]
)
WORDS = st.lists(TRICKY | st.text(max_size=3, alphabet="ab{}:"), max_size=4).map("".join)
CELLS = st.none() | WORDS
TABLES = st.lists(st.tuples(CELLS, CELLS), max_size=7)


def written(table: list[tuple[str | None, str | None]], form: Format) -> bytes:
    """The table as the engine writes it."""

    def cell(text: str | None) -> str:
        return "UNDEF" if text is None else str(ox.Literal(text))

    rows = " ".join(f"({cell(a)} {cell(b)})" for a, b in table)
    results = ox.Store().query(f"SELECT ?a ?b {{ VALUES (?a ?b) {{ {rows} }} }}")
    data = results.serialize(format=form.engine)  # type: ignore[arg-type]
    assert data is not None
    return data


def fed(counter: RowCounter, data: bytes, size: int) -> bytes | None:
    """Feeds the counter piece by piece; what is left of the data if it was to be cut."""
    start = 0
    for end in range(size, len(data) + size, size):
        upto, cut = counter.feed(data[start:end])
        if cut is not None:
            return data[: start + cut] + counter.tail
        start += upto
    return None


@pytest.mark.parametrize("form", BINDINGS, ids=lambda f: f.extension)
@settings(max_examples=60)
@given(table=TABLES, size=st.integers(1, 60))
def test_rows_are_counted_exactly(
    form: Format, table: list[tuple[str | None, str | None]], size: int
) -> None:
    counter = RowCounter(form, 1000)
    assert fed(counter, written(table, form), size) is None
    assert counter.rows == len(table)


@pytest.mark.parametrize("form", BINDINGS, ids=lambda f: f.extension)
@settings(max_examples=60)
@given(table=TABLES.filter(lambda t: len(t) > 1), size=st.integers(1, 60), data=st.data())
def test_an_answer_is_cut_after_the_limit(
    form: Format, table: list[tuple[str | None, str | None]], size: int, data: st.DataObject
) -> None:
    limit = data.draw(st.integers(1, len(table) - 1))
    kept = fed(RowCounter(form, limit), written(table, form), size)
    assert kept == written(table[:limit], form)


def test_the_readers_of_the_world_agree() -> None:
    table: list[tuple[str | None, str | None]] = [('},{"', None), (None, None), ("a\r\n", '"')]
    texts = [written(table, form).decode() for form in BINDINGS]
    assert len(json.loads(texts[0])["results"]["bindings"]) == 3
    assert len(ET.fromstring(texts[1])[1]) == 3
    assert len(list(csv.reader(io.StringIO(texts[2], newline="")))) == 4
