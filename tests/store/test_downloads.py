"""Whole versions and graphs as files: every format, made once, bounded in size, time and disk."""

import gzip
import hashlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from store_examples import DEADLINE, MESSAGE, adding, commit

from parley.errors import Busy, LimitReached, TooLarge
from parley.formats import DATASETS, GRAPHS, Format
from parley.store.backend import Cancel, Cancelled, Download, Downloaded
from parley.store.local import LocalBackend
from parley.store.versions import Versions

Start = Callable[..., LocalBackend]
NQ, NT = DATASETS[1], GRAPHS[1]


def content(found: Downloaded) -> bytes:
    with found.file:
        data = found.file.read()
    assert len(data) == found.size
    assert hashlib.sha256(data).hexdigest() == found.sha256
    return data


def kept(versions: Versions) -> list[Path]:
    return sorted((versions.instance / "downloads").iterdir(), key=lambda p: p.stat().st_mtime_ns)


def triples(quads: Iterable[ox.Quad]) -> set[ox.Triple]:
    return {quad.triple for quad in quads}


@pytest.mark.parametrize("form", DATASETS + GRAPHS, ids=lambda form: form.extension)
def test_a_version_is_written_in_every_format(
    start: Start, versions: Versions, form: Format
) -> None:
    backend = start(30)
    store = backend.version().open()
    data = content(backend.download(Download(form)))
    assert isinstance(form.engine, ox.RdfFormat)
    found = set(ox.parse(data, form.engine))
    if form.engine.supports_datasets:
        assert found == set(store)
    assert triples(found) == triples(store)
    packed = gzip.decompress(content(backend.download(Download(form, packed=True))))
    assert set(ox.parse(packed, form.engine)) == found


def test_one_graph_and_an_older_version(start: Start, versions: Versions) -> None:
    backend = start(5)
    first = backend.version()
    backend.write(adding(100), MESSAGE, DEADLINE, first)
    graph = next(iter(first.open())).graph_name
    assert isinstance(graph, ox.NamedNode)
    for form in (NQ, NT, GRAPHS[3]):
        assert isinstance(form.engine, ox.RdfFormat)
        data = content(backend.download(Download(form, graph), 1))
        assert triples(ox.parse(data, form.engine)) == triples(
            first.open().quads_for_pattern(None, None, None, graph)
        )
    assert len(list(ox.parse(content(backend.download(Download(NQ))), NQ.engine))) == 6  # type: ignore[arg-type]
    assert content(backend.download(Download(NT, ox.DefaultGraph()))) == b""


def test_it_is_made_once_for_all_processes(start: Start, versions: Versions) -> None:
    first = content(start(20).download(Download(NQ)))
    (path,) = kept(versions)
    made = path.stat().st_ino
    assert content(start().download(Download(NQ))) == first
    assert [p.stat().st_ino for p in kept(versions)] == [made]


def test_the_least_used_goes_when_the_disk_is_full(start: Start, versions: Versions) -> None:
    size = len(content(start(20).download(Download(NQ))))
    backend = start(download_bytes=2 * size)
    backend.download(Download(NT)).file.close()
    backend.download(Download(NQ)).file.close()  # used again
    backend.download(Download(DATASETS[0])).file.close()
    assert [path.name.split(".")[1].partition("-")[0] for path in kept(versions)] == ["nq", "trig"]


def test_what_is_too_large_leaves_nothing(start: Start, versions: Versions) -> None:
    with pytest.raises(TooLarge) as raised:
        start(20, download_bytes=1000).download(Download(NQ))
    assert raised.value.limit == "download_bytes"
    assert kept(versions) == []


def test_what_takes_too_long_is_stopped(start: Start, versions: Versions) -> None:
    backend = start(20, download_timeout=1e-6)
    with pytest.raises((LimitReached, Busy)) as raised:
        backend.download(Download(NQ))
    assert getattr(raised.value, "limit", "download_timeout") == "download_timeout"
    assert kept(versions) == []


def test_a_client_that_is_gone_stops_it(start: Start, versions: Versions) -> None:
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        start(20).download(Download(NQ), cancel=cancel)
    assert kept(versions) == []


def test_many_who_want_the_same_get_one_file(start: Start, versions: Versions) -> None:
    backend = start(200)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(content(backend.download(Download(NQ)))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(kept(versions)) == 1


def test_another_history_of_the_same_number_has_its_own(start: Start, versions: Versions) -> None:
    backend = start(3)
    content(backend.download(Download(NQ)))
    other = Versions(versions.instance / "other")
    commit(other, adding(7))
    second = LocalBackend(other, start()._settings)  # the same folder for downloads
    try:
        assert len(content(second.download(Download(NQ))).splitlines()) == 1
    finally:
        second.close()
