"""One query on one worker: its answer, or what it means that none came."""

from __future__ import annotations

import resource
import signal
from typing import Any

from parley.errors import LimitReached, ParleyError, WorkerLost
from parley.store.backend import Cancel, Cancelled, Deadline
from parley.store.frames import Frame
from parley.store.processes import Worker


class Killed(WorkerLost):
    """Somebody killed the worker, or the fork server with it; the query is not to blame."""


def ask(
    worker: Worker,
    request: dict[str, Any],  # Any: JSON
    until: float,
    deadline: Deadline,
    cancel: Cancel | None,
) -> Frame:
    """The reply of a worker by the monotonic time `until`; if it raises, the worker has left.

    Raises LimitReached, Cancelled, WorkerLost.
    """
    if cancel is not None:
        cancel.attach(worker.kill)
    reply = None
    try:
        reply = worker.ask(request, until)
    except TimeoutError:
        worker.kill()
        raise LimitReached(
            f"the query was stopped after {deadline.seconds:g} s; make it more selective, or "
            "ask for fewer rows",
            limit="query_timeout",
            value=deadline.seconds,
        ) from None
    except EOFError:
        pass
    finally:
        if cancel is not None:
            cancel.detach()
        if reply is None:
            status = worker.leave(ended=True)
    if cancel is not None and cancel.called:
        if reply is not None:
            worker.kill()
            worker.leave()
        raise Cancelled("the query was given up")
    if reply is None:
        raise _lost(status, deadline)
    if reply.head.get("error") == "memory":
        worker.leave(ended=True)
        raise _lost(-signal.SIGABRT, deadline)
    return reply


def _lost(status: int | None, deadline: Deadline) -> ParleyError:
    """What the end of a worker means for the query it had."""
    if status == -signal.SIGABRT:
        return LimitReached(
            f"the query was stopped because it took more than {deadline.memory} bytes of memory; "
            "make it more selective, or sort and group less",
            limit="query_memory",
            value=deadline.memory,
        )
    if status == -signal.SIGALRM:
        return LimitReached(
            f"the query was stopped after {deadline.seconds:g} s",
            limit="query_timeout",
            value=deadline.seconds,
        )
    if status == -signal.SIGSEGV:
        stack = resource.getrlimit(resource.RLIMIT_STACK)[0]
        return LimitReached(
            "the query is nested too deeply, or a chain in it is too long, for the engine's stack "
            f"of {stack} bytes; write it with fewer parts, such as VALUES instead of || or UNION",
            limit="engine_stack",
            value=stack,
        )
    if status in (-signal.SIGKILL, -signal.SIGTERM, None):
        return Killed("the query's worker was killed, twice in a row; is memory running out?")
    return WorkerLost(f"the query's worker ended without an answer (exit code {status})")
