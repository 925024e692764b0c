"""Saved queries written by curators: forms, their text, what it answers, and the commits."""
