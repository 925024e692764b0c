"""Saved queries read from files: metadata, parameters, defaults, and every way to get it wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from parley.errors import BadInput, NotFound
from parley.queries import SavedQuery, load, pick

TEXT = """#+ question: Who founded the group?
#+ summary: Founders of a group
#+ description: |
#+   First line,
#+   second line.
#+ tags:
#+   - actors
#+ defaults:
#+   - group: id:some-group
#+ enumerate:
#+   - kind:
#+     - a
#+     - b
#+ pagination: 20
#+ method: POST
#+ endpoint_in_url: false
#+ values:
#+   group: SELECT ?value ?label WHERE { ?value <urn:label> ?label }
#+ view: table
#+ expect: |
#+   ?founder
#+   id:somebody
PREFIX parley: <https://w3id.org/parley/ontology#>

SELECT ?founder
WHERE {
  ?_group_iri parley:foundedBy ?founder .
  ?founder parley:ideology ?__words_en .
  FILTER(COALESCE(?__kind = "a", true))
}
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def writer(text: str, name: str = "who-founded") -> Path:
        path = tmp_path / f"{name}.rq"
        path.write_text(text, encoding="utf-8")
        return path

    return writer


@pytest.fixture
def query(write: Write) -> SavedQuery:
    return load([write(TEXT)])["who-founded"]


def words(text: str) -> str:
    """The text with every run of white space made one space."""
    return " ".join(text.split())


def test_metadata_is_read(query: SavedQuery) -> None:
    assert query.question == "Who founded the group?"
    assert query.summary == "Founders of a group"
    assert query.description == "First line,\nsecond line."
    assert query.tags == ("actors",)
    assert (query.pagination, query.method, query.endpoint_in_url) == (20, "POST", False)
    assert query.expected is not None
    assert query.expected.text == "?founder\nid:somebody"
    assert query.text == TEXT
    assert query.body.startswith("PREFIX parley:")


def test_parameters_are_found_in_the_query(query: SavedQuery) -> None:
    assert [(p.name, p.variable, p.required) for p in query.parameters] == [
        ("group", "_group_iri", True),
        ("words", "__words_en", False),
        ("kind", "__kind", False),
    ]
    group, _, kind = query.parameters
    assert group.default == "id:some-group"
    assert group.values is not None
    assert kind.choices == ("a", "b")


def test_a_default_makes_a_required_parameter_usable(query: SavedQuery) -> None:
    bound = words(query.bind({}))
    assert "<https://w3id.org/parley/id/some-group> parley:foundedBy" in bound


def test_an_optional_parameter_without_value_stays_free(query: SavedQuery) -> None:
    bound = query.bind({"group": "other", "words": "", "kind": []})
    assert "parley:ideology ?__words_en" in bound
    assert 'COALESCE(?__kind = "a", true)' in bound
    assert "<https://w3id.org/parley/id/other>" in bound


def test_values_are_bound_everywhere_but_in_comments(query: SavedQuery) -> None:
    bound = words(query.bind({"words": "jihad", "kind": ["b"]}))
    assert 'parley:ideology "jihad"@en' in bound
    assert 'COALESCE( "b" = "a", true)' in bound
    assert bound.startswith("#+ question: Who founded the group?")


def test_metadata_that_names_a_variable_is_left_alone(write: Write) -> None:
    text = "#+ description: finds ?_x\nSELECT ?s { ?s ?p ?_x }"
    bound = load([write(text)])["who-founded"].bind({"x": "a"})
    assert words(bound) == '#+ description: finds ?_x SELECT ?s { ?s ?p "a" }'


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"grup": "a"}, "no parameter 'grup'; known: group, words, kind"),
        ({"group": ["a", "b"]}, "group: 2 values; give one"),
        ({"group": "a b"}, "group: 'a b' is not an IRI"),
        ({"kind": "c"}, "use a, b"),
    ],
)
def test_wrong_values_are_refused(
    query: SavedQuery, values: dict[str, list[str] | str], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        query.bind(values)


def test_a_missing_required_parameter_is_refused(write: Write) -> None:
    query = load([write("SELECT * { ?s ?p ?_x_date . ?s ?q ?__y }")])["who-founded"]
    with pytest.raises(BadInput, match=r"x is missing: give a date .* x, y"):
        query.bind({})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#+ summry: a\nASK {}", "unknown summry; known: .*summary"),
        ("#+ summary: a\n#+ tags: [a\nASK {}", "not valid YAML"),
        ("#+ - a\nASK {}", "keys and values"),
        ("#+ summary: 2023-11-08\nASK {}", "summary: write a text"),
        ("#+ view: pie\nASK {}", "view: 'pie' is none of table, timeline, map, network, bar"),
        ("#+ pagination: many\nASK {}", "pagination: 'many'"),
        ("#+ method: PUT\nASK {}", "neither GET nor POST"),
        ("#+ defaults:\n#+   - y: a\nASK { ?s ?p ?_x }", "defaults: the query has no parameter y"),
        ("#+ enumerate:\n#+   - y\nASK { ?s ?p ?_x }", "enumerate: the query has no parameter y"),
        ("#+ enumerate: 3\nASK { ?s ?p ?_x }", "enumerate: write"),
        ("#+ values:\n#+   x: ASK {}\nASK { ?s ?p ?_x }", "come from a SELECT"),
        ("ASK { ?_x ?p ?_x_iri }", "two variables for one parameter"),
        ("ASK { ?s ?p ?_x_colour }", "no type of a parameter"),
        ("ASK { ?s ?p ", "never closed"),
        ("INSERT DATA { <a:a> <a:a> <a:a> }", "not an update"),
    ],
)
def test_a_wrong_file_is_refused_by_name(write: Write, text: str, message: str) -> None:
    path = write(text)
    with pytest.raises(BadInput, match=message) as caught:
        load([path])
    assert caught.value.source == str(path)


def test_a_yaml_mistake_is_placed_by_line(write: Write) -> None:
    with pytest.raises(BadInput) as caught:
        load([write("#+ summary: a\n#+ tags: [a\n#+ view: table\nASK {}")])
    assert caught.value.line in (2, 3)


def test_a_name_with_capitals_is_refused(write: Write) -> None:
    with pytest.raises(BadInput, match="words-joined-by-hyphens"):
        load([write("ASK {}", "Who_Founded")])


def test_an_expected_answer_stands_in_one_place(write: Write) -> None:
    path = write("#+ expect: true\nASK {}")
    folder = path.parent / "expected"
    folder.mkdir()
    (folder / "who-founded.tsv").write_text("?a\n", encoding="utf-8")
    with pytest.raises(BadInput, match="expected answer twice"):
        load([path])


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.rq"
    path.write_bytes(b"#+ summary: caf\xe9\nASK {}")
    with pytest.raises(BadInput, match="not UTF-8"):
        load([path])


def test_an_unknown_query_names_those_there_are(query: SavedQuery) -> None:
    assert pick({"who-founded": query}, "who-founded") is query
    with pytest.raises(NotFound, match="no saved query 'who'; there are: who-founded"):
        pick({"who-founded": query}, "who")
