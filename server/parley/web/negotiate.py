"""Which format an answer gets: from `?format=`, an extension, or the Accept header."""

from __future__ import annotations

from functools import lru_cache

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from parley.errors import NotFound
from parley.formats import FORMATS, GRAPHS, Format, named
from parley.web.exchange import Request
from parley.web.problems import NotAcceptable

HTML = "text/html"


def choose(offered: tuple[Format, ...], accept: str, wanted: str | None) -> tuple[Format, str]:
    """The format of an answer and the media type to call it.

    `wanted` is the value of `?format=` or an extension and goes before the Accept header. Without
    both, the first format offered. A client that asked for an alias such as application/json is
    answered under that name. Raises NotAcceptable with the media types that are offered.
    """
    if wanted is not None:
        form = named(wanted, offered) or named(f"application/{wanted}", offered)
        if form is None:
            known = ", ".join(form.extension for form in offered)
            raise NotAcceptable(
                f"the format '{wanted}' is not offered; use {known}", _types(offered)
            )
        return form, form.media_type
    media_type = _best(offered, accept)
    if media_type is None:
        raise NotAcceptable(f"'{accept}' accepts nothing that is offered", _types(offered))
    form = named(media_type, offered)
    assert form is not None
    return form, media_type


def rdf_or_page(
    request: Request, offered: tuple[Format, ...], extension: str = ""
) -> tuple[Format | None, str]:
    """The format of an answer that has a page, too, and its media type; None for the page.

    An extension in the address goes before `?format=`. Raises NotFound for one that is not offered,
    NotAcceptable.
    """
    accept, wanted = request.header("Accept"), extension or request.value("format")
    if wanted == "html" or (wanted is None and prefers_html(accept, offered)):
        return None, HTML
    try:
        return choose(offered, accept, wanted)
    except NotAcceptable as error:
        if extension:
            known = ", ".join(form.extension for form in offered)
            raise NotFound(
                f"there is no format '{extension[:40]}' here; use {known}, html"
            ) from error
        raise NotAcceptable(
            f"{error.message}; there is {HTML}, too", [*error.acceptable, HTML]
        ) from error


def prefers_html(accept: str, offered: tuple[Format, ...] = FORMATS) -> bool:
    """Whether a client asks for HTML by name and for nothing else offered more urgently."""
    return "html" in accept and _prefers_html(accept, offered)


@lru_cache(maxsize=512)
def _prefers_html(accept: str, offered: tuple[Format, ...]) -> bool:
    parsed = _parse(accept)
    html = max((q for value, q in parsed if value in {HTML, "application/xhtml+xml"}), default=0)
    if not html:
        return False
    return html >= max((parsed.quality(name) for name in _names(offered)), default=0)


def prefers_rdf(accept: str, instead: tuple[Format, ...] = ()) -> bool:
    """Whether a client wants RDF more than a page, or than the formats there are `instead`."""
    parsed = _parse(accept)
    types = [form.media_type for form in instead]
    best = max(map(parsed.quality, (HTML, *types)))
    return max(parsed.quality(form.media_type) for form in GRAPHS) > best


def _types(offered: tuple[Format, ...]) -> list[str]:
    return [form.media_type for form in offered]


@lru_cache(maxsize=512)
def _best(offered: tuple[Format, ...], accept: str) -> str | None:
    """The media type or alias that suits best; the table's order decides between equals."""
    parsed = _parse(accept)
    if not parsed:
        return offered[0].media_type
    return parsed.best_match(_names(offered))


def _names(offered: tuple[Format, ...]) -> list[str]:
    """All media types of the formats, and after these the aliases that are media types."""
    aliases = [alias for form in offered for alias in form.aliases if "/" in alias]
    return _types(offered) + aliases


def _parse(accept: str) -> MIMEAccept:
    """The header without parameters other than q: `text/csv;charset=utf-8` is text/csv."""
    parsed = parse_accept_header(accept[:2000], MIMEAccept)
    return MIMEAccept([(value.partition(";")[0].strip().lower(), q) for value, q in parsed])
