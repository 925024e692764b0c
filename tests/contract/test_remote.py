"""A store over HTTP that fails, lies, dies or is somebody else's: never half done, always told."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from bench.processes import free_port
from bench.stores import OxigraphStore, Running
from contract_stores import AMPLE, GRAPH, MESSAGE, Place, adding, filled, quad
from misbehaving import Proxy, misbehaving

from parley.errors import BadInput, BadQuery, LimitReached, ParleyError, StoreDamaged, StoreFailed
from parley.formats import BINDINGS, GRAPHS
from parley.settings import Settings
from parley.store.backend import Cancel, Cancelled, Deadline, Query
from parley.store.change import Change
from parley.store.remote.backend import RemoteBackend
from parley.store.remote.head import Head, Point
from parley.store.remote.wire import Endpoint, Wire, addresses
from parley.store.versions import Versions

COUNT = Query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
MISSING = OxigraphStore().missing()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


@pytest.fixture(scope="module")
def place(running: Callable[[str], Running]) -> Place:
    return Place("oxigraph", running("oxigraph"))


@pytest.fixture
def proxy(place: Place) -> Iterator[tuple[Proxy, str]]:
    """A store with nothing in it, and what stands before it."""
    assert place.running is not None
    place.empty()
    with misbehaving(place.running.query, place.running.update) as made:
        yield made


@pytest.fixture
def open_backend() -> Iterator[Callable[..., RemoteBackend]]:
    """Opens backends that do not wait long for servers that died."""
    opened: list[RemoteBackend] = []

    def start(instance: Path, store: str, **more: object) -> RemoteBackend:
        settings = Settings(instance=instance, store=store, **more)  # type: ignore[arg-type]
        opened.append(RemoteBackend(settings, patience=0.3))
        return opened[-1]

    yield start
    for backend in opened:
        backend.close()


def count(backend: RemoteBackend, deadline: Deadline = AMPLE) -> int:
    with backend.select(COUNT, BINDINGS[0], deadline) as answer:
        assert answer.version == backend.version().number
        return int(json.loads(answer.read())["results"]["bindings"][0]["n"]["value"])


FAILURES = {
    "gone": "cannot be reached",
    "page": "text/html",
    "short": "broke off",
    "redirect": "leads on to another address",
    "refused": "refuses the server",
}


def test_whatever_goes_wrong_is_told_and_passes(
    proxy: tuple[Proxy, str], tmp_path: Path, open_backend: Callable[..., RemoteBackend]
) -> None:
    store, address = proxy
    filled(tmp_path, 1, 2)
    secret = address.replace("://", "://anna:geheim@")
    backend = open_backend(tmp_path, secret)
    backend.follow()
    assert count(backend) == 2
    for mode, said in FAILURES.items():
        store.mode = mode
        with pytest.raises(StoreFailed) as failure:
            count(backend)
        if mode != "page":  # the head is asked first, and is no table then
            assert said in failure.value.message
        assert "geheim" not in failure.value.message
        assert "anna" not in repr(backend._to)
        store.mode = ""
        store.updates = "" if mode == "short" else mode  # the answer to an update has no body
        if store.updates:
            with pytest.raises(StoreFailed):
                backend.write(adding(3), MESSAGE, AMPLE)
        store.updates = ""
        backend.follow()
        assert backend.troubles == ()
        assert (backend.version().number, count(backend)) == (1, 2)
    assert backend.write(adding(3), MESSAGE, AMPLE).version.number == 2
    assert set(store.headers) == {"Basic YW5uYTpnZWhlaW0="}


def test_an_answer_with_an_error_pasted_into_it_is_an_error(tmp_path: Path) -> None:
    with misbehaving("", "") as (store, address):
        store.mode = "pasted"
        wire = Wire(tmp_path, 1 << 20)
        with pytest.raises(StoreFailed, match="does not answer as the SPARQL protocol"):
            Head(wire, addresses(address, None), 5).state()
        wire.close()


def test_a_silent_store_is_given_up_at_the_deadline_and_on_request(
    proxy: tuple[Proxy, str], tmp_path: Path, open_backend: Callable[..., RemoteBackend]
) -> None:
    store, address = proxy
    filled(tmp_path, 1)
    backend = open_backend(tmp_path, address)
    backend.follow()
    assert count(backend) == 1
    store.mode = "silent"
    began = time.monotonic()
    with pytest.raises(LimitReached, match=r"after 0\.3 s"):
        count(backend, Deadline(0.3, 1 << 30))
    cancel = Cancel()
    threading.Timer(0.2, cancel.cancel).start()
    backend._looked = time.monotonic()  # the head is not asked now
    with pytest.raises(Cancelled):
        backend.select(COUNT, BINDINGS[0], AMPLE, cancel=cancel)
    assert time.monotonic() - began < 5


def test_a_commit_whose_answer_is_lost_is_made_once(
    proxy: tuple[Proxy, str], tmp_path: Path, open_backend: Callable[..., RemoteBackend]
) -> None:
    store, address = proxy
    filled(tmp_path, 1)
    backend = open_backend(tmp_path, address)
    backend.follow()
    # The entry is announced, the change is made, and then nobody answers any more.
    handed_on = store.forward

    def lose(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        done = handed_on(path, body, headers)
        if b"urn:x-parley:is" in body and path == "/update":
            store.mode = store.updates = "gone"
            raise ConnectionError
        return done

    store.forward = lose  # type: ignore[method-assign]  # of the proxy
    with pytest.raises(StoreFailed, match="not known whether the change was made"):
        backend.write(adding(2), MESSAGE, AMPLE)
    assert Versions(tmp_path).number() == 1
    store.mode = store.updates = ""
    store.forward = handed_on  # type: ignore[method-assign]
    backend.follow()
    assert (backend.version().number, count(backend)) == (2, 2)
    entry = backend.versions.ledger.entry(2)
    assert (entry.author, entry.text, entry.added) == (MESSAGE.author, MESSAGE.text, 1)


def test_a_killed_store_keeps_what_was_acknowledged(
    tmp_path: Path, open_backend: Callable[..., RemoteBackend]
) -> None:
    filled(tmp_path / "instance", 0)
    port, acknowledged = free_port(), 0
    with OxigraphStore().running(tmp_path / "store", port) as running:
        backend = open_backend(tmp_path / "instance", f"http://127.0.0.1:{port}")
        backend.follow()
        threading.Timer(0.6, running.process.kill).start()
        with suppress(StoreFailed):
            while acknowledged < 1000:
                backend.write(adding(acknowledged + 1), MESSAGE, AMPLE)
                acknowledged += 1
        assert acknowledged < 1000
        with pytest.raises(StoreFailed):
            backend.version()
        assert "cannot be reached" in backend.troubles[0]
    with OxigraphStore().running(tmp_path / "store", port):
        backend.follow()
        version = backend.version()
        assert version.number in {acknowledged + 1, acknowledged + 2}
        assert count(backend) == version.quads == version.number


def test_a_change_that_a_dead_server_began_is_finished(
    place: Place, tmp_path: Path, open_backend: Callable[..., RemoteBackend]
) -> None:
    assert place.running is not None
    place.empty()
    filled(tmp_path / "dead", *range(10))
    store = place.running.query.removesuffix("/query")
    first = open_backend(tmp_path / "dead", store)
    first.follow()
    second = open_backend(tmp_path / "alive", store)
    second.follow()
    large = Change(added=frozenset(quad(n) for n in range(100, 700)), removed=adding(1).added)
    entry = _begun(first, large)
    assert count(second) == 10  # of its own copy: the store is between two versions
    assert second.version().number == 1
    written = second.write(adding(1000), MESSAGE, AMPLE)
    assert (written.version.number, count(second)) == (3, 610)
    assert second.versions.ledger.entry(2).sha256 == entry.sha256
    first.follow()
    assert (first.version().number, count(first)) == (3, 610)


def _begun(backend: RemoteBackend, change: Change) -> Point:
    """Does what a server does that dies in the middle of a large commit."""
    head, died = backend._head, []

    def die(entry: Point, text: bytes) -> None:
        died.append(entry)
        added(entry, text)
        raise KeyboardInterrupt

    added = head._add_entry
    head._add_entry = die  # type: ignore[method-assign]  # where it dies
    with pytest.raises(KeyboardInterrupt):
        backend.write(change, MESSAGE, AMPLE)
    head._add_entry = added  # type: ignore[method-assign]
    return died[0]


def test_an_empty_folder_takes_everything_from_the_store_and_an_empty_store_is_filled(
    place: Place, tmp_path: Path, open_backend: Callable[..., RemoteBackend]
) -> None:
    assert place.running is not None
    place.empty()
    store = place.running.query.removesuffix("/query")
    filled(tmp_path / "first", *range(10))
    first = open_backend(tmp_path / "first", store)
    first.follow()
    first.write(adding(20), MESSAGE, AMPLE)
    reader = open_backend(tmp_path / "reader", store, read_only=True)
    reader.follow()
    assert [entry.sha256 for entry in reader.versions.history()] == [
        entry.sha256 for entry in first.versions.history()
    ]
    place.empty()
    with pytest.raises(StoreFailed, match="not been filled yet"):
        reader.follow()
    first.follow()
    reader.follow()
    assert count(first) == count(reader) == 11


def test_an_instance_that_is_ahead_brings_the_store_forward(
    place: Place, tmp_path: Path, open_backend: Callable[..., RemoteBackend]
) -> None:
    assert place.running is not None
    place.empty()
    store = place.running.query.removesuffix("/query")
    versions = filled(tmp_path, 1)
    backend = open_backend(tmp_path, store)
    backend.follow()
    with versions.stage(versions.current()) as staged:  # as `parley load` does
        versions.publish(staged, staged.apply(adding(2)), MESSAGE)
    backend.follow()
    assert (backend.version().number, count(backend)) == (2, 2)


def test_what_is_not_of_this_dataset_is_left_alone(
    place: Place, tmp_path: Path, open_backend: Callable[..., RemoteBackend]
) -> None:
    assert place.running is not None
    place.empty()
    store = place.running.query.removesuffix("/query")
    place.update(f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <a:a> <b:b> 'of somebody else' }} }}")
    filled(tmp_path / "one", 1)
    backend = open_backend(tmp_path / "one", store)
    with pytest.raises(StoreFailed, match="does not say of which version"):
        backend.version()
    place.empty()
    filled(tmp_path / "two", 2)
    open_backend(tmp_path / "two", store).follow()
    backend.close()
    with pytest.raises(StoreDamaged, match="have parted: their version 1"):
        backend.follow()
    with pytest.raises(ParleyError, match="have parted"):
        backend.write(adding(3), MESSAGE, AMPLE)


def test_where_all_graphs_are_one_the_ledger_is_not_among_them(
    tmp_path: Path, open_backend: Callable[..., RemoteBackend]
) -> None:
    filled(tmp_path / "instance", 1, 2, 3)
    port = free_port()
    with OxigraphStore(union=True).running(tmp_path / "store", port):
        store = f"http://127.0.0.1:{port}"
        backend = open_backend(tmp_path / "instance", store, store_union=True)
        backend.follow()
        assert count(backend) == 3
        for pattern, found in (
            ("?s ?p ?o", 3),
            ("?s $p 'thing 1'", 1),
            ("?s <http://example.org/label> ?o ; ?p ?o", 3),
            ("?s !(<a:a>|<a:b>) ?o", 3),
            ("[ ?p [] ]", 3),
            ("FILTER(EXISTS { [] ?p 'thing 1' }) ?s <http://example.org/label> ?o", 3),
            ("GRAPH ?g { ?s ?p ?o }", 3),
            ("GRAPH ?g { }", 1),
            ("{ SELECT * { ?s ?p ?o } }", 3),
            ("{ SELECT ?s ?p ?o { ?s ?p ?o } GROUP BY ?s ?p ?o ORDER BY ?s ?p ?o }", 3),
            ("VALUES (?s ?p) { (UNDEF <http://example.org/label>) } ?s ?p ?o", 3),
            ("{ ?s ?p 'thing 1' } UNION { ?s ?q 'thing 2' OPTIONAL { ?a ?b ?c ; ?d ?e } }", 4),
            ("?s <http://example.org/label> ?o", 3),
        ):
            query = Query(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")
            with backend.select(query, BINDINGS[0], AMPLE) as answer:
                row = json.loads(answer.read())["results"]["bindings"][0]
            assert int(row["n"]["value"]) == found, pattern
        for text, found in (
            ("DESCRIBE ?s { ?s ?p 'thing 1' }", 1),
            ("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", 3),
            ("CONSTRUCT WHERE { ?s ?p ?o }", 3),
        ):
            with backend.select(Query(text), GRAPHS[1], AMPLE) as answer:
                assert answer.rows == found, text
        with pytest.raises(BadQuery) as wrong:
            backend.select(Query("SELECT * { ?s ?p ?o ?x }"), BINDINGS[0], AMPLE)
        assert wrong.value.column == 1 + len("SELECT * { ?s ?p ?o ?x }")


def test_what_no_update_can_name_is_refused(
    place: Place, tmp_path: Path, open_backend: Callable[..., RemoteBackend]
) -> None:
    assert place.running is not None
    place.empty()
    filled(tmp_path, 1)
    backend = open_backend(tmp_path, place.running.query.removesuffix("/query"))
    backend.follow()
    change = Change.from_patch(f"TX .\nA _:a <http://example.org/b> <a:b> <{GRAPH}> .\nTC .\n")
    with pytest.raises(BadInput, match="no update can name a blank node"):
        backend.write(change, MESSAGE, AMPLE)
    assert (backend.version().number, count(backend)) == (1, 1)


@pytest.mark.parametrize(
    "address", ["store", "ftp://host/", "http:///query", "http://host:x/", "http://höst/"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="store's address"):
        addresses(address, None)


def test_addresses_follow_from_one_another() -> None:
    whole = addresses("http://anna:a%40b@host:7878", None)
    assert (whole.query.path, whole.update.path) == ("/query", "/update")
    assert whole.query.credentials == "Basic YW5uYTphQGI="
    assert "anna" not in repr(whole)
    one = addresses(
        "https://host/repositories/parley", "https://host/repositories/parley/statements"
    )
    assert (one.query.port, one.query.path) == (443, "/repositories/parley")
    assert one.update.path.endswith("/statements")
    assert addresses("http://host/sparql", None).update == Endpoint.of("http://host/sparql")
