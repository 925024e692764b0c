"""Who may write: tokens in headers, sessions of browsers, forged requests, and how often."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parley.building import build
from parley.check.report import Report
from parley.files import open_dataset
from parley.queries import load
from parley.scaffold import make_dataset, make_plain
from parley.settings import Settings
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.tokens import TOKENS, Tokens
from parley.web.app import create_app
from parley.web.loading import live_gate

HERE = "http://localhost"
PAGE = {"Accept": "text/html,*/*;q=0.8"}
UPDATE = "INSERT DATA { <http://a> <http://b> <http://c> }"
TYPE = "application/sparql-update"
Serve = Callable[..., FlaskClient]


class Instance:
    """An instance folder with a plain dataset, and applications that serve it."""

    def __init__(self, folder: Path) -> None:
        make_plain(folder / "data", "http://example.org/", "Test")
        self.dataset = open_dataset(folder / "data")
        self.versions = Versions(folder / "instance")
        self.settings = Settings(instance=folder / "instance", attempts_per_minute=0)
        build(self.dataset, self.versions, Message("tests", "first"), lambda store: Report(()))
        self.tokens = Tokens(self.settings.instance)
        self.secret = {role: self.tokens.add(role, role)[1] for role in ("curator", "admin")}
        self._started: list[LocalBackend] = []

    def start(self, **given: object) -> FlaskClient:
        settings = replace(self.settings, **given)  # type: ignore[arg-type]
        backend = LocalBackend(self.versions, settings, union=False)
        self._started.append(backend)
        saved = load(self.dataset.queries(), self.dataset.names)
        return create_app(settings, backend, self.dataset, saved, self.versions).test_client()

    def author(self) -> str:
        """Who made the newest version."""
        return list(self.versions.history())[-1].author

    def close(self) -> None:
        for backend in self._started:
            backend.close()


@contextmanager
def instance_in(folder: Path) -> Iterator[Instance]:
    made = Instance(folder)
    yield made
    made.close()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with instance_in(tmp_path_factory.mktemp("access")) as made:
        yield made


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Instance]:
    """An instance whose tokens a test may change."""
    with instance_in(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def app(instance: Instance) -> FlaskClient:
    return instance.start()


@pytest.fixture
def client(app: FlaskClient) -> FlaskClient:
    """A client without cookies."""
    return app.application.test_client()


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def basic(secret: str, name: str = "any") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def write(client: FlaskClient, headers: dict[str, str], text: str = UPDATE) -> TestResponse:
    return client.post("/sparql", data=text, content_type=TYPE, headers=headers)


def sign_in(client: FlaskClient, secret: str, **headers: str) -> TestResponse:
    return client.post("/login", data={"token": secret}, headers={**PAGE, **headers})


def csrf(client: FlaskClient) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get("/").text)
    assert found
    return found[1]


# ---- tokens in headers


@pytest.mark.parametrize("header", [bearer, basic])
def test_a_token_writes_under_its_name(
    instance: Instance, client: FlaskClient, header: Callable[[str], dict[str, str]]
) -> None:
    text = f"INSERT DATA {{ <http://a> <http://by> '{header.__name__}' }}"
    assert write(client, header(instance.secret["curator"]), text).status_code == 204
    assert instance.author() == "curator"
    stored = client.put(
        "/store/x",
        data=f"<http://a> <http://by> '{header.__name__}' .",
        content_type="text/turtle",
        headers=header(instance.secret["admin"]),
    )
    assert stored.status_code in {201, 204}
    assert instance.author() == "admin"


STRANGE = {
    "no token": {},
    "unknown": bearer("parley_" + "x" * 43),
    "empty": {"Authorization": "Bearer"},
    "no scheme": {"Authorization": "parley_" + "x" * 43},
    "another scheme": {"Authorization": 'Digest username="a"'},
    "no base64": {"Authorization": "Basic ###"},
    "no text": {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode()},
    "no colon": {"Authorization": "Basic " + base64.b64encode(b"abc").decode()},
    "a megabyte": {"Authorization": "Bearer " + "x" * (1 << 20)},
    "not ASCII": {"Authorization": "Bearer parley_ü"},
    "a thousand cookies": {"Cookie": "; ".join(f"parley-8000={n}" for n in range(1000))},
    "a strange cookie": {"Cookie": "parley-8000=../../tokens"},
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_write_without_a_good_token_is_401(
    instance: Instance, client: FlaskClient, name: str
) -> None:
    before = instance.versions.number()
    response = write(client, STRANGE[name])
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"
    challenges = response.headers.getlist("WWW-Authenticate")
    assert challenges[0].startswith('Bearer realm="parley"')
    assert ('error="invalid_token"' in challenges[0]) == ("Authorization" in STRANGE[name])
    assert challenges[1].startswith("Basic ")
    assert response.headers["Cache-Control"] == "no-store"
    assert instance.versions.number() == before


def test_nul_and_line_ends_in_a_header_are_no_token(client: FlaskClient) -> None:
    for value in ("Bearer \0", "Bearer parley_\r\nX: y", "Basic \0"):
        response = client.post(
            "/sparql", data=UPDATE, content_type=TYPE, environ_base={"HTTP_AUTHORIZATION": value}
        )
        assert response.status_code == 401


def test_a_browser_is_not_asked_for_a_password(client: FlaskClient) -> None:
    for headers in (PAGE, {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}):
        response = write(client, headers)
        assert response.status_code == 401
        assert len(response.headers.getlist("WWW-Authenticate")) == 1
        assert "/login" in response.text


def test_a_role_that_is_missing_is_403(instance: Instance, client: FlaskClient) -> None:
    assert client.get("/running").status_code == 401
    curator = client.get("/running", headers=bearer(instance.secret["curator"]))
    assert curator.status_code == 403
    assert 'error="insufficient_scope"' in curator.headers["WWW-Authenticate"]
    assert client.get("/running", headers=bearer(instance.secret["admin"])).status_code == 200


def test_a_revoked_or_expired_token_ends_at_once_with_its_sessions(own: Instance) -> None:
    client = own.start()
    browser = client.application.test_client()
    assert sign_in(browser, own.secret["curator"]).status_code == 303
    form = {"update": UPDATE, "csrf": csrf(browser)}
    assert browser.post("/sparql", data=form).status_code == 204
    own.tokens.revoke("curator")
    assert write(client, bearer(own.secret["curator"])).status_code == 401
    ended = browser.post("/sparql", data=form)
    assert ended.status_code == 401
    assert "your session has ended" in json.loads(ended.data)["detail"]
    assert "Sign in" in browser.get("/").text


def test_a_damaged_token_file_closes_every_door_and_reading_goes_on(own: Instance) -> None:
    client = own.start()
    sign_in(client, own.secret["admin"])
    (own.settings.instance / TOKENS).write_text('{"tokens": [')
    other = client.application.test_client()
    assert write(other, bearer(own.secret["admin"])).status_code == 503
    assert sign_in(other, own.secret["admin"]).status_code == 503
    assert client.get("/", headers=PAGE).status_code == 503  # this one has a session
    assert other.get("/", headers=PAGE).status_code == 200
    assert write(other, {}).status_code == 401


def test_a_read_only_server_takes_no_token(own: Instance) -> None:
    client = own.start(read_only=True)
    assert write(client, bearer(own.secret["admin"])).status_code == 403
    assert client.get("/running", headers=bearer(own.secret["admin"])).status_code == 200


def test_reading_looks_at_no_token(client: FlaskClient) -> None:
    for headers in ({}, bearer("wrong"), basic("of-a-proxy", "somebody")):
        answer = client.get("/sparql?query=ASK%7B%7D", headers=headers)
        assert answer.status_code == 200
        assert "private" not in answer.headers["Cache-Control"]


def test_a_token_in_an_address_is_refused(instance: Instance, client: FlaskClient) -> None:
    secret = instance.secret["curator"]
    for address in (
        f"/sparql?access_token={secret}",
        "/sparql?query=ASK%7B%7D&access_token=",
        f"/?token={secret}",
        f"/login?next=/%3F{secret}",
    ):
        response = client.get(address)
        assert response.status_code == 400
        assert "revoked" in json.loads(response.data)["detail"]
        assert secret not in response.text
    assert client.get("/sparql?query=ASK%7B%7D%23access_token%3D").status_code == 200


def test_the_gate_stands_before_tokens_that_are_given_out_later(tmp_path: Path) -> None:
    make_dataset(tmp_path / "data", "http://example.org/", "Test")
    dataset = open_dataset(tmp_path / "data")
    settings = Settings(instance=tmp_path / "instance")
    versions = Versions(settings.instance)
    build(dataset, versions, Message("tests", "first"), lambda store: Report(()))
    backend = LocalBackend(versions, settings, guard=live_gate(settings, dataset))
    client = create_app(settings, backend, dataset, {}, versions).test_client()
    _, secret = Tokens(settings.instance).add("anna", "curator")
    assert write(client, bearer(secret)).status_code == 422
    assert versions.number() == 1
    backend.close()
    assert live_gate(replace(settings, read_only=True), dataset) is None


# ---- sessions


def test_signing_in_and_out(instance: Instance, client: FlaskClient) -> None:
    anonymous = client.get("/")
    assert "Sign in" in anonymous.text
    assert client.get("/login").headers["Cache-Control"] == "no-store"
    answer = client.post(
        "/login", data={"token": f" {instance.secret['curator']}\n", "next": "/queries?a=b"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/queries?a=b")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("parley-8000=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert instance.secret["curator"] not in str(answer.headers)
    page = client.get("/", headers={"If-None-Match": anonymous.headers["ETag"]})
    assert "Signed in as curator" in page.text
    assert page.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in page.headers["Vary"]
    assert client.post("/logout").status_code == 403
    stolen = client.get_cookie("parley-8000")
    assert stolen
    left = client.post("/logout", data={"csrf": csrf(client)})
    assert (left.status_code, left.headers["Location"]) == (303, "/")
    assert client.get_cookie("parley-8000") is None
    again = client.get("/", headers={"Cookie": f"parley-8000={stolen.value}"})
    assert "Sign in" in again.text
    assert again.headers["ETag"] == anonymous.headers["ETag"]
    assert again.headers["Cache-Control"] == "no-cache"


def test_every_page_tells_a_session_from_nobody(instance: Instance, client: FlaskClient) -> None:
    browser = client.application.test_client()
    sign_in(browser, instance.secret["curator"])
    for address in ("/", "/sparql", "/sparql?query=ASK%7B%7D", "/problems", "/nothing", "/login"):
        asked = {**PAGE, "Cookie": ""}
        mine, theirs = browser.get(address, headers=PAGE), client.get(address, headers=PAGE)
        assert "Signed in as curator" in mine.text, address
        assert re.search("private|no-store", mine.headers["Cache-Control"]), address
        assert "Signed in" not in theirs.text, address
        assert mine.headers.get("ETag", "1") != theirs.headers.get("ETag", "2"), address
        assert client.get(address, headers=asked).text == theirs.text


def test_a_wrong_token_shows_the_form_again(client: FlaskClient) -> None:
    answer = sign_in(client, "parley_wrong")
    assert answer.status_code == 401
    assert "this token is not valid" in answer.text
    assert "parley_wrong" not in answer.text
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert "Set-Cookie" not in answer.headers
    machine = client.post("/login", data={"token": "x"}, headers={"Accept": "application/json"})
    assert json.loads(machine.data)["status"] == 401
    assert client.post("/login", json={"token": "x"}).status_code == 415


def test_a_session_id_is_never_chosen_by_a_client(instance: Instance, client: FlaskClient) -> None:
    chosen = "A" * 43
    client.set_cookie("parley-8000", chosen)
    sign_in(client, instance.secret["curator"])
    first = client.get_cookie("parley-8000")
    assert first
    assert first.value != chosen
    sign_in(client, instance.secret["admin"])  # a new id, and the old one ends
    assert "Signed in as admin" in client.get("/").text
    other = client.application.test_client()
    other.set_cookie("parley-8000", first.value)
    assert "Signed in" not in other.get("/").text


@pytest.mark.parametrize(
    "path",
    "//evil.example|///evil.example|https://evil.example|/\\evil.example|/\t/evil.example|evil|/\n|"
    "/a\\b|javascript:alert(1)|\0/".split("|"),
)
def test_signing_in_leads_nowhere_else(instance: Instance, client: FlaskClient, path: str) -> None:
    assert client.get("/login", query_string={"next": path}).status_code == 400
    data = {"token": instance.secret["curator"], "next": path}
    answer = client.post("/login", data=data)
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


def test_over_https_the_cookie_is_secure_and_of_this_host_only(own: Instance) -> None:
    client = own.start(public_url="https://data.example.org")
    answer = sign_in(client, own.secret["curator"], Origin="https://data.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-parley=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_nobody_signs_in_over_plain_http_from_afar(instance: Instance, client: FlaskClient) -> None:
    afar = "http://data.example.org"
    assert "no https" in client.get("/login", base_url=afar, headers=PAGE).text
    data = {"token": instance.secret["curator"]}
    assert client.post("/login", data=data, base_url=afar).status_code == 403


# ---- forged requests

FOREIGN = (
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": HERE},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_pages_of_other_sites_can_neither_write_nor_sign_anybody_in(
    instance: Instance, client: FlaskClient, headers: dict[str, str]
) -> None:
    assert sign_in(client, instance.secret["curator"], **headers).status_code == 403
    sign_in(client, instance.secret["curator"])
    before = instance.versions.number()
    form = {"update": UPDATE, "csrf": csrf(client)}
    assert client.post("/sparql", data=form, headers=headers).status_code == 403
    assert client.post("/logout", data=form, headers=headers).status_code == 403
    by_basic = basic(instance.secret["curator"])  # a browser may have remembered it
    assert write(client, {**headers, **by_basic}).status_code == 403
    assert instance.versions.number() == before


def test_a_page_of_another_site_may_use_a_token_of_its_own(
    instance: Instance, client: FlaskClient
) -> None:
    headers = {**bearer(instance.secret["curator"]), "Origin": "http://app.example"}
    assert write(client, headers).status_code == 204
    preflight = client.options("/sparql", headers={"Access-Control-Request-Method": "POST"})
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert "X-CSRF-Token" not in preflight.headers["Access-Control-Allow-Headers"]
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in preflight.headers


def test_a_session_writes_only_with_its_own_csrf_token(
    instance: Instance, client: FlaskClient
) -> None:
    other = client.application.test_client()
    sign_in(client, instance.secret["curator"])
    sign_in(other, instance.secret["curator"])
    for wrong in ({}, {"csrf": ""}, {"csrf": csrf(other)}, {"csrf": "ü"}):
        refused = client.post("/sparql", data={"update": UPDATE, **wrong})
        assert refused.status_code == 403
        assert "load its page again" in json.loads(refused.data)["detail"]
    own_page = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}
    form = {"update": "INSERT DATA { <http://a> <http://b> 'form' }", "csrf": csrf(client)}
    assert client.post("/sparql", data=form, headers=own_page).status_code == 204
    assert instance.author() == "curator"
    header = {"X-CSRF-Token": csrf(client)}
    assert write(client, header, "DELETE WHERE { ?s <http://b> 'form' }").status_code == 204
    assert client.delete("/store/none").status_code == 403
    assert client.delete("/store/none", headers=header).status_code == 404


def test_an_open_server_asks_for_no_token_but_checks_one(own: Instance) -> None:
    client = own.start(open=True)
    assert "anyone on this machine may write" in client.get("/").text
    assert write(client, {}).status_code == 204
    assert own.author() == "anonymous"
    assert client.get("/running").status_code == 200
    assert write(client, bearer("wrong")).status_code == 401
    assert write(client, {"Origin": "http://evil.example"}).status_code == 403
    sign_in(client, own.secret["curator"])
    form = {"update": "INSERT DATA { <http://a> <http://b> 'me' }"}
    assert client.post("/sparql", data=form).status_code == 403
    assert client.post("/sparql", data={**form, "csrf": csrf(client)}).status_code == 204
    assert own.author() == "curator"


# ---- how often


def test_attempts_are_limited_for_each_client(own: Instance) -> None:
    client = own.start(attempts_per_minute=5)
    answers = [write(client, headers) for headers in ({}, bearer("wrong"), basic("wrong"))]
    answers += [sign_in(client, "wrong"), sign_in(client, own.secret["curator"])]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 303]
    client.delete_cookie("parley-8000")
    for late in (write(client, {}), write(client, bearer("wrong")), sign_in(client, "wrong")):
        assert late.status_code == 429
        assert 1 <= int(late.headers["Retry-After"]) <= 12
    assert write(client, bearer(own.secret["curator"])).status_code == 204
    assert client.get("/sparql?query=ASK%7B%7D").status_code == 200
    elsewhere = client.post(
        "/sparql", data=UPDATE, content_type=TYPE, environ_base={"REMOTE_ADDR": "192.0.2.1"}
    )
    assert elsewhere.status_code == 401
    denied = client.get("/metrics").text
    assert 'parley_denied_total{kind="too-many-requests"} 3' in denied
    assert 'parley_denied_total{kind="unauthorized"} 5' in denied


def test_forwarded_addresses_are_believed_of_trusted_proxies_only(own: Instance) -> None:
    def statuses(client: FlaskClient) -> list[int]:
        said = ("198.51.100.1, 10.0.0.9", "198.51.100.2, 10.0.0.9", "1.2.3.4, 198.51.100.1")
        return [write(client, {"X-Forwarded-For": each}).status_code for each in said]

    assert statuses(own.start(attempts_per_minute=1)) == [401, 429, 429]
    behind = own.start(attempts_per_minute=1, trusted_proxies=("127.0.0.1", "10.0.0.0/8"))
    assert statuses(behind) == [401, 401, 429]  # the third one says 1.2.3.4 of itself


# ---- nothing in logs


def test_a_secret_is_written_nowhere(
    own: Instance, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    log = own.settings.instance / "access.log"
    client = own.start(access_log=str(log), log_queries=True)
    _, secret = own.tokens.add("visible", "admin", date(2999, 1, 1))
    answers = [
        write(client, bearer(secret)),
        write(client, bearer(secret + "x")),
        write(client, basic(secret), f"INSERT DATA {{ <http://a> <http://b> ''' {secret} }}"),
        write(client, {**bearer(secret), "X-Parley-Message": f"with {secret}"}),
        sign_in(client, secret),
        client.get(f"/page/{secret}", headers=PAGE),
        client.get(f"/nothing/{secret}"),
        client.get(f"/sparql?query={secret}"),
        client.get("/sparql", query_string={"query": f"ASK {{}} # {secret}"}),
        client.post("/sparql", data={"query": f"ASK {{ <{secret}> ?p ?o }}"}),
        client.post("/sparql", data={"query": f"ASK {{}} # {secret}"}),
        client.get("/running", headers=bearer(secret)),
        client.get("/metrics"),
        client.get("/"),
    ]
    answers.append(client.application.test_client().get(f"/page/{secret}", headers=PAGE))
    assert [answer.status_code for answer in answers[:6]] == [204, 401, 400, 400, 303, 404]
    session = client.get_cookie("parley-8000")
    assert session
    for answer in answers:
        assert secret not in answer.text
    written = {
        path: path.read_bytes()
        for path in own.settings.instance.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    assert log in written
    assert b'"client"' in written[log]
    assert any("sessions" in path.parts for path in written)
    out, err = capfd.readouterr()
    for hidden in (secret, session.value, csrf(client)):
        for path, data in written.items():
            assert hidden.encode() not in data, path
            assert hidden not in path.name
        assert hidden not in out + err + caplog.text
