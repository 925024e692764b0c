"""What goes wrong as HTTP: one table from exceptions to status codes, titles and explanations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    TooLarge,
    Unwritable,
    WorkerLost,
)
from parley.store.backend import Cancelled, WrongFormat


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


class Precondition(ParleyError):
    """A change that does not say which version it was made against."""


class TooMany(ParleyError):
    """Too many requests from one client; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Kind:
    """A kind of problem: `slug` ends the address that explains it."""

    slug: str
    status: int
    title: str
    explanation: str


KINDS = (
    Kind(
        "bad-query",
        400,
        "The SPARQL request is not valid",
        "The text is not one valid SPARQL query or update. Where the place is known, line and "
        "column say where reading it stopped, both counted from 1. A prefix has to be declared "
        "before it is used, and an IRI written in full unless BASE is declared.",
    ),
    Kind(
        "bad-request",
        400,
        "The request is not valid",
        "A parameter is missing, given twice or has a value that cannot be read; detail names it "
        "and the accepted form.",
    ),
    Kind(
        "unauthorized",
        401,
        "A token is needed",
        "Reading needs no token; writing needs one, sent as Authorization: Bearer … or as the "
        "password of Authorization: Basic …. In a browser sign in at /login. The administrator of "
        "this server gives tokens out.",
    ),
    Kind(
        "forbidden",
        403,
        "This is not allowed here",
        "The request asks for something this server does not do for everybody: SERVICE to a host "
        "that is not listed, LOAD, a write that the token has no role for, or one that a page of "
        "another site or of an earlier session sends.",
    ),
    Kind(
        "not-found",
        404,
        "There is nothing of this name",
        "No address, entity, saved query, graph or version has this name.",
    ),
    Kind(
        "method-not-allowed",
        405,
        "The address does not answer this method",
        "The header Allow and the member allowed list the methods that it answers.",
    ),
    Kind(
        "not-acceptable",
        406,
        "None of the accepted formats is offered",
        "The member acceptable lists the media types this answer can have. Change the header "
        "Accept, or name a format with ?format=.",
    ),
    Kind(
        "gone",
        410,
        "It was deleted",
        "It existed in an earlier version. Add ?version= to the address to see it there.",
    ),
    Kind(
        "stale",
        412,
        "The dataset has moved on",
        "Somebody else published a version after the one the change was made against. Look at the "
        "current version and make the change again.",
    ),
    Kind(
        "too-large",
        413,
        "The request is too large",
        "The body or the query is longer than this server reads; limit names the setting and "
        "value its value.",
    ),
    Kind(
        "address-too-long",
        414,
        "The address is too long",
        "Send the query by POST: as a form, or as the body with Content-Type "
        "application/sparql-query.",
    ),
    Kind(
        "unsupported-media-type",
        415,
        "The body is of a kind that is not read here",
        "The header Content-Type is missing, names a type this address does not read, or a charset "
        "other than UTF-8.",
    ),
    Kind(
        "refused",
        422,
        "The checks refuse the change",
        "The change would leave the dataset in a state that its shapes do not allow. The report "
        "names every finding and how to mend it. Nothing was changed.",
    ),
    Kind(
        "precondition-required",
        428,
        "Say which version the change was made against",
        "Send the ETag of what was edited as If-Match.",
    ),
    Kind(
        "too-many-requests",
        429,
        "Too many requests",
        "Wait as many seconds as the header Retry-After says.",
    ),
    Kind(
        "internal-error",
        500,
        "Something is wrong with this server",
        "This is a mistake of the server, not of the request. Tell its administrator the id, "
        "which stands in the log.",
    ),
    Kind(
        "service-failed",
        502,
        "A service that the query asks did not answer",
        "SERVICE names another endpoint, and that one could not be reached or refused. With "
        "SERVICE SILENT the query goes on without it.",
    ),
    Kind(
        "limit-reached",
        503,
        "The query needs more than one query may take",
        "It was stopped at its time, its memory or its number of rows; limit names the setting "
        "and value its value. Ask for less: name the graph, add a pattern, or page with LIMIT "
        "and OFFSET.",
    ),
    Kind(
        "worker-lost",
        503,
        "The process that answered was lost",
        "Something outside this server ended it, such as a system short of memory. Ask again; if "
        "it happens again, tell the administrator.",
    ),
    Kind(
        "damaged",
        503,
        "Part of the store is damaged",
        "What is asked for needs files that are damaged or missing, or that a later release of "
        "Parley wrote. The detail names them and the command that mends them, which the "
        "administrator of this server can run. Nothing was changed.",
    ),
    Kind(
        "unwritable",
        507,
        "The disk takes nothing",
        "The disk of this server is full or write-protected. Nothing was changed. Its "
        "administrator has to make room, or to make it writable.",
    ),
    Kind(
        "busy",
        503,
        "The server is full",
        "All places are taken. Wait as many seconds as the header Retry-After says.",
    ),
)
BY_SLUG = {kind.slug: kind for kind in KINDS}

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
    (LimitReached, "limit-reached"),
    (StoreDamaged, "damaged"),
    (NewerFormat, "damaged"),
    (Unwritable, "unwritable"),
    (WorkerLost, "worker-lost"),
    (Busy, "busy"),
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
    """The members of the problem document (RFC 9457); without an error, those of a 500."""
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
        if value is not None:
            found[name] = list(value) if isinstance(value, tuple) else value
    return found
