"""The asking side of a write: hands it to a process of its own, and says what came of it."""

from __future__ import annotations

import signal
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from parley.errors import (
    BadInput,
    BadQuery,
    Forbidden,
    LimitReached,
    ParleyError,
    Refused,
    StoreDamaged,
    Unwritable,
    WorkerLost,
)
from parley.store.backend import Deadline, GraphWrite, Update
from parley.store.change import Change, batches
from parley.store.processes import Worker

_ERRORS: dict[str, type[ParleyError]] = {
    cls.__name__: cls for cls in (BadInput, BadQuery, Forbidden, StoreDamaged, Unwritable)
}

_DO = {Update: "update", GraphWrite: "graph", Change: "change"}


def carry_out(
    worker: Worker,
    wanted: Update | GraphWrite | Change,
    deadline: Deadline,
    folder: Path,
    *,
    dry_run: bool = False,
) -> dict[str, Any]:  # Any: JSON
    """The writer's reply: `added`, `removed`, `existed`, and `report` where there are checks.

    Its process is gone when this returns. `folder` is where the store to write in is. Raises what
    the write raises, Refused with a report as JSON, LimitReached, and WorkerLost when somebody
    killed it.
    """
    request = {
        "do": _DO[type(wanted)],
        "wanted": _plain(wanted, folder),
        "dry_run": dry_run,
        "memory": deadline.memory,
        "seconds": deadline.seconds,
    }
    reply = None
    try:
        reply = worker.ask(request, time.monotonic() + deadline.seconds).head
    except TimeoutError:
        worker.kill()
        raise _too_long(deadline) from None
    except EOFError:
        pass
    finally:
        if reply is None:
            worker.kill()
        status = worker.leave(ended=True)
    if reply is None or reply.get("error") == "memory":
        raise _lost(status if reply is None else -signal.SIGABRT, deadline)
    if reply.get("error") == "Refused":
        raise Refused(reply["message"], reply["report"])
    if "error" in reply:
        kind = _ERRORS.get(reply["error"], ParleyError)
        places = {name: reply.get(name) for name in ("source", "line", "column")}
        raise kind(reply["message"], **places)
    return reply


def _plain(wanted: Update | GraphWrite | Change, folder: Path) -> dict[str, Any]:  # Any: JSON
    if isinstance(wanted, Change):
        path = folder / "wanted"
        with path.open("wb") as file:
            for batch in batches(wanted.rows()):
                file.write(b"".join(batch))
        return {"path": str(path)}
    values = asdict(wanted)
    for part in values.get("parts", ()):
        part["path"] = str(part["path"])
    return values


def _too_long(deadline: Deadline) -> LimitReached:
    return LimitReached(
        f"the update was stopped after {deadline.seconds:g} s and nothing was changed; make it "
        "more selective, or send it in parts",
        limit="query_timeout",
        value=deadline.seconds,
    )


def _lost(status: int | None, deadline: Deadline) -> Exception:
    """What the end of the process without an answer means; a RuntimeError is a mistake of ours."""
    if status == 1:  # it has told the log why
        return RuntimeError("a write ended with the error that the log has before this one")
    if status == -signal.SIGABRT:
        return LimitReached(
            f"the update was stopped because it took more than {deadline.memory} bytes of memory, "
            "and nothing was changed; send it in parts",
            limit="query_memory",
            value=deadline.memory,
        )
    if status == -signal.SIGALRM:
        return _too_long(deadline)
    if status == -signal.SIGSEGV:
        return LimitReached(
            "the update is nested too deeply for the engine, and nothing was changed; write it "
            "with fewer parts",
            limit="engine_stack",
            value=0,
        )
    return WorkerLost("the update's process was killed; nothing was changed, send it again")
