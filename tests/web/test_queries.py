"""Saved queries on the web: catalogue, forms, results as files, bad values."""

import csv
import html
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from tests.web.ports import serving

from parley.catalogue import catalogue_quads
from parley.files import Dataset
from parley.queries import load
from parley.settings import Settings
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app
from parley.web.citing import Work

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


def test_a_page_cites_its_answer_and_keeps_it(client: FlaskClient) -> None:
    page = client.get("/queries/said-by?source=id:regional-diplomat", headers=HTML).text
    permalink = "http://localhost/queries/said-by?source=id%3Aregional-diplomat&amp;version=2"
    assert f'rel="bookmark" href="{permalink}"' in page
    title = "What did one source say? (source: id:regional-diplomat)"
    assert f"The Parley authors: “{title}”, in: Parley, version 2, " in page
    kept = client.get(permalink.replace("&amp;", "&").removeprefix("http://localhost"))
    assert kept.headers["X-Parley-Version"] == "2"


def test_a_citation_as_bibtex_names_the_answer_and_the_article_it_quotes(
    client: FlaskClient,
) -> None:
    response = client.get("/queries/said-by.bib?source=id:regional-diplomat&version=1")
    assert response.mimetype == "application/x-bibtex"
    answer, article = re.findall(r"@misc\{([^,]+),\n(.*?)\n\}\n", response.text, re.DOTALL)
    assert answer[0] == "parley-said-by-v1"
    assert "author = {{The Parley authors}}" in answer[1]
    assert "edition = {version 1}" in answer[1]
    assert article[0] == "siga-2024-02"
    assert "author = {{Franz J. Marty}}" in article[1]
    assert "year = {2024},\n  month = {2}" in article[1]


def test_a_citation_as_csl_holds_the_address_of_the_version(client: FlaskClient) -> None:
    response = client.get("/queries/quotes.csl.json?version=1")
    answer, *articles = json.loads(response.text)
    assert (answer["type"], answer["version"]) == ("dataset", "1")
    assert answer["URL"] == "http://localhost/queries/quotes?version=1"
    assert len(answer["issued"]["date-parts"][0]) == 3
    assert {article["type"] for article in articles} == {"article"}


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
        ("50% & $1_000 #~^", r"50\% \& \$1\_000 \#\textasciitilde{}\textasciicircum{}"),
        ("}\n@misc{x,", r"\} @misc\{x,"),
    ],
)
def test_what_latex_reads_as_commands_is_escaped(title: str, written: str) -> None:
    assert f"  title = {{{{{written}}}}}" in Work("key", title).bibtex


def test_an_answer_stands_in_another_page(client: FlaskClient) -> None:
    response = client.get("/embed/queries/meetings")
    policies = response.headers.getlist("Content-Security-Policy")
    assert len(policies) == 1
    assert "frame-ancestors *" in policies[0]
    assert "<table>" in response.text
    assert "<form" not in response.text
    assert "<nav" not in response.text
    assert client.get("/embed/queries/said-by?nonsense=1").status_code == 400
    own = client.get("/queries/meetings", headers=HTML).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in own


def test_the_editor_gets_the_query_with_its_values(client: FlaskClient) -> None:
    page = client.get("/queries/facts-about?thing=id:afghan-taliban", headers=HTML).text
    (found,) = re.findall(r'<a href="(/sparql\?[^"]+)">Run in the editor', page)
    response = client.get(html.unescape(found), headers={"Accept": "text/csv"})
    assert response.status_code == 200
    whole = client.get("/queries/facts-about.csv?thing=id:afghan-taliban")
    assert sorted(response.text.splitlines()) == sorted(whole.text.splitlines())


def programs(client: FlaskClient, address: str, root: str) -> dict[str, str]:
    """The programs on the page of a query, for a server at `root`."""
    page = client.get(address, headers=HTML).text
    found = re.findall(
        r"<figcaption>(\w+)</figcaption><pre[^>]*><code>(.*?)</code>", page, re.DOTALL
    )
    return {name: html.unescape(text).replace("http://localhost", root) for name, text in found}


def by_node(program: str, shown: str) -> Any:
    """What a program in JavaScript finds."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("JavaScript needs node: apt-get install nodejs")
    text = f"{program}\nconsole.log(JSON.stringify({shown}));"
    command = [node, "--input-type=module", "--eval", text]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.fixture(scope="module")
def root(client: FlaskClient) -> Iterator[str]:
    with serving(client.application) as address:
        yield address


def test_programs_fetch_the_answer(client: FlaskClient, tmp_path: Path, root: str) -> None:
    found = programs(client, "/queries/known-by?day=2023-11-08", root)
    assert list(found) == ["Shell", "Python", "R", "JavaScript", "HTML"]
    names: dict[str, list[dict[str, str]]] = {}
    exec(found["Python"], names)
    if shutil.which("curl"):
        subprocess.run(["sh", "-c", found["Shell"]], cwd=tmp_path, check=True, capture_output=True)
    expected = client.get("/queries/known-by.csv?day=2023-11-08")
    assert names["rows"] == list(csv.DictReader(io.StringIO(expected.text)))
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [expected.data]


@pytest.mark.parametrize(
    ("address", "python", "shown"),
    [
        ("/queries/is-contested", "holds", "holds"),
        ("/queries/provenance-graph", "len(graph)", "turtle.split('\\n').length > 10"),
    ],
)
def test_programs_fetch_truth_and_graphs(
    client: FlaskClient, root: str, address: str, python: str, shown: str
) -> None:
    found = programs(client, address, root)
    names: dict[str, object] = {}
    exec(found["Python"], names)
    assert eval(python, names)
    assert by_node(found["JavaScript"], shown) is True


def test_a_program_in_javascript_fetches_the_rows(client: FlaskClient, root: str) -> None:
    found = programs(client, "/queries/said-by?source=id:regional-diplomat", root)
    expected = client.get("/queries/said-by.json?source=id:regional-diplomat").get_json(force=True)
    assert by_node(found["JavaScript"], "rows") == expected["results"]["bindings"]


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R: apt-get install r-base-core")
def test_a_program_in_r_fetches_the_rows(client: FlaskClient, root: str) -> None:
    program = programs(client, "/queries/known-by?day=2023-11-08", root)["R"]
    command = ["Rscript", "-e", f"{program}\ncat(nrow(rows))"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    expected = client.get("/queries/known-by.csv?day=2023-11-08").text
    assert int(done.stdout) == len(list(csv.DictReader(io.StringIO(expected))))


@pytest.mark.parametrize("form", ["ttl", "nt", "rdf", "jsonld"])
def test_the_queries_are_described_as_examples_for_this_endpoint(
    client: FlaskClient, dataset: Dataset, form: str
) -> None:
    response = client.get(f"/.well-known/sparql-examples?format={form}")
    assert response.status_code == 200
    targets = {
        quad.subject: quad.object
        for quad in ox.parse(response.data, ox.RdfFormat.from_extension(form))
        if quad.predicate.value == "https://schema.org/target"
    }
    assert set(targets) == {dataset.names.query(path.stem) for path in dataset.queries()}
    assert set(targets.values()) == {ox.NamedNode("http://localhost/sparql")}


def test_an_old_version_answers_with_the_query_it_had(tmp_path: Path, dataset: Dataset) -> None:
    versions = Versions(tmp_path)
    settings = Settings(instance=tmp_path)
    file = tmp_path / "things.rq"
    version = None
    for column in ("first", "second"):
        file.write_text(f"#+ question: Which?\nSELECT ?{column} {{ ?{column} a ?c }}\n")
        saved = load([file], dataset.names)
        quads = frozenset(catalogue_quads(saved, dataset.names))
        with versions.stage(version) as staged:
            change = staged.apply(Change(quads, frozenset(staged.store)))
            version = versions.publish(staged, change, Message("tests", column))
    file.unlink()
    with versions.stage(version) as staged:
        change = staged.apply(Change(frozenset(), frozenset(staged.store)))
        versions.publish(staged, change, Message("tests", "none"))
    with closing(LocalBackend(versions, settings)) as backend:
        client = create_app(settings, backend, dataset, saved, versions).test_client()
        for path, column in (("?version=1", "first"), ("?version=2", "second")):
            assert client.get(f"/queries/things.csv{path}").text.splitlines()[0] == column
        assert client.get("/queries/other").status_code == 404
        assert client.get("/queries/things").status_code == 410
