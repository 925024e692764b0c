"""A walk through everything: every kind of IRI and every kind of link leads somewhere."""

import re
from collections import Counter, deque
from html import unescape
from urllib.parse import urldefrag

import pyoxigraph as ox
from bench.crawling import Got, crawl
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

BASE = "https://w3id.org/parley/"
HTML = {"Accept": "text/html"}
_EACH = 1  # of one kind
STARTS = [
    *("/", "/page/ansorullah-tajikistan", "/claims/claim-siga-2024-02-011-1"),
    *("/articles/siga-2024-02", "/vocab/stance.html", "/graph/vocab.html"),
]
_HREF = re.compile(r'(?:href|src)="([^"]*)"')
_TARGET = re.compile(r'<([^>]*)>; rel="([^"]*)"')


def test_every_iri_of_the_data_leads_to_its_documents(client: FlaskClient) -> None:
    dump = client.get("/dump.nq", buffered=True).data
    texts: dict[tuple[str, str], Got] = {}

    def get(path: str, accept: str) -> Got:
        if (path, accept) not in texts:  # the terms of the ontology have one document
            response = client.get(
                path, headers={"Accept": accept}, follow_redirects=True, buffered=True
            )
            texts[path, accept] = Got(
                response.status_code,
                response.mimetype,
                response.text,
                ", ".join(response.headers.getlist("Link")),
            )
        return texts[path, accept]

    found = crawl(get, ox.parse(dump, ox.RdfFormat.N_QUADS), BASE, _EACH)
    assert [wrong for one in found.values() for wrong in one.wrong] == []
    folders = {kind.partition(" ")[0] for kind in found}
    assert {"dataset", "graph/", "id/", "id#/", "ontology", "ontology#", "queries/", "shapes/"} <= {
        folder.rstrip() for folder in folders
    }
    assert sum(len(one.iris) for one in found.values()) > 2000
    assert all(one.asked for one in found.values())


def test_every_kind_of_link_leads_somewhere(client: FlaskClient) -> None:
    adapter = client.application.url_map.bind("")
    asked: Counter[str] = Counter()
    waiting = deque(STARTS)
    seen = set(STARTS)
    wrong: list[str] = []

    def kind(path: str) -> str:
        try:
            rule, _ = adapter.match(path.partition("?")[0], method="GET", return_rule=True)
        except HTTPException:
            return path  # asked, to be found wrong, or an IRI that is no address
        return str(rule) + (" with a query" if "?" in path else "")

    while waiting:
        path = waiting.popleft()
        response = client.get(path, headers=HTML, buffered=True)
        if response.status_code >= 400:
            wrong.append(f"{path}: {response.status_code}")
        targets = [t for t, _ in _TARGET.findall(", ".join(response.headers.getlist("Link")))]
        if response.mimetype == "text/html":
            targets += map(unescape, _HREF.findall(response.text))
        targets.append(response.headers.get("Location", ""))
        for target in targets:
            address = urldefrag(target)[0]
            if address.startswith("/") and address not in seen and asked[kind(address)] < _EACH:
                seen.add(address)
                asked[kind(address)] += 1
                waiting.append(address)
    assert wrong == []
    assert len(asked) > 30, asked
