"""The drawing of an answer: in a page, with the other views it could have, and as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup

from parley.web import drawing
from parley.web.asking import Asked, Shown
from parley.web.exchange import Reply, Request, text
from parley.web.site import Row, stamped

SVG = "image/svg+xml"
# What a file opened by itself may do: show its own style, and nothing else.
CLOSED = ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")


@dataclass(frozen=True)
class Drawing:
    """How an answer is shown: `view` is one of `views` (addresses by name); `svg` is empty and
    `file` too for the table."""

    view: str
    views: dict[str, str]
    svg: Markup
    file: str


def drawn(asked: Asked, shown: Shown) -> Drawing | None:
    """The view that a request or else the query asks for; None where only a table fits.

    Raises BadInput for a view that does not fit the answer.
    """
    fitting = drawing.fitting(shown.columns) if shown.rows is not None else []
    wanted = asked.request.value("view")
    view = wanted or (asked.saved.view if asked.saved.view in fitting else "table")
    if view != "table":
        svg = _svg(asked, view, shown.columns, shown.rows or [])
        fields = _fields(asked.request, view=view if wanted else None)
        file = f"/queries/{asked.saved.name}.svg{fields}"
    elif not fitting:
        return None
    else:
        svg, file = Markup(""), ""
    path = asked.request.path
    views = {name: path + _fields(asked.request, view=name) for name in (*fitting, "table")}
    return Drawing(view, views, svg, file)


def filed(asked: Asked) -> Reply:
    """The drawing of an answer as an SVG file; its links are the IRIs of things.

    Raises BadInput where no view fits, and as `Asked.shown`.
    """
    shown = asked.shown()
    view = asked.request.value("view") or asked.saved.view
    if view == "table":
        view = next(iter(drawing.fitting(shown.columns)), "table")
    svg = drawing.draw(view, shown.columns, shown.rows or [], title=asked.title)
    reply = text(drawing.standalone(svg), SVG)
    return stamped(reply, asked.request, asked.version).header(CLOSED)


def _svg(asked: Asked, view: str, columns: Sequence[str], rows: Sequence[Row]) -> Markup:
    return drawing.draw(view, columns, rows, title=asked.title, href=asked.site.render.href)


def _fields(request: Request, view: str | None) -> str:
    """The parameters of a request with another view."""
    kept = [(k, v) for k, v in request.fields if v and k not in {"view", "format"}]
    fields = [*kept, *([("view", view)] if view else [])]
    return f"?{urlencode(fields)}" if fields else ""
