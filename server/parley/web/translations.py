"""/as: the accepted claims in other vocabularies, of a whole version or of one claim or thing."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from parley.errors import NotFound
from parley.formats import DATASETS, GRAPHS
from parley.rdf import Object
from parley.store.backend import Download
from parley.store.versions import Version
from parley.translating import csvw
from parley.translating.book import Book
from parley.translating.edition import Edition
from parley.translating.kinds import Kinds
from parley.translating.reading import Asked
from parley.translating.tables import TABLES
from parley.translating.worlds import WORLDS, Form, Translation, World, translation
from parley.web.downloads import downloaded
from parley.web.dumped import Dumped, File
from parley.web.exchange import Reply, Request, redirect
from parley.web.linkeddata import among, iri, known, missing
from parley.web.negotiate import choose, prefers_html
from parley.web.site import Site, stamped
from parley.web.statements import term
from parley.web.views import Views

PAGE = 200  # claims of a thing in one answer; the query asks for one more
_SAFE = "~!$&'()*+,;=:@"


def blueprint(site: Site) -> Views:
    """The views of translations."""
    views = Views("translations", site)
    base = site.dataset.names.base

    @views.read("/as")
    def worlds(request: Request, version: Version) -> Reply:
        if prefers_html(request.header("Accept"), ()) and request.value("format") != "json":
            return site.page(
                "translations", request, version, worlds=WORLDS.values(), tables=TABLES
            )
        files = list(Dumped(site, version).translations())
        told = [_told(world, files, site.root(request)) for world in WORLDS.values()]
        body = json.dumps({"translations": told}, ensure_ascii=False, indent=1).encode() + b"\n"
        also = repr([file.made for file in files])
        return stamped(Reply(200, body, "application/json"), request, version, also=also)

    @views.read("/as/<world>")
    def whole(request: Request, version: Version, world: str) -> Reply:
        stem, dot, extension = world.partition(".")
        found = _world(stem)
        if found.parts:
            return stamped(redirect(f"/as{_tail(request)}"), request, version)
        if not dot:
            return _negotiated(request, version, found, f"/as/{stem}")
        return _file(site, request, version, stem, extension)

    @views.read("/as/<world>/<path:name>")
    def part(request: Request, version: Version, world: str, name: str) -> Reply:
        found = _world(world)
        stem, dot, extension = name.partition(".")
        if found.parts and name == f"{csvw.METADATA}.json":
            edition = Edition.of(_source(site, version), base, version.number, version.time)
            body = json.dumps(csvw.description(edition), ensure_ascii=False, indent=1).encode()
            return stamped(Reply(200, body + b"\n", "application/csvm+json"), request, version)
        if found.parts:
            if not dot:
                return stamped(
                    redirect(f"/as/{world}/{stem}.csv{_tail(request)}"), request, version
                )
            metadata = f"</as/{world}/{csvw.METADATA}.json>"
            reply = _file(site, request, version, f"{world}/{stem}", extension)
            kind = "application/csvm+json"
            return reply.header(("Link", f'{metadata}; rel="describedby"; type="{kind}"'))
        thing, dot, extension = name.rpartition(".")
        form = next((form for form in found.forms if dot and form.extension == extension), None)
        if form is None:
            if among(site, version, f"{base}id/", name) is None:
                if dot and among(site, version, f"{base}id/", thing) is not None:
                    found.form(extension)  # says which there are
                raise missing(site, iri(f"{base}id/{name}"), version)
            place = quote(name, safe="/" + _SAFE)
            return _negotiated(request, version, found, f"/as/{world}/{place}")
        return _single(site, request, version, found, form, iri(f"{base}id/{thing}"))

    return views


def _world(name: str) -> World:
    if name not in WORLDS:
        raise NotFound(f"there is no translation '{name}' here; use {', '.join(WORLDS)}")
    return WORLDS[name]


def _tail(request: Request) -> str:
    return f"?{request.query}" if request.query else ""


def _told(world: World, files: list[File], root: str) -> dict[str, object]:
    own = [
        file.told(root)
        for file in files
        if isinstance(file.asked.form, Translation) and file.asked.form.world is world
    ]
    return {
        "name": world.name,
        "title": world.title,
        "description": world.says,
        "standard": world.standard,
        "files": own,
    }


def _negotiated(request: Request, version: Version, world: World, path: str) -> Reply:
    """To the file in the form that the client wants, for clients of one form to that."""
    extensions = {form.extension for form in world.forms}
    offered = tuple(form for form in DATASETS + GRAPHS if form.extension in extensions)
    first = world.forms[0].extension
    if len(world.forms) > 1:
        wanted, accept = request.value("format"), request.header("Accept")
        offered = tuple(sorted(offered, key=lambda form: form.extension != first))
        page = wanted is None and prefers_html(accept, offered)
        first = first if page else choose(offered, accept, wanted)[0].extension
    return stamped(redirect(f"{path}.{first}{_tail(request)}"), request, version)


def _file(site: Site, request: Request, version: Version, name: str, extension: str) -> Reply:
    """A translation of the whole version, packed where the address ends in `.gz`."""
    bare = extension.removesuffix(".gz")
    wanted = translation(site.dataset.names.base, name, bare)
    asked = Download(wanted, packed=bare != extension)
    return downloaded(site, request, version, asked)


def _single(
    site: Site, request: Request, version: Version, world: World, form: Form, node: ox.NamedNode
) -> Reply:
    """The claims that are a thing or speak of it, as many as one answer holds."""
    after = ox.Literal(request.value("after") or "")
    rows = site.rows("claims-to-translate", version, _thing=node, _after=after)
    claims = [row["claim"]["value"] for row in rows]
    if not claims:
        known(site, node, version)
        raise NotFound(f"no accepted claim speaks of {node.value} in version {version.number}")
    links = [f'<{node.value}>; rel="describes"']
    if len(claims) > PAGE:
        more = [(k, v) for k, v in request.fields if k != "after"]
        tail = urlencode([*more, ("after", claims[PAGE - 1])])
        links.append(f'<{quote(request.path, safe="/" + _SAFE)}?{tail}>; rel="next"')
    source = _source(site, version)
    edition = Edition.of(source, site.dataset.names.base, version.number, version.time)
    links += [f'<{license.value}>; rel="license"' for license in edition.licenses]
    empty = stamped(Reply(200, b"", form.media_type), request, version, *links)
    if empty.status == 304:
        return empty
    target = io.BytesIO()
    book = Book(source, edition, Kinds(source), tuple(claims[:PAGE]))
    world.write(book, target, form, "")
    return replace(empty, body=target.getvalue())


def _source(site: Site, version: Version) -> Asked:
    """What the store says, asked by SPARQL."""

    def ask(text: str) -> list[tuple[Object, ...]]:
        columns, rows = site.table(text, version)
        cells = ([row[column] for column in columns] for row in rows)
        return [
            tuple(term(cell) for cell in row)
            for row in cells
            if all(cell["type"] in {"uri", "literal"} for cell in row)
        ]

    return Asked(ask)
