"""Laws of drawings: well formed, escaped, nothing lost, and true to dates, places and numbers."""

import json
import re
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.errors import BadInput
from parley.queries import VIEWS
from parley.web import drawing
from parley.web.drawing import maps, network, outline, svg, timeline, wkt
from parley.web.drawing.axis import axis
from parley.web.drawing.dates import day

SVG = "{http://www.w3.org/2000/svg}"
CSS = Path(svg.__file__).parents[1] / "static" / "parley.css"
Cell = dict[str, str]
Rows = list[dict[str, Cell]]
ISO = st.dates().map(str)
ANY = st.text(max_size=40)
NAMES = st.one_of(
    ANY, st.sampled_from(["<script>alert(1)</script>", '"]]>&amp;', "\x00\x1b\ud800"])
)
VALUES = {
    "begin": st.one_of(ISO, ANY, st.sampled_from(["2023", "2023-02", "0000-01-01", "9999"])),
    "end": st.one_of(ISO, ANY),
    "latestBegin": ISO,
    "earliestEnd": ISO,
    "wkt": st.one_of(
        ANY,
        st.tuples(st.floats(-200, 200), st.floats(-100, 100)).map(
            lambda p: f"POINT({p[0]} {p[1]})"
        ),
        st.sampled_from(["POLYGON((0 0, 1 0, 1 1, 0 0))", "POINT(1e999 nan)", "POINT EMPTY"]),
    ),
    "count": st.one_of(
        ANY, st.floats(allow_nan=True, allow_infinity=True).map(str), st.integers().map(str)
    ),
    "item": st.sampled_from([f"https://x.example/id/{n}" for n in range(6)]),
    "source": st.sampled_from([f"https://x.example/id/{n}" for n in range(6)]),
    "target": st.sampled_from([f"https://x.example/id/{n}" for n in range(6)]),
}


def literal(value: str) -> Cell:
    return {"type": "literal", "value": value}


def iri(slug: str) -> Cell:
    return {"type": "uri", "value": f"https://x.example/id/{slug}"}


@st.composite
def results(draw: st.DrawFn) -> tuple[str, Rows]:
    """Rows of any values that fit a view, some of them unbound."""
    view = draw(st.sampled_from([view for view in VIEWS if VIEWS[view]]))
    columns = [*VIEWS[view], "status", "latestBegin", "earliestEnd"]
    rows = []
    for _ in range(draw(st.integers(0, 8))):
        row = {}
        for column in columns:
            value = draw(st.one_of(st.none(), VALUES.get(column, NAMES)))
            if value is not None:
                kind = "uri" if column in {"item", "source", "target"} else "literal"
                row[column] = {"type": kind, "value": value}
        rows.append(row)
    return view, rows


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(results())
def test_any_rows_give_well_formed_svg(found: tuple[str, Rows]) -> None:
    view, rows = found
    shown = drawing.draw(view, VIEWS[view], rows, title="<&\x01>")
    assert shown == drawing.draw(view, VIEWS[view], rows, title="<&\x01>")
    for text in (shown, drawing.standalone(shown)):
        tree = ET.fromstring(text.encode("utf-8"))
        assert {element.tag for element in tree.iter()}.isdisjoint(
            {f"{SVG}script", f"{SVG}style"}
        ) or (text is not shown)
        numbers = re.compile(r"nan|inf", re.IGNORECASE)
        for element in tree.iter():
            for name, value in element.attrib.items():
                assert name in {"href", "aria-label"} or not numbers.search(value), (name, value)


@pytest.mark.parametrize("view", ["timeline", "map", "bar"])
def test_every_item_is_there_and_leads_to_its_page(view: str) -> None:
    rows: Rows = [
        {
            "item": iri(f"n{n}"),
            "label": literal(f"thing {n} <b>&"),
            "begin": literal(f"{1900 + n}-01-01"),
            "end": literal(f"{1900 + 2 * n}-12-31"),
            "wkt": literal(f"POINT({n * 3} {n})"),
            "count": literal(str(n - 5)),
        }
        for n in range(30)
    ]
    tree = ET.fromstring(drawing.draw(view, rows[0], rows, title="all"))
    links = {a.get("href"): "".join(a.itertext()) for a in tree.iter(f"{SVG}a")}
    assert set(links) == {f"https://x.example/id/n{n}" for n in range(30)}
    assert all(f"thing {n} <b>&" in links[f"https://x.example/id/n{n}"] for n in range(30))


def bars(rows: Rows) -> dict[str, list[ET.Element]]:
    """The rectangles of a timeline by the label of their item."""
    tree = ET.fromstring(drawing.draw("timeline", VIEWS["timeline"], rows, title="t"))
    return {
        (a.findtext(f"{SVG}text") or ""): list(a.iter(f"{SVG}rect")) for a in tree.iter(f"{SVG}a")
    }


def span(name: str, **bounds: str) -> dict[str, Cell]:
    return {
        "item": iri(name),
        "label": literal(name),
        **{column: literal(value) for column, value in bounds.items()},
    }


def test_ranges_stand_in_order_of_time() -> None:
    drawn = bars(
        [
            span("later", begin="2023-03-01", end="2023-03-31"),
            span("day", begin="2023-02-10", end="2023-02-10"),
            span(
                "long",
                begin="2023-01",
                latestBegin="2023-01-31",
                earliestEnd="2023-03-01",
                end="2023-03",
            ),
        ]
    )
    assert [float(drawn[n][0].attrib["x"]) for n in ("long", "day", "later")] == sorted(
        float(rects[0].attrib["x"]) for rects in drawn.values()
    )
    pale, sure = drawn["long"]
    assert pale.attrib["fill-opacity"] == "0.25"
    assert "fill-opacity" not in sure.attrib
    assert float(pale.attrib["x"]) < float(sure.attrib["x"])
    assert float(sure.attrib["width"]) < float(pale.attrib["width"])
    assert len(drawn["later"]) == 1


def test_open_ends_fade_and_items_without_a_date_are_listed() -> None:
    rows = [
        span("until", end="2020-05-01"),
        span("from", begin="2020-05-01"),
        span("never"),
        span("impossible", begin="2021-01-01", end="2020-01-01"),
    ]
    drawn = bars(rows)
    assert "-left-" in drawn["until"][0].attrib["fill"]
    assert "-right-" in drawn["from"][0].attrib["fill"]
    assert drawn["never"] == drawn["impossible"] == []
    assert "Without a date: 2" in drawing.draw("timeline", VIEWS["timeline"], rows, title="t")


def test_a_long_empty_time_is_cut_out() -> None:
    spans = [(day("1950-01-01") or 0, day("1950-12-31") or 0)]
    spans += [(day(f"{year}-01-01") or 0, day(f"{year}-12-31") or 0) for year in range(2010, 2014)]
    found = axis(spans, 0, 800)
    assert len(found.breaks()) == 1
    assert 0 < found.x(spans[0][1]) < found.breaks()[0] < found.x(spans[1][0]) < 800
    assert [tick.label for tick in found.ticks()][-1].endswith("2013")


def test_years_and_months_are_days_from_first_to_last() -> None:
    assert day("2024-02", last=True) == day("2024-02-29")
    assert day("2023", last=True) == day("2023-12-31")
    assert day("2023-11-08T23:59:59Z") == day("2023-11-08")
    assert day("2023-02-30") is day("12023-01-01") is day("-0044-03-15") is day("soon") is None


@pytest.mark.parametrize(
    ("text", "middle"),
    [
        ("POINT(68.8 38.6)", (68.8, 38.6)),
        ("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> Point ( 1e1 -2 )", (10, -2)),
        ("POLYGON((0 0, 4 0, 4 2, 0 0), (1 1, 2 1, 2 1, 1 1))", (2, 1)),
        ("<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(38.6 68.8)", None),
        ("POINT(200 0)", None),
        ("POINT(nan 0)", None),
        ("POINT EMPTY", None),
    ],
)
def test_places_are_read_from_wkt(text: str, middle: tuple[float, float] | None) -> None:
    found = wkt.read(text)
    assert (found.middle if found else None) == middle


def test_a_map_is_placed_truly_and_lists_what_it_does_not_place() -> None:
    rows: Rows = [
        {"item": iri("a"), "label": literal("north west"), "wkt": literal("POINT(179 10)")},
        {"item": iri("b"), "label": literal("south east"), "wkt": literal("POINT(-179 5)")},
        {"item": iri("c"), "label": literal("undisclosed")},
    ]
    text = drawing.draw("map", VIEWS["map"], rows, title="t")
    a, b, *more = [
        tuple(float(c.attrib[k]) for k in ("cx", "cy"))
        for c in ET.fromstring(text).iter(f"{SVG}circle")
    ]
    assert more == []
    assert a[0] < b[0] < a[0] + 430  # across the date line, not around the world
    assert a[1] < b[1]
    assert "Not placed, as no position is recorded: 1" in text
    nowhere = ET.fromstring(drawing.draw("map", VIEWS["map"], rows[2:], title="t"))
    assert float(nowhere.attrib["height"]) < 100, "no empty world above the list"


def test_an_outline_of_topojson_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    square = [[0, 0], [10, 0], [0, 10], [-10, 0], [0, -10]]
    topology = {
        "transform": {"scale": [1, 1], "translate": [60, 30]},
        "arcs": [square],
        "objects": {
            "countries": {
                "geometries": [
                    {"type": "Polygon", "arcs": [[~0]], "properties": {"name": "Squareland"}}
                ]
            }
        },
    }
    file = tmp_path / "outline.json"
    rows: Rows = [{"item": iri("a"), "label": literal("A"), "wkt": literal("POINT(65 35)")}]
    try:
        monkeypatch.setattr(outline, "FILE", file)
        outline.world.cache_clear()
        assert "No outline" in drawing.draw("map", VIEWS["map"], rows, title="t")
        file.write_text(json.dumps(topology))
        outline.world.cache_clear()
        assert "Squareland" in drawing.draw("map", VIEWS["map"], rows, title="t")
    finally:
        outline.world.cache_clear()


def edge(source: str, relation: str, target: str, status: str = "stated") -> dict[str, Cell]:
    return {
        "source": iri(source),
        "sourceLabel": literal(source),
        "target": iri(target),
        "targetLabel": literal(target),
        "relation": literal(relation),
        "status": literal(status),
    }


def test_arrows_between_two_things_are_told_apart() -> None:
    rows = [
        edge("a", "helps", "b", "confirmed"),
        edge("b", "fights", "a", "contested"),
        edge("a", "knows", "b", "reported"),
        edge("a", "is", "a"),
    ]
    tree = ET.fromstring(drawing.draw("network", VIEWS["network"], rows, title="t"))
    paths = [p.attrib for p in tree.iter(f"{SVG}path") if "marker-end" in p.attrib]
    assert len({path["d"] for path in paths}) == 4
    assert len({path.get("stroke-dasharray") for path in paths}) == 3
    words = "".join(tree.itertext())
    assert all(word in words for word in ("helps", "fights", "knows", "b fights a · contested"))


def test_a_network_past_its_size_is_cut_to_the_largest_part() -> None:
    rows = [edge(f"n{n}", "knows", f"n{n // 2}") for n in range(1, network.MOST * 2)]
    rows.append(edge("x", "knows", "y"))
    began = time.process_time()
    text = drawing.draw("network", VIEWS["network"], rows, title="t")
    assert time.process_time() - began < 4
    assert f"{network.MOST} of {network.MOST * 2 + 2} things are drawn" in text
    assert len(text) < 500_000


@pytest.mark.parametrize("view", ["timeline", "map", "bar"])
def test_a_thousand_items_are_drawn_quickly_and_small(view: str) -> None:
    rows: Rows = [
        {
            "item": iri(f"n{n}"),
            "label": literal("a rather long name of an event " * 20),
            "begin": literal(f"20{n % 24:02}-01-{n % 28 + 1:02}"),
            "end": literal("2024-12-31"),
            "wkt": literal(f"POINT({n % 360 - 180} {n % 170 - 85})"),
            "count": literal(str(n)),
        }
        for n in range(1200)
    ]
    began = time.process_time()
    text = drawing.draw(view, rows[0], rows, title="t")
    assert time.process_time() - began < 5
    assert len(text) < 2_000_000
    assert "are drawn; the table has all." in text
    assert min(timeline.MOST, maps.MOST) < 1200


def test_a_view_says_which_columns_it_needs() -> None:
    with pytest.raises(BadInput, match="missing: wkt"):
        drawing.draw("map", ["item", "label"], [], title="t")
    with pytest.raises(BadInput, match="none of"):
        drawing.draw("pie", ["item", "label"], [], title="t")
    assert drawing.fitting(["item", "label", "begin", "end", "count", "x"]) == ["timeline", "bar"]


def test_links_lead_to_web_addresses_only() -> None:
    rows: Rows = [
        {
            "item": {"type": "uri", "value": "javascript:alert(1)"},
            "label": literal("x"),
            "count": literal("1"),
        }
    ]
    assert "href" not in drawing.draw("bar", VIEWS["bar"], rows, title="t")


def test_colours_are_those_of_the_pages() -> None:
    light, dark = re.findall(r":root \{(.*?)\}", CSS.read_text(encoding="utf-8"), re.S)[:2]
    for name, (one, other) in svg.PALETTE.items():
        assert f"--{name}: {one}" in light
        assert f"--{name}: {other}" in dark
