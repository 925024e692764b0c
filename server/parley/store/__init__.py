"""Immutable versions of a dataset, the ledger between them, and the workers that query them."""
