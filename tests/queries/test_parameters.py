"""Values of parameters: every type of grlc's scheme, and that no value changes the query."""

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.errors import BadInput
from parley.parameters import Parameter, read_parameter
from parley.rdf import XSD, Namespaces
from parley.sparql import bind, tokens

NAMES = Namespaces()
PREFIXES = {"xsd": XSD, "edtf": "http://id.loc.gov/datatypes/edtf/"}
VARIABLES = (
    "_x",
    "__x",
    "_x_iri",
    "__x_iri",
    "_x_number",
    "_x_literal",
    "_x_string",
    "_x_en",
    "_x_integer",
    "_x_date",
    "_x_boolean",
    "_x_xsd_date",
    "_x_xsd_dateTime",
    "_x_xsd_gYear",
    "_x_edtf_EDTF",
)


def read(variable: str) -> Parameter:
    parameter = read_parameter(variable, PREFIXES)
    assert parameter is not None
    return parameter


def typed(text: str, name: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + name))


@pytest.mark.parametrize(
    ("variable", "value", "term"),
    [
        ("_x", "Kabul", ox.Literal("Kabul")),
        ("_x_literal", " Kabul ", ox.Literal(" Kabul ")),
        ("_x_string", "12", ox.Literal("12")),
        ("_x_en", "Kabul", ox.Literal("Kabul", language="en")),
        ("_x_iri", "https://example.org/a", ox.NamedNode("https://example.org/a")),
        ("_x_iri", "<urn:a:b>", ox.NamedNode("urn:a:b")),
        ("_x_iri", "mailto:a@example.org", ox.NamedNode("mailto:a@example.org")),
        ("_x_iri", "id:kabul", ox.NamedNode("https://w3id.org/parley/id/kabul")),
        ("_x_iri", "kabul", ox.NamedNode("https://w3id.org/parley/id/kabul")),
        ("_x_number", "12", typed("12", "integer")),
        ("_x_number", "-2.50", typed("-2.50", "decimal")),
        ("_x_number", ".5", typed(".5", "decimal")),
        ("_x_number", "2e3", typed("2e3", "double")),
        ("_x_integer", " -7 ", typed("-7", "integer")),
        ("_x_nonNegativeInteger", "0", typed("0", "nonNegativeInteger")),
        ("_x_boolean", "true", typed("true", "boolean")),
        ("_x_date", "2024-02-29", typed("2024-02-29", "date")),
        ("_x_xsd_date", "2023-11-08", typed("2023-11-08", "date")),
        ("_x_xsd_gYearMonth", "2023-11", typed("2023-11", "gYearMonth")),
        ("_x_xsd_dateTime", "2023-11-08T10:00:00Z", typed("2023-11-08T10:00:00Z", "dateTime")),
        ("_x_anyURI", "a b", typed("a b", "anyURI")),
        (
            "_x_edtf_EDTF",
            "2015-22",
            ox.Literal("2015-22", datatype=ox.NamedNode("http://id.loc.gov/datatypes/edtf/EDTF")),
        ),
    ],
)
def test_a_value_becomes_a_typed_term(variable: str, value: str, term: ox.Literal) -> None:
    assert read(variable).term(value, NAMES) == term


@pytest.mark.parametrize(
    ("variable", "value", "accepted"),
    [
        ("_x_iri", "a b", "an IRI"),
        ("_x_iri", "Kabul City", "bare slug"),
        ("_x_iri", "id:a b", "known prefix"),
        ("_x_iri", "<relative>", "an IRI"),
        ("_x_iri", "https://example.org/a>b", "an IRI"),
        ("_x_iri", "nowhere:", "an IRI"),
        ("_x_number", "12a", "a number such as 12"),
        ("_x_number", "1 2", "a number"),
        ("_x_number", "٣", "a number"),
        ("_x_integer", "2.5", "a whole number such as 12"),
        ("_x_positiveInteger", "0", "1 or more"),
        ("_x_date", "8.11.2023", "a date such as 2023-11-08"),
        ("_x_xsd_date", "2023-02-30", "a date such as 2023-11-08"),
        ("_x_xsd_dateTime", "2023-11-08", "a date and time"),
        ("_x_boolean", "maybe", "true or false"),
        ("_x_language", "not a tag", "a language tag"),
    ],
)
def test_a_mistyped_value_names_parameter_and_form(
    variable: str, value: str, accepted: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read(variable).term(value, NAMES)
    assert caught.value.message.startswith("x: ")
    assert accepted in caught.value.message


def test_one_underscore_is_required_and_two_are_optional() -> None:
    assert read("_x_iri").required
    assert not read("__x_iri").required
    assert read("__x_iri").name == "x"


@pytest.mark.parametrize("variable", ["x", "x_iri", "claim", "_", "__"])
def test_other_variables_are_no_parameters(variable: str) -> None:
    assert read_parameter(variable, PREFIXES) is None


@pytest.mark.parametrize("variable", ["_x_colour", "_x_nowhere_thing"])
def test_an_unknown_type_is_refused(variable: str) -> None:
    with pytest.raises(BadInput, match=f"\\?{variable}"):
        read_parameter(variable, PREFIXES)


def test_a_value_that_is_not_offered_is_refused() -> None:
    parameter = Parameter("x", "_x", True, "literal", choices=("a", "b"))
    assert parameter.term("b", NAMES) == ox.Literal("b")
    with pytest.raises(BadInput, match="use a, b"):
        parameter.term("c", NAMES)


HOSTILE = (
    '" . ?s ?p ?o . "',
    "'''",
    '"""',
    "> . } DROP ALL #",
    "\\",
    "\\u0022",
    "\n} UNION { ?s ?p ?o",
    "id:a> <b",
    "1 . ?s ?p 2",
    '2023-11-08" . ?s ?p "',
    "$other ?other",
    "_:b",
)
VALUES = st.one_of(st.sampled_from(HOSTILE), st.text(), st.from_regex(r"[a-z:/<>\"'\\#?. 0-9-]+"))
TERM = ("iri", "string", "number", "pname", "word")


@settings(deadline=None)
@given(st.sampled_from(VARIABLES), VALUES)
def test_no_value_changes_the_tokens_around_it(variable: str, value: str) -> None:
    before, after = "SELECT * WHERE { ?s ?p ", " . FILTER(?s != ?p) } # end"
    try:
        term = read(variable).term(value, NAMES)
    except BadInput:
        return
    bound = bind(f"{before}?{variable}{after}", {variable: term})
    assert bound.startswith(before)
    assert bound.endswith(after)
    middle = tokens(bound)[len(tokens(before + "}")) - 1 : -len(tokens("{" + after)) + 1]
    kinds = [token.kind for token in middle]
    texts = [token.text for token in middle]
    if kinds[:1] == ["mark"]:
        assert texts[0] in "+-"
        kinds, texts = kinds[1:], texts[1:]
    assert kinds[0] in TERM
    assert kinds[1:] in ([], ["lang"]) or texts[1:3] == ["^", "^"]
    assert len(kinds) in (1, 2, 4)


@settings(deadline=None)
@given(st.sampled_from(["_x", "_x_literal", "_x_en", "_x_iri", "_x_edtf_EDTF"]), VALUES)
def test_the_engine_reads_back_the_very_term(variable: str, value: str) -> None:
    try:
        term = read(variable).term(value, NAMES)
    except BadInput:
        return
    text = bind(f"SELECT (STR(?{variable}) AS ?found) WHERE {{}}", {variable: term})
    (row,) = ox.Store().query(text)
    assert row["found"].value == term.value


@pytest.mark.parametrize("variable", ["_x", "_x_iri", "_x_en", "_x_date"])
def test_a_value_that_is_no_unicode_text_is_refused(variable: str) -> None:
    with pytest.raises(BadInput, match="x: "):
        read(variable).term("\ud800", NAMES)
