"""Saved queries on the web: catalogue, forms, results as files, bad values."""

import csv
import io

import pytest
from flask.testing import FlaskClient

from parley.files import Dataset
from parley.queries import load

HTML = {"Accept": "text/html"}


def test_the_catalogue_lists_every_query(client: FlaskClient, dataset: Dataset) -> None:
    page = client.get("/queries", headers=HTML).text
    queries = load(dataset.queries(), dataset.names)
    assert len(queries) > 20
    for name in queries:
        assert f'href="/queries/{name}"' in page


def test_every_query_has_a_page_and_a_file(client: FlaskClient, dataset: Dataset) -> None:
    for name, saved in load(dataset.queries(), dataset.names).items():
        assert client.get(f"/queries/{name}", headers=HTML).status_code == 200, name
        answers = all(p.default is not None or not p.required for p in saved.parameters)
        extension = "json" if saved.kind in {"select", "ask"} else "ttl"
        response = client.get(f"/queries/{name}.{extension}", buffered=True)
        assert response.status_code == (200 if answers else 400), name


@pytest.mark.parametrize("extension", ["json", "xml", "csv", "tsv"])
def test_a_result_has_an_address_in_every_format(client: FlaskClient, extension: str) -> None:
    response = client.get(f"/queries/facts-about.{extension}?thing=id:afghan-taliban")
    assert response.status_code == 200
    assert response.headers["X-Parley-Version"] == "2"
    assert client.get("/queries/facts-about.ttl").status_code == 404
    assert client.get("/queries/facts-about.html", headers=HTML).mimetype == "text/html"


def test_accept_works_without_an_extension(client: FlaskClient) -> None:
    response = client.get("/queries/contradictions", headers={"Accept": "text/csv"})
    assert response.mimetype == "text/csv"


def test_parameters_are_bound(client: FlaskClient) -> None:
    def subjects(thing: str) -> set[str]:
        response = client.get("/queries/facts-about.csv", query_string={"thing": thing})
        return {row["subjectLabel"] for row in csv.DictReader(io.StringIO(response.text))}

    assert "Ansorullah Tajikistan" in subjects("ansorullah-tajikistan")
    assert subjects("nobody-of-this-name") == set()


def test_an_injection_finds_nothing(client: FlaskClient) -> None:
    evil = 'x> ?p ?o } } ; DROP ALL # "'
    response = client.get("/queries/facts-about.json", query_string={"thing": evil})
    assert response.status_code == 400
    status = client.get(
        "/queries/facts-about.json", query_string={"status": 'confirmed" || true || "'}
    )
    assert status.status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/queries/nothing", 404),
        ("/queries/nothing.csv", 404),
        ("/queries/facts-about.json?nonsense=1", 400),
        ("/queries/facts-about.json?thing=a&thing=b", 400),
        ("/queries/facts-about.json?status=no+slug!", 400),
        ("/queries/facts-about.json?version=77", 404),
    ],
)
def test_wrong_requests_are_problems(client: FlaskClient, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"


def test_a_bad_value_is_said_above_the_form(client: FlaskClient) -> None:
    response = client.get("/queries/facts-about?status=no+slug!", headers=HTML)
    assert response.status_code == 400
    assert 'role="alert"' in response.text
    assert "<form" in response.text


def test_a_form_keeps_what_was_asked(client: FlaskClient) -> None:
    page = client.get("/queries/facts-about?thing=id:afghan-taliban", headers=HTML).text
    assert '<option value="id:afghan-taliban" selected>' in page
    assert "facts-about.csv?thing=id:afghan-taliban" in page


def lines(client: FlaskClient, search: str) -> list[str]:
    response = client.get(f"/queries/quotes.csv?{search}")
    assert response.status_code == 200
    return response.text.splitlines()[1:]


def test_pages_add_up_to_the_whole(client: FlaskClient) -> None:
    whole = lines(client, "")
    assert len(whole) > 20
    parts = [lines(client, f"limit=10&offset={offset}") for offset in range(0, len(whole), 10)]
    assert [line for part in parts for line in part] == whole
    assert lines(client, "offset=5") == whole[5:]
    response = client.get("/queries/quotes.csv?limit=10&offset=10")
    assert response.headers["X-Parley-Total"] == str(len(whole))
    assert 'rel="next"' in " ".join(response.headers.getlist("Link"))
    page = client.get("/queries/quotes?limit=10&offset=10", headers=HTML).text
    assert f"Rows 11 to 20 of {len(whole)}" in page
    assert 'rel="prev"' in page


def test_a_page_is_a_number_of_rows(client: FlaskClient) -> None:
    assert client.get("/queries/quotes.csv?limit=few").status_code == 400
    assert client.get("/queries/quotes.csv?limit=-1").status_code == 400
