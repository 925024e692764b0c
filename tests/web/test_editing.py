"""Editing in the browser: forms from the shapes, what they change, and what they say is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from tests.web.forms import HTML, Form, form
from tests.web.test_pages import Outline
from werkzeug.test import TestResponse

from parley.building import build
from parley.check.report import Report
from parley.files import open_dataset
from parley.model.articles import articles_of
from parley.queries import load
from parley.scaffold import make_dataset, make_plain
from parley.settings import Settings
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.texts import Texts
from parley.store.versions import Versions
from parley.tokens import Tokens
from parley.web.app import create_app
from parley.web.loading import live_gate

BASE = "http://example.org/dataset/"
PARLEY = "https://w3id.org/parley/ontology#"
VOCAB = "https://w3id.org/parley/vocab/"
Serve = Callable[..., FlaskClient]
Changed = tuple[list[str], list[str]]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Serves the dataset that `parley init` makes, with the text of its article registered."""
    started: list[LocalBackend] = []

    def start(*, plain: bool = False, **given: object) -> FlaskClient:
        folder: Path = tmp_path_factory.mktemp("editing")
        (make_plain if plain else make_dataset)(folder / "data", BASE, "Test")
        dataset = open_dataset(folder / "data")
        versions = Versions(folder / "instance")
        build(dataset, versions, Message("tests", "first"), lambda store: Report(()))
        texts = Texts(versions.instance / "articles")
        if not plain:
            texts.add("example", folder / "data/example.txt", articles_of(dataset))
        values = {"open": True, "instance": versions.instance, **given}
        settings = Settings(**values)  # type: ignore[arg-type]
        guard = live_gate(settings, dataset)
        backend = LocalBackend(versions, settings, union=not plain, guard=guard)
        started.append(backend)
        saved = load(dataset.queries(), dataset.names)
        app = create_app(settings, backend, dataset, saved, versions)
        app.config["VERSIONS"] = versions
        return app.test_client()

    yield start
    for backend in started:
        backend.close()


@pytest.fixture(scope="module")
def client(serving: Serve) -> FlaskClient:
    """For tests that change something; each looks at what it changed itself."""
    return serving()


@pytest.fixture(scope="module")
def still(serving: Serve) -> FlaskClient:
    """For tests that change nothing."""
    return serving(query_text_limit=50_000)


def versions(client: FlaskClient) -> Versions:
    found = client.application.config["VERSIONS"]
    assert isinstance(found, Versions)
    return found


def current(client: FlaskClient) -> int:
    return versions(client).number() or 0


def changed(client: FlaskClient) -> Changed:
    """The rows that the last commit added and removed, shortened."""
    number = current(client)
    rows = {code: [] for code in "AD"}  # type: dict[str, list[str]]
    for code, line in versions(client).ledger.rows(number):
        (quad,) = ox.parse(line, ox.RdfFormat.N_QUADS)
        terms = (quad.subject, quad.predicate, quad.object)
        rows[code.decode() if isinstance(code, bytes) else code].append(" ".join(map(short, terms)))
    return sorted(rows["A"]), sorted(rows["D"])


def short(node: object) -> str:
    if isinstance(node, ox.NamedNode):
        return re.split(r"[/#](?=[^/#]*\Z)", node.value)[-1]
    assert isinstance(node, ox.Literal)
    return f'"{node.value}"' + (f"@{node.language}" if node.language else "")


def saved(response: TestResponse, address: str) -> None:
    assert (response.status_code, response.headers.get("Location")) == (303, address), response.text


def at(page: str, place: str) -> str:
    """The messages that stand at a field, if the summary links to it."""
    assert f'href="#{place}"' in page
    found = re.findall(rf'id="{re.escape(place)}-wrong\d*">(.*?)</p>', page, re.DOTALL)
    assert found, page
    return " ".join(found)


# ---- pages


PAGES = (
    "/edit",
    "/edit/things/new?kind=Meeting",
    "/edit/things/river-guard",
    "/edit/things/time-2021-03-03",
    "/edit/things/example",
    "/edit/claims/new?article=example",
    "/edit/claims/claim-example-001-1",
    "/review",
)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_well_made_and_private(still: FlaskClient, address: str) -> None:
    response = still.get(address, headers=HTML)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"
    outline = Outline(response.text)
    assert len(outline.named("h1")) == 1
    shown = [a for a in outline.named("input", "select", "textarea") if a.get("type") != "hidden"]
    labels = {attrs["for"] for attrs in outline.named("label")}
    assert {attrs["id"] for attrs in shown} <= labels
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    posting = [a for a in outline.named("form") if a["method"] == "post"]
    hidden = [a["name"] for a in outline.named("input") if a.get("type") == "hidden"]
    assert hidden.count("csrf") == len(posting)
    described = " ".join(a.get("aria-describedby") or "" for a in shown).split()
    assert set(described) <= set(ids)
    assert not outline.named("style", "iframe")
    assert all(attrs.get("src", "").startswith("/static/") for attrs in outline.named("script"))


def test_the_form_is_what_the_shapes_say(still: FlaskClient) -> None:
    page = still.get("/edit/claims/claim-example-002-1", headers=HTML).text
    groups = re.findall(r'<h2 id="group-\d+">(.*?)</h2>', page)
    assert groups == ["What is said", "Who says it", "On what evidence", "How sure", "Review"]
    found = form(still, "/edit/claims/claim-example-002-1")
    assert found["parley:stance.0"] == f"{VOCAB}denies"
    assert found["parley:speaker.0"] == "Spokesman of the Upland government"
    assert found["parley:evidence.0"] == "denies that there was such a meeting"
    assert found["parley:claims.0.subject"] == "Meeting at Harran Ford"
    assert found["parley:claims.0.predicate"] == f"{PARLEY}occurs"
    assert found["parley:claims.0.object"] == "true"
    assert "Whether the speaker affirms, denies, doubts or declines to comment." in page
    assert "parley:relay." not in page  # written from `relayed by`


def test_a_form_that_is_sent_as_it_was_changes_nothing(still: FlaskClient) -> None:
    for address in PAGES[2:5] + PAGES[6:7]:
        before = current(still)
        response = form(still, address).send()
        assert response.status_code == 303, response.text
        assert current(still) == before


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/edit/things/nobody", 404),
        ("/edit/things/Not%20a%20slug", 404),
        ("/edit/things/quote-example-26-108", 404),
        ("/edit/claims/..%2F..%2Fx", 404),
        ("/edit/things/new?kind=Nonsense", 404),
        ("/edit/things/new", 404),
        ("/edit/claims/new?article=../../etc/passwd", 404),
        ("/edit/claims/new?article=river-guard", 404),
        ("/edit/suggest?q=x&kind=not+an+iri", 400),
    ],
)
def test_addresses_that_lead_nowhere(still: FlaskClient, address: str, status: int) -> None:
    assert still.get(address).status_code == status


# ---- things


def test_a_thing_is_made_edited_and_deleted(client: FlaskClient) -> None:
    new = form(client, "/edit/things/new?kind=ArmedGroup")
    new["rdfs:label.0"] = "  North Guard "
    new["message"] = "heard of them"
    saved(new.send(), "/page/north-guard")
    assert changed(client) == (
        ['north-guard label "North Guard"@en', "north-guard type ArmedGroup"],
        [],
    )
    entry = versions(client).ledger.entry(current(client))
    assert (entry.author, entry.text) == ("anonymous", "heard of them")

    edit = form(client, "/edit/things/north-guard")
    edit["rdfs:label.0"] = "Guard of the North"
    edit["skos:altLabel.0"], edit["skos:altLabel.0.lang"] = "Гвардияи Шимол", "tg-Cyrl"
    saved(edit.send(), "/page/north-guard")
    assert changed(client) == (
        [
            'north-guard altLabel "Гвардияи Шимол"@tg-cyrl',
            'north-guard label "Guard of the North"@en',
        ],
        ['north-guard label "North Guard"@en'],
    )

    edit = form(client, "/edit/things/north-guard")
    assert at(edit.sent("delete", 422).text, "reason") == "Say why it is to be deleted."
    edit["reason"] = "there is no such group"
    saved(edit.send("delete"), "/edit")
    assert len(changed(client)[1]) == 3
    assert versions(client).ledger.entry(current(client)).text.endswith("there is no such group")


def test_a_refused_edit_says_why_at_the_field_and_keeps_what_was_entered(
    still: FlaskClient,
) -> None:
    edit = form(still, "/edit/things/time-2021-03-03")
    edit["parley:earliestBegin.0"] = "2021-03-09"
    edit["parley:dateText.0"] = "<3 March> 2021 & later"
    again = edit.sent("save", 422)
    assert "earliest begin lies after the latest begin" in at(again.text, "parley:earliestBegin.0")
    assert again["parley:earliestBegin.0"] == "2021-03-09"
    assert again["parley:dateText.0"] == "<3 March> 2021 & later"
    assert "<3 March>" not in again.text
    for wrong in ("3 March", "2021-02-30"):
        again["parley:earliestBegin.0"] = wrong
        assert "is no date" in at(again.sent("save", 422).text, "parley:earliestBegin.0")
    assert again["seen"] == "1"
    assert current(still) == 1


def test_a_check_says_what_would_change_and_saves_nothing(still: FlaskClient) -> None:
    edit = form(still, "/edit/things/river-guard")
    assert "Saving would change nothing" in edit.sent("check", 200).text
    edit["rdfs:label.0"] = "River Guards"
    page = edit.sent("check", 200).text
    assert "Nothing stands in the way" in page
    assert "2 statements would change" in page
    edit["rdfs:label.0"] = ""
    again = edit.sent("check", 422)
    said = at(again.text, "rdfs:label")
    assert "exactly one name. Write one “name” with the language en; other names are" in said
    (field,) = (line for line in again.text.splitlines() if 'name="rdfs:label.0"' in line)
    assert 'aria-invalid="true" aria-describedby="rdfs:label-wrong ' in field
    assert current(still) == 1

    review = form(still, "/edit/claims/claim-example-002-1")
    review["parley:reviewState.0"] = f"{VOCAB}review-rejected"
    page = review.sent("check", 200).text
    assert "id:meeting-harran-ford parley:occurs true" in page  # derived anew


def test_what_points_at_a_thing_keeps_it_from_being_deleted(still: FlaskClient) -> None:
    edit = form(still, "/edit/things/harran-ford")
    edit["reason"] = "a mistake"
    page = edit.sent("delete", 422).text
    assert "It cannot be deleted" in page
    assert "points at it with &#39;object&#39;" in page


def test_edits_of_different_things_both_count_and_of_the_same_thing_one(
    client: FlaskClient,
) -> None:
    mine, theirs = (form(client, "/edit/things/harran-ford") for _ in range(2))
    other = form(client.application.test_client(), "/edit/things/river-guard")
    mine["skos:scopeNote.0"] = "On the river"
    other["skos:scopeNote.0"] = "The smaller one"
    first = current(client)
    with ThreadPoolExecutor() as at_once:
        for response in at_once.map(Form.send, (mine, other)):
            assert response.status_code == 303, response.text
    assert current(client) == first + 2

    theirs["skos:scopeNote.0"] = "At the mountain"
    before = current(client)
    again = theirs.sent("save", 412)
    assert "On the river" in again.text
    assert again["skos:scopeNote.0"] == "At the mountain"
    assert current(client) == before
    saved(again.send(), "/page/harran-ford")
    assert changed(client) == (
        ['harran-ford scopeNote "At the mountain"@en'],
        ['harran-ford scopeNote "On the river"@en'],
    )


def test_an_edit_says_which_version_it_was_made_from(still: FlaskClient) -> None:
    edit = form(still, "/edit/things/river-guard")
    etag = still.get("/page/river-guard").headers["ETag"]
    del edit.values["seen"]
    assert edit.send().status_code == 428
    assert edit.send(If_Match=etag).status_code == 303  # changes nothing
    edit["seen"] = "99"
    assert edit.send().status_code == 412
    edit["seen"] = "1 OR 1"
    assert edit.send().status_code == 400


def test_addresses_are_made_from_names_and_never_twice(client: FlaskClient) -> None:
    made = []
    for kind, label in (("Place", "New"), ("Person", "River Guard!"), ("Place", "Дара")):
        new = form(client, f"/edit/things/new?kind={kind}")
        new["rdfs:label.0"] = label
        response = new.send()
        assert response.status_code == 303, response.text
        made.append(response.headers["Location"])
    assert made == ["/page/new-2", "/page/river-guard-2", "/page/place"]


def test_a_row_is_added_without_javascript(still: FlaskClient) -> None:
    edit = form(still, "/edit/things/river-guard")
    edit["skos:altLabel.0"] = "Guards"
    again = edit.sent("add skos:altLabel", 200)
    assert [again.values.get(f"skos:altLabel.{n}") for n in range(4)] == ["Guards", "", "", None]
    assert again["seen"] == "1"


# ---- claims


def claim(client: FlaskClient) -> Form:
    """A new claim, filled in as far as it must be."""
    new = form(client, "/edit/claims/new?article=example")
    assert new["parley:reviewState.0"] == f"{VOCAB}review-proposed"
    new["rdfs:label.0"] = "The River Guard is present in Harran Ford."
    new["parley:speaker.0"] = "author of the EXAMPLE"
    new["parley:evidence.0"] = "met envoys of the Upland"
    new["parley:claims.0.subject"] = "River Guard"
    new["parley:claims.0.predicate"] = f"{PARLEY}presentIn"
    new["parley:claims.0.object"] = "id:harran-ford"
    return new


def test_a_claim_is_proposed_reviewed_edited_and_deleted(client: FlaskClient) -> None:
    new = claim(client)
    new["parley:relayedBy.0"] = "Spokesman of the Upland government"
    new = new.sent("add parley:relayedBy", 200)
    new["parley:relayedBy.1"] = "Publisher of the example"
    saved(new.send(), "/page/claim-example-001-2")
    added, removed = changed(client)
    assert not removed
    assert {
        "claim-example-001-2 speaker example-author",
        "claim-example-001-2 evidence quote-example-42-66",
        'quote exact "met envoys of the Upland"',
        'quote prefix "at Harran Ford\n\nThe River Guard "',
        'position start "42"',
        "relay-1 relayAgent source-spokesman",
        "relay-2 relayAgent example-press",
        "claim-example-001-2 relayedBy example-press",
    } <= set(added)

    ask = {"query": f"ASK {{ GRAPH ?g {{ ?x <{PARLEY}presentIn> ?y }} }}"}
    assert client.post("/sparql", data=ask).get_json()["boolean"] is False
    queue = form(client, "/review", "/review")
    assert "The River Guard is present in Harran Ford." in queue_text(client)
    rejected = queue.send("reject claim-example-001-2")
    assert (rejected.status_code, "Say why" in rejected.text) == (422, True)
    saved(
        queue.send("accept claim-example-001-2"), f"/review?article=&page=1&done={current(client)}"
    )
    assert client.post("/sparql", data=ask).get_json()["boolean"] is True
    assert "0 claims wait" in queue_text(client)
    late = queue.send("accept claim-example-001-2")
    assert late.status_code == 412

    edit = form(client, "/edit/claims/claim-example-001-2")
    assert edit["parley:relayedBy.0"] == "Spokesman of the Upland government"
    edit["parley:relayedBy.0"] = ""
    edit["parley:claims.1.subject"] = "meeting at harran ford"
    edit["parley:claims.1.predicate"] = f"{PARLEY}occurs"
    edit["parley:claims.1.object"] = "yes"
    for part in ("subject", "predicate", "object"):
        edit[f"parley:claims.0.{part}"] = ""
    edit["parley:reviewState.0"] = f"{VOCAB}review-proposed"
    saved(edit.send(), "/page/claim-example-001-2")
    added, removed = changed(client)
    assert "relay-1 relayAgent example-press" in added
    assert "relay-1 relayAgent source-spokesman" in removed
    assert "river-guard presentIn harran-ford" in removed
    assert sum("predicate presentIn" in row for row in removed) == 1
    assert not any("predicate occurs" in row for row in added)  # others say so, too

    queue = form(client, "/review", "/review")
    queue["reason.claim-example-001-2"] = "the words do not say it"
    assert queue.send("reject claim-example-001-2").status_code == 303
    assert changed(client)[0] == ["claim-example-001-2 reviewState review-rejected"]
    text = versions(client).ledger.entry(current(client)).text
    assert text == "Reject claim-example-001-2: the words do not say it"

    edit = form(client, "/edit/claims/claim-example-001-2")
    edit["reason"] = "of no use"
    saved(edit.send("delete"), "/articles/example")
    _, removed = changed(client)
    assert "quote-example-42-66 hasSource example" in removed
    assert not any("predicate occurs" in row for row in removed)


def queue_text(client: FlaskClient) -> str:
    return client.get("/review", headers=HTML).text


def test_ticked_claims_are_accepted_as_one_commit(client: FlaskClient) -> None:
    for words in ("denies that there was", "met envoys of"):
        new = claim(client)
        new["parley:evidence.0"] = words
        assert new.send().status_code == 303
    queue = form(client, "/review?article=example", "/review")
    before = current(client)
    assert "Tick the claims" in queue.send("accept").text
    queue["claim"] = "claim-example-001-2"
    page = queue.send("look").text
    assert 'value="claim-example-001-2" checked' in page
    data = {**queue.values, "claim": ["claim-example-001-2", "claim-example-002-2"], "do": "accept"}
    response = client.post("/review", data=data, headers=HTML)
    assert response.status_code == 303, response.text
    assert current(client) == before + 1
    assert "Accept 2 claims" in client.get(response.headers["Location"]).text


@pytest.mark.parametrize(
    ("name", "value", "place", "says"),
    [
        ("parley:evidence.0", "met envoys of nobody", "", "do not stand in the text"),
        ("parley:evidence.0", "Harran Ford", "", "more than once"),
        ("parley:evidence.0", "met envoys", "", "12 to 300 characters"),
        ("parley:speaker.0", "Nobody at all", "", "Nothing is called"),
        ("parley:speaker.0", "http://a b/", "", "is no address"),
        ("parley:speaker.0", "http://a.example/x\ny", "", "is no address"),
        ("parley:speaker.0", "_:b0", "", "Nothing is called"),
        ("parley:speaker.0", "Harran Ford", "", "must be an “agent”"),
        ("parley:speaker.0", "x" * 301, "", "up to 300 characters"),
        ("parley:stance.0", "nonsense", "", "is not in the list"),
        ("parley:stance.0", f"{VOCAB}denies", "parley:epistemicStatus.0", "go together"),
        ("rdfs:label.0", "a\x07b", "", "control character u+0007"),
        ("rdfs:label.0.lang", "not a tag", "rdfs:label.0", "is no language tag"),
        ("parley:claims.0.predicate", "http://x/", "", "Choose one of the properties"),
        ("parley:claims.0.object", "", "", "The object is missing"),
        ("parley:claims.0.object", "River Guard", "", "not of a class the predicate leads to"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    still: FlaskClient, name: str, value: str, place: str, says: str
) -> None:
    new = claim(still)
    new[name] = value
    page = new.sent("save", 422).text
    assert says in at(page, place or name)
    assert current(still) == 1


def test_a_name_that_several_things_may_mean_is_asked_for(still: FlaskClient) -> None:
    new = claim(still)
    new["parley:claims.0.subject"] = "upland"
    again = new.sent("save", 422)
    assert "Choose what is meant" in at(again.text, "parley:claims.0.subject")
    offered = set(re.findall(r'<option value="http://example.org/dataset/id/(.*?)"', again.text))
    assert offered == {"source-spokesman", "upland-envoys"}
    again["parley:claims.0.subject-pick"] = f"{BASE}id/upland-envoys"
    again["rdfs:label.0"] = ""
    left = again.sent("save", 422)
    assert "parley:claims.0.subject-wrong" not in left.text
    assert "exactly one gloss" in at(left.text, "rdfs:label")


def test_without_the_text_old_quotes_stay_and_new_ones_are_refused(still: FlaskClient) -> None:
    path = Texts(versions(still).instance / "articles").path("example")
    path.rename(path.with_suffix(".away"))
    try:
        edit = form(still, "/edit/claims/claim-example-002-1")
        assert edit.send().status_code == 303
        edit["parley:evidence.1"] = "met envoys of the Upland"
        page = edit.sent("save", 422).text
    finally:
        path.with_suffix(".away").rename(path)
    assert "is not registered here" in at(page, "parley:evidence.1")
    assert "articles add example FILE" in page


# ---- hostile input, and who may


def test_invisible_characters_are_kept_and_told(still: FlaskClient) -> None:
    edit = form(still, "/edit/things/river-guard")
    edit["rdfs:label.0"] = "River\u202eGuard"
    edit["skos:altLabel.0"] = ""
    again = edit.sent("add skos:altLabel", 200)
    assert again["rdfs:label.0"] == "River\u202eGuard"
    assert "u+202e right-to-left override" in again.text


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ("&" * 1200, 400),
        ("do=save&seen=1&rdfs:label.0=%FF", 400),
        ("do=nonsense&seen=1", 400),
        ("do=save&do=check&seen=1", 400),
        ("do=delete", 428),
        ("x" * 50_001, 413),
    ],
)
def test_a_form_that_no_page_of_ours_sends(still: FlaskClient, data: str, status: int) -> None:
    response = still.post(
        "/edit/things/river-guard", data=data, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == status, response.text


@pytest.fixture(scope="module")
def guarded(serving: Serve) -> tuple[FlaskClient, str]:
    """A server that asks for tokens, and the one of a curator."""
    client = serving(open=False)
    return client, Tokens(versions(client).instance).add("Anna", "curator")[1]


def test_only_curators_edit(guarded: tuple[FlaskClient, str]) -> None:
    client, secret = guarded
    for address in PAGES:
        assert client.get(address).status_code == 401
    assert client.post("/edit/things/river-guard", data={"do": "save"}).status_code == 401
    assert client.post("/review", data={"do": "accept"}).status_code == 401
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.get("/edit/things/river-guard", headers=bearer).status_code == 200

    assert "/edit/things/river-guard" not in client.get("/page/river-guard").text
    assert client.post("/login", data={"token": secret}).status_code == 303
    for page, address in (
        ("/page/river-guard", "/edit/things/river-guard"),
        ("/claims/claim-example-001-1", "/edit/claims/claim-example-001-1"),
    ):
        assert f'href="{address}"' in client.get(page).text
    edit = form(client, "/edit/things/river-guard")
    assert edit["csrf"]
    edit["skos:altLabel.0"] = "Guards"
    forged = dict(edit.values, csrf="0" * len(edit["csrf"]), do="save")
    assert client.post(edit.action, data=forged).status_code == 403
    assert client.post("/review", data={"do": "accept", "seen": "1"}).status_code == 403
    saved(edit.send(), "/page/river-guard")
    assert versions(client).ledger.entry(current(client)).author == "Anna"


def test_sentences_of_the_private_text_are_for_who_is_signed_in(
    still: FlaskClient, guarded: tuple[FlaskClient, str]
) -> None:
    address = "/edit/claims/new?article=example"
    page = still.get(f"{address}&sentence=2", headers=HTML).text
    assert "A spokesman" not in page
    assert "sign in to see its sentences" in page
    stranger = {"Authorization": "Bearer x", "Origin": "http://evil.example"}
    assert "A spokesman" not in still.get(f"{address}&sentence=2", headers=stranger).text
    assert "A spokesman" not in form(still, address).sent("quote 2", 200).text

    client, secret = guarded
    client.post("/login", data={"token": secret})
    new = form(client, address).sent("quote 2", 200)
    assert new["parley:evidence.0"].startswith("A spokesman of the government denies")
    assert form(client, f"{address}&sentence=2")["parley:evidence.0"] == new["parley:evidence.0"]


def test_a_plain_or_read_only_dataset_has_no_forms(serving: Serve) -> None:
    assert serving(plain=True).get("/edit").status_code == 404
    assert serving(read_only=True).get("/edit").status_code == 403


# ---- names while one types


def test_names_are_suggested_by_words_and_class(still: FlaskClient) -> None:
    def names(query: str) -> list[str]:
        found = still.get(f"/edit/suggest?{query}").get_json()["results"]
        return [thing["label"] for thing in found]

    agent = f"kind={PARLEY.replace('#', '%23')}Agent"
    assert names(f"q=upland&{agent}") == [
        "Envoys of the Upland government",
        "Spokesman of the Upland government",
    ]
    assert names("q=government+ENVOYS") == ["Envoys of the Upland government"]
    assert names(f"q=harran&{agent}") == []
    assert names("q=") == []
    assert names("q=%22%29+%7D+DROP+ALL") == []
