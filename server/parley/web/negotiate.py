"""Which format an answer gets: from `?format=`, an extension, or the Accept header."""

from __future__ import annotations

from functools import lru_cache

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from parley.formats import FORMATS, Format, named
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


def prefers_html(accept: str, offered: tuple[Format, ...] = FORMATS) -> bool:
    """Whether a client asks for HTML by name and for nothing else offered more urgently."""
    return "html" in accept and _prefers_html(accept, offered)


@lru_cache(maxsize=512)
def _prefers_html(accept: str, offered: tuple[Format, ...]) -> bool:
    parsed = _parse(accept)
    html = max((q for value, q in parsed if value in {HTML, "application/xhtml+xml"}), default=0)
    if not html:
        return False
    named_types = {value: q for value, q in parsed if "*" not in value}
    others = (named_types.get(t, 0) for form in offered for t in (form.media_type, *form.aliases))
    return html >= max(others, default=0)


def _types(offered: tuple[Format, ...]) -> list[str]:
    return [form.media_type for form in offered]


@lru_cache(maxsize=512)
def _best(offered: tuple[Format, ...], accept: str) -> str | None:
    """The media type or alias that suits best; the table's order decides between equals."""
    parsed = _parse(accept)
    if not parsed:
        return offered[0].media_type
    types = _types(offered)
    types += [alias for form in offered for alias in form.aliases if "/" in alias]
    return parsed.best_match(types)


def _parse(accept: str) -> MIMEAccept:
    """The header without parameters other than q: `text/csv;charset=utf-8` is text/csv."""
    parsed = parse_accept_header(accept[:2000], MIMEAccept)
    return MIMEAccept([(value.partition(";")[0].strip().lower(), q) for value, q in parsed])
