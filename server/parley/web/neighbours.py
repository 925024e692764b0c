"""What the web processes of one instance tell each other: their figures and running queries.

Each process keeps one file in a folder of the instance, replaced as a whole; a request to stop a
query is an empty file with the query's id. Files of processes that are gone are removed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from parley.web.metrics import Sample

_STOP = "stop-"
# These are the same in every process, or at least not to be added up.
_SHARED = {
    *("parley_version", "parley_version_quads", "parley_version_in_memory"),
    *("parley_replica_lag_versions", "parley_replica_lag_seconds"),
}
Row = dict[str, Any]  # Any: JSON


class Neighbours:
    """The files of one web process, which its query ids begin with, and of those beside it."""

    def __init__(self, folder: Path, process: str) -> None:
        self._folder = folder
        self._process = process

    def tell(self, samples: Sequence[Sample], runs: Sequence[Row]) -> None:
        """Replaces what this process says of itself."""
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"{os.getpid()}.json"
        fresh = place.with_suffix(".new")
        fresh.write_text(json.dumps({"samples": samples, "runs": runs}), encoding="utf-8")
        fresh.replace(place)

    def others(self) -> tuple[list[Sample], list[Row]]:
        """The figures and running queries of all other processes, as of about a second ago."""
        samples: list[Sample] = []
        runs: list[Row] = []
        for place in sorted(self._folder.glob("*.json")):
            pid = int(place.stem)
            if pid == os.getpid():
                continue
            if not _lives(pid):
                place.unlink(missing_ok=True)
                continue
            with contextlib.suppress(OSError, ValueError):
                told = json.loads(place.read_text(encoding="utf-8"))
                samples += [(name, labels, value) for name, labels, value in told["samples"]]
                runs += told["runs"]
        return samples, runs

    def stop(self, name: str) -> bool:
        """Asks the process that runs a query to stop it; False when none says that it does."""
        if not any(run["id"] == name for run in self.others()[1]):
            return False
        (self._folder / f"{_STOP}{name}").touch()
        return True

    def asked(self) -> list[str]:
        """The queries of this process that another was asked to stop."""
        found = list(self._folder.glob(f"{_STOP}{self._process}-*"))
        for place in found:
            place.unlink(missing_ok=True)
        return [place.name.removeprefix(_STOP) for place in found]


def added(samples: Iterable[Sample]) -> list[Sample]:
    """The samples of several processes as those of one."""
    totals: dict[tuple[str, str], float] = {}
    for name, labels, value in samples:
        before = totals.get((name, labels), 0)
        totals[name, labels] = max(before, value) if name in _SHARED else before + value
    families: dict[str, list[Sample]] = {}
    for (name, labels), value in totals.items():
        families.setdefault(name, []).append((name, labels, value))
    return [sample for family in families.values() for sample in family]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
