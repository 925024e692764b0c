"""Who may write, and why they do: the author and the message of every change."""

from __future__ import annotations

from parley.errors import BadInput, Forbidden
from parley.store.ledger import Message
from parley.tokens import refuse_secrets
from parley.web.exchange import Request
from parley.web.problems import MissingRole, Replica
from parley.web.replica import followed
from parley.web.site import Site

_LONGEST = 2000


def author(site: Site, request: Request, role: str = "curator") -> str:
    """Who sends a request that needs a role. Raises Unauthorized, Forbidden, TooMany.

    Curators change the dataset, unless the server is read-only; admins look after the server, too.
    """
    if site.settings.read_only and role == "curator":
        source = followed(site)
        if source is None:
            raise Forbidden("this server is read-only")
        raise Replica(
            "this server is a replica and takes no writes; send them to the server it copies",
            edit=source.address(request.path),
        )
    visitor = site.visitors.writer(request, site.root(request))
    if not visitor.allows(role):
        raise MissingRole(f"this needs a token with the role '{role}'; yours is '{visitor.role}'")
    return visitor.name


def message(site: Site, request: Request, default: str, given: str | None = None) -> Message:
    """Author and reason of a write: the parameter or the header X-Parley-Message, or a default."""
    who = author(site, request)
    header = (
        request.header("X-Parley-Message").encode("latin-1", "replace").decode("utf-8", "replace")
    )
    text = given or request.value("message") or header or default
    if len(text) > _LONGEST:
        raise BadInput(f"the message is longer than {_LONGEST} characters")
    refuse_secrets(text)
    return Message(who, text)
