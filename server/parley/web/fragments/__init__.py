"""Triple and Quad Pattern Fragments: what matches one pattern, in pages, with controls."""
