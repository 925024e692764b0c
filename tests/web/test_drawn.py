"""Drawings on the web: as files, in pages with their table, of any SELECT, for other views."""

import re
import xml.etree.ElementTree as ET

import pytest
from flask.testing import FlaskClient

SVG = "{http://www.w3.org/2000/svg}"
HTML = {"Accept": "text/html"}


def words(svg: str) -> str:
    return " ".join(ET.fromstring(svg).itertext())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("timeline", "military takeover of Afghanistan"),
        ("map", "Dushanbe"),
        ("network", "Ansorullah Tajikistan"),
        ("status-counts", "contested"),
    ],
)
def test_a_drawing_is_a_file_of_its_own(client: FlaskClient, name: str, shown: str) -> None:
    response = client.get(f"/queries/{name}.svg")
    assert response.status_code == 200
    assert response.mimetype == "image/svg+xml"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert shown in words(response.text)
    assert "var(" not in response.text
    links = [a.get("href", "") for a in ET.fromstring(response.text).iter(f"{SVG}a")]
    assert all(href.startswith("https://w3id.org/parley/id/") for href in links)
    etag = response.headers["ETag"]
    assert client.get(f"/queries/{name}.svg", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("name", ["timeline", "map", "network"])
def test_a_view_has_a_short_address_with_its_table(client: FlaskClient, name: str) -> None:
    page = client.get(f"/{name}", headers=HTML)
    assert page.status_code == 200
    (svg,) = re.findall(r"<svg.*</svg>", page.text, re.S)
    links = {a.get("href") for a in ET.fromstring(svg).iter(f"{SVG}a")}
    assert links
    table = page.text[page.text.index("<table>") :]
    assert all(f'href="{href}"' in table for href in links)
    assert f'href="/queries/{name}.svg"' in page.text
    assert "style=" not in page.text
    assert client.get(f"/{name}", headers={"Accept": "text/csv"}).mimetype == "text/csv"


def test_a_view_is_chosen_by_hand(client: FlaskClient) -> None:
    plain = client.get("/queries/timeline?view=table", headers=HTML).text
    assert "<svg" not in plain
    assert 'href="/queries/timeline?view=timeline"' in plain
    wrong = client.get("/queries/timeline?view=map", headers=HTML)
    assert wrong.status_code == 400
    assert "missing: wkt" in wrong.text
    assert client.get("/queries/quotes.svg").status_code == 400
    assert client.get("/queries/nothing.svg").status_code == 404


def test_meetings_have_a_timeline_though_their_columns_have_other_names(
    client: FlaskClient,
) -> None:
    page = client.get("/queries/meetings", headers=HTML).text
    assert 'href="/queries/meetings?view=timeline"' in page
    rows = client.get("/queries/meetings.json").get_json(force=True)["results"]["bindings"]
    dated = {row["meetingLabel"]["value"] for row in rows if "earliest" in row}
    assert len(dated) == 3
    drawn = client.get("/queries/meetings.svg?view=timeline").text
    below = drawn.partition("Without a date")[2]
    for label in dated:
        assert label in drawn
        assert label not in below


def test_any_select_is_drawn(client: FlaskClient) -> None:
    query = 'SELECT ?label ?count { VALUES (?label ?count) { ("<b>&" 3) ("two" -1.5) } }'
    response = client.get("/sparql/draw", query_string={"query": query})
    assert response.status_code == 200
    assert response.headers["X-Parley-Views"] == "bar"
    assert "<b>&" in words(response.text)
    assert "var(--ink, #" in response.text
    posted = client.post("/sparql/draw?view=bar&file=true", data={"query": query})
    assert "var(" not in posted.text
    for bad in ("SELECT ?x {}", "ASK {}", "SELECT"):
        assert client.get("/sparql/draw", query_string={"query": bad}).status_code == 400


def test_a_view_is_narrowed_to_a_thing_a_status_and_a_time(client: FlaskClient) -> None:
    def rows(name: str, **values: str) -> list[str]:
        response = client.get(f"/queries/{name}.csv", query_string=values)
        assert response.status_code == 200
        return response.text.splitlines()[1:]

    every = rows("timeline")
    taliban = rows("timeline", thing="id:afghan-taliban")
    assert taliban
    assert set(taliban) < set(every)
    assert all(row.endswith(",confirmed") for row in rows("timeline", status="confirmed"))
    late = rows("timeline", **{"from": "2023-12-01", "until": "2023-12-31"})
    assert any("meeting-december-2023" in row for row in late)
    assert not any("death-of" in row or "meeting-january-2024" in row for row in late)
    assert rows("network", thing="id:no-such-thing") == rows("map", thing="id:no-such-thing") == []
    assert {row.split(",")[1] for row in rows("map", thing="id:dushanbe")} >= {"Dushanbe"}
