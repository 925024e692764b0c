"""Brings a generation in memory forward to a later version, entry by entry of the ledger."""

from __future__ import annotations

import logging

from parley.errors import ParleyError
from parley.store.ledger import Ledger
from parley.store.processes import Generation
from parley.store.versions import Version

_LOG = logging.getLogger(__name__)
_APPLY = 20_000  # a change of more quads is loaded anew instead of applied


def advance(generation: Generation, version: Version, ledger: Ledger) -> bool:
    """Applies what the generation lacks of a version; False when a load is better.

    Another web process may have brought it further already.
    """
    try:
        for number in range(generation.number + 1, version.number + 1):
            entry = ledger.entry(number)
            size = entry.added + entry.removed
            if size > _APPLY or not generation.apply(ledger.folder, number):
                return False
    except ParleyError as error:
        _LOG.warning("version %d is loaded anew: %s", version.number, error)
        return False
    return generation.number >= version.number
