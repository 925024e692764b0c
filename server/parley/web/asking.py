"""One saved query asked by one request: its values, its rows, and where its answer is for ever."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from parley.errors import Gone
from parley.formats import BINDINGS, GRAPHS
from parley.parameters import Parameter
from parley.queries import RESERVED, SavedQuery, is_name, pick
from parley.sparql import bind
from parley.store.versions import Version
from parley.web.exchange import Request
from parley.web.linkeddata import missing
from parley.web.paging import Page, cut
from parley.web.site import Row, Site

# What says which answer it is, of the parameters that are not the query's own.
_TELLING = {"limit", "offset", "view"}


def picked(site: Site, version: Version, name: str) -> SavedQuery:
    """The saved query of a version. Raises Gone when it was deleted, else NotFound."""
    queries = site.saved(version)
    if name not in queries and is_name(name):
        error = missing(site, site.dataset.names.query(name), version)
        if isinstance(error, Gone):
            raise error
    return pick(queries, name)


@dataclass(frozen=True)
class Shown:
    """An answer to be shown: rows, or a text where it has none; `page` when it is a part."""

    columns: list[str]
    rows: list[Row] | None = None
    text: str | None = None
    page: Page | None = None


@dataclass(frozen=True)
class Asked:
    """A saved query, the request that asks it and the version that answers."""

    site: Site
    request: Request
    version: Version
    saved: SavedQuery

    @cached_property
    def values(self) -> dict[str, list[str]]:
        """The values given to the query's parameters."""
        found: dict[str, list[str]] = {}
        for key, value in self.request.fields:
            if key not in RESERVED:
                found.setdefault(key, []).append(value)
        return found

    def value(self, parameter: Parameter) -> str:
        """The value of a parameter as it was given, else its default."""
        return self.values.get(parameter.name, [parameter.default or ""])[0]

    @property
    def misses(self) -> bool:
        """Whether a parameter that the query needs has no value."""
        return any(
            p.required and p.default is None and not self.values.get(p.name)
            for p in self.saved.parameters
        )

    @property
    def title(self) -> str:
        """The question with the values it was asked with."""
        curie = self.site.render.curie
        given = [f"{p.name}: {curie(v)}" for p in self.saved.parameters if (v := self.value(p))]
        return self.saved.question + (f" ({', '.join(given)})" if given else "")

    def address(self, ending: str = "", folder: str = "") -> str:
        """Where this answer, from this version, is: the whole address, percent-encoded."""
        fields = [(k, v) for k, v in self.request.fields if k not in RESERVED or k in _TELLING]
        tail = urlencode([*fields, ("version", self.version.number)])
        return f"{self.site.root(self.request)}{folder}/queries/{self.saved.name}{ending}?{tail}"

    def editor(self) -> str:
        """Where the query stands in the editor, its values in it. Raises BadInput."""
        text = bind(self.saved.body, self.saved.terms(self.values))
        version = self.request.value("version")
        fields = [("query", text), *([("version", version)] if version else [])]
        return f"/sparql?{urlencode(fields)}"

    def shown(self) -> Shown:
        """The answer as a page shows it. Raises BadInput, and as the store does."""
        bound = self.saved.bind(self.values)
        if self.saved.kind == "select":
            page = cut(self.site, self.request, self.version, bound, self.saved.pagination)
            columns, rows = self.site.table(page.text if page else bound, self.version)
            return Shown(columns, rows, page=page)
        form = GRAPHS[0] if self.saved.kind in {"construct", "describe"} else BINDINGS[2]
        with self.site.select(bound, form, self.version) as answer:
            return Shown([], text=answer.read().decode("utf-8"))
