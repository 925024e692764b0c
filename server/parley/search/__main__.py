"""Makes the index of a version: `python -m parley.search INSTANCE NUMBER`, at a low priority."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

from parley.search.keeping import Indexes
from parley.store.versions import Versions

_SECONDS = 1800  # of processor time; a runaway ends itself

if __name__ == "__main__":
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    Indexes(Versions(Path(sys.argv[1]))).build(int(sys.argv[2]))
