"""Counts a version: `python -m parley.describing INSTANCE NUMBER BASE`, at a low priority."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

from parley.describing.keeping import Descriptions
from parley.errors import ParleyError
from parley.store.versions import Versions

_SECONDS = 1800  # of processor time; a runaway ends itself
_MEMORY = 8 << 30  # bytes; a quad takes about 300

if __name__ == "__main__":
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    instance, number, base = sys.argv[1:]
    try:
        Descriptions(Versions(Path(instance)), base).build(int(number))
    except MemoryError:
        sys.exit(f"version {number} is not counted: that takes more than {_MEMORY} bytes of memory")
    except (ParleyError, OSError) as error:
        sys.exit(f"version {number} is not counted: {error}")
