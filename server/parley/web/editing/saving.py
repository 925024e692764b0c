"""Edits made on the version that was seen, and committed on the one that is current."""

from __future__ import annotations

from collections.abc import Callable

from parley.errors import BadInput, Busy, Stale
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.versions import Version
from parley.web.conditions import known_version
from parley.web.exchange import Request
from parley.web.problems import Precondition
from parley.web.site import Site

_ATTEMPTS = 10


def seen_version(site: Site, request: Request, given: str | None) -> int:
    """The version an edit was made against: the field `seen`, or If-Match.

    Raises Precondition when neither says so, BadInput for what is no number of a version.
    """
    if given:
        if not (given.isascii() and given.isdigit() and len(given) < 10):
            raise BadInput("seen has to be the number of the version that the form showed")
        return int(given)
    header = request.header("If-Match").strip()
    if not header or header == "*":
        raise Precondition(
            "the form does not say which version it was made from: send its field 'seen', or "
            "If-Match with the ETag of what was edited"
        )
    return known_version(header, site.backend.version().number)


def commit(
    site: Site, made: Callable[[Version], Change | None], message: Message
) -> Version | None:
    """Publishes the change that `made` works out on the current version, again on each newer one.

    None when `made` gives None: something stands in the way. Raises what `made` raises, Refused
    and Busy.
    """
    for _ in range(_ATTEMPTS):
        version = site.backend.version()
        change = made(version)
        if change is None:
            return None
        if change.is_empty:
            return version
        try:
            return site.backend.write(change, message, site.deadline(), version).version
        except Stale:
            continue
    raise Busy("others keep writing at the same time", retry_after=1)
