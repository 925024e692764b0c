"""How an answer is cited: in words, as BibTeX and as CSL-JSON, with the articles it quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import pyoxigraph as ox

from parley.store.versions import Version
from parley.web.site import Row, Site, Term

_MOST = 5_000  # things in an answer for which the articles behind them are looked up
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
# What BibTeX and LaTeX read as something else than a character.
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: "\\" + mark for mark in "{}$&#_%"},
}


@dataclass(frozen=True)
class Work:
    """What can be cited: an answer, which is part of a dataset's version, or an article.

    `issued` is a year, a month or a day as in ISO 8601. When somebody read it, only they know.
    """

    key: str
    title: str
    authors: tuple[str, ...] = ()
    publisher: str = ""
    within: str = ""
    version: str = ""
    issued: str = ""
    address: str = ""

    @property
    def words(self) -> str:
        """The reference as a sentence."""
        parts = [f"{', '.join(self.authors)}: “{self.title}”" if self.authors else self.title]
        parts += [f"in: {self.within}"] if self.within else []
        parts += [f"version {self.version}"] if self.version else []
        parts += [part for part in (self.publisher, self.issued, self.address) if part]
        return ", ".join(parts)

    @property
    def bibtex(self) -> str:
        """The reference as an entry of BibTeX."""
        year, month, day = self._date
        fields = {
            "author": " and ".join(f"{{{_latex(author)}}}" for author in self.authors),
            "title": f"{{{_latex(self.title)}}}",
            "howpublished": _latex(self.within),
            "edition": f"version {self.version}" if self.version else "",
            "publisher": _latex(self.publisher),
            "year": year,
            "month": month.lstrip("0"),
            "day": day.lstrip("0"),
            "url": self.address,
        }
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
        return f"@misc{{{self.key},\n" + ",\n".join(lines) + "\n}\n"

    @property
    def csl(self) -> dict[str, object]:
        """The reference as an item of CSL-JSON 1.0."""
        date = [int(part) for part in self._date if part]
        item: dict[str, object] = {
            "id": self.key,
            "type": "dataset" if self.version else "article",
            "title": self.title,
            "author": [{"literal": author} for author in self.authors],
            "container-title": self.within,
            "publisher": self.publisher,
            "version": self.version,
            "issued": {"date-parts": [date]} if date else None,
            "URL": self.address,
        }
        return {name: value for name, value in item.items() if value}

    @property
    def _date(self) -> tuple[str, str, str]:
        found = _DATE.match(self.issued)
        return (found[1], found[2] or "", found[3] or "") if found else ("", "", "")


def cited(site: Site, version: Version, name: str, title: str, address: str) -> Work:
    """The answer `title` of a version as a work; `address` leads to it for ever."""
    rows = site.rows("dataset", version)
    held = rows[0]["title"]["value"] if rows else site.dataset.names.base
    return Work(
        key=f"parley-{name}-v{version.number}",
        title=title,
        authors=_values(rows, "author"),
        publisher=", ".join(_values(rows, "publisher")),
        within=held,
        version=str(version.number),
        issued=version.time[:10],
        address=address,
    )


def articles(site: Site, version: Version, rows: Iterable[Row]) -> list[Work] | None:
    """The articles that rows name or quote; None where they name too much to look it all up."""
    terms = {term for row in rows for term in _terms(row)}
    if len(terms) > _MOST:
        return None
    if not terms:
        return []
    found = site.rows("articles-behind", version, _things=sorted(terms, key=str))
    grouped = groupby(found, lambda row: row["article"]["value"])
    return [_article(iri, list(group)) for iri, group in grouped]


def bibtex(works: Iterable[Work]) -> str:
    """The works as a file for BibTeX."""
    return "\n".join(work.bibtex for work in works)


def csl(works: Iterable[Work]) -> str:
    """The works as a file in CSL-JSON."""
    return json.dumps([work.csl for work in works], ensure_ascii=False, indent=1) + "\n"


def _article(iri: str, rows: Sequence[Row]) -> Work:
    return Work(
        key=iri.rpartition("/")[2],
        title=rows[0]["title"]["value"],
        authors=_values(rows, "author"),
        publisher=", ".join(_values(rows, "publisher")),
        issued=next(iter(_values(rows, "issued")), ""),
        address=next(iter(_values(rows, "address")), ""),
    )


def _terms(row: Row) -> Iterator[Term]:
    """What a row may be from: its IRIs, and the words of its quotes."""
    for column, cell in row.items():
        if cell["type"] == "uri":
            yield ox.NamedNode(cell["value"])
        elif column == "quote" and "xml:lang" in cell:
            yield ox.Literal(cell["value"], language=cell["xml:lang"])
        elif column == "quote" and cell["type"] == "literal":
            yield ox.Literal(cell["value"])


def _values(rows: Iterable[Row], column: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row[column]["value"] for row in rows if column in row))


def _latex(text: str) -> str:
    return "".join(_LATEX.get(mark, mark) for mark in " ".join(text.split()))
