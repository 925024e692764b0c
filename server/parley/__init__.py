"""Parley: a knowledge graph in which every fact says who said it, and in which words."""

__version__ = "0.1.0"
