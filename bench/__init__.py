"""Measurements of Parley beside its peers, and the synthetic dataset they run on."""
