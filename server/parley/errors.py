"""The exceptions the project raises: what is wrong, where, and what to do next. No HTTP in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class ParleyError(Exception):
    """Something a person can put right; the message says what is wrong and the way out.

    `line` and `column` count from 1 and are None where no place is known; `source` names the
    file or the part of a request the place is in.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.line = line
        self.column = column

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.line, self.column) if part)
        return f"{place}: {self.message}" if place else self.message


class BadInput(ParleyError):
    """Text that cannot be read: syntax, encoding, an invalid IRI or value."""


class BadQuery(BadInput):
    """A SPARQL request that is malformed or asks for what is not offered."""


class Forbidden(ParleyError):
    """Not allowed here: SERVICE or LOAD to a host not listed, a role that is missing."""


class NotFound(ParleyError):
    """No such query, entity, graph, version or article."""


class Gone(ParleyError):
    """It existed up to `last_version` and was deleted by the version after."""

    def __init__(self, message: str, *, last_version: int) -> None:
        super().__init__(message)
        self.last_version = last_version


class Refused(ParleyError):
    """A change that the checks refuse; `report` says why (a `parley.check.report.Report`).

    `change` is what was written, of a dry run (a `parley.store.change.Change`).
    """

    def __init__(self, message: str, report: object, change: object = None) -> None:
        super().__init__(message)
        self.report = report
        self.change = change


class Stale(ParleyError):
    """The version a change was made against is no longer the current one.

    `changes` lists what was changed since, where that is known: version, time, author, message
    and rows of the patch, ready for JSON.
    """

    def __init__(self, message: str, changes: Sequence[Mapping[str, object]] = ()) -> None:
        super().__init__(message)
        self.changes = changes or None


class Unseen(ParleyError):
    """Files would undo commits they do not know of; `undone` lists what, ready for JSON."""

    def __init__(self, message: str, undone: Sequence[Mapping[str, object]]) -> None:
        super().__init__(message)
        self.undone = undone


class TooLarge(ParleyError):
    """Input or answer past a limit; `limit` names the setting, `value` is its value."""

    def __init__(self, message: str, *, limit: str, value: int) -> None:
        super().__init__(message)
        self.limit = limit
        self.value = value


class LimitReached(ParleyError):
    """A query stopped at its deadline or memory cap; `limit` names the setting."""

    def __init__(self, message: str, *, limit: str, value: float) -> None:
        super().__init__(message)
        self.limit = limit
        self.value = value


class ServiceFailed(ParleyError):
    """A service that SERVICE names cannot be reached, or did not answer as it should."""


class StoreFailed(ParleyError):
    """The store that `--store` names cannot be reached, or did not answer as it should."""


class Busy(ParleyError):
    """All places are taken and the queue is full; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreDamaged(ParleyError):
    """The instance folder is not what it should be: a corrupt version, a truncated ledger."""


class NewerFormat(ParleyError):
    """The instance folder was written by a later release than this one."""


class Unwritable(ParleyError):
    """The disk takes nothing: it is full or write-protected. Nothing was changed."""


class WorkerLost(ParleyError):
    """A query worker ended without an answer and for no limit of ours."""
