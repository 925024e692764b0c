"""What an operator sees: metrics, access log, readiness, running queries and how to stop one."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from parley.files import Dataset
from parley.settings import Settings
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app

FOREVER = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
Start = Callable[..., FlaskClient]


@pytest.fixture
def start(settings: Settings, dataset: Dataset) -> Iterator[Start]:
    """Starts an application of its own, with other settings."""
    backends = []

    def make(**changes: object) -> FlaskClient:
        given = replace(settings, **changes)  # type: ignore[arg-type]
        versions = Versions(given.instance)
        backends.append(LocalBackend(versions, given))
        return create_app(given, backends[-1], dataset, {}, versions).test_client()

    yield make
    for backend in backends:
        backend.close()


def figures(client: FlaskClient) -> dict[str, float]:
    response = client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found, told = {}, set()
    for line in response.text.splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in told
            told.add(name)
        elif not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name not in found
            found[name] = float(value)
    return found


def test_metrics_count_queries_by_kind_and_outcome(start: Start) -> None:
    client = start()
    for query, seconds in (("ASK {}", ""), ("ASK {}", ""), ("SELECT", ""), (FOREVER, "0.2")):
        client.get("/sparql", query_string={"query": query, "timeout": seconds})
    found = figures(client)
    assert found['parley_queries_total{kind="ask",outcome="ok"}'] == 2
    assert found['parley_cache_total{result="hit"}'] == 1
    assert found["parley_cache_bytes"] > 0
    assert found['parley_queries_total{kind="select",outcome="query_timeout"}'] == 1
    assert found['parley_query_seconds_bucket{le="+Inf"}'] == found["parley_query_seconds_count"]
    assert found["parley_query_seconds_count"] == 4
    assert found['parley_query_seconds_bucket{le="0.1"}'] <= 3
    assert found['parley_workers_ended_total{reason="query_timeout"}'] == 1
    assert found["parley_version"] == 2
    assert found["parley_version_quads"] > 1000
    assert found["parley_memory_bytes"] > 1 << 20
    assert figures(client)['parley_requests_total{status="200"}'] == 1


def test_the_access_log_tells_all_but_secrets(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    client = start(access_log=str(log))
    secret = {"Authorization": "Bearer secret-token"}
    answer = client.get("/sparql", query_string={"query": "ASK { }"}, headers=secret)
    client.get("/sparql", query_string={"query": "ASK {"}, headers=secret)
    page = client.get("/nothing?token=secret-token", headers=secret)
    ontology = client.get("/ontology.ttl")
    client.head("/ontology.ttl")
    good, bad, other, read, head = map(json.loads, log.read_text().splitlines())
    assert good["id"] == answer.headers["X-Parley-Query-Id"]
    assert (good["status"], good["outcome"], good["kind"], good["version"]) == (200, "ok", "ask", 2)
    assert good["ms"] > 0
    assert good["bytes"] == len(answer.data)
    assert (bad["status"], bad["outcome"]) == (400, "bad-query")
    assert (other["status"], other["path"]) == (404, "/nothing")
    assert (other["bytes"], read["bytes"], head["bytes"]) == (len(page.data), len(ontology.data), 0)
    assert (read["version"], head["version"]) == (2, 2)
    assert "secret" not in log.read_text()
    assert "ASK" not in log.read_text()


def test_query_texts_are_logged_on_request(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    client = start(access_log=str(log), log_queries=True)
    client.get("/sparql", query_string={"query": "ASK { } # \n"})
    assert json.loads(log.read_text())["query"] == "ASK { } # \n"


def test_every_answer_has_its_own_query_id(start: Start) -> None:
    client = start()
    found = {
        client.get("/sparql", query_string={"query": query}).headers["X-Parley-Query-Id"]
        for query in ("ASK {}", "ASK {}", "SELECT", "ASK { ?s ?p ?o }")
    }
    assert len(found) == 4


def test_ready_is_503_until_there_is_a_version(start: Start, tmp_path: Path) -> None:
    client = start(instance=tmp_path)
    assert client.get("/health").status_code == 200
    response = client.get("/ready")
    assert response.status_code == 503
    assert "parley build" in json.loads(response.data)["detail"]
    assert "parley_version " not in client.get("/metrics").text
    assert start().get("/ready").status_code == 200


def test_a_running_query_is_listed_and_can_be_stopped(start: Start) -> None:
    client = start(open=True)
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(client.get("/sparql", query_string={"query": FOREVER}))
    )
    asking.start()
    turn = threading.Event()
    other = client.application.test_client()
    runs: list[dict[str, object]] = []
    while not runs:
        turn.wait(0.01)
        runs = json.loads(other.get("/running").data)["running"]
    (run,) = runs
    assert (run["query"], run["version"]) == (FOREVER, 2)
    assert other.get(f"/running/{run['id']}/stop").status_code == 405
    foreign = other.post(f"/running/{run['id']}/stop", headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert other.post(f"/running/{run['id']}/stop").status_code == 200
    asking.join()
    assert answers[0].status_code == 503
    assert answers[0].headers["X-Parley-Query-Id"] == run["id"]
    assert json.loads(other.get("/running").data)["running"] == []
    assert other.post(f"/running/{run['id']}/stop").status_code == 404


def test_running_queries_are_nobody_elses_business(start: Start) -> None:
    client = start()
    assert client.get("/running").status_code == 401
    assert client.post("/running/x/stop").status_code == 401
