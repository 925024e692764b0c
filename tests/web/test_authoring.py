"""Queries saved, edited and deleted by curators: in a browser without scripts, and by programs."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from tests.web.curated import BASE, FILE, MEETINGS, TYPE, Instance
from tests.web.forms import HTML, Form
from tests.web.test_editing import at
from tests.web.test_pages import Outline
from werkzeug.test import TestResponse

from parley.metadata import read_metadata


@pytest.fixture(scope="module")
def instance(curated: Instance) -> Instance:
    return curated


@pytest.fixture
def client(instance: Instance) -> FlaskClient:
    """A browser in which a curator has signed in."""
    browser = instance.app.test_client()
    page = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    signed = browser.post("/login", data={"token": instance.secret}, headers=page)
    assert signed.status_code == 303
    return browser


def form(client: FlaskClient, address: str, action: str = "/queries/") -> Form:
    response = client.get(address, headers=HTML)
    assert response.status_code == 200, response.text
    return Form(client, response, action)


def shown(response: TestResponse, client: FlaskClient, status: int) -> Form:
    assert response.status_code == status, response.text
    return Form(client, response, "/queries/")


def file(client: FlaskClient, name: str, version: int | None = None) -> str:
    tail = f"?version={version}" if version else ""
    response = client.get(f"/queries/{name}.rq{tail}")
    assert response.status_code == 200, response.text
    assert response.mimetype == TYPE
    return response.text


# ---- forms


def test_a_query_is_saved_from_the_editor(instance: Instance, client: FlaskClient) -> None:
    desk = client.get("/sparql", query_string={"query": MEETINGS}, headers=HTML).text
    assert 'formaction="/queries/new"' in desk
    assert (
        'formaction="/queries/new"'
        not in instance.app.test_client().get("/sparql", headers=HTML).text
    )
    before = instance.number
    response = client.get("/queries/new", query_string={"query": MEETINGS}, headers=HTML)
    new = shown(response, client, 200)
    assert new["text"] == MEETINGS
    new["name"], new["question"] = "all-meetings", "Which meetings are there?"
    new["tags"], new["view"] = "events, meetings", ""
    tried = new.send("check")
    assert "It answers with 1 row<" in tried.text
    assert "would change" in tried.text
    assert instance.number == before
    saved = shown(tried, client, 200).send("save")
    assert (saved.status_code, saved.headers["Location"]) == (303, "/queries/all-meetings")
    assert instance.entry == ("amina", "Save query all-meetings")
    assert file(client, "all-meetings") == (
        "#+ question: Which meetings are there?\n#+ tags:\n#+   - events\n#+   - meetings\n"
        + MEETINGS
    )


def test_everything_that_lists_queries_follows(instance: Instance, client: FlaskClient) -> None:
    assert instance.put("listed", FILE).status_code == 201
    assert "/queries/listed" in client.get("/queries", headers=HTML).text
    assert "listed" in {q["name"] for q in client.get("/queries.json").json["queries"]}
    assert "/queries/listed" in client.get("/openapi.json").json["paths"]
    examples = client.get("/.well-known/sparql-examples?format=nt").text
    assert f"<{BASE}queries/listed>" in examples
    rows = client.get("/queries/listed.csv").text.splitlines()
    assert rows[0] == "item,label"
    assert instance.run("query", "listed").splitlines() == rows
    found = client.get("/search?q=which+meetings+are+there&format=json").json
    assert "listed" in {q["name"] for q in found["questions"]}


def test_an_edit_changes_what_it_speaks_of_and_no_other_byte(
    instance: Instance, client: FlaskClient
) -> None:
    instance.put("edited", FILE)
    first = instance.number
    edit = form(client, "/queries/edited/edit")
    assert (edit["question"], edit["tags"]) == ("Which meetings are there?", "events, meetings")
    assert edit.send("save").status_code == 303
    assert instance.number == first
    edit["question"] = "Who: met # whom?"
    edit["message"] = "Clearer"
    assert edit.send("save").status_code == 303
    assert instance.entry == ("amina", "Clearer")
    line = "#+ question: 'Who: met # whom?'"
    assert file(client, "edited") == FILE.replace("#+ question: Which meetings are there?", line)
    assert file(client, "edited", first) == FILE
    assert "Who: met # whom?" in client.get("/queries/edited", headers=HTML).text
    old = client.get(f"/queries/edited?version={first}", headers=HTML).text
    assert "<h1>Which meetings are there?" in old
    history = client.get(f"/history?resource={BASE}queries/edited&format=json").json
    assert history["entries"][0]["text"] == "Clearer"
    csrf = {"csrf": edit["csrf"], "message": "Back"}
    back = client.post(f"/history/{instance.number}/revert", data=csrf, headers=HTML)
    assert back.status_code == 303, back.text
    assert file(client, "edited") == FILE


def test_a_field_and_the_text_that_say_two_things_are_told(
    instance: Instance, client: FlaskClient
) -> None:
    instance.put("twice", FILE)
    edit = form(client, "/queries/twice/edit")
    edit["question"] = "One?"
    edit["text"] = edit["text"].replace("Which meetings are there?", "Another?")
    again = shown(edit.send("save"), client, 422)
    assert "The text says otherwise: Another?" in at(edit.send("save").text, "question")
    assert again["question"] == "One?"
    again["question"] = "Another?"
    assert again.send("save").status_code == 303
    assert "Another?" in file(client, "twice")


def test_the_ends_of_lines_of_a_file_stay(instance: Instance, client: FlaskClient) -> None:
    text = FILE.replace("\n", "\r\n")
    assert instance.put("windows", text).status_code == 201
    edit = form(client, "/queries/windows/edit")
    edit["summary"] = "One line"
    assert edit.send("save").status_code == 303
    changed = client.get("/queries/windows.rq").data.decode()
    assert changed.replace("#+ summary: One line\r\n", "") == text


@pytest.mark.parametrize(
    ("fields", "place", "said"),
    [
        ({"name": "Who Met"}, "name", "lower-case words joined by hyphens"),
        ({"name": "new"}, "name", "lower-case words"),
        ({"name": "../../etc/passwd"}, "name", "lower-case words"),
        ({"name": "who-denies"}, "name", "has this name"),
        ({"question": ""}, "question", "Write the question"),
        ({"text": ""}, "text", "not an update"),
        ({"text": "SELECT ?s {\n ?s ?p }"}, "text", "Line 3, column 9"),
        ({"text": "#+ tags: [a\nASK {}"}, "text", "not valid YAML"),
        ({"text": "#+ tags: &a [*a]\nASK {}"}, "text", "a reference"),
        ({"text": "#+ sumary: x\nASK {}"}, "text", "Line 1: Unknown sumary"),
        ({"text": "#+ pagination: 99999999999\nASK {}"}, "text", "rows a page"),
        ({"text": "SELECT * { ?s ?p ?_x_colour }"}, "text", "no type of a parameter"),
        ({"text": "SELECT * { ?s ?p ?_x }"}, "text", "X is missing"),
        ({"text": "DROP ALL"}, "text", "not an update"),
        ({"text": "ASK { SERVICE <https://example.com/> {} }"}, "text", "is not allowed here"),
        ({"text": "ASK { SERVICE ?_x_iri {} }"}, "text", "SERVICE with a variable"),
        ({"text": "ASK {} # \u2028 here"}, "text", "U+2028"),
        ({"view": "map"}, "view", "draws the columns wkt"),
        ({"view": "pie"}, "view", "none of table"),
        ({"text": "SELECT * { ?s ?p ?__x }", "values.x": "SELECT ?a {}"}, "values.x", "?value"),
        ({"text": "SELECT * { ?s ?p ?__x }", "values.x": "DROP ALL"}, "values", "SELECT"),
        ({"text": "#" * 20_001}, "text", "longer than 20000 bytes"),
        ({"expect": "]]> {{ 7 * 7 }}"}, "expect", ""),
        ({"text": "SELECT * { ?s ?p ?__x }", "values.x": "SELECT {"}, "values.x", "Line 1"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_nothing_is_saved(
    instance: Instance, client: FlaskClient, fields: dict[str, str], place: str, said: str
) -> None:
    before = instance.number
    new = form(client, "/queries/new")
    given = {"name": "wrong", "question": "Which?", "text": MEETINGS, **fields}
    for name, value in given.items():
        new[name] = value
    response = new.send("save")
    assert response.status_code == 422, response.text
    assert said in at(response.text, place if place != "values" else "text")
    assert instance.number == before
    again = Form(client, response, "/queries/")
    assert (again["name"], again["csrf"]) == (given["name"], new["csrf"])


def test_what_is_only_remarkable_is_saved(instance: Instance, client: FlaskClient) -> None:
    new = form(client, "/queries/new")
    new["name"], new["question"] = "remarked", "Which?"
    new["text"], new["expect"] = "SELECT ?s { VALUES ?s { 1 } }", "?s\n2"
    page = new.send("check").text
    assert "Not refused, but look at it: Missing: 2" in page
    assert new.send("save").status_code == 303
    again = form(client, "/queries/remarked/edit")
    again["expect"] = "?s\n1"
    assert "Not refused" not in again.send("check").text
    yes = form(client, "/queries/new")
    yes["name"], yes["question"] = "yes-or-no", "Whether?"
    yes["text"], yes["expect"] = "ASK {}", "true"
    assert yes.send("save").status_code == 303
    assert file(client, "yes-or-no") == "#+ question: Whether?\n#+ expect: true\nASK {}"


HOSTILE = (
    '"><script>alert(1)</script>',
    "a\n#+ endpoint: http://example.com/\nSELECT * {}",
    "a: b\n- c # d\n'\"",
    "{{ 7 * 7 }} %s \\u0022 \\",
    "]]> <!-- &amp; & <b>",
    "no\n\n  yes: [",
)


@pytest.mark.parametrize("value", HOSTILE)
def test_what_stands_in_a_field_is_a_text(
    instance: Instance, client: FlaskClient, value: str
) -> None:
    name = f"hostile-{HOSTILE.index(value)}"
    new = form(client, "/queries/new")
    new["name"], new["text"] = name, MEETINGS
    new["message"] = value.replace("\n", " ")
    for key in ("question", "summary", "description"):
        new[key] = value
    new["tags"] = value.replace("\n", " ").replace(",", " ")
    response = new.send("save")
    assert response.status_code == 303, response.text
    data = read_metadata(file(client, name))
    assert {data[key].strip() for key in ("question", "summary", "description")} == {value}
    assert set(data) == {"question", "summary", "description", "tags"}
    assert data["tags"] == [value.replace("\n", " ").strip()]
    saved = instance.backend.version()
    assert instance.entry[1] == value.replace("\n", " ")
    for address in (f"/queries/{name}", f"/queries/{name}/edit", "/queries", "/history"):
        page = client.get(address, headers=HTML)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "49" not in Outline(page.text).named("h1")
    again = form(client, f"/queries/{name}/edit")
    assert again["question"] == value
    assert again.send("save").status_code == 303
    assert instance.backend.version() == saved


def test_two_edits_at_once_do_not_undo_each_other(instance: Instance, client: FlaskClient) -> None:
    instance.put("shared", FILE)
    mine, theirs = (form(client, "/queries/shared/edit") for _ in range(2))
    theirs["summary"] = "Theirs"
    mine["summary"] = "Mine"
    assert theirs.send("save").status_code == 303
    stopped = mine.send("save")
    assert stopped.status_code == 412
    assert "Somebody changed this meanwhile" in stopped.text
    assert "by amina" in stopped.text
    again = Form(client, stopped, "/queries/")
    assert again["summary"] == "Mine"
    assert "summary: Theirs" in file(client, "shared")
    assert again.send("save").status_code == 303
    assert "summary: Mine" in file(client, "shared")
    other = form(client, "/queries/shared/edit")
    assert instance.put("something-else", FILE).status_code == 201
    other["summary"] = "Not in the way"
    assert other.send("save").status_code == 303


def test_two_new_queries_do_not_share_a_name(instance: Instance, client: FlaskClient) -> None:
    forms = [form(client, "/queries/new") for _ in range(2)]
    for number, new in enumerate(forms):
        new["name"], new["question"], new["text"] = "raced", f"Which {number}?", MEETINGS
    with ThreadPoolExecutor(2) as threads:
        statuses = sorted(r.status_code for r in threads.map(lambda f: f.send("save"), forms))
    assert statuses == [303, 422]


def test_a_deleted_query_is_gone_and_its_versions_stay(
    instance: Instance, client: FlaskClient
) -> None:
    instance.put("passing", FILE)
    last = instance.number
    asking = form(client, "/queries/passing/delete")
    refused = asking.send("delete")
    assert refused.status_code == 422
    assert "Say why" in refused.text
    asking["reason"] = "Asked twice"
    deleted = asking.send("delete")
    assert (deleted.status_code, deleted.headers["Location"]) == (303, "/queries")
    assert instance.entry == ("amina", "Delete query passing: Asked twice")
    for address in ("passing", "passing.csv", "passing.rq", "passing/edit"):
        gone = client.get(f"/queries/{address}", headers={"Accept": "application/json"})
        assert gone.status_code == 410, address
        assert gone.json["last_version"] == last
        assert "Asked twice" in gone.json["detail"]
    assert file(client, "passing", last) == FILE
    assert client.get(f"/queries/passing.csv?version={last}").status_code == 200
    assert client.get("/queries/passing.csv?version=1").status_code == 404
    assert "/queries/passing" not in client.get("/queries", headers=HTML).text
    assert instance.run("query", "passing", "--version", str(last)).startswith("item,label")
    assert "neither a file nor a saved query" in instance.run("query", "passing")
    assert instance.put("passing", FILE).status_code == 201


def test_only_a_curator_and_only_with_a_form_of_the_session(
    instance: Instance, client: FlaskClient
) -> None:
    nobody = instance.app.test_client()
    for address in ("/queries/new", "/queries/who-denies/edit", "/queries/who-denies/delete"):
        assert nobody.get(address).status_code == 401
        assert nobody.post(address, data={"text": FILE}).status_code == 401
        assert client.post(address, data={"text": FILE, "seen": "1"}).status_code == 403
    page = nobody.get("/queries/who-denies", headers=HTML).text
    assert "/queries/who-denies/edit" not in page
    assert "/queries/who-denies/edit" in client.get("/queries/who-denies", headers=HTML).text
    edit = form(client, "/queries/who-denies/edit")
    edit["seen"] = ""
    assert edit.send("save").status_code == 428
    assert edit.send("save", If_Match='W/"1-00"').status_code == 303
    assert form(client, "/queries/new")["text"] == ""
    assert client.get("/queries/nothing/edit").status_code == 404


def test_the_forms_are_well_made(client: FlaskClient) -> None:
    for address in ("/queries/new", "/queries/who-denies/edit", "/queries/who-denies/delete"):
        response = client.get(address, headers=HTML)
        assert response.headers["Cache-Control"] == "private, no-store"
        outline = Outline(response.text)
        assert len(outline.named("h1")) == 1
        fields = outline.named("input", "select", "textarea")
        visible = [a for a in fields if a.get("type") != "hidden"]
        assert {a["id"] for a in visible} <= {a["for"] for a in outline.named("label")}
        ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
        assert len(ids) == len(set(ids))
        described = " ".join(a.get("aria-describedby") or "" for a in visible).split()
        assert set(described) <= set(ids)


def test_an_offset_alone_begins_a_page_of_the_usual_size(instance: Instance) -> None:
    text = "#+ question: Which?\n#+ pagination: 2\nSELECT ?s { VALUES ?s { 11 12 13 14 15 } }"
    assert instance.put("in-pages", text).status_code == 201
    client = instance.app.test_client()
    for offset, rows in ((0, "1 to 2"), (1, "2 to 3"), (4, "5 to 5")):
        page = client.get(f"/queries/in-pages?offset={offset}", headers=HTML).text
        assert f"Rows {rows} of 5" in page
    assert len(client.get("/queries/in-pages.csv?offset=1").text.split()) == 5


# ---- programs


def test_programs_save_and_delete(instance: Instance) -> None:
    made = instance.put("by-program", FILE, X_Parley_Message="From a script")
    assert made.status_code == 201
    assert made.headers["Location"] == "http://localhost/queries/by-program"
    assert made.json == {
        "name": "by-program",
        "address": "http://localhost/queries/by-program",
        "version": instance.number,
        "rows": 1,
    }
    assert instance.entry == ("amina", "From a script")
    same = instance.put("by-program", FILE)
    assert (same.status_code, same.json["version"]) == (200, made.json["version"])
    etag = instance.app.test_client().get("/queries/by-program.rq").headers["ETag"]
    edited = FILE.replace("there?", "known?")
    assert instance.put("by-program", edited, If_None_Match="*").status_code == 412
    assert instance.put("by-program", edited, If_Match=etag).status_code == 200
    assert instance.entry == ("amina", "Edit query by-program")
    stale = instance.put("by-program", FILE, If_Match=etag)
    assert stale.status_code == 412
    assert "by amina" in stale.json["detail"]
    assert instance.put("by-program", FILE, If_Match=same.headers["ETag"]).status_code == 412
    assert instance.delete("/queries/by-program", If_Match=etag).status_code == 412
    tried = instance.delete("/queries/by-program?dry-run=true")
    assert (tried.status_code, len(tried.json["removed"]["written"]) > 4) == (200, True)
    gone = instance.delete("/queries/by-program?message=No+use")
    assert gone.status_code == 204
    assert gone.headers["X-Parley-Version"] == str(instance.number)
    assert instance.entry == ("amina", "No use")
    assert instance.delete("/queries/by-program").status_code == 410
    assert instance.delete("/queries/never-there").status_code == 404
    assert instance.put("by-program", FILE, If_Match="*").status_code == 412


@pytest.mark.parametrize(
    ("name", "text", "headers", "status"),
    [
        ("a", FILE, {"Authorization": ""}, 401),
        ("a", FILE, {"Content-Type": "text/plain"}, 415),
        ("a", FILE, {"Content-Type": f"{TYPE}; charset=latin1"}, 415),
        ("A", FILE, {}, 400),
        ("new", FILE, {}, 400),
        ("a.csv", FILE, {}, 400),
        ("a", "SELECT ?s {", {}, 400),
        ("a", "INSERT DATA {}", {}, 400),
        ("a", "#" * 20_001, {}, 413),
        ("a", "ASK { SERVICE <http://127.0.0.1/> {} }", {}, 403),
        ("a", f"#+ view: map\n{MEETINGS}", {}, 422),
    ],
)
def test_programs_are_told_what_is_wrong(
    instance: Instance, name: str, text: str, headers: dict[str, str], status: int
) -> None:
    before = instance.number
    response = instance.put(name, text, **{k.replace("-", "_"): v for k, v in headers.items()})
    assert response.status_code == status, response.text
    if status == 400 and name == "a" and text.startswith("SELECT"):
        assert (response.json["line"], response.json["column"]) == (1, 11)
    assert instance.number == before


def test_a_dry_run_says_what_a_save_would_change(instance: Instance) -> None:
    before = instance.number
    client = instance.app.test_client()
    headers = {"Authorization": f"Bearer {instance.secret}", "Content-Type": TYPE}
    tried = client.put("/queries/tried?dry-run=true", data=FILE, headers=headers)
    assert tried.status_code == 200
    written = " ".join(tried.json["added"]["written"])
    assert f"<{BASE}queries/tried>" in written
    assert json.dumps(FILE)[1:20] in written
    assert instance.number == before


def test_the_graph_says_what_the_texts_say_or_is_not_written(instance: Instance) -> None:
    graph, node = f"{BASE}graph/queries", f"{BASE}queries/who-denies"
    comment = "<http://www.w3.org/2000/01/rdf-schema#comment>"
    select = "<http://www.w3.org/ns/shacl#select>"
    headers = {
        "Authorization": f"Bearer {instance.secret}",
        "Content-Type": "application/sparql-update",
        "Accept": "application/problem+json",
    }
    client = instance.app.test_client()
    before = instance.number
    for update, said in (
        (f'INSERT DATA {{ GRAPH <{graph}> {{ <{node}> {comment} "x" }} }}', "not what its text"),
        (f"DELETE WHERE {{ GRAPH <{graph}> {{ <{node}> {select} ?t }} }}", "has 0"),
        (f"INSERT DATA {{ GRAPH <{graph}> {{ <{BASE}id/x> {comment} 'x' }} }}", "no saved query"),
        (f"INSERT DATA {{ GRAPH <{node}> {{ <{node}> {comment} 'x' }} }}", "may write"),
    ):
        refused = client.post("/sparql", data=update, headers=headers)
        assert refused.status_code == 422, refused.text
        assert said in refused.text
    assert instance.number == before
    whole = f"DELETE WHERE {{ GRAPH <{graph}> {{ <{node}> ?p ?o }} }}"
    del headers["Accept"]
    assert client.post("/sparql?dry-run=true", data=whole, headers=headers).status_code == 200


def test_a_plain_dataset_keeps_its_queries_in_files(tmp_path: Path) -> None:
    plain = Instance(tmp_path, plain=True)
    response = plain.put("a", "ASK {}")
    assert response.status_code == 404
    assert "in files" in response.json["detail"]
    plain.backend.close()
