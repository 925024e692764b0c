"""Every check of a dataset: terms, shapes, quotes, reasoning, derivation, saved queries."""
