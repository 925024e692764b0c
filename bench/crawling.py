"""`python -m bench.crawling ADDRESS`: does every IRI of a served dataset lead to its documents?

Every IRI under the dataset's base that occurs in `/dump.nq`, as a subject, a property, an object, a
datatype or the name of a graph, is asked for as RDF and as a page, and both must speak of it. Tells
how many there were of each kind, how long they took, and what was wrong. Exits 1 when anything was.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape
from itertools import islice
from urllib.parse import quote

import httpx
import pyoxigraph as ox

from parley.rdf import DEFAULT_BASE, RDF_TYPE

RDF, PAGE = "application/n-triples", "text/html"
_IN_PATH = "/~!$&'()*+,;=:@"


@dataclass(frozen=True)
class Got:
    """What an address answered at last, after any redirections."""

    status: int
    media_type: str
    text: str
    links: str


Get = Callable[[str, str], Got]  # of a path and what is accepted


@dataclass
class Found:
    """The IRIs of one kind: the folder of their address, and their classes or where they stand."""

    iris: list[str] = field(default_factory=list)
    seconds: float = 0.0
    asked: int = 0
    wrong: list[str] = field(default_factory=list)


def by_kind(quads: Iterable[ox.Quad], base: str) -> dict[str, Found]:
    """Every IRI under a base that occurs anywhere, sorted, by kind."""
    types: dict[str, set[str]] = {}
    places: dict[str, set[str]] = {}

    def note(node: object, place: str) -> None:
        if isinstance(node, ox.NamedNode) and node.value.startswith(base):
            places.setdefault(node.value, set()).add(place)
        elif isinstance(node, ox.Literal):
            note(node.datatype, "datatype")

    for quad in quads:
        note(quad.subject, "subject")
        note(quad.predicate, "property")
        note(quad.object, "object")
        note(quad.graph_name, "graph")
        if quad.predicate == RDF_TYPE and isinstance(quad.subject, ox.NamedNode):
            types.setdefault(quad.subject.value, set()).add(str(quad.object).strip("<>"))
    found: dict[str, Found] = {}
    for iri in sorted(places):
        folder, slash, _ = iri.removeprefix(base).partition("/")
        folder = folder.partition("#")[0] + ("#" if "#" in iri else "") + slash
        kinds = {kind.rpartition("#")[2].rpartition("/")[2] for kind in types.get(iri, ())}
        what = " ".join(sorted(kinds or places[iri]))
        found.setdefault(f"{folder} {what}", Found()).iris.append(iri)
    return found


def look(get: Get, iri: str, base: str) -> str:
    """What is wrong with what an IRI leads to, empty when nothing is.

    Where its data are an answer or a graph, they may leave it to the document they link to.
    """
    resource, _, fragment = iri.partition("#")
    path = "/" + quote(resource.removeprefix(base), safe=_IN_PATH)
    data = get(path, RDF)
    if f"</about{path}>" in data.links:
        data = get(f"/about{path}", RDF)
    if (data.status, data.media_type) != (200, RDF):
        return f"{iri}: as data {data.status} {data.media_type}"
    if f"<{iri}>" not in data.text and f"{path}>" not in data.text:
        return f"{iri}: its data do not speak of it"
    page = get(path, PAGE)
    if (page.status, page.media_type) != (200, PAGE):
        return f"{iri}: as a page {page.status} {page.media_type}"
    spoken = (escape(resource), f'id="{escape(fragment)}"' if fragment else f'"{escape(path)}"')
    if not any(words in page.text for words in spoken):
        return f"{iri}: its page does not speak of it"
    return ""


def crawl(get: Get, quads: Iterable[ox.Quad], base: str, most: int | None) -> dict[str, Found]:
    """Looks at up to `most` IRIs of each kind, spread over all of them."""
    found = by_kind(quads, base)
    for one in found.values():
        step = 1 if most is None else max(1, len(one.iris) // most)
        began = time.perf_counter()
        for iri in islice(one.iris, 0, None, step):
            one.asked += 1
            wrong = look(get, iri, base)
            if wrong:
                one.wrong.append(wrong)
            if one.asked == most:
                break
        one.seconds = time.perf_counter() - began
    return found


def main() -> None:
    """Crawls a running server and prints a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m bench.crawling", description=__doc__)
    parser.add_argument("address", help="of a running server, such as http://127.0.0.1:8000")
    parser.add_argument("--base", default=DEFAULT_BASE, help="the base IRI of its dataset")
    parser.add_argument("--most", type=int, help="so many of each kind; all without it")
    given = parser.parse_args()
    with httpx.Client(base_url=given.address, follow_redirects=True, timeout=60) as client:

        def get(path: str, accept: str) -> Got:
            answer = client.get(path, headers={"Accept": accept})
            kind = answer.headers.get("Content-Type", "").partition(";")[0]
            return Got(answer.status_code, kind, answer.text, answer.headers.get("Link", ""))

        dump = client.get("/dump.nq").raise_for_status().content
        quads = ox.parse(dump, ox.RdfFormat.N_QUADS)
        found = crawl(get, quads, given.base, given.most)
    print("| kind | IRIs | asked | ms each, data and page | wrong |")
    print("| --- | --- | --- | --- | --- |")
    for kind, one in found.items():
        each = one.seconds / one.asked * 1e3
        print(f"| `{kind}` | {len(one.iris):,} | {one.asked:,} | {each:.1f} | {len(one.wrong)} |")
    wrong = [fault for one in found.values() for fault in one.wrong]
    total = sum(one.asked for one in found.values()), sum(one.seconds for one in found.values())
    print(f"\n{total[0]:,} IRIs in {total[1]:.1f} s")
    print("\n".join(wrong[:50]))
    sys.exit(1 if wrong or not found else 0)


if __name__ == "__main__":
    main()
