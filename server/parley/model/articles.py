"""The articles of a dataset: title, and the sha256 and length of the text the quotes stand in."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from parley.files import Dataset
from parley.rdf import COMMON_PREFIXES, term

_TITLE = COMMON_PREFIXES["dcterms"] + "title"


@dataclass(frozen=True)
class Article:
    """What the dataset says of an article's text; `length` counts Unicode code points."""

    slug: str
    title: str
    sha256: str
    length: int


def articles_of(dataset: Dataset) -> dict[str, Article]:
    """Every article by slug, from `data/articles/`. Raises BadInput for a file that is broken."""
    found = {}
    for source in dataset.sources():
        if not source.graph.startswith("articles/"):
            continue
        slug = source.graph.removeprefix("articles/")
        me = dataset.names.thing(slug)
        values = {
            quad.predicate.value: quad.object.value
            for quad in source.quads(dataset.names)
            if quad.subject == me and isinstance(quad.object, ox.Literal)
        }
        found[slug] = Article(
            slug,
            values.get(_TITLE, slug),
            values.get(term("textSha256").value, ""),
            int(values.get(term("textLength").value, 0)),
        )
    return found
