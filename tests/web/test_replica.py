"""Replicas over HTTP: what they ask, what they refuse, and that nobody is led back."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.ports import serving

from parley.files import Dataset, open_dataset
from parley.scaffold import make_plain
from parley.settings import Settings
from parley.store.change import Change
from parley.store.lag import Followed, write_followed
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.replicating import Replica
from parley.store.sources import Server
from parley.store.versions import Versions
from parley.web.app import create_app

AT_LEAST = "X-Parley-Version-At-Least"
INSERT = "INSERT DATA {{ <http://example.org/{}> <http://example.org/is> <http://example.org/o> }}"
ASK = {"query": "ASK { ?s ?p ?o }"}


class Site:
    """An application on an instance of its own."""

    def __init__(self, folder: Path, dataset: Dataset, **given: object) -> None:
        settings = Settings(instance=folder, **given)  # type: ignore[arg-type]
        self.dataset = dataset
        self.versions = Versions(folder)
        self.backend = LocalBackend(self.versions, settings, union=False)
        self.app = create_app(settings, self.backend, dataset, {}, self.versions)
        self.client = self.app.test_client()

    def commit(self, number: int) -> int:
        answer = self.client.post("/sparql", data={"update": INSERT.format(number)})
        assert answer.status_code == 204, answer.text
        return int(answer.headers["X-Parley-Version"])


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Site, Replica]]:
    """A primary, a replica of it, and what copies."""
    folder = tmp_path_factory.mktemp("replica")
    make_plain(folder / "dataset", "http://example.org/", "Test")
    dataset = open_dataset(folder / "dataset")
    public = {"public_url": "https://data.example.org/talks"}
    primary = Site(folder / "primary", dataset, open=True, **public)
    with primary.versions.stage(None) as staged:
        primary.versions.publish(staged, Change(), Message("Amina", "empty"))
    primary.commit(1)
    replica = Site(folder / "copy", dataset, read_only=True, version_wait=0.05, **public)
    with serving(primary.app) as address:
        source = Server(address, most=1 << 20, seconds=20.0)
        copying = Replica(replica.versions, source)
        copying.pull()
        yield primary, replica, copying
        source.close()
    primary.backend.close()
    replica.backend.close()


def test_a_replica_says_what_it_lacks_and_then_lacks_nothing(
    sites: tuple[Site, Site, Replica],
) -> None:
    primary, replica, copying = sites
    number = primary.commit(2)
    write_followed(replica.versions.instance, Followed("elsewhere", version=number))
    assert replica.client.get("/ready").get_json()["replica"] == {"lag_versions": 1}
    assert replica.client.get("/ready?lag=1").status_code == 200
    behind = replica.client.get("/ready?lag=0")
    assert (behind.status_code, "lacks 1 version" in behind.text) == (503, True)
    assert replica.client.get("/ready?lag=few").status_code == 400
    assert copying.pull().number == number
    ready = replica.client.get("/ready").get_json()
    assert ready["version"] == number
    assert ready["replica"]["lag_versions"] == 0
    assert 0 <= ready["replica"]["lag_seconds"] < 20
    shown = replica.client.get("/metrics").text
    assert "\nparley_replica_lag_versions 0\n" in shown
    assert "\nparley_replica_lag_seconds " in shown
    assert "replica" not in primary.client.get("/ready").get_json()
    assert "parley_replica" not in primary.client.get("/metrics").text
    query = {"query": "SELECT * { ?s ?p ?o } ORDER BY ?s"}
    answers = [s.client.get("/sparql", query_string=query) for s in (primary, replica)]
    assert answers[0].data == answers[1].data
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]


def test_a_replica_takes_no_writes_and_names_who_does(sites: tuple[Site, Site, Replica]) -> None:
    _, replica, _ = sites
    for answer in (
        replica.client.post("/sparql", data={"update": INSERT.format(9)}),
        replica.client.put("/store?default", data="", content_type="text/turtle"),
    ):
        assert answer.status_code == 403
        assert "replica" in answer.get_json()["detail"]
    wanted = '<https://data.example.org/talks/sparql>; rel="edit"'
    answer = replica.client.post("/sparql", data={"update": INSERT.format(9)})
    assert wanted in answer.headers["Link"]


def test_nobody_is_answered_from_an_older_version_than_they_have_seen(
    sites: tuple[Site, Site, Replica],
) -> None:
    primary, replica, copying = sites
    written = primary.client.post(
        "/sparql", data={"update": INSERT.format(3)}, headers={AT_LEAST: "0"}
    )
    seen = written.headers[AT_LEAST]
    assert seen == written.headers["X-Parley-Version"]
    for path in ("/sparql", "/queries", "/history/1.rdfp"):
        behind = replica.client.get(path, query_string=ASK, headers={AT_LEAST: seen})
        assert behind.status_code == 503, path
        assert behind.headers["Retry-After"] == "1"
        assert behind.get_json()["type"].endswith("/problems/behind")
        assert behind.headers["Access-Control-Allow-Origin"] == "*"

    patient = Site(replica.versions.instance, primary.dataset, version_wait=30.0)
    later = threading.Timer(0.05, copying.pull)
    later.start()
    answer = patient.client.get("/sparql", query_string=ASK, headers={AT_LEAST: seen})
    later.join()
    patient.backend.close()
    assert answer.status_code == 200
    assert answer.headers["X-Parley-Version"] == answer.headers[AT_LEAST] == seen
    assert AT_LEAST in answer.headers["Access-Control-Expose-Headers"]
    pinned = {**ASK, "version": "1"}
    older = replica.client.get("/sparql", query_string=pinned, headers={AT_LEAST: seen})
    assert older.headers[AT_LEAST] == seen
    assert AT_LEAST not in replica.client.get("/sparql", query_string=ASK).headers
    for text in ("", "soon", "-1", "\u0664", "9" * 30):
        given = {AT_LEAST: text.encode().decode("latin-1")}
        assert replica.client.get("/sparql", query_string=ASK, headers=given).status_code == 400


def test_the_newest_version_is_told_as_soon_as_it_is_there(
    sites: tuple[Site, Site, Replica],
) -> None:
    primary, _, copying = sites
    number = primary.versions.number()
    told = primary.client.get(f"/replica/head.json?after={number - 1}&wait=5")
    assert told.get_json()["version"] == number
    assert told.get_json()["entry"] == primary.versions.ledger.entry(number).sha256
    assert told.get_json()["common"] == primary.versions.ledger.entry(number - 1).sha256
    began = time.monotonic()
    later = threading.Timer(0.1, primary.commit, [40])
    later.start()
    assert copying.pull(wait=5.0).number == number + 1
    later.join()
    assert time.monotonic() - began < 4
    for query in ("after=x", "after=-1", "wait=nan", "after=1&after=2"):
        assert primary.client.get(f"/replica/head.json?{query}").status_code == 400


def test_the_rest_of_an_entry_is_sent_to_who_has_its_beginning(
    sites: tuple[Site, Site, Replica],
) -> None:
    client = sites[0].client
    whole = client.get("/history/2.rdfp", buffered=True).data
    given = {"Range": "bytes=10-", "Accept-Encoding": "gzip"}
    rest = client.get("/history/2.rdfp", headers=given, buffered=True)
    assert (rest.status_code, rest.data) == (206, whole[10:])
    assert rest.headers["Content-Range"] == f"bytes 10-{len(whole) - 1}/{len(whole)}"
    assert "Content-Encoding" not in rest.headers
    for other in (f"bytes={len(whole)}-", "bytes=5-9", "bytes=-5", "lines=1-", "bytes=1-,3-"):
        answer = client.get("/history/2.rdfp", headers={"Range": other}, buffered=True)
        assert (answer.status_code, answer.data) == (200, whole), other
