"""`?version=` on every read address, and Memento (RFC 7089) for who asks by date."""

import re
from email.utils import parsedate_to_datetime

import flask
import pytest
from flask.testing import FlaskClient

from parley.web.views import Views

ADDED = "zzz-added-in-version-2"  # by the fixture
CLAIM = "claim-siga-2024-02-019-2"
# What stands for the variable parts of a rule, so that every rule leads somewhere.
PARTS = {
    "/id/<path:name>": "/id/afghan-taliban",
    "/page/<path:name>": "/page/afghan-taliban",
    "/data/<path:name>": "/data/afghan-taliban.ttl",
    "/about/<path:name>": "/about/dataset.ttl",
    "/sitemap-<int:number>.xml": "/sitemap-0.xml",
    "/graph/<path:name>": "/graph/vocab",
    "/claims/<name>": f"/claims/{CLAIM}",
    "/claims.<extension>": "/claims.json",
    "/cite/<path:name>.bib": "/cite/afghan-taliban.bib",
    "/cite/<path:name>.csl.json": f"/cite/{CLAIM}.csl.json",
    "/articles/<name>": "/articles/siga-2024-02",
    "/queries/<name>": "/queries/contradictions",
    "/queries/<name>.<extension>": "/queries/contradictions.csv",
    "/vocab/<name>": "/vocab/denies",
    "/history/<int:number>": "/history/1",
    "/history/<int:number>.<extension>": "/history/1.ttl",
    "/diff": "/diff?from=1&to=1",
    "/as/<world>": "/as/followthemoney.jsonl",
    "/as/<world>/<path:name>": f"/as/nanopub/{CLAIM}.trig",
}
EXTRA = [
    "/sparql",
    "/sparql?query=ASK%7B%7D",
    "/store?default",
    "/store?graph=https://w3id.org/parley/graph/vocab",
]


def addresses(app: flask.Flask) -> list[str]:
    """Every read address, its variable parts filled in."""
    found = []
    for rule in app.url_map.iter_rules():
        views = app.blueprints.get(rule.endpoint.partition(".")[0])
        if isinstance(views, Views) and rule.endpoint in views.versioned:
            path = PARTS.get(rule.rule, rule.rule.replace("<extension>", "ttl"))
            if "<" not in path:
                found.append(path)
    return found + EXTRA


def test_every_read_address_takes_a_version_and_a_date(client: FlaskClient) -> None:
    found = addresses(client.application)
    assert set(PARTS.values()) <= set(found)
    assert len(found) >= 24
    when = client.get("/history").get_json()["entries"][0]["time"][:10]
    for path in found:
        sign = "&" if "?" in path else "?"
        for version in ("1", when):
            response = client.get(f"{path}{sign}version={version}", buffered=True)
            assert response.status_code in {200, 303}, (path, response.text)
            expected = "1" if version == "1" or path.startswith("/history/1") else "2"
            assert response.headers["X-Parley-Version"] == expected, path
            assert response.headers["Memento-Datetime"].endswith(" GMT"), path
            links = ", ".join(response.headers.getlist("Link"))
            for relation in ("original", "timegate", "timemap"):
                assert f'rel="{relation}"' in links, path
        none = client.get(f"{path}{sign}version=99", buffered=True)
        assert none.status_code == 404, path
        assert client.get(f"{path}{sign}version=soon", buffered=True).status_code == 400, path


@pytest.mark.parametrize(
    "path", ["/page/afghan-taliban", "/id/afghan-taliban", "/data/afghan-taliban.nt", "/dump.nq"]
)
@pytest.mark.parametrize("prefix", ["", "/timegate"])
def test_a_date_leads_to_the_version_of_that_time(
    client: FlaskClient, path: str, prefix: str
) -> None:
    for asked, number in (
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1),  # before the first: the first
        ("Fri, 01 Jan 2100 00:00:00 GMT", 2),
    ):
        response = client.get(prefix + path, headers={"Accept-Datetime": asked})
        assert response.status_code == 302
        assert response.headers["Location"] == f"{path}?version={number}"
        assert "accept-datetime" in response.headers["Vary"].lower()
        assert f'<{path}>; rel="original"' in response.headers["Link"]
        memento = client.get(response.headers["Location"], buffered=True)
        said = memento.headers["Memento-Datetime"]
        assert f'rel="memento"; datetime="{said}"' in response.headers["Link"]
    bad = client.get(prefix + path, headers={"Accept-Datetime": "yesterday"})
    assert bad.status_code == 400


def test_a_memento_of_its_own_date_is_itself(client: FlaskClient) -> None:
    said = client.get("/page/afghan-taliban?version=2").headers["Memento-Datetime"]
    response = client.get("/page/afghan-taliban", headers={"Accept-Datetime": said})
    assert response.headers["Location"] == "/page/afghan-taliban?version=2"


def test_the_gate_keeps_the_parameters(client: FlaskClient) -> None:
    graph = "graph=https%3A%2F%2Fw3id.org%2Fparley%2Fgraph%2Fvocab"
    response = client.get(f"/timegate/store?{graph}")
    assert response.headers["Location"] == f"/store?{graph}&version=2"
    assert client.get("/timegate/sparql?query=ASK+%7B%7D").status_code == 302
    for path in ("/timegate/health", "/timegate/static/parley.css", "/timegate/no/such"):
        assert client.get(path).status_code == 404
    for path in ("/timemap/login", "/timemap/page/nobody"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("/dump.nq", [1, 2]),
        ("/page/afghan-taliban", [1]),
        (f"/id/{ADDED}", [2]),
        (f"/data/{ADDED}.ttl", [2]),
    ],
)
def test_the_time_map_lists_what_there_is(
    client: FlaskClient, path: str, numbers: list[int]
) -> None:
    response = client.get(f"/timemap{path}")
    assert response.mimetype == "application/link-format"
    lines = response.text.rstrip("\n").split(",\n")
    found = [line for line in lines if "memento" in line]
    assert [int(re.findall(r"version=(\d+)>", line)[0]) for line in found] == numbers
    assert 'rel="first' in found[0]
    assert 'last memento"' in found[-1] or 'rel="last' in found[-1]
    dates = [re.findall(r'datetime="([^"]+)"', line)[0] for line in found]
    assert dates == sorted(dates, key=parsedate_to_datetime)
    assert f'{path}>; rel="original"' in lines[0]
    for line in found:
        address = line[1 : line.index(">")].removeprefix("http://localhost")
        assert client.get(address, buffered=True).status_code in {200, 303}
