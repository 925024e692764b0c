"""SERVICE leaves by the relay only: to public hosts that are listed, without detours, in bounds."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from parley.errors import BadQuery, Forbidden, LimitReached, ParleyError, ServiceFailed
from parley.formats import named
from parley.store.backend import Deadline, Query, Update
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.reach import is_public
from parley.store.relay import Relay

RESULT = {
    "head": {"vars": ["x"]},
    "results": {"bindings": [{"x": {"type": "literal", "value": "from afar"}}]},
}
Start = Callable[..., LocalBackend]


class Service(BaseHTTPRequestHandler):
    """A SPARQL endpoint with bad habits, one for each path."""

    asked: list[str] = []  # noqa: RUF012  # what came in

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append(f"{self.headers['Host']} {self.path} {query}")
        if self.path == "/redirect":
            self.send_response(307)
            self.send_header("Location", "http://169.254.169.254/latest")
            self.end_headers()
            return
        if self.path == "/broken":
            self.send_error(500)
            return
        body = json.dumps(RESULT).encode()
        if self.path == "/huge":
            body = body.replace(b"from afar", b"far" * 100_000)
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json")
        if self.path == "/packed":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/slow":
            self.wfile.write(body[:5])
            self.wfile.flush()
            self.server.released.wait(20)  # type: ignore[attr-defined]
        else:
            self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        server.released = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        Service.asked.clear()
        yield server.server_address[1]
        server.released.set()  # type: ignore[attr-defined]
        server.shutdown()


Ask = Callable[..., list[str]]


@pytest.fixture
def ask(start: Start, port: int) -> Iterator[Ask]:
    """Asks a service of the name `afar`; `leads_to` is where that name leads."""
    backends = []

    def asking(
        path: str,
        *,
        leads_to: tuple[str, ...] = ("127.0.0.1",),
        public: Callable[[str], bool] = lambda address: True,
        silent: str = "",
        seconds: float = 10,
        listed: str = "http://afar",
    ) -> list[str]:
        relay = Relay(resolve=lambda host, port: [*leads_to], public=public, most_bytes=50_000)
        first = start(2, service_hosts=(f"{listed}:{port}",))
        backend = LocalBackend(first._versions, first._settings, relay=relay)
        backends.append(backend)
        text = f"SELECT ?x {{ SERVICE {silent} <http://afar:{port}{path}> {{ ?x ?y ?z }} }}"
        form = named("json")
        assert form is not None
        with backend.select(Query(text), form, Deadline(seconds, 1 << 30)) as answer:
            rows = json.loads(answer.read())["results"]["bindings"]
        return [row["x"]["value"] for row in rows if row]

    yield asking
    for backend in backends:
        backend.close()


def test_a_listed_service_is_asked_under_its_name(ask: Ask, port: int) -> None:
    assert ask("/sparql?a=b") == ["from afar"]
    (asked,) = Service.asked
    assert asked.startswith(f"afar:{port} /sparql?a=b SELECT")


def test_plain_http_needs_to_be_listed_as_such(ask: Ask) -> None:
    for listed in ("afar", "https://afar", "http://other"):
        with pytest.raises(Forbidden, match="not allowed here"):
            ask("/sparql", listed=listed)
    assert Service.asked == []


@pytest.mark.parametrize("leads_to", [("127.0.0.1",), ("::1",), ("93.184.215.14", "10.0.0.1"), ()])
def test_a_name_that_leads_to_a_private_address_is_refused(ask: Ask, leads_to) -> None:
    with pytest.raises(Forbidden, match=r"no public address|unknown"):
        ask("/sparql", leads_to=leads_to, public=is_public)
    assert Service.asked == []


def test_redirects_are_named_and_not_followed(ask: Ask) -> None:
    with pytest.raises(Forbidden, match=r"leads on to http://169\.254\.169\.254/latest"):
        ask("/redirect")


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("/huge", LimitReached, "more than 50000 bytes"),
        ("/broken", ServiceFailed, "status 500"),
        ("/packed", ServiceFailed, "compressed"),
    ],
)
def test_bad_answers_are_errors(ask: Ask, path: str, kind: type[ParleyError], said: str) -> None:
    with pytest.raises(kind, match=said):
        ask(path)


def test_silent_goes_on_without_the_service(ask: Ask) -> None:
    for path in ("/huge", "/broken", "/redirect"):
        assert ask(path, silent="SILENT") == []
    assert ask("/x", silent="SILENT") == ["from afar"]
    assert ask("/x", silent="SILENT", public=is_public) == []


def test_silent_to_who_is_not_listed_is_a_solution_without_bindings(ask: Ask) -> None:
    for listed in ("other", "https://afar", ""):
        assert ask("/x", silent="SILENT", listed=listed) == []
    assert Service.asked == []


SILENCED = """
SELECT ?a { VALUES ?a { 1 } SERVICE SILENT <http://nobody/> { ?x ?y ?z } }
SELECT ?a { VALUES ?a { 1 } SERVICE SILENT ?a { ?x ?y ?z } }
SELECT ?a { VALUES ?a { 1 } SERVICE SILENT <there> { ?x ?y ?z } }
PREFIX n: <http://127.0.0.1:1/> SELECT ?a { VALUES ?a { 1 } SERVICE SILENT n:x { ?x ?y ?z } }
SELECT ?a { VALUES ?a { 1 } SERVICE SILENT <http://a/> { SERVICE SILENT <http://b/> {} } }
""".strip().splitlines()


@pytest.mark.parametrize("text", SILENCED)
def test_what_is_silenced_leaves_the_rest_of_the_query_as_it_is(start: Start, text: str) -> None:
    form = named("json")
    assert form is not None
    backend = start(1)
    with backend.select(Query(text, base="http://x/"), form, Deadline(10, 1 << 30)) as answer:
        assert [r["a"]["value"] for r in json.loads(answer.read())["results"]["bindings"]] == ["1"]
    plain = Query(text.replace("SILENT", "", 1), base="http://x/")
    with pytest.raises((Forbidden, BadQuery)):
        backend.select(plain, form, Deadline(10, 1 << 30))


@pytest.mark.parametrize("silent", ["", "SILENT"])
def test_an_update_with_service_reaches_no_engine_whoever_asks(start: Start, silent: str) -> None:
    text = f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE {silent} <http://afar/> {{ ?s ?p ?o }} }}"
    backend = start(1, service_hosts=("http://afar",))
    with pytest.raises(Forbidden, match="not allowed here"):
        backend.write(Update(text), Message("tests", "try"), Deadline(10, 1 << 30))
    assert backend.version().number == 1


def test_a_slow_service_ends_at_the_deadline_of_the_query(ask: Ask) -> None:
    with pytest.raises((LimitReached, ServiceFailed)):
        ask("/slow", seconds=0.5)


def test_the_relay_answers_nobody_else(port: int) -> None:
    relay = Relay(resolve=lambda host, port: ["127.0.0.1"], public=lambda address: True)
    with relay.ticket(5) as ticket:
        address = ticket.address(f"http://afar:{port}/sparql")
        key = address.rsplit("/", 2)[1]
        for path in ("/", "/0", f"/{key}", f"/{key}/1", f"/{key}/-1", "/x/0", f"/{key}/\u0661"):
            with pytest.raises(Forbidden):
                relay.fetch(path, b"", {})
        media_type, file, size = relay.fetch(f"/{key}/0", b"", {})
        with file:
            assert size == len(file.read()) > 0
    assert media_type == "application/sparql-results+json"
    with pytest.raises(Forbidden):
        relay.fetch(f"/{key}/0", b"", {})
    relay.close()


PRIVATE = """
127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254
100.64.0.1 100.100.100.200 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16 192.88.99.1
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:93.184.215.14 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
64:ff9b:1::a00:1 2002:7f00:1:: 2002:5db8:d70e:: 2001:0:7f00:1:: fe80::1 fe80::1%eth0 fc00::1
fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 100::1 5f00::1 afar 1 0x7f.1 127.1
""".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_passes_in_any_form(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "2a00:1450::8a"]
)
def test_public_addresses_pass(address: str) -> None:
    assert is_public(address)
