"""Search by names and words that forgives spelling: an index of each version, beside it."""
