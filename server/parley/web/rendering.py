"""HTML from templates: everything escaped, and IRIs as links where a link may lead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from parley.rdf import PARLEY, VOCAB, XSD, Namespaces, shorten

_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_FOLDER = Path(__file__).parent / "templates"


def heading(column: str) -> str:
    """The name of a result column in words: `subjectLabel` is the subject."""
    return _CAPITAL.sub(" ", column.removesuffix("Label") or column).lower()


def label_of(column: str) -> str:
    """The column that holds the labels of another one, as the views have it."""
    return "label" if column == "item" else f"{column}Label"


def names_another(column: str, columns: Sequence[str]) -> bool:
    """Whether a column only holds the labels of another one: `xLabel` beside `x`."""
    return any(column == label_of(other) for other in columns)


class Renderer:
    """Renders the templates of one dataset; call it with a template's name and its values.

    `scripts` are the addresses of the bundled scripts by name.
    """

    def __init__(self, names: Namespaces, scripts: Mapping[str, str] | None = None) -> None:
        self._names = names
        self._prefixes = names.prefixes
        self._jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.globals["scripts"] = scripts or {}
        self._jinja.filters.update(
            term=self.term,
            href=self.href,
            curie=self.curie,
            heading=heading,
            names=names_another,
            label=label_of,
        )

    def __call__(self, name: str, /, **values: Any) -> str:  # Any: what templates show
        known = {"base": self._names.base, "who": None, "csrf": ""}
        return self._jinja.get_template(f"{name}.html").render(known | values)

    def href(self, iri: str) -> str | None:
        """The address to link an IRI to: a page of ours or of the web, or None."""
        for prefix, path in (
            (PARLEY, "/ontology#"),
            (VOCAB, "/vocab/"),
            (f"{self._names.base}id/", "/page/"),
            (f"{self._names.base}graph/", "/graph/"),
            (self._names.base, "/"),
        ):
            if iri.startswith(prefix) and len(iri) > len(prefix):
                return path + quote(iri[len(prefix) :], safe="/#:@!$&'()*+,;=~")
        return iri if iri.startswith(("https://", "http://")) else None

    def curie(self, iri: str) -> str:
        """The IRI shortened where a prefix allows it."""
        return shorten(iri, self._prefixes) or iri

    def term(self, cell: dict[str, str] | None, label: dict[str, str] | None = None) -> Markup:
        """One term of a result as HTML; `label` replaces the IRI it names."""
        if cell is None:
            return Markup("")
        value = cell["value"]
        if cell["type"] == "uri":
            shown = label["value"] if label else self.curie(value)
            href = self.href(value)
            if href is None:
                return Markup("<code>{}</code>").format(shown)
            return Markup('<a href="{}">{}</a>').format(href, shown)
        language = cell.get("xml:lang")
        if language:
            return Markup('<span lang="{}">{}</span>').format(language, value)
        if cell.get("datatype") == f"{XSD}date":
            return Markup("<time>{}</time>").format(value)
        return escape(value)
