"""Triple and Quad Pattern Fragments, read as their clients read them: by their controls alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from parley.web.fragments.matches import Matches
from parley.web.fragments.patterns import QUAD, TRIPLE, read_pattern
from parley.web.fragments.patterns import asked as asked_queries
from parley.web.fragments.views import SIZE

ADDED = "zzz-added-in-version-2"  # by the fixture
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
BASE = "https://w3id.org/parley/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
HYDRA = "http://www.w3.org/ns/hydra/core#"
VOID = "http://rdfs.org/ns/void#"
SD = "http://www.w3.org/ns/sparql-service-description#"
TOPIC = "http://xmlns.com/foaf/0.1/primaryTopic"
GROUPS = {"predicate": f"{RDF}type", "object": f"{BASE}ontology#ArmedGroup"}
LABEL = f"{RDFS}label"


@dataclass(frozen=True)
class Fragment:
    """What a client makes of a page: the data, and what the metadata graph says, by predicate."""

    address: str
    data: list[ox.Quad]
    about: dict[str, list[tuple[str, str]]]

    def one(self, predicate: str, subject: str | None = None) -> str:
        found = {o for s, o in self.about[predicate] if subject in {None, s}}
        assert len(found) == 1, (predicate, found)
        return found.pop()

    @property
    def total(self) -> int:
        assert self.one(f"{VOID}triples") == self.one(f"{HYDRA}totalItems", self.address)
        return int(self.one(f"{VOID}triples"))

    @property
    def next(self) -> str | None:
        links = dict(self.about.get(f"{HYDRA}next", []))
        return links.get(self.address)

    def filled(self, **values: str) -> str:
        """The address of another fragment, from the template (RFC 6570, form-style)."""
        properties = {o: s for s, o in self.about[f"{HYDRA}property"]}
        names = dict(self.about[f"{HYDRA}variable"])
        given = {
            names[properties[(SD if key == "graph" else RDF) + key]]: value
            for key, value in values.items()
        }
        match = re.fullmatch(r"([^{]*)\{([?&])([a-z,]+)\}", self.one(f"{HYDRA}template"))
        assert match
        assert set(given) <= set(match[3].split(","))
        return match[1] + (match[2] if given else "") + urlencode(given, quote_via=quote)


def fetch(client: FlaskClient, address: str, accept: str = "application/trig") -> Fragment:
    full = address if address.startswith("http") else f"http://localhost{address}"
    response = client.get(full.removeprefix("http://localhost"), headers={"Accept": accept})
    assert response.status_code == 200, response.text
    engine = ox.RdfFormat.from_media_type(response.mimetype)
    assert engine is not None
    quads = list(ox.parse(response.data, engine))
    holders = {q.subject.value for q in quads if q.predicate.value == f"{VOID}subset"}
    topics = {
        q.object.value: q.subject.value
        for q in quads
        if q.predicate.value == TOPIC and q.object.value in holders
    }
    graphs = {ox.NamedNode(value) for value in topics.values()} or {ox.DefaultGraph()}
    about: dict[str, list[tuple[str, str]]] = {}
    for quad in quads:
        if quad.graph_name in graphs:
            pair = (quad.subject.value, getattr(quad.object, "value", ""))
            about.setdefault(quad.predicate.value, []).append(pair)
    data = [quad for quad in quads if quad.graph_name not in graphs]
    return Fragment(full, data, about)


def pages(client: FlaskClient, address: str) -> Iterator[Fragment]:
    following: str | None = address
    while following:
        page = fetch(client, following)
        yield page
        following = page.next


def asked(client: FlaskClient, pattern: str, **fields: str) -> list[dict[str, dict[str, str]]]:
    query = f"SELECT * {{ {pattern} }}"
    response = client.get("/sparql?" + urlencode({"query": query, **fields}))
    found: list[dict[str, dict[str, str]]] = json.loads(response.data)["results"]["bindings"]
    return found


@pytest.fixture(scope="module")
def everything(client: FlaskClient) -> set[ox.Quad]:
    """All quads of the dataset."""
    dump = client.get("/dump.nq", buffered=True).data
    return set(ox.parse(dump, ox.RdfFormat.N_QUADS))


@pytest.fixture(scope="module")
def start(client: FlaskClient) -> Fragment:
    """Where a client begins that knows nothing but the address."""
    return fetch(client, "/fragments")


def test_a_pattern_leads_to_the_triples_that_match_it(client: FlaskClient, start: Fragment) -> None:
    found = fetch(client, start.filled(**GROUPS))
    expected = {row["s"]["value"] for row in asked(client, f"?s a <{GROUPS['object']}>")}
    assert len(expected) > 2
    assert {quad.subject.value for quad in found.data} == expected
    assert all(quad.graph_name == ox.DefaultGraph() for quad in found.data)
    assert found.total == len(found.data) == len(expected)
    nothing = fetch(client, start.filled(subject=f"{BASE}id/nobody"))
    assert (nothing.total, nothing.data, nothing.next) == (0, [], None)


def test_pages_together_are_the_fragment_and_no_triple_comes_twice(
    client: FlaskClient, start: Fragment, everything: set[ox.Quad]
) -> None:
    read = list(pages(client, start.filled(predicate=LABEL)))
    data = [quad.triple for page in read for quad in page.data]
    assert len(read) > 1
    assert len(data) == len(set(data)) == read[0].total
    assert set(data) == {q.triple for q in everything if q.predicate.value == LABEL}
    assert {page.one(f"{VOID}triples") for page in read} == {str(len(data))}


def test_the_fragment_of_everything_is_everything(
    client: FlaskClient, start: Fragment, everything: set[ox.Quad]
) -> None:
    assert start.total == len(everything) > 10_000  # more than is sorted at once
    every = {q.triple for q in everything}
    seen: set[ox.Triple] = set()
    for at in (1, 2, 3, start.total // SIZE // 2, -(-start.total // SIZE)):
        page = fetch(client, f"/fragments?page={at}")
        found = {quad.triple for quad in page.data}
        assert len(found) == len(page.data) == min(SIZE, start.total - (at - 1) * SIZE)
        assert found <= every
        assert not found & seen
        seen |= found


def test_all_pages_are_of_the_version_that_the_first_one_was_of(
    client: FlaskClient, start: Fragment
) -> None:
    later = [start.one(f"{HYDRA}template"), str(start.next), start.filled(**GROUPS)]
    assert all("version=2" in address for address in later)
    old = fetch(client, "/fragments?version=1")
    assert old.total == start.total - 1
    assert "version=1" in old.one(f"{HYDRA}template")
    assert fetch(client, old.filled(subject=f"{BASE}id/{ADDED}")).total == 0
    added = fetch(client, start.filled(subject=f"{BASE}id/{ADDED}"))
    assert [quad.object for quad in added.data] == [
        ox.Literal("<b>Added & later</b>", language="en")
    ]
    assert start.about[f"{HYDRA}search"] != old.about[f"{HYDRA}search"]  # another dataset


def test_links_name_the_page_as_the_client_wrote_it(client: FlaskClient) -> None:
    for written in (
        f"/fragments?predicate={quote(LABEL)}&object=",
        f"/fragments?object=&predicate={quote(LABEL, safe='')}&unknown=1",
        f"/fragments/?predicate=%3C{quote(LABEL)}%3E",
    ):
        page = fetch(client, written)
        subsets = {o for _, o in page.about[f"{VOID}subset"]}
        assert page.address in subsets, written
        assert page.total > 500


@pytest.mark.parametrize(
    ("accept", "graphs"),
    [
        ("application/trig", True),
        ("application/n-quads", True),
        ("application/ld+json", True),
        ("text/turtle", False),
        ("application/n-triples", False),
        ("application/rdf+xml", False),
        ("*/*", True),
        ("application/n-quads,application/trig;q=0.95,text/turtle;q=0.6,text/html;q=0.1", True),
    ],
)
def test_data_and_controls_come_in_every_format(
    client: FlaskClient, start: Fragment, accept: str, graphs: bool
) -> None:
    found = fetch(client, start.filled(**GROUPS), accept)
    assert f"{HYDRA}template" in found.about
    types = {s for s, o in found.about.get(f"{RDF}type", []) if o == GROUPS["object"]}
    assert (not types, len(found.data)) == (graphs, found.total if graphs else 0)
    assert found.total == (len(found.data) if graphs else len(types)) > 2


LITERALS = [
    ('"<b>Added & later</b>"@en', 1),
    ('"<b>Added & later</b>"@EN', 1),
    ('"<b>Added & later</b>"', 0),
    ('"he said "no""@en', 0),
    ('"\\u0022 } DROP ALL"', 0),
    ('"' + "\n" * 3 + '"', 0),
    ('"7"^^http://www.w3.org/2001/XMLSchema#integer', None),
    ('"7"^^<http://www.w3.org/2001/XMLSchema#integer>', None),
    ('"7"^^xsd:integer', None),
]


@pytest.mark.parametrize(("text", "number"), LITERALS)
def test_literals_are_taken_as_they_are(
    client: FlaskClient, start: Fragment, text: str, number: int | None
) -> None:
    if number is None:
        number = len(asked(client, "?s ?p 7"))
    assert fetch(client, start.filled(object=text)).total == number


WRONG = [
    "subject=%22text%22",
    "predicate=%22text%22",
    "subject=_:b0",
    "object=_:b0",
    "object=%22open",
    "object=%22a%22@",
    "object=%22a%22@en%20us",
    "object=%22a%22^^",
    "object=%22a%22^^no%20iri",
    "object=%22a%22x",
    "subject=relative",
    "subject=http://a%20b",
    "subject=http://a/%3E%20%3Fp%20%3Fo%20%7D%20DROP",
    "subject=%3Chttp://a",
    "subject=%3F",
    "subject=%3Fx%20y",
    "subject=http://a&subject=http://b",
    "page=-1",
    "page=one",
    "page=1000000000",
    "subject=%3Fs&values=%3Fs%20%7B%20%3Chttp://a%3E%20%7D%20SERVICE%20%3Chttp://b%3E%20%7B%7D",
    "subject=%3Fs&values=(%3Fs)%20%7B%20(%3Chttp://a%3E%20%3Chttp://b%3E)%20%7D",
    "subject=%3Fs&values=(%3Fs)%20%7B%20(_:b)%20%7D",
    "subject=%3Fs&values=(%3Fs)%20%7B%20(NOW())%20%7D",
    "subject=%3Fs&values=(%3Fs)%20%7B%7D",
    "subject=%3Fs&values=(%3Fs)",
    "subject=%3Fs&values=%22",
]


@pytest.mark.parametrize("search", WRONG)
@pytest.mark.parametrize("path", ["/fragments", "/fragments/quads"])
def test_what_is_no_pattern_is_400(client: FlaskClient, path: str, search: str) -> None:
    response = client.get(f"{path}?{search}")
    assert response.status_code == 400, response.text
    assert response.get_json()["detail"]


def test_a_page_past_the_last_is_404(client: FlaskClient) -> None:
    response = client.get("/fragments?subject=http://nothing/&page=2")
    assert response.status_code == 404
    assert "the last one is page 1" in response.get_json()["detail"]


def test_a_variable_that_stands_twice_is_one_term(client: FlaskClient) -> None:
    expected = asked(client, "?x ?p ?x")
    found = fetch(client, "/fragments?subject=?x&predicate=?p&object=?x")
    assert found.total == len(expected)
    assert all(quad.subject == quad.object for quad in found.data)


def test_a_read_can_be_validated_and_says_what_varies(client: FlaskClient) -> None:
    address = f"/fragments?predicate={quote(LABEL)}"
    response = client.get(address)
    assert response.mimetype == "application/trig"
    assert 'rel="next"' in response.headers["Link"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get(address, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(address).data == response.data
    assert client.head(address).headers["Content-Length"] == str(len(response.data))
    assert client.get("/fragments", headers={"Accept": "image/png"}).status_code == 406
    assert client.get("/fragments/quads?format=ttl").status_code == 406  # has no graphs
    assert client.post("/fragments").status_code == 405


def test_the_way_to_fragments_is_told(client: FlaskClient) -> None:
    assert "</fragments>; rel=" in ", ".join(client.get("/").headers.getlist("Link"))
    described = client.get("/sparql?format=nt").text
    for path in ("/fragments", "/fragments/quads"):
        assert f"seeAlso> <http://localhost{path}> ." in described


def test_people_get_a_form_and_a_table(client: FlaskClient) -> None:
    for path, name in (("/fragments", "object"), ("/fragments/quads", "graph")):
        response = client.get(f"{path}?subject=id:{ADDED}", headers={"Accept": BROWSER})
        assert response.mimetype == "text/html"
        assert f'name="{name}"' in response.text
        assert f'value="id:{ADDED}"' in response.text
        assert "&lt;b&gt;Added &amp; later" in response.text
        assert "<b>Added" not in response.text
        assert "1 in version 2" in response.text


def test_quads_come_with_their_graphs(client: FlaskClient, everything: set[ox.Quad]) -> None:
    start = fetch(client, "/fragments/quads")
    assert start.total == len(everything)
    assert set(start.data) <= everything
    assert len(set(start.data)) == SIZE
    agents = f"{BASE}graph/entities/agents"
    named = [p for page in pages(client, start.filled(graph=agents)) for p in page.data]
    assert set(named) == {q for q in everything if q.graph_name.value == agents}  # type: ignore[union-attr]
    assert len(named) == len(set(named))
    subject = f"{BASE}id/{ADDED}"
    assert [q.graph_name.value for q in fetch(client, start.filled(subject=subject)).data] == [
        agents
    ]
    default = start.one(f"{SD}defaultGraph")
    union = fetch(client, start.filled(subject=subject, graph=default))
    assert [quad.graph_name for quad in union.data] == [ox.DefaultGraph()]
    assert fetch(client, start.filled(graph="http://nothing/")).total == 0


class Stored:
    """A small store as fragments ask it, in another order each time."""

    def __init__(self, quads: list[ox.Quad]) -> None:
        self._quads = quads
        self.asked: list[str] = []

    def _answer(self, text: str) -> ox.QuerySolutions:
        self._quads.reverse()
        store = ox.Store()
        store.extend(self._quads)
        self.asked.append(text)
        found = store.query(text)
        assert isinstance(found, ox.QuerySolutions)
        return found

    def rows(self, text: str) -> list[str]:
        table = self._answer(text).serialize(format=ox.QueryResultsFormat.TSV)
        assert table is not None
        return table.decode().split("\n")[1:-1]

    def predicates(self) -> list[tuple[str, int]]:
        return []

    def counts(self, text: str) -> list[tuple[str, int]]:
        return [(row["key"].value, int(row["count"].value)) for row in self._answer(text)]  # type: ignore[union-attr]


SOURCE = "".join(
    f"<s:{n % 50}> <p:{n % 3}> {term} <g:{n % 2}> .\n"
    for n in range(240)
    for term in (f'"a {n}\\t\\n\\u2028\\"{{}}"@en' if n % 5 else f"_:b{n}",)
)
PATTERNS = [{}, {"predicate": "p:1"}, {"subject": "s:1"}, {"object": '"none"'}, {"graph": "g:1"}]


@pytest.mark.parametrize("given", PATTERNS, ids=str)
@pytest.mark.parametrize(("few", "run"), [(1000, 1000), (20, 1000), (20, 30), (5, 1)])
def test_however_matches_are_split_the_pages_are_all_of_them_and_each_once(
    given: dict[str, str], few: int, run: int
) -> None:
    quads = list(ox.parse(SOURCE, ox.RdfFormat.N_QUADS))
    names = QUAD if "graph" in given else TRIPLE
    queries = asked_queries(read_pattern(given, names, {}), union=True)
    store = Stored([quad if names == QUAD else ox.Quad(*quad.triple) for quad in quads])
    expected = {
        str(quad.triple)
        for quad in quads
        if given.get("predicate", quad.predicate.value) == quad.predicate.value
        and given.get("subject", quad.subject.value) == quad.subject.value  # type: ignore[union-attr]
        and given.get("graph", quad.graph_name.value) == quad.graph_name.value  # type: ignore[union-attr]
        and "object" not in given
    }
    read: list[str] = []
    for offset in range(0, 240, 29):
        found = Matches(few, run).page(1, queries, offset, 29, store)  # nothing is remembered
        read += found.statements
        assert found.total == len(expected)
    triples = [str(q.triple) for q in ox.parse("\n".join(read), ox.RdfFormat.TRIG)]
    assert len(triples) == len(set(triples)) == len(expected)
    assert set(triples) == expected


def restricted(client: FlaskClient, values: str, **pattern: str) -> Fragment:
    given = {"subject": "?s", "predicate": "?p", "object": "?o", **pattern, "values": values}
    return fetch(client, "/fragments?" + urlencode(given, quote_via=quote))


def test_values_restrict_a_fragment_to_what_a_client_can_join(client: FlaskClient) -> None:
    groups = [row["s"]["value"] for row in asked(client, f"?s a <{GROUPS['object']}>")][:3]
    rows = " ".join(f"(<{iri}>)" for iri in groups)
    found = restricted(client, f"(?s) {{ {rows} }}", predicate=LABEL)
    expected = {
        (row["s"]["value"], row["o"]["value"])
        for row in asked(
            client, f"VALUES ?s {{ {rows.translate({40: 32, 41: 32})} }} ?s <{LABEL}> ?o"
        )
    }
    assert {(q.subject.value, q.object.value) for q in found.data} == expected  # type: ignore[union-attr]
    assert found.total == len(expected) >= 3
    twice = restricted(client, f"(?s ?other) {{ {rows.replace(')', ' 1)')} (<{groups[0]}> 2) }}")
    assert twice.total == restricted(client, f"(?s) {{ {rows} }}").total  # ?other is not asked for


def test_values_may_leave_positions_open(client: FlaskClient) -> None:
    kind = GROUPS["object"]
    by_subject = f"(<{BASE}id/afghan-taliban> UNDEF)"
    by_object = f"(UNDEF <{kind}>)"
    both = restricted(client, f"(?s ?o) {{ {by_subject} {by_object} }}")
    alone = [restricted(client, f"(?s ?o) {{ {row} }}") for row in (by_subject, by_object)]
    assert both.total == len({q for page in alone for q in page.data}) > alone[0].total
    assert both.total < sum(page.total for page in alone)  # what matches both comes once
    free = restricted(client, f"(?s ?o) {{ (UNDEF UNDEF) {by_object} }}", predicate=LABEL)
    assert free.total == len(asked(client, f"?s <{LABEL}> ?o"))
    values = '("<b>Added & later</b>"@en) (true) (-5)'
    terms = restricted(client, f"(?o) {{ {values} }}")
    assert terms.total == len(asked(client, f"VALUES (?o) {{ {values} }} ?s ?p ?o")) > 1
