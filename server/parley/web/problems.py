"""What goes wrong as HTTP: one table from exceptions to the kinds of problems."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parley.errors import (
    BadInput,
    BadQuery,
    Busy,
    Forbidden,
    Gone,
    LimitReached,
    NewerFormat,
    NotFound,
    ParleyError,
    Refused,
    ServiceFailed,
    Stale,
    StoreDamaged,
    StoreFailed,
    TooLarge,
    Unwritable,
    WorkerLost,
)
from parley.store.backend import Cancelled, WrongFormat
from parley.web.kinds import BY_SLUG, Kind


class AddressTooLong(ParleyError):
    """The address is longer than the server reads."""


class BadEncoding(ParleyError):
    """A Content-Type that is missing, unknown here, or in another charset than UTF-8."""


class MethodNotAllowed(ParleyError):
    """The address does not answer this method; `allowed` are those it answers."""

    def __init__(self, message: str, allowed: Sequence[str]) -> None:
        super().__init__(message)
        self.allowed = tuple(allowed)


class NotAcceptable(ParleyError):
    """None of the media types a client accepts is offered; `acceptable` are those that are."""

    def __init__(self, message: str, acceptable: Sequence[str]) -> None:
        super().__init__(message)
        self.acceptable = tuple(acceptable)


class Unauthorized(ParleyError):
    """A request that needs a token and has none, or one that is not valid.

    `code` is an error code of RFC 6750, section 3.1, empty where no token was sent.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class MissingRole(Forbidden):
    """The token is valid and has not the role that is needed."""


class Replica(Forbidden):
    """A write to a replica; `edit` is the address that takes it, empty when that is not known."""

    def __init__(self, message: str, *, edit: str) -> None:
        super().__init__(message)
        self.edit = edit


class Behind(ParleyError):
    """The version that a client has seen is not here yet; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Precondition(ParleyError):
    """A change that does not say which version it was made against."""


class TooMany(ParleyError):
    """Too many requests from one client; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


# The most exact class first; a class that is not here is a mistake of ours.
_TABLE: tuple[tuple[type[ParleyError], str], ...] = (
    (BadQuery, "bad-query"),
    (BadInput, "bad-request"),
    (Unauthorized, "unauthorized"),
    (Forbidden, "forbidden"),
    (NotFound, "not-found"),
    (MethodNotAllowed, "method-not-allowed"),
    (NotAcceptable, "not-acceptable"),
    (WrongFormat, "not-acceptable"),
    (Gone, "gone"),
    (Stale, "stale"),
    (AddressTooLong, "address-too-long"),
    (BadEncoding, "unsupported-media-type"),
    (Refused, "refused"),
    (Precondition, "precondition-required"),
    (TooMany, "too-many-requests"),
    (ServiceFailed, "service-failed"),
    (StoreFailed, "store-failed"),
    (LimitReached, "limit-reached"),
    (StoreDamaged, "damaged"),
    (NewerFormat, "damaged"),
    (Unwritable, "unwritable"),
    (WorkerLost, "worker-lost"),
    (Busy, "busy"),
    (Behind, "behind"),
    (Cancelled, "busy"),
)
_REQUEST_LIMITS = {"query_text_limit", "upload_limit"}
_MEMBERS = (
    *("source", "line", "column", "limit", "value", "acceptable", "allowed", "retry_after"),
    *("last_version", "changes"),
)


def kind_of(error: Exception) -> Kind | None:
    """The kind of problem an exception is, None when it is a mistake of ours."""
    if isinstance(error, TooLarge):
        return BY_SLUG["too-large" if error.limit in _REQUEST_LIMITS else "limit-reached"]
    return next((BY_SLUG[slug] for cls, slug in _TABLE if isinstance(error, cls)), None)


def members(kind: Kind, error: ParleyError | None, root: str) -> dict[str, Any]:  # Any: JSON
    """The members of the problem document (RFC 9457); without an error, those of a 500.

    Where the instance is on the server's disk is nobody else's business.
    """
    found: dict[str, Any] = {
        "type": f"{root}/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
    }
    if error is None:
        return found
    found["detail"] = error.message
    for name in _MEMBERS:
        value = getattr(error, name, None)
        if value is not None and not (name == "source" and Path(value).is_absolute()):
            found[name] = list(value) if isinstance(value, tuple) else value
    return found
