"""What goes wrong with a disk or an instance, seen from outside: said, and the rest goes on."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from parley.cli import main
from parley.files import open_dataset
from parley.scaffold import make_plain
from parley.settings import Settings
from parley.store import served
from parley.store.backup import back_up, verify
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app

UPDATE = "INSERT DATA {{ <http://example.org/{}> <http://example.org/is> <http://example.org/o> }}"
NUMBERS = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
Serve = Callable[..., FlaskClient]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts the application on an instance with three versions of one, two and three triples."""
    monkeypatch.setattr(served, "_AGAIN", 0.0)
    make_plain(tmp_path / "dataset", "http://example.org/", "Test")
    dataset = open_dataset(tmp_path / "dataset")
    backends = []

    def start(instance: Path, **given: object) -> FlaskClient:
        settings = Settings(instance=instance, open=True, **given)  # type: ignore[arg-type]
        versions = Versions(instance)
        backend = LocalBackend(versions, settings, union=False)
        backends.append(backend)
        return create_app(settings, backend, dataset, {}, versions).test_client()

    yield start
    for backend in backends:
        backend.close()


def fill(instance: Path, count: int = 3) -> Versions:
    versions = Versions(instance)
    with versions.stage(None) as staged:
        versions.publish(staged, Change(), Message("Amina", "empty"))
    for number in range(count):
        with versions.stage(versions.current()) as staged:
            staged.store.update(UPDATE.format(number))
            versions.publish(staged, None, Message("Amina", f"thing {number}"))
    return versions


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return fill(tmp_path / "instance")


def count(client: FlaskClient) -> tuple[int, str]:
    """How many triples the server answers from, and the version it says."""
    answer = client.get("/sparql", query_string={"query": NUMBERS})
    assert answer.status_code == 200, answer.text
    number = json.loads(answer.data)["results"]["bindings"][0]["n"]["value"]
    return int(number), answer.headers["X-Parley-Version"]


def write(client: FlaskClient, number: int) -> tuple[int, str]:
    """Status and detail of a write."""
    answer = client.post("/sparql", data={"update": UPDATE.format(number)})
    return answer.status_code, "" if answer.status_code == 204 else json.loads(answer.data)[
        "detail"
    ]


def said(client: FlaskClient, address: str) -> dict[str, object]:
    answer = client.get(address)
    return {"code": answer.status_code, **json.loads(answer.data)}


def flip(folder: Path) -> None:
    path = max(folder.glob("*.sst"), key=lambda p: p.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.unlink()  # other versions share the file
    path.write_bytes(data)


def lose(folder: Path) -> None:
    next(folder.glob("*.sst")).unlink()


def spoil(folder: Path) -> None:
    (folder / "meta.json").write_text('{"number": 4')


def vanish(folder: Path) -> None:
    folder.rename(folder.parent.parent / "elsewhere")


@pytest.mark.parametrize("harm", [flip, lose, spoil, vanish])
@pytest.mark.parametrize("memory", [0, 1000], ids=["on disk", "in memory"])
def test_the_last_good_version_stands_in_for_a_damaged_one(
    versions: Versions, serve: Serve, harm: Callable[[Path], None], memory: int
) -> None:
    harm(versions.folders.path(4))
    client = serve(versions.instance, memory_store_limit=memory)
    assert count(client) == (2, "3")
    ready, health = said(client, "/ready"), said(client, "/health")
    assert (ready["code"], ready["status"], ready["version"]) == (200, "degraded", 3)
    assert (health["code"], health["status"]) == (200, "degraded")
    assert "version 3 is served, read-only" in str(health["troubles"])
    assert "parley rebuild 4" in str(ready["troubles"])
    assert "parley_degraded 1" in client.get("/metrics").text
    status, detail = write(client, 9)
    assert (status, "parley rebuild 4" in detail) == (503, True)
    assert versions.number() == 4

    versions.rebuild(4)
    assert count(client) == (3, "4")
    assert said(client, "/health") == {"code": 200, "status": "ok"}
    assert write(client, 9) == (204, "")


def test_a_large_version_is_read_while_it_is_served(
    versions: Versions, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "_SMALL", 0)
    flip(versions.folders.path(4))
    client = serve(versions.instance, memory_store_limit=0)
    until = time.monotonic() + 30
    while said(client, "/health")["status"] == "ok":
        assert time.monotonic() < until
    assert count(client) == (2, "3")


def test_damage_under_way_is_told_and_does_not_end_the_service(
    versions: Versions, serve: Serve
) -> None:
    client = serve(versions.instance, memory_store_limit=0)
    assert count(client) == (3, "4")
    with versions.stage(versions.current()) as staged:
        staged.store.update(UPDATE.format(5))
        later = versions.publish(staged, None, Message("Amina", "from elsewhere"))
    lose(later.folder)
    assert count(client) == (3, "4")
    assert "parley rebuild 5" in str(said(client, "/health")["troubles"])


def test_an_instance_without_a_good_version_is_not_ready_and_says_why(
    tmp_path: Path, serve: Serve
) -> None:
    versions = fill(tmp_path / "instance", 0)
    spoil(versions.folders.path(1))
    client = serve(versions.instance)
    ready, health = said(client, "/ready"), said(client, "/health")
    assert (ready["code"], "parley rebuild 1" in str(ready["detail"])) == (503, True)
    assert (health["code"], health["status"]) == (200, "degraded")
    answer = client.get("/sparql", query_string={"query": NUMBERS})
    assert answer.status_code == 503
    assert json.loads(answer.data)["type"].endswith("/problems/damaged")
    versions.rebuild(1)
    assert count(client) == (0, "1")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def alter(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"Amina", b"Anima"))


def drop(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("number", "harm", "word"),
    [
        (4, cut, "cut short"),
        (4, alter, "altered"),
        (4, drop, "ends with"),
        (2, drop, "lacks entry 2"),
    ],
)
def test_a_damaged_ledger_stops_writes_and_no_reads(
    versions: Versions, serve: Serve, number: int, harm: Callable[[Path], None], word: str
) -> None:
    path = versions.ledger.path(number)
    good = path.read_bytes()
    harm(path)
    client = serve(versions.instance)
    assert count(client) == (3, "4")
    if word != "ends with":
        assert word in str(said(client, "/health")["troubles"])
    status, detail = write(client, 9)
    assert (status, word in detail) == (503, True), detail
    told = (
        client.get("/health").text + client.post("/sparql", data={"update": UPDATE.format(9)}).text
    )
    assert str(versions.instance) not in told  # where it is on the disk is nobody's business
    path.write_bytes(good)
    assert write(client, 9) == (204, "")
    assert count(client) == (4, "5")
    assert said(client, "/health")["status"] == "ok"


def unlink(path: Path) -> None:
    path.unlink()


def garble(path: Path) -> None:
    path.unlink()
    path.write_text("versions/000004")


def dangle(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


@pytest.mark.parametrize("harm", [unlink, garble, dangle])
def test_a_lost_pointer_costs_nothing(
    versions: Versions, serve: Serve, harm: Callable[[Path], None]
) -> None:
    running = serve(versions.instance)
    assert count(running) == (3, "4")
    harm(versions.instance / "current")
    assert count(running) == (3, "4")
    client = serve(versions.instance)
    assert count(client) == (3, "4")
    assert "parley recover" in str(said(client, "/ready")["troubles"])
    assert write(client, 9) == (204, "")
    assert count(client) == count(running) == (4, "5")
    assert said(client, "/health")["status"] == "ok"


def test_two_servers_may_share_an_instance(versions: Versions, serve: Serve) -> None:
    servers = [serve(versions.instance), serve(versions.instance)]
    for number in range(4):
        assert write(servers[number % 2], 10 + number) == (204, "")
        assert [count(server) for server in servers] == [(4 + number, str(5 + number))] * 2


def test_a_folder_of_a_newer_release_is_left_alone(versions: Versions, serve: Serve) -> None:
    path = versions.folders.path(4) / "meta.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    client = serve(versions.instance)
    ready = said(client, "/ready")
    assert (ready["code"], "newer release" in str(ready["detail"])) == (503, True)
    assert write(client, 9)[0] == 503
    for command in (["serve"], ["query", "-"], ["backup", str(versions.instance.parent / "b")]):
        result = CliRunner().invoke(
            main, [*command, "--instance", str(versions.instance)], input=NUMBERS
        )
        assert (result.exit_code, "newer release" in result.output) == (1, True), result.output


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        pytest.skip(f"needs the command mount: {error}")
    if done.returncode:
        pytest.skip("only root may mount a small disk; run the tests as root in a container")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill_up(disk: Path) -> None:
    """Leaves not a byte free."""
    with (disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * (1 << 12))


def test_a_full_disk_refuses_writes_and_answers_reads(disk: Path, serve: Serve) -> None:
    versions = fill(disk / "instance")
    client = serve(versions.instance)
    assert count(client) == (3, "4")
    fill_up(disk)
    assert count(client) == (3, "4")
    status, detail = write(client, 9)
    assert (status, "is full; nothing was changed" in detail) == (507, True), detail
    put = client.put(
        "/store?default", data="<http://a> <http://b> <http://c> .", content_type="text/turtle"
    )
    assert put.status_code == 507
    assert count(serve(versions.instance)) == (3, "4")
    (disk / "filler").unlink()
    assert write(client, 9) == (204, "")
    assert count(client) == (4, "5")


def test_a_write_protected_instance_is_served_and_can_be_backed_up(
    disk: Path, serve: Serve, tmp_path: Path
) -> None:
    versions = fill(disk / "instance")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    client = serve(versions.instance, spool_bytes=10)
    assert count(client) == (3, "4")
    dump = client.get("/sparql", query_string={"query": "SELECT * { ?s ?p ?o }"})
    assert dump.status_code == 200
    assert len(json.loads(dump.data)["results"]["bindings"]) == 3
    status, detail = write(client, 9)
    assert (status, "Read-only file system" in detail) == (507, True), detail
    back_up(versions, tmp_path / "backup")
    assert verify(tmp_path / "backup").version == 4
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert write(client, 9) == (204, "")
