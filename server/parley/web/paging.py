"""`limit` and `offset` of a saved query: which rows, how many in all, where the neighbours are."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from parley import sparql
from parley.errors import BadInput
from parley.store.versions import Version
from parley.web.exchange import Request
from parley.web.site import Site


@dataclass(frozen=True)
class Page:
    """A page of an answer: `limit` None means to its end; `total` rows in all of one version."""

    text: str
    limit: int | None
    offset: int
    total: int
    links: dict[str, str]

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The total and the neighbours as headers."""
        links = ", ".join(f'<{href}>; rel="{rel}"' for rel, href in self.links.items())
        found = (("X-Parley-Total", str(self.total)),)
        return (*found, ("Link", links)) if links else found


def cut(site: Site, request: Request, version: Version, text: str, usual: int = 0) -> Page | None:
    """The page that a request asks for, None when it asks for none and `usual` is 0.

    Without a limit a page has `usual` rows, wherever it begins; 0 is to the end.

    Raises BadInput for a number that is none, BadQuery for a query that has no pages.
    """
    limit, offset = _number(request, "limit"), _number(request, "offset") or 0
    if limit is None:
        limit = usual or None
    if limit is None and not offset:
        return None
    cell = site.table(sparql.total(text), version)[1][0]["total"]
    total = int(cell["value"])
    links = {}
    if limit:
        if offset:
            links["first"] = _address(request, version, limit, 0)
            links["prev"] = _address(request, version, limit, max(0, offset - limit))
        if offset + limit < total:
            links["next"] = _address(request, version, limit, offset + limit)
            links["last"] = _address(request, version, limit, (total - 1) // limit * limit)
    return Page(sparql.page(text, limit, offset), limit, offset, total, links)


def _number(request: Request, name: str) -> int | None:
    text = request.value(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise BadInput(f"{name} is a whole number, 0 or more, not '{text}'")
    return int(text)


def _address(request: Request, version: Version, limit: int, offset: int) -> str:
    """The same request for other rows, held to the version it is answered from."""
    kept = [(k, v) for k, v in request.fields if k not in {"limit", "offset", "version"}]
    fields = [*kept, ("limit", limit), ("offset", offset), ("version", version.number)]
    return f"{request.path}?{urlencode(fields)}"
