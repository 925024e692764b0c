"""Brings the instance and its store in step: `python -m parley.store.remote`, told by PARLEY_….

`parley serve` does so before it serves, in a process of its own, as its main one imports nothing
that answers. Exit code 1 when it could not be done, with the reason on standard error.
"""

from __future__ import annotations

import sys
from contextlib import closing

from parley.errors import BadInput, ParleyError
from parley.files import open_dataset
from parley.settings import Settings, from_environ
from parley.store.remote.backend import RemoteBackend


def join(settings: Settings) -> None:
    """Raises StoreFailed, StoreDamaged, Unwritable, and BadInput for a plain dataset."""
    if open_dataset(settings.dataset).plain:
        raise BadInput(
            "a plain dataset may hold blank nodes, which no update can name, so it cannot be "
            "served from --store"
        )
    with closing(RemoteBackend(settings)) as backend:
        backend.follow()


if __name__ == "__main__":
    try:
        join(from_environ())
    except ParleyError as error:
        print(f"parley: {error}", file=sys.stderr)
        sys.exit(1)
