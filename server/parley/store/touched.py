"""What the commits between two versions say something of."""

from __future__ import annotations

import pyoxigraph as ox

from parley.store.ledger import Ledger

_END = b"> "


def touched(ledger: Ledger, first: int, last: int, most: int) -> set[ox.NamedNode] | None:
    """The subjects of what changed after version `first` up to `last`; None for more than `most`.

    Raises NotFound, StoreDamaged.
    """
    found: set[bytes] = set()
    for number in range(first + 1, last + 1):
        for _, line in ledger.rows(number):
            if line.startswith(b"<"):
                found.add(line[1 : line.index(_END)])
                if len(found) > most:
                    return None
    return {ox.NamedNode(iri.decode()) for iri in found}
