"""Counts a version: `python -m parley.describing INSTANCE NUMBER BASE`, at a low priority."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

from parley.describing.keeping import Descriptions
from parley.store.versions import Versions

_SECONDS = 1800  # of processor time; a runaway ends itself

if __name__ == "__main__":
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    instance, number, base = sys.argv[1:]
    Descriptions(Versions(Path(instance)), base).build(int(number))
