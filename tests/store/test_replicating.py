"""A replica repeats another instance: the same quads in every version, whatever comes between."""

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from store_examples import adding, commit, quad, removing

from parley.errors import BadInput, LimitReached, NotFound, ServiceFailed, StoreDamaged
from parley.store import replicating
from parley.store.backup import back_up
from parley.store.change import Change
from parley.store.lag import read_followed
from parley.store.replicating import Replica, follow
from parley.store.sources import Folder, Server, source_of
from parley.store.versions import Versions


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five versions, tags, and what is nobody else's business."""
    versions = Versions(tmp_path_factory.mktemp("template"))
    commit(versions, adding(*range(50)))
    for number in range(1, 4):
        commit(versions, Change(adding(100 + number).added, removing(number).removed))
    commit(versions, adding(200))
    versions.tags.add("first", 1)
    (versions.instance / "articles").mkdir()
    (versions.instance / "articles/one.txt").write_text("private")
    (versions.instance / "tokens.json").write_text("{}")
    return versions.instance


@pytest.fixture
def written(template: Path, tmp_path: Path) -> Versions:
    """A copy of that which a test may spoil."""
    return Versions(shutil.copytree(template, tmp_path / "instance", symlinks=True))


@pytest.fixture
def copy(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "copy")


def digest(versions: Versions, number: int) -> str:
    lines = sorted(str(quad) for quad in versions.get(number).open())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def assert_same(ours: Versions, theirs: Versions, *, every: bool = False) -> None:
    """The same ledger, and the same quads in the current version, or in every one."""
    assert ours.number() == theirs.number()
    assert list(ours.history()) == list(theirs.history())
    for number in range(1 if every else ours.number(), ours.number() + 1):
        assert digest(ours, number) == digest(theirs, number), number
        assert ours.ledger.verify(number) == theirs.ledger.entry(number)
    current = ours.current()
    assert current is not None
    assert current.damage(closely=True) is None


def test_every_version_is_the_same_and_nothing_private_is_copied(
    written: Versions, copy: Versions, tmp_path: Path
) -> None:
    replica = Replica(copy, Folder(written.instance))
    assert replica.pull().number == 5
    assert_same(copy, written)
    assert copy.tags.all() == {"first": 1}
    files = {path.name for path in copy.instance.rglob("*") if path.is_file()}
    assert not {"one.txt", "tokens.json"} & files

    for number in range(3):  # one after the other, as a replica that keeps up gets them
        commit(written, Change(adding(300 + number).added, removing(200 + number).removed))
        assert replica.pull().number == 6 + number
        assert copy.kept(6 + number) is not None
    assert_same(copy, written, every=True)
    assert replica.pull().number == 8

    back_up(written, tmp_path / "backup")
    second = Versions(tmp_path / "second")
    assert Replica(second, Folder(tmp_path / "backup")).pull().number == 8
    assert_same(second, written)
    assert commit(second, adding(999)).number == 9  # it can become a primary


def test_who_is_far_behind_gets_many_at_once_and_can_rebuild_the_rest(
    written: Versions, copy: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicating, "_BATCH", 3)
    Replica(copy, Folder(written.instance)).pull()
    assert copy.folders.numbers() == [3, 5]
    assert_same(copy, written, every=True)


def test_large_changes_and_folders_that_are_not_kept(written: Versions, copy: Versions) -> None:
    replica = Replica(copy, Folder(written.instance), keep=2)
    replica.pull()
    commit(written, adding(*range(1000, 2200)))
    commit(written, adding(999))
    commit(written, removing(*range(1000, 2100)))
    replica.pull()
    assert_same(copy, written)
    assert len(copy.folders.numbers()) <= 3


class Crash(BaseException):
    """The machine stops."""


@pytest.mark.parametrize(
    ("batch", "step"),
    [
        *((1, step) for step in ("fetched", "renamed", "recorded", "published")),
        *((3, step) for step in ("renamed", "recorded")),
    ],
)
def test_a_crash_at_any_step_leaves_one_version_and_the_next_pull_goes_on(
    written: Versions,
    copy: Versions,
    batch: int,
    step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replicating, "_BATCH", batch)
    left = 2

    def reached(name: str) -> None:
        nonlocal left
        left -= name == step
        if not left:
            raise Crash

    with pytest.raises(Crash):
        Replica(copy, Folder(written.instance), step=reached).pull()
    current = copy.current()
    assert current is not None
    assert current.number == batch * (2 if step == "published" else 1) or batch == 3
    assert digest(copy, current.number) == digest(written, current.number)
    assert Replica(copy, Folder(written.instance)).pull().number == 5
    assert_same(copy, written)


def test_a_crash_among_the_entries_of_a_batch_is_mended(written: Versions, copy: Versions) -> None:
    replica = Replica(copy, Folder(written.instance))
    replica.pull()
    for number in (2, 3, 4):
        commit(written, adding(400 + number))
    for number in (6, 7):  # as they are moved one by one, before the link
        path = copy.ledger.path(number)
        path.write_bytes(written.ledger.path(number).read_bytes())
    assert replica.pull().number == 8
    assert_same(copy, written)


def test_another_history_is_refused_and_a_source_that_is_behind_is_not(
    written: Versions, copy: Versions, tmp_path: Path
) -> None:
    replica = Replica(copy, Folder(written.instance))
    replica.pull()
    commit(copy, adding(5000))
    assert replica.pull().number == 6  # the source has nothing else, and nothing more
    commit(written, adding(6000))
    before = digest(copy, 6)
    for _ in range(2):
        with pytest.raises(BadInput, match="another history: its version 6"):
            replica.pull()
        commit(written, adding(6000 + written.number()))
    assert (copy.number(), digest(copy, 6)) == (6, before)
    with pytest.raises(NotFound, match="holds no version"):
        Replica(Versions(tmp_path / "new"), Folder(tmp_path / "nothing")).pull()


def test_a_copy_that_was_tampered_with_is_noticed(written: Versions, copy: Versions) -> None:
    replica = Replica(copy, Folder(written.instance))
    replica.pull()
    commit(written, adding(7000))
    path = written.ledger.path(6)
    path.write_bytes(path.read_bytes().replace(b"thing 7000", b"thing 8000"))
    with pytest.raises(StoreDamaged, match="version 6 did not arrive as it was written"):
        replica.pull()
    assert copy.number() == 5
    followed = read_followed(copy.instance)
    assert followed is not None
    assert (followed.version, followed.behind(5), bool(followed.trouble)) == (6, 1, True)


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def head_of(versions: Versions, **other: object) -> bytes:
    number = versions.number()
    found = {
        "format": 1,
        "version": number,
        "entry": versions.ledger.entry(number).sha256,
        "common": "",
        "tags": {},
        "public": "https://data.example.org",
    }
    return json.dumps(found | other).encode()


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def server(url: str, most: int = 2 << 20, seconds: float = 20.0) -> Server:
    found = source_of(url, most=most, seconds=seconds)
    assert isinstance(found, Server)
    return found


def test_what_was_interrupted_goes_on_where_it_broke_off(written: Versions, copy: Versions) -> None:
    asked: list[tuple[str, str]] = []
    first = written.ledger.path(1).read_bytes()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        given = handler.headers.get("Range", "")
        asked.append((handler.path.partition("?")[0], given))
        if handler.path.startswith("/replica/"):
            send(handler, head_of(written))
        elif handler.path == "/history/1.rdfp" and not given:
            send(handler, first[:1000], **{"Content-Length": str(len(first))})
            handler.close_connection = True
        else:
            number, start = int(handler.path[9:-5]), int(given[6:-1] or 0) if given else 0
            data = written.ledger.path(number).read_bytes()
            part = f"bytes {start}-{len(data) - 1}/{len(data)}"
            send(handler, data[start:], 206 if start else 200, **{"Content-Range": part})

    with answering(answer) as url:
        source = server(url)
        with pytest.raises(ServiceFailed, match="broke off"):
            Replica(copy, source).pull()
        assert copy.current() is None
        assert Replica(copy, source).pull().number == 5
        source.close()
    assert asked.count(("/history/1.rdfp", "bytes=1000-")) == 1
    assert_same(copy, written)
    assert not (copy.instance / "incoming").exists()


def test_strange_servers_are_told_from_good_ones(written: Versions, copy: Versions) -> None:
    entry = written.ledger.path(1).read_bytes()
    one = head_of(written, version=1, entry=written.ledger.entry(1).sha256)
    forged = entry.replace(b'H author "Amina"', b'H author "\x1b[31m"').partition(b"\n")[2]
    named = hashlib.sha256(forged).hexdigest()
    first = f"H id <hash://sha256/{named}> .\n".encode()
    escape = head_of(written, version=1, entry=named), first + forged
    cases: list[tuple[tuple[bytes, int, dict[str, str]], bytes, type[Exception], str]] = [
        ((b"", 302, {"Location": "https://elsewhere.example.org"}), b"", ServiceFailed, "leads on"),
        ((b"", 404, {}), b"", NotFound, "no version to copy"),
        ((b"", 500, {}), b"", ServiceFailed, "status 500"),
        ((b"<html>", 200, {}), b"", ServiceFailed, "as a Parley server does"),
        ((b"[1]", 200, {}), b"", ServiceFailed, "as a Parley server does"),
        ((b" " * (2 << 20), 200, {}), b"", ServiceFailed, "as a Parley server does"),
        ((one, 200, {"Content-Encoding": "gzip"}), b"", ServiceFailed, "compressed"),
        ((head_of(written, format=9), 200, {}), b"", Exception, "newer release"),
        ((one, 200, {}), entry[:-1], StoreDamaged, "did not arrive"),
        ((escape[0], 200, {}), escape[1], StoreDamaged, "did not arrive as it was written"),
        ((one, 200, {}), b"nonsense\n" * 20, StoreDamaged, "did not arrive as it was written"),
        ((one, 200, {}), entry + b"#" * (2 << 20), LimitReached, "larger than"),
        ((head_of(written, tags={"\x1b[31m": 1}), 200, {}), b"", BadInput, "cannot be a tag"),
    ]
    at = 0

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head, body, *_ = cases[at]
        if handler.path.startswith("/replica/"):
            send(handler, head[0], head[1], **head[2])
        else:
            number = int(handler.path[9:-5])
            send(handler, body or written.ledger.path(number).read_bytes())

    with answering(answer) as url:
        for at, (_, _, kind, words) in enumerate(cases):  # noqa: B007  # `answer` reads it
            source = server(url)
            with pytest.raises(kind, match=words):
                Replica(copy, source).pull()
            source.close()
    with pytest.raises(ServiceFailed, match="cannot be asked"):
        Replica(copy, server(url)).pull()
    for text in ("ftp://example.org", "http://me:word@example.org", "https://", "http://a/?b"):
        with pytest.raises(BadInput, match="no address to copy from"):
            source_of(text, most=1, seconds=1)


def test_a_follower_sees_each_version_and_outlives_what_goes_wrong(
    written: Versions, copy: Versions
) -> None:
    stop, told = threading.Event(), list[str]()
    away = written.instance.with_name("away")
    replica = Replica(copy, Folder(written.instance))
    thread = threading.Thread(target=follow, args=(replica, 0.02, stop, told.append))
    thread.start()
    try:
        for number in range(3):
            commit(written, adding(500 + number))
            reach(copy, 6 + number)
        written.instance.rename(away)
        while not any("no version" in text for text in told):
            stop.wait(0.01)
        away.rename(written.instance)
        commit(written, adding(900))
        reach(copy, 9)
    finally:
        stop.set()
        thread.join()
    assert_same(copy, written)
    assert quad(900) in copy.get(9).open()
    assert sum("no version" in text for text in told) == 1


def reach(versions: Versions, number: int) -> None:
    until = threading.Event()
    for _ in range(1000):
        if versions.number() == number:
            return
        until.wait(0.02)
    raise AssertionError(f"version {number} does not come")
