"""`SELECT *` gives its columns in the order of the query."""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.sparql.columns import in_order


def columns(text: str) -> list[str]:
    """The columns the engine gives for a query that was put in order."""
    found = ox.Store().query(in_order(text))
    assert isinstance(found, ox.QuerySolutions)
    return [variable.value for variable in found.variables]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("SELECT * { ?s ?p ?o }", "s p o"),
        ("select distinct * where { ?z ?a ?m } order by ?a", "z a m"),
        ("# SELECT *\nSELECT REDUCED # x *\n * { ?b <urn:p*> ?a }", "b a"),
        ("SELECT * { { SELECT ?z ?a { ?z ?hidden ?a } } ?z <urn:p> ?c }", "z a c"),
        ("SELECT * { ?z ?p ?a MINUS { ?only ?in ?minus } }", "z p a"),
        ("SELECT ?b ?a { ?a ?b ?c . { SELECT * { ?y ?x ?c } } }", "b a"),
        ("SELECT (2 * ?z AS ?y) ?a { ?a ?z ?c }", "y a"),
        ("SELECT * { BIND(1 AS ?z) BIND(?z * 2 AS ?a) }", "z a"),
        ("SELECT * { }", ""),
    ],
)
def test_columns_stand_in_the_order_of_the_query(text: str, order: str) -> None:
    assert columns(text) == order.split()


NAMES = st.lists(st.sampled_from("zyxcba"), min_size=1, max_size=6)


@given(NAMES)
def test_the_order_is_that_of_first_appearance(names: list[str]) -> None:
    text = "SELECT * { " + " ".join(f"OPTIONAL {{ <urn:s> <urn:p> ?{n} }}" for n in names) + " }"
    assert columns(text) == list(dict.fromkeys(names))
