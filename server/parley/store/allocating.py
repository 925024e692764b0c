"""What the C library and the kernel are told about memory, for processes that evaluate queries.

glibc keeps 7 freed blocks of each size for the next request; a query frees thousands. Lookups take
half the time when it keeps those. Other C libraries do not look at the variable.

A fork copies the table of its parent's pages, and its end tears the copy down: with pages of 4 KiB
that is 27 ms for a version of 1,000,000 quads, with huge ones 2 ms. Linux joins pages when asked
(madvise(2), MADV_COLLAPSE, since 6.1); elsewhere nothing is done, and forks cost what they cost.
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

TUNABLES = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=2000"}
_HUGE = 2 << 20
_COLLAPSE = 25  # MADV_COLLAPSE in linux/mman.h


def join_pages() -> int:
    """Joins the process's memory into huge pages where the system does that; how many it joined."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None)
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    joined = 0
    for first, last in _anonymous():
        for address in range(-(-first // _HUGE) * _HUGE, last - _HUGE + 1, _HUGE):
            joined += libc.madvise(address, _HUGE, _COLLAPSE) == 0
    return joined


def _anonymous() -> list[tuple[int, int]]:
    """Where memory of the process's own begins and ends, files and stacks left out."""
    found = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        place, access, _, _, _, *name = line.split(maxsplit=5)
        if access == "rw-p" and (not name or name == ["[heap]"]):
            first, last = place.split("-")
            found.append((int(first, 16), int(last, 16)))
    return found
