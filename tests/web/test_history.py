"""The history over HTTP: commits, comparisons, blame, what was deleted, and taking back."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from parley.building import build
from parley.check.report import Report
from parley.errors import Stale
from parley.files import open_dataset
from parley.rdf import RDFS_LABEL
from parley.scaffold import make_plain
from parley.settings import Settings
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app
from parley.web.conditions import check_resource
from parley.web.exchange import Request
from parley.web.problems import Precondition
from parley.web.rendering import Renderer
from parley.web.site import Site
from parley.web.watch import Watch

BASE = "http://example.org/dataset/"
G = f"{BASE}graph/g"
HTML = {"Accept": "text/html"}
PROV = "http://www.w3.org/ns/prov#"


def named(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{BASE}id/{name}")


def labelled(name: str, text: str) -> ox.Quad:
    return ox.Quad(named(name), RDFS_LABEL, ox.Literal(text, language="en"), ox.NamedNode(G))


COMMITS = [
    ("Amina", "adds one & two", [labelled("one", "One"), labelled("two", "Two")], []),
    ("Bruno", "removes two", [], [labelled("two", "Two")]),
    ("Amina", "renames <one>", [labelled("one", "The first")], [labelled("one", "One")]),
    ("Chidi", "adds three", [labelled("three", "Three")], []),
]


def committed(folder: Path) -> Versions:
    """A plain dataset, empty in version 1, with four commits."""
    make_plain(folder / "data", BASE, "Test")
    versions = Versions(folder / "instance")
    build(open_dataset(folder / "data"), versions, Message("t", "1"), lambda store: Report(()))
    for author, text, added, removed in COMMITS:
        with versions.stage(versions.current()) as staged:
            change = staged.apply(Change(frozenset(added), frozenset(removed)))
            versions.publish(staged, change, Message(author, text))
    return versions


@contextmanager
def serving(versions: Versions, **given: object) -> Iterator[FlaskClient]:
    dataset = open_dataset(versions.instance.parent / "data")
    settings = Settings(instance=versions.instance, **given)  # type: ignore[arg-type]
    backend = LocalBackend(versions, settings)
    yield create_app(settings, backend, dataset, {}, versions).test_client()
    backend.close()


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    return committed(tmp_path_factory.mktemp("history"))


@pytest.fixture(scope="module")
def client(versions: Versions) -> Iterator[FlaskClient]:
    """For tests that change nothing."""
    with serving(versions, open=True) as client:
        yield client


def test_the_history_lists_who_when_and_why(client: FlaskClient) -> None:
    found = client.get("/history").get_json()
    assert [e["number"] for e in found["entries"]] == [5, 4, 3, 2, 1]
    newest = found["entries"][0]
    assert (newest["author"], newest["text"], newest["added"]) == ("Chidi", "adds three", 1)
    page = client.get("/history", headers=HTML).text
    assert "renames &lt;one&gt;" in page
    assert "Bruno" in page
    by_amina = client.get("/history?author=Amina").get_json()["entries"]
    assert [e["number"] for e in by_amina] == [4, 2]
    earlier = client.get("/history?version=3").get_json()["entries"]
    assert [e["number"] for e in earlier] == [3, 2, 1]


def test_the_history_has_pages(client: FlaskClient) -> None:
    seen = []
    address = "/history?limit=2"
    while address:
        page = client.get(address).get_json()
        seen.append([e["number"] for e in page["entries"]])
        address = page["next"]
    assert seen == [[5, 4], [3, 2], [1]]
    last = client.get("/history?limit=2&before=2").get_json()
    assert last["next"] is None
    newer = client.get(last["prev"]).get_json()
    assert [e["number"] for e in newer["entries"]] == [3, 2]
    assert 'rel="next"' in client.get("/history?limit=2", headers=HTML).text
    for bad in ("limit=x", "before=-1", "format=xml", "resource=no iri"):
        assert client.get(f"/history?{bad}").status_code == 400


def test_a_commit_is_the_patch_that_the_ledger_holds(
    client: FlaskClient, versions: Versions
) -> None:
    response = client.get("/history/4.rdfp", buffered=True)
    assert response.mimetype == "application/rdf-patch"
    assert response.data == versions.ledger.path(4).read_bytes()
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["X-Parley-Version"] == "4"
    again = client.get("/history/4.rdfp", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    data = client.get("/history/4.json", buffered=True).get_json()
    assert (data["author"], data["added"], data["removed"]) == ("Amina", 1, 1)
    assert sorted(row[0] for row in data["rows"]) == ["A", "D"]
    for path in ("/history/6", "/history/0", "/history/4.docx", "/history/5?version=4"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("extension", ["ttl", "nt", "jsonld", "rdf"])
def test_a_commit_has_its_provenance(client: FlaskClient, extension: str) -> None:
    response = client.get(f"/history/4.{extension}", buffered=True)
    engine = ox.RdfFormat.from_media_type(response.mimetype)
    store = ox.Store()
    store.extend(ox.parse(response.data, engine))
    version, commit = (ox.NamedNode(f"{BASE}history/{name}") for name in ("4", "4#commit"))
    by = ox.NamedNode(PROV + "wasGeneratedBy")
    revision = ox.NamedNode(PROV + "wasRevisionOf")
    assert [q.object for q in store.quads_for_pattern(version, by, None)] == [commit]
    before = [q.object for q in store.quads_for_pattern(version, revision, None)]
    assert before == [ox.NamedNode(f"{BASE}history/3")]
    assert "renames <one>" in {getattr(q.object, "value", "") for q in store}


def test_a_page_of_a_commit_shows_what_it_changed(client: FlaskClient) -> None:
    page = client.get("/history/4", headers=HTML).text
    assert "renames &lt;one&gt;" in page
    assert page.count('class="sign">added') == page.count('class="sign">removed') == 1
    assert 'href="/page/one"' in page
    assert 'action="/history/4/revert"' in page


@pytest.mark.parametrize(("start", "end", "added", "removed"), [(2, 5, 2, 2), (5, 2, 2, 2)])
def test_a_comparison_leads_from_one_version_to_the_other(
    client: FlaskClient, versions: Versions, start: int, end: int, added: int, removed: int
) -> None:
    path = f"/diff?from={start}&to={end}"
    response = client.get(path, buffered=True)
    between = Change.between(versions.get(start).open(), versions.get(end).open())
    assert Change.from_patch(response.text) == between
    assert "immutable" in response.headers["Cache-Control"]
    data = client.get(path, headers={"Accept": "application/json"}, buffered=True).get_json()
    assert (data["added"], data["removed"], len(data["rows"])) == (added, removed, 4)
    page = client.get(path, headers=HTML).text
    assert "Three" in page
    assert "The first" in page


def test_a_comparison_takes_dates(client: FlaskClient, versions: Versions) -> None:
    day = versions.ledger.entry(1).time[:10]
    response = client.get(f"/diff?from=1&to={day}", buffered=True)
    assert 'H to "5"' in response.text
    assert "immutable" not in response.headers["Cache-Control"]
    for bad in ("/diff", "/diff?from=1", "/diff?from=1&to=yesterday"):
        assert client.get(bad).status_code == 400
    assert client.get("/diff?from=1&to=9").status_code == 404


def test_blame_names_the_commit_of_each_triple(client: FlaskClient) -> None:
    path = f"/history?resource={BASE}id/one"
    data = client.get(path).get_json()
    assert [(row["version"], "The first" in row["quad"]) for row in data["blame"]] == [(4, True)]
    assert [e["number"] for e in data["entries"]] == [4, 2]
    before = client.get(f"{path}&version=2").get_json()
    assert [row["version"] for row in before["blame"]] == [2]
    page = client.get(path, headers=HTML).text
    assert "The first" in page
    assert 'href="/history/4"' in page
    assert client.get("/history?resource=id:one").get_json()["blame"] == data["blame"]


def test_a_commit_can_be_taken_back(tmp_path: Path) -> None:
    versions = committed(tmp_path)
    with serving(versions, open=True) as client:
        taken_back(client, versions)


def taken_back(client: FlaskClient, versions: Versions) -> None:
    shown = client.post("/history/3/revert?dry-run=true")
    assert (shown.status_code, shown.mimetype) == (200, "application/rdf-patch")
    assert Change.from_patch(shown.text) == Change(added=frozenset({labelled("two", "Two")}))
    assert versions.number() == 5
    done = client.post("/history/3/revert", data={"message": "two is needed"})
    assert (done.status_code, done.headers["X-Parley-Version"]) == (204, "6")
    entry = versions.ledger.entry(6)
    assert (entry.author, entry.text, entry.added) == ("anonymous", "two is needed", 1)
    by_form = client.post("/history/6/revert", headers=HTML)
    assert (by_form.status_code, by_form.headers["Location"]) == (303, "/history/7")
    assert versions.ledger.entry(7).text == "Takes back version 6"


def test_two_curators_take_different_commits_back_at_once(tmp_path: Path) -> None:
    versions = committed(tmp_path)
    with serving(versions, open=True) as client:

        def revert(number: int) -> int:
            path = f"/history/{number}/revert"
            return client.application.test_client().post(path).status_code

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(revert, (3, 5))) == [204, 204]
    assert versions.number() == 7
    newest = versions.current()
    assert newest is not None
    assert labelled("two", "Two") in newest.open()
    assert labelled("three", "Three") not in newest.open()


def test_what_was_changed_again_is_not_taken_back(client: FlaskClient, versions: Versions) -> None:
    response = client.post("/history/2/revert")
    assert response.status_code == 412
    document = json.loads(response.data)
    assert "2 of its quads" in document["detail"]
    assert [c["version"] for c in document["changes"]] == [4, 3]
    assert document["changes"][1]["rows"] == [f"D {labelled('two', 'Two')} ."]
    page = client.post("/history/2/revert", headers=HTML)
    assert page.status_code == 412
    assert "Bruno" in page.text
    assert versions.number() == 5
    assert client.post("/history/1/revert").status_code == 400
    assert client.post("/history/9/revert").status_code == 404


def test_nobody_takes_back_without_the_right_to_write(versions: Versions) -> None:
    with serving(versions) as client:
        assert client.post("/history/3/revert").status_code == 401
        assert "revert" not in client.get("/history/3", headers=HTML).text


@pytest.mark.parametrize("path", ["/id/two", "/page/two", "/data/two.ttl", "/claims/two"])
def test_what_was_deleted_is_gone_and_says_when(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 410
    document = json.loads(response.data)
    assert document["last_version"] == 2
    assert "in version 3 by Bruno" in document["detail"]
    assert "removes two" in document["detail"]
    page = client.get(path, headers=HTML)
    assert page.status_code == 410
    assert f'href="{path}?version=2"' in page.text
    assert 'href="/history/3"' in page.text
    assert client.get(f"{path}?version=1").status_code == 404
    assert client.get(f"{path}?version=3").status_code == 410
    if path != "/claims/two":
        assert client.get(f"{path}?version=2", buffered=True).status_code in {200, 303}
    assert client.get(path.replace("two", "never")).status_code == 404


def test_a_page_tells_who_changed_it_last(client: FlaskClient) -> None:
    for _ in range(2):  # found in the ledger, then remembered
        page = client.get("/page/one", headers=HTML).text
        assert 'Last changed in <a href="/history/4">version 4</a> by Amina' in page
    before = client.get("/page/one?version=2", headers=HTML).text
    assert 'Last changed in <a href="/history/2">version 2</a> by Amina' in before


def test_an_edit_is_stale_only_when_its_own_thing_was_touched(versions: Versions) -> None:
    dataset = open_dataset(versions.instance.parent / "data")
    settings = Settings(instance=versions.instance)
    backend = LocalBackend(versions, settings)
    site = Site(settings, backend, dataset, {}, Renderer(dataset.names), Watch(settings), versions)

    def check(name: str, seen: int | None, **headers: str) -> None:
        environ = {"REQUEST_METHOD": "POST", **{f"HTTP_{k}": v for k, v in headers.items()}}
        check_resource(site, Request(environ), named(name), seen)

    check("one", 4)
    check("one", None, IF_MATCH='W/"5-0123456789abcdef"')
    check("one", None, IF_MATCH="*")
    check("never", 1)
    with pytest.raises(Stale, match="by Amina in version 4") as stale:
        check("one", 3)
    assert stale.value.changes is not None
    assert [c["version"] for c in stale.value.changes] == [4]
    with pytest.raises(Stale) as stale:
        check("one", None, IF_MATCH='W/"1-0123456789abcdef"')
    assert [c["version"] for c in stale.value.changes or ()] == [4, 2]
    with pytest.raises(Stale):
        check("one", 99)
    with pytest.raises(Precondition):
        check("one", None)
    backend.close()


def test_the_form_shows_first_what_would_change(client: FlaskClient, versions: Versions) -> None:
    fields = {"dry-run": "true", "message": "two & more"}
    page = client.post("/history/3/revert", data=fields, headers=HTML)
    assert page.status_code == 200
    assert 'class="sign">added' in page.text
    assert 'value="two &amp; more"' in page.text
    assert "Take it back" in page.text
    assert versions.number() == 5
    assert client.post("/history/3/revert?dry-run=maybe").status_code == 400
