"""A page of the ledger: entries before or after one, of an author, or that touch a thing."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import pyoxigraph as ox

from parley.errors import BadInput
from parley.store.blame import rows_of
from parley.store.ledger import Entry, Ledger
from parley.web.exchange import Request

_USUAL, _MOST = 50, 500
_LOOKED_AT = 2000  # entries for one page; a link leads on


@dataclass(frozen=True)
class Listed:
    """Entries, newest first, and the addresses of the pages with newer and with older ones.

    `looked_at` is the first and the last number that was looked at: a rare author's next entry may
    be many pages back, and no request reads the whole ledger.
    """

    entries: list[Entry]
    newer: str | None
    older: str | None
    looked_at: tuple[int, int]


def listed(
    ledger: Ledger,
    newest: int,
    request: Request,
    iri: ox.NamedNode | None,
    *,
    usual: int = _USUAL,
) -> Listed:
    """The entries up to `newest` that a request asks for. Raises BadInput for a bad number."""
    author = request.value("author") or None
    limit = min(number(request, "limit") or usual, _MOST)
    before, after = number(request, "before"), number(request, "after")
    if after is not None:
        numbers = range(after + 1, newest + 1)
    else:
        numbers = range(min(newest, newest if before is None else before - 1), 0, -1)
    found: list[Entry] = []
    looked = 0
    for at in numbers[:_LOOKED_AT]:
        looked += 1
        if iri is None or next(rows_of(ledger, at, iri), None):
            entry = ledger.entry(at)
            if author in {None, entry.author}:
                found.append(entry)
        if len(found) == limit:
            break
    seen = numbers[:looked]
    low, high = (min(seen), max(seen)) if seen else (newest + 1 if after is not None else 1, 0)
    return Listed(
        sorted(found, key=lambda entry: -entry.number),
        _address(request, "after", high) if seen and high < newest else None,
        _address(request, "before", low) if low > 1 else None,
        (low, high),
    )


def number(request: Request, name: str) -> int | None:
    """A parameter that is a whole number. Raises BadInput."""
    text = request.value(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise BadInput(f"{name} is a whole number, 0 or more, not '{text[:40]}'")
    return int(text)


def neighbours(request: Request, limit: int, offset: int, total: int) -> dict[str, str]:
    """The addresses of the pages before and after one of a list, as `prev` and `next`."""

    def address(at: int) -> str:
        kept = [(k, v) for k, v in request.fields if k != "offset" and v]
        return f"{request.path}?{urlencode([*kept, *([('offset', at)] if at else [])])}"

    found = {}
    if offset:
        found["prev"] = address(max(0, offset - limit))
    if offset + limit < total:
        found["next"] = address(offset + limit)
    return found


def _address(request: Request, name: str, value: int) -> str:
    kept = [(k, v) for k, v in request.fields if k not in {"before", "after"}]
    return f"{request.path}?{urlencode([*kept, (name, value)])}"
