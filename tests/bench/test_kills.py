"""A few rounds of kills: what was acknowledged is there, and nothing half done stays."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from bench import kills, victims

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux does")


def test_acknowledged_commits_survive_kills_at_every_step(tmp_path: Path) -> None:
    context = victims.context(gate=False)
    trial = kills.Trial(tmp_path, "plain", random.Random(7))
    trial.make(context)
    for number, victim in enumerate(("step", "application", "step")):
        kills.round_(trial, context, number, victim)
    assert trial.counts["kills"] == 3
    assert trial.counts["acknowledged"] + trial.counts["there though not acknowledged"] > 0
    assert trial.looked_at == trial.acknowledged


def test_a_loss_is_noticed(tmp_path: Path) -> None:
    trial = kills.Trial(tmp_path, "plain", random.Random(7))
    trial.make(victims.context(gate=False))
    trial.acknowledged += 1
    with pytest.raises(kills.Lost, match="version 2 was acknowledged, 1 is current"):
        trial.look()
    trial.acknowledged -= 1
    trial.replayed.add(ox.Quad(*[ox.NamedNode("http://example.org/strange")] * 3))
    with pytest.raises(kills.Lost, match="does not replay"):
        trial.look()
