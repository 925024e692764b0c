"""The kinds of problems: the status, the title and the explanation of each, for people to read."""

from __future__ import annotations

from dataclasses import dataclass


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
        "store-failed",
        502,
        "The store behind this server did not answer",
        "The server asks a SPARQL store of its operator, and that one could not be reached or did "
        "not answer as it should. Nothing was changed, unless detail says that this is not known.",
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
        "behind",
        503,
        "This server has not got that version yet",
        "X-Parley-Version-At-Least names a version that this server, a replica, has not copied "
        "yet. "
        "Ask again after as many seconds as Retry-After says, or ask another replica.",
    ),
    Kind(
        "busy",
        503,
        "The server is full",
        "All places are taken. Wait as many seconds as the header Retry-After says.",
    ),
)
BY_SLUG = {kind.slug: kind for kind in KINDS}
