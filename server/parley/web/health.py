"""/health: the process answers; /ready: it answers queries, too; /metrics and /running: what else.

The list of running queries and stopping one of them need the role admin: their texts are nobody
else's business.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

from parley.errors import BadInput, NotFound, ParleyError
from parley.formats import BINDINGS
from parley.store.backend import Deadline, Query
from parley.web.access import author
from parley.web.exchange import Reply, Request
from parley.web.metrics import MEDIA_TYPE, Sample, of_workers, text
from parley.web.neighbours import added
from parley.web.replica import followed
from parley.web.site import Site
from parley.web.views import Views

_READY_SECONDS = 5.0
_FRESH = (("Cache-Control", "no-store"),)


def blueprint(site: Site) -> Views:
    """The views of liveness, readiness, metrics and running queries."""
    views = Views("health", site)
    site.watch.samples = lambda: _samples(site)

    @views.plain("/health")
    def health(request: Request) -> Reply:
        with suppress(ParleyError):  # of which the troubles tell
            site.backend.version()
        return _json({"status": "degraded" if _troubles(site) else "ok", **_told(site)})

    @views.plain("/ready")
    def ready(request: Request) -> Reply:
        try:
            version = site.backend.version()
            deadline = Deadline(_READY_SECONDS, site.settings.query_memory)
            site.backend.select(Query("ASK {}"), BINDINGS[0], deadline, version.number).close()
        except ParleyError as error:
            return _json({"status": "not ready", "detail": error.message, **_told(site)}, 503)
        most, source = request.value("lag"), followed(site)
        if most and source is not None and source.behind(version.number) > _whole(most):
            detail = f"this replica lacks {source.behind(version.number)} versions"
            return _json({"status": "not ready", "detail": detail, **_told(site)}, 503)
        status = "degraded" if _troubles(site) else "ok"
        said = {"status": status, "version": version.number, "quads": version.quads}
        return _json({**said, **_told(site)})

    @views.plain("/metrics")
    def metrics(request: Request) -> Reply:
        samples = _samples(site)
        if site.watch.neighbours is not None:
            samples = added([*samples, *site.watch.neighbours.others()[0]])
        body = text(samples).encode()
        return Reply(200, body, MEDIA_TYPE.partition("; charset")[0], _FRESH)

    @views.plain("/running")
    def running(request: Request) -> Reply:
        author(site, request, "admin")
        found = site.watch.running.rows()
        if site.watch.neighbours is not None:
            found += site.watch.neighbours.others()[1]
        return _json({"running": found})

    @views.plain("/running/<name>/stop", methods=("POST",))
    def stop(request: Request, name: str) -> Reply:
        author(site, request, "admin")
        if not site.watch.stop(name):
            raise NotFound(f"no query '{name}' is running; it may have ended")
        return _json({"stopped": name})

    return views


def _troubles(site: Site) -> tuple[str, ...]:
    found: tuple[str, ...] = getattr(site.backend, "troubles", ())  # of the instance's own versions
    return found


def _told(site: Site) -> dict[str, object]:
    troubles = _troubles(site)
    found: dict[str, object] = {"troubles": list(troubles)} if troubles else {}
    source = followed(site)
    if source is not None:
        found["replica"] = source.told(_number(site), time.time())
    return found


def _number(site: Site) -> int:
    with suppress(ParleyError):
        return site.backend.version().number
    return 0


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput(f"lag: '{text[:40]}' is no number of versions")
    return int(text)


def _samples(site: Site) -> list[Sample]:
    found = site.watch.metrics.samples()
    found.append(("parley_degraded", "", int(bool(_troubles(site)))))
    stats = getattr(site.backend, "stats", None)  # a remote store has no workers of ours
    if stats is not None:
        found += of_workers(stats())
    patrol = site.watch.patrol
    found += [
        ("parley_connections", "", patrol.connections),
        ("parley_bodies_arriving", "", patrol.arriving),
        ("parley_answers_leaving", "", patrol.leaving),
        ("parley_hung_up_total", "", patrol.hung_up),
        ("parley_cache_total", 'result="hit"', site.cache.hits),
        ("parley_cache_total", 'result="miss"', site.cache.misses),
        ("parley_cache_bytes", "", site.cache.bytes),
    ]
    try:
        version = site.backend.version()
        found.append(("parley_version", "", version.number))
        found.append(("parley_version_quads", "", version.quads))
        source = followed(site)
        for name, value in source.told(version.number, time.time()).items() if source else ():
            if name.startswith("lag"):
                found.append((f"parley_replica_{name}", "", float(str(value))))
    except ParleyError:
        pass  # no version yet
    found.append(("parley_memory_bytes", "", _memory()))
    return found


def _memory() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize()
    except OSError:  # not Linux: the highest so far
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _json(data: dict[str, object], status: int = 200) -> Reply:
    body = json.dumps(data).encode() + b"\n"
    return Reply(status, body, "application/json", _FRESH)
