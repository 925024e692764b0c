"""A SPARQL 1.1 store over HTTP that answers in the place of the instance's own versions."""
