"""Editing in the browser: forms from the shapes, from fields to a change, and what is refused."""
