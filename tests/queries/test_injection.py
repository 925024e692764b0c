"""No value of any type changes a query: not its tokens, not its pages, and not which rows fit."""

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.parserutils import CompValue

from parley.errors import BadInput
from parley.parameters import Parameter, read_parameter
from parley.rdf import XSD, Namespaces, canonical
from parley.sparql import bind, page, tokens, total
from parley.sparql.binding import written

NAMES = Namespaces()
TYPES = (
    *("", "_iri", "_number", "_literal", "_string", "_en", "_integer", "_decimal", "_double"),
    *("_boolean", "_date", "_xsd_date", "_xsd_dateTime", "_gYear", "_anyURI", "_edtf_EDTF"),
)
# Every place a parameter may stand in, with an ordinary variable for what it is compared to.
TEMPLATE = f"""PREFIX xsd: <{XSD}>
PREFIX edtf: <http://id.loc.gov/datatypes/edtf/>
SELECT ?s ?_v@ WHERE {{
  ?s <http://x.example/p> ?_v@ .
  OPTIONAL {{ ?s <http://x.example/none> ?none . FILTER(?none = ?_v@ || ?none IN (?_v@)) }}
  FILTER(BOUND(?_v@))
}} ORDER BY ?s ?_v@"""
HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(
                    '"',
                    "'",
                    '"""',
                    "'''",
                    "\\",
                    '\\"',
                    "\\u0022",
                    "\\U0000003E",
                    ">",
                    "<",
                    "}",
                    "{",
                ),
                *("#", "\n", "\r", "\0", "?s", "@en", "^^", "--", "/*", "*/", ";", "||", "%3E"),
                *("} ; DROP ALL #", '" } UNION { ?s ?p ?o . FILTER(true || "', "> ?p ?o } #"),
                *("http://x.example/", "id:", "urn:", "kabul", "2023-11-08", "1", ".", "e", "-"),
                *("true", "\u2028", "\ufeff", "\u202e", "\U0001f600", "T10:00:00Z", " "),
            ]
        ),
        st.text(max_size=4),
    ),
    max_size=6,
).map("".join)
WHOLE = st.integers().map(str)
DAY = st.dates().map(str)
# Values that a type takes; what is hostile is put before and behind them, too.
FITTING = {
    "_iri": st.sampled_from(["kabul", "id:kabul", "urn:x:y", "<http://x.example/a>"]),
    "_number": st.one_of(WHOLE, st.sampled_from(["2.50", ".5", "-1e5"])),
    "_integer": WHOLE,
    "_decimal": st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    "_double": st.sampled_from(["1e5", "NaN", "-INF", "0.1"]),
    "_boolean": st.sampled_from(["true", "false", "0", "1"]),
    "_date": DAY,
    "_xsd_date": DAY,
    "_xsd_dateTime": st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds")),
    "_gYear": st.sampled_from(["2023", "0001", "-0044"]),
}


def values(suffix: str) -> st.SearchStrategy[str]:
    fitting = FITTING.get(suffix, HOSTILE)
    return st.one_of(HOSTILE, fitting, st.tuples(fitting, HOSTILE).map("".join))


def parameter(suffix: str) -> Parameter:
    found = read_parameter(f"_v{suffix}", {"edtf": "http://id.loc.gov/datatypes/edtf/"})
    assert found
    return found


def term_of(suffix: str, value: str) -> ox.NamedNode | ox.Literal | None:
    """The term of a value; None for one that is refused, as it may be."""
    try:
        return parameter(suffix).term(value, NAMES)
    except BadInput:
        return None


def words(text: str) -> list[str]:
    return [token.text for token in tokens(text)]


def without(query: str, term: ox.NamedNode | ox.Literal) -> str:
    """The tokens of a bound query, the parameter's term left out."""
    own = " ".join(words(bind("?v", {"v": term})))
    return " ".join(words(query)).replace(own, "?")


@pytest.mark.parametrize("suffix", TYPES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_token_but_the_parameter_stays(suffix: str, data: st.DataObject) -> None:
    term = term_of(suffix, data.draw(values(suffix)))
    if term is None:
        return
    query, name = TEMPLATE.replace("@", suffix), f"_v{suffix}"
    meek = _meek(term)
    assert without(bind(query, {name: term}), term) == without(bind(query, {name: meek}), meek)
    (read_back,) = ox.parse(f"<urn:s> <urn:p> {written(term)} .", ox.RdfFormat.N_TRIPLES)
    assert read_back.object == term


@pytest.mark.parametrize("suffix", TYPES)
@settings(max_examples=30, deadline=None)
@given(data=st.data(), other=HOSTILE)
def test_the_rows_are_those_a_comparison_by_hand_finds(
    suffix: str, data: st.DataObject, other: str
) -> None:
    term = term_of(suffix, data.draw(values(suffix)))
    if term is None:
        return
    objects = [term, _meek(term), ox.Literal(other), ox.NamedNode("urn:else")]
    nodes = {ox.NamedNode(f"urn:s:{number}"): found for number, found in enumerate(objects)}
    store = ox.Store()
    for node, found in nodes.items():
        store.add(ox.Quad(node, ox.NamedNode("http://x.example/p"), found))
    wanted = sorted(str(n) for n, found in nodes.items() if canonical(found) == canonical(term))
    bound = bind(TEMPLATE.replace("@", suffix), {f"_v{suffix}": term})
    assert _subjects(store, bound) == wanted
    assert _subjects(store, page(bound, 10, 0)) == wanted
    (row,) = store.query(total(bound))
    assert row["total"].value == str(len(wanted))


@pytest.mark.parametrize("suffix", ["_iri", "_literal", "_en"])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_an_engine_that_decodes_escapes_first_reads_the_same_algebra(
    suffix: str, data: st.DataObject
) -> None:
    term = term_of(suffix, data.draw(values(suffix)))
    if term is None:
        return
    query, name = TEMPLATE.replace("@", suffix), f"_v{suffix}"
    shapes = [_shape(prepareQuery(bind(query, {name: t})).algebra) for t in (term, _meek(term))]
    assert shapes[0] == shapes[1]


def test_an_escape_in_a_value_ends_no_string_anywhere() -> None:
    value = "\\u0022 . ?a ?b ?c } #"
    bound = bind("SELECT * { ?s ?p ?_v }", {"_v": ox.Literal(value)})
    triples = prepareQuery(bound).algebra.p.p.triples
    assert [str(node) for *_, node in triples] == [value]
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal(value)))
    assert _subjects(store, bound) == ["<urn:s>"]


def _meek(term: ox.NamedNode | ox.Literal) -> ox.NamedNode | ox.Literal:
    if isinstance(term, ox.NamedNode):
        return ox.NamedNode("urn:meek")
    if term.language:
        return ox.Literal("meek", language=term.language)
    return ox.Literal("1", datatype=term.datatype)


def _subjects(store: ox.Store, query: str) -> list[str]:
    rows = store.query(query)
    assert isinstance(rows, ox.QuerySolutions)
    return sorted(str(row["s"]) for row in rows)


def _shape(node: object) -> object:
    """The operators of an algebra, without its terms."""
    if isinstance(node, CompValue):
        return node.name, [(key, _shape(value)) for key, value in sorted(node.items())]
    if isinstance(node, list | tuple | set):
        return [_shape(value) for value in node]
    return None
