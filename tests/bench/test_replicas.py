"""Three replicas behind HAProxy and nginx, as the guide has it; one is killed under load."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.balancers import BALANCERS, missing

from bench import replicas

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills process groups")


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[replicas.Group]:
    with replicas.group(tmp_path_factory.mktemp("replicas"), things=300) as found:
        yield found


def test_a_commit_is_soon_at_every_replica(group: replicas.Group) -> None:
    times = replicas.catching_up(group, 2)
    assert len(times) == 6
    assert max(times) < 10


def test_no_client_notices_that_a_replica_is_killed(group: replicas.Group, tmp_path: Path) -> None:
    here = [balancer for balancer in BALANCERS if not missing(balancer)]
    if not here:
        pytest.skip("; ".join(str(missing(balancer)) for balancer in BALANCERS))
    for noticed in replicas.killing(group, tmp_path, here, seconds=3.0, commits=8):
        assert noticed.kept, noticed
        assert noticed.commits >= 8
        assert noticed.reads > 50


def test_a_step_back_and_a_wrong_answer_are_noticed() -> None:
    reader = replicas.Reader("http://127.0.0.1", "none", "127.0.0.1", remembers=False)
    for version, count in ((5, 4), (4, 3), (6, 4)):
        reader.look(200, version, count)
    reader.look(503, 0, 0)
    assert (reader.back, len(reader.wrong), len(reader.failed)) == (["5 -> 4"], 1, 1)
