"""The HTTP server: the only place where Flask appears."""
