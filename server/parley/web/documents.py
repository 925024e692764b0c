"""What a document about a thing says of itself: its other forms, its licence, its version.

Once as Link headers for those who only ask for the head, once as triples inside the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import pyoxigraph as ox

from parley.formats import GRAPHS, Format
from parley.rdf import COMMON_PREFIXES, RDF_TYPE, RDFS_LABEL, XSD
from parley.store.versions import Version
from parley.web.exchange import Reply, Request, redirect
from parley.web.negotiate import rdf_or_page
from parley.web.site import Site, Term, stamped

HTML = "text/html"
_IN_PATH = "/~!$&'()*+,;=:@"
_IN_URI = "%/:?#[]@!$&'()*+,;=~"
_NO_IRI = re.compile('[\x00-\x20\x7f<>"{}|\\\\^`]')
Statement = tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]


@dataclass(frozen=True)
class Document:
    """The document about `topic` in all its forms, as paths of addresses, percent-encoded.

    `stem` with `.ttl`, `.nt`, … is a file, `page` the page for people.
    """

    topic: ox.NamedNode
    stem: str
    page: str

    def file(self, form: Format) -> str:
        """The path of one form."""
        return f"{self.stem}.{form.extension}"


def placed(topic: ox.NamedNode, prefix: str, stem: str, page: str, ending: str = "") -> Document:
    """The document about a topic whose IRI begins with `prefix`, under two folders."""
    place = quote(topic.value[len(prefix) :], safe=_IN_PATH)
    return Document(topic, stem + place, page + place + ending)


def candidates(prefix: str, name: str) -> Iterator[ox.NamedNode]:
    """The IRIs that the end of an address may mean, the most literal first.

    An address says its escapes once: `%C3%B6` in it may stand for an `ö` in the IRI or for itself.
    A slash at the end may be meant, or somebody's habit.
    """
    found: dict[str, None] = {}
    for plain in (name, name.rstrip("/")):
        found[plain] = None
        found[_NO_IRI.sub(lambda match: quote(match[0]), plain)] = None
        found[quote(plain, safe=_IN_PATH)] = None
        found[quote(plain, safe="")] = None
    for text in found:
        try:
            yield ox.NamedNode(prefix + text)
        except ValueError:  # no IRI
            continue


def parted(name: str, *more: Format) -> tuple[str, str]:
    """A name and the extension after its last dot, empty where no format has that extension."""
    stem, _, extension = name.rpartition(".")
    known = {form.extension for form in (*GRAPHS, *more)} | {"html"}
    return (stem, extension) if stem and extension in known else (name, "")


def negotiated(site: Site, request: Request, version: Version, document: Document) -> Reply:
    """303 to the form of a document that the client wants. Raises NotAcceptable."""
    form, _ = rdf_or_page(request, GRAPHS)
    place = document.file(form) if form else document.page
    return forwarded(site, request, version, document, place)


def forwarded(
    site: Site, request: Request, version: Version, document: Document, place: str
) -> Reply:
    """303 to one form of a document, with the parameters of the request."""
    tail = "&".join(part for part in request.query.split("&") if not part.startswith("format="))
    reply = redirect(place + (f"?{tail}" if tail else ""))
    return stamped(reply, request, version, *links(site, request, version, document, ""))


def links(
    site: Site,
    request: Request,
    version: Version,
    document: Document,
    here: str,
    more: tuple[Format, ...] = (),
) -> tuple[str, ...]:
    """The Link headers of the form of a document whose own path is `here`, empty for a redirection.

    `more` are formats beside those of RDF graphs. Where the client asked for a version, the links
    stay with it.
    """
    pinned = f"?version={version.number}" if request.value("version") is not None else ""
    found = [
        *([f'<{here}{pinned}>; rel="canonical"'] if here else []),
        *(
            f'<{document.file(form)}{pinned}>; rel="alternate"; type="{form.media_type}"'
            for form in (*GRAPHS, *more)
        ),
        f'<{document.page}{pinned}>; rel="alternate"; type="{HTML}"',
        f'<{uri(document.topic)}>; rel="describes"',
        *common(site, version),
    ]
    if site.versions is not None:
        prov = "http://www.w3.org/ns/prov#has_provenance"
        found.append(f'</history/{version.number}>; rel="{prov}"')
    return tuple(found)


def common(site: Site, version: Version) -> tuple[str, ...]:
    """The links that every document of a version has: what describes it, and its licence."""
    licences = site.about.of(version).licences
    return (
        '</.well-known/void>; rel="describedby"',
        '</shapes.ttl>; rel="describedby"; type="text/turtle"',
        *(f'<{uri(licence)}>; rel="license"' for licence in licences),
    )


def uri(node: ox.NamedNode) -> str:
    """An IRI as a header can say it (RFC 3987, section 3.1)."""
    return quote(node.value, safe=_IN_URI)


def self_description(
    site: Site, version: Version, document: Document, form: Format, note: str = ""
) -> list[Statement]:
    """The triples in which a document speaks of itself; `note` says what is left out of it."""
    base = site.dataset.names.base

    def at(path: str) -> ox.NamedNode:
        return ox.NamedNode(base + path.removeprefix("/"))

    dataset = site.about.of(version)
    here = at(document.file(form))
    others = [document.page, *(document.file(other) for other in GRAPHS if other != form)]
    found: list[Statement] = [
        (here, RDF_TYPE, _term("foaf", "Document")),
        (here, _term("foaf", "primaryTopic"), document.topic),
        (here, _term("dcterms", "format"), ox.Literal(form.media_type)),
        (here, _term("void", "inDataset"), dataset.node),
        *((here, _term("dcterms", "hasFormat"), at(other)) for other in others),
        *((here, _term("dcterms", "license"), licence) for licence in dataset.licences),
    ]
    if note:
        found.append((here, _term("dcterms", "description"), ox.Literal(note, language="en")))
    if site.versions is not None:
        made = site.dataset.names.version(version.number)
        when = ox.Literal(version.time, datatype=ox.NamedNode(XSD + "dateTime"))
        label = ox.Literal(f"Version {version.number}", language="en")
        found += [
            (here, _term("prov", "wasDerivedFrom"), made),
            (made, RDFS_LABEL, label),
            (made, _term("dcterms", "isVersionOf"), dataset.node),
            (made, _term("prov", "generatedAtTime"), when),
            (made, _term("prov", "wasGeneratedBy"), ox.NamedNode(made.value + "#commit")),
        ]
    return found


def as_columns(told: Sequence[Statement]) -> dict[str, Sequence[Term]]:
    """Triples as the variables of the queries that write documents."""
    names = ("_here", "_property", "_value")
    return dict(zip(names, zip(*told, strict=True), strict=True))


def _term(prefix: str, name: str) -> ox.NamedNode:
    return ox.NamedNode(COMMON_PREFIXES[prefix] + name)
