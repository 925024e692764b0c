"""Who makes a commit in the shell, and why."""

from __future__ import annotations

import getpass

from parley.errors import BadInput
from parley.store.ledger import Message
from parley.tokens import refuse_secrets


def message_of(author: str | None, text: str) -> Message:
    """The message of a commit by `author`, else by who is logged in. Raises BadInput."""
    refuse_secrets(text)
    return Message(author or _user(), text)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:  # a user id without a name, as containers have
        raise BadInput(
            "your user has no name on this system; say who you are with --author, or in LOGNAME"
        ) from error
