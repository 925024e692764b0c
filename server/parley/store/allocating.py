"""What the C library is told about memory, for processes that evaluate queries.

glibc keeps 7 freed blocks of each size for the next request; a query frees thousands. Lookups take
half the time when it keeps those. Other C libraries do not look at the variable.
"""

TUNABLES = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=2000"}
