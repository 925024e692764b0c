"""What happened since the start, in the text format of Prometheus (version 0.0.4)."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# Name, kind, and what it tells; series without a line here are not shown.
_HELP = {
    "parley_queries_total": ("counter", "Requests to /sparql by kind of query and outcome."),
    "parley_query_seconds": ("histogram", "Seconds from a request to /sparql to its reply."),
    "parley_answer_bytes_total": ("counter", "Bytes of the answers of /sparql."),
    "parley_requests_total": ("counter", "Requests to all other addresses by status."),
    "parley_denied_total": ("counter", "Requests that were not allowed, by kind of problem."),
    "parley_queries_running": ("gauge", "Queries that a worker is busy with."),
    "parley_queries_waiting": ("gauge", "Queries in the queue."),
    "parley_workers_idle": ("gauge", "Workers that are ready."),
    "parley_workers_ended_total": ("counter", "Workers that ended with their query, by reason."),
    "parley_workers_total": ("counter", "What else happened to workers."),
    "parley_version_in_memory": ("gauge", "1 when the current version is held in memory."),
    "parley_version": ("gauge", "Number of the current version."),
    "parley_degraded": ("gauge", "1 while something is wrong with the instance, see /health."),
    "parley_version_quads": ("gauge", "Quads of the current version."),
    "parley_replica_lag_versions": (
        "gauge",
        "Versions that this replica is known to lack.",
    ),
    "parley_replica_lag_seconds": ("gauge", "Seconds since it was last known to lack none."),
    "parley_connections": ("gauge", "Connections of clients, as of two seconds ago."),
    "parley_bodies_arriving": ("gauge", "Bodies of requests that are waited for."),
    "parley_answers_leaving": ("gauge", "Large answers that are being sent."),
    "parley_hung_up_total": ("counter", "Connections ended because their client was too slow."),
    "parley_cache_total": ("counter", "Questions to the cache of answers, by result."),
    "parley_cache_bytes": ("gauge", "Bytes the cache of answers holds."),
    "parley_memory_bytes": ("gauge", "Resident memory of the web process."),
}
# How the counters of the workers are called here.
_ENDED = ("query_timeout", "query_memory", "engine_stack", "cancelled", "lost")
_HAPPENED = ("forks", "replaced", "retried", "restarts", "loads")
_GAUGES = {
    "workers_busy": "parley_queries_running",
    "waiting": "parley_queries_waiting",
    "workers_idle": "parley_workers_idle",
    "in_memory": "parley_version_in_memory",
}

Sample = tuple[str, str, float]  # name, labels such as `le="1"`, value


class Metrics:
    """Counters of one web process; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queries: Counter[tuple[str, str]] = Counter()
        self._requests: Counter[int] = Counter()
        self._denied: Counter[str] = Counter()
        self._buckets = [0] * (len(_BOUNDS) + 1)
        self._seconds = 0.0
        self._bytes = 0

    def query(self, kind: str, outcome: str, seconds: float, size: int) -> None:
        """Counts a reply of /sparql."""
        bucket = bisect_left(_BOUNDS, seconds)
        with self._lock:
            self._queries[kind, outcome] += 1
            self._buckets[bucket] += 1
            self._seconds += seconds
            self._bytes += size

    def request(self, status: int) -> None:
        """Counts a reply of another address."""
        with self._lock:
            self._requests[status] += 1

    def denied(self, kind: str) -> None:
        """Counts a request that was not allowed: without a right, or one of too many."""
        with self._lock:
            self._denied[kind] += 1

    def samples(self) -> list[Sample]:
        """What was counted so far."""
        with self._lock:
            queries, requests = sorted(self._queries.items()), sorted(self._requests.items())
            denied = sorted(self._denied.items())
            buckets, seconds, size = list(self._buckets), self._seconds, self._bytes
        found: list[Sample] = [
            ("parley_queries_total", f'kind="{kind}",outcome="{outcome}"', count)
            for (kind, outcome), count in queries
        ]
        below = 0
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), buckets, strict=True):
            below += count
            found.append(("parley_query_seconds_bucket", f'le="{bound}"', below))
        found.append(("parley_query_seconds_sum", "", seconds))
        found.append(("parley_query_seconds_count", "", below))
        found.append(("parley_answer_bytes_total", "", size))
        found += [("parley_requests_total", f'status="{s}"', count) for s, count in requests]
        found += [("parley_denied_total", f'kind="{kind}"', count) for kind, count in denied]
        return found


def of_workers(stats: Mapping[str, int]) -> list[Sample]:
    """The counters and gauges of the workers."""
    ended: list[Sample] = [
        ("parley_workers_ended_total", f'reason="{r}"', stats.get(r, 0)) for r in _ENDED
    ]
    ended += [("parley_workers_total", f'what="{w}"', stats.get(w, 0)) for w in _HAPPENED]
    return ended + [(name, "", stats.get(key, 0)) for key, name in _GAUGES.items()]


def text(samples: Iterable[Sample]) -> str:
    """The samples as Prometheus reads them, each name with its help."""
    lines: list[str] = []
    last = ""
    for name, labels, value in samples:
        family = name
        for end in ("_bucket", "_sum", "_count"):
            if name.removesuffix(end) in _HELP:
                family = name.removesuffix(end)
        if family != last:
            kind, told = _HELP[family]
            lines += [f"# HELP {family} {told}", f"# TYPE {family} {kind}"]
            last = family
        shown = f"{name}{{{labels}}}" if labels else name
        lines.append(f"{shown} {value:.10g}")
    return "\n".join(lines) + "\n"
