"""A claim sheet becomes claims, or says what is wrong with every entry."""

import pyoxigraph as ox
import pytest

from parley.drafting.sheet import known_concepts, read_sheet
from parley.errors import BadInput
from parley.rdf import Namespaces, concept, term

NAMES = Namespaces()
TEXT = "Title of it\n\nThe group “Alpha” was founded in 2006. A source told us so.\n"
VOCABULARY = [
    concept(name).value
    for name in ("affirms", "status-stated", "status-reported", "review-accepted", "venue-private")
]
SHEET = """
article: t-1
defaults: {speaker: [author], stance: affirms, status: stated, review: accepted}
claims:
- s: 1
  gloss: "Alpha was founded in 2006."
  quote: "“Alpha” was founded in 2006"
  says:
  - [alpha, foundedDuring, time-2006]
  - [alpha, killedCount, 3]
- s: 1
  gloss: "Alpha is a group."
  quote: "The group “Alpha”"
  speaker: [source-one]
  relayed: [source-two, source-three]
  status: reported
  venue: private
  hedge: "told us"
  corroborates: ["1-1"]
  says:
  - [alpha, characterizedAs, {text: "group"}]
"""


def test_a_sheet_becomes_claims_with_offsets_relays_and_shared_propositions() -> None:
    sheet = read_sheet(SHEET, TEXT, NAMES, VOCABULARY)
    store = ox.Store()
    store.extend(sheet.quads(NAMES))
    rows = store.query(
        """PREFIX parley: <https://w3id.org/parley/ontology#> PREFIX oa: <http://www.w3.org/ns/oa#>
        SELECT ?claim ?exact ?start ?end { ?claim parley:evidence ?e .
        ?e oa:hasSelector ?q, ?p . ?q oa:exact ?exact . ?p oa:start ?start ; oa:end ?end }
        ORDER BY ?claim""",
        use_default_graph_as_union=True,
    )
    found = [
        (row["claim"].value.rpartition("/")[2], row["exact"].value, row["start"].value)
        for row in rows
    ]
    assert found == [
        ("claim-t-1-001-1", "“Alpha” was founded in 2006", "23"),
        ("claim-t-1-001-2", "The group “Alpha”", "13"),
    ]
    for _claim, exact, start in found:
        assert TEXT[int(start) :].startswith(exact)
    second = NAMES.claim("t-1", 1, 2)
    steps = {
        (quad.subject.value.rpartition("#")[2], quad.object.value.rpartition("/")[2])
        for quad in store.quads_for_pattern(None, term("relayAgent"), None)
    }
    assert steps == {("relay-1", "source-two"), ("relay-2", "source-three")}
    assert next(store.quads_for_pattern(second, term("corroborates"), None)).object == NAMES.claim(
        "t-1", 1, 1
    )
    assert next(store.quads_for_pattern(second, term("venue"), None)).object == concept(
        "venue-private"
    )
    assert next(store.quads_for_pattern(None, term("value"), ox.Literal(3)), None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("“Alpha” was founded", '"Alpha" was founded', "not valid YAML"),
        ("“Alpha” was founded in", "Alpha was founded in", "stands 0 times"),
        ("The group “Alpha”", "“Alpha”", None),
        ("The group “Alpha”", "o", "lengthen it"),
        ("status: reported", "status: invented", "no controlled value"),
        ("venue: private", "veneu: private", "unknown keys"),
        ('["1-1"]', '["first"]', "SENTENCE-NUMBER"),
        ("[alpha, killedCount, 3]", "[alpha, killedCount]", "is no proposition"),
        ("[alpha, killedCount, 3]", "[Alpha, killedCount, 3]", "is no slug"),
        ("[alpha, killedCount, 3]", "[alpha, killedCount, nope:x]", "no known prefix"),
        ("[alpha, killedCount, 3]", "[alpha, killedCount, 3.5]", "is neither"),
        ('gloss: "Alpha is a group."', 'gloss: ""', "gloss missing"),
        ("status: stated, ", "", "status missing"),
        ("- s: 1", "- s: first", "entry 1: s: write the number"),
        ("- s: 1", "- no keys\n- s: 1", "entry 1: write keys"),
        ("[alpha, killedCount, 3]", "[alpha, killed count, 3]", "is no property"),
        ('quote: "The group “Alpha”"', "quote: 2006-01-01", "stands 0 times"),
    ],
)
def test_a_mistake_names_the_entry_and_the_way_out(old: str, new: str, said: str | None) -> None:
    assert old in SHEET
    changed = SHEET.replace(old, new, 1)
    if said is None:
        assert len(read_sheet(changed, TEXT, NAMES, VOCABULARY).claims) == 2
        return
    with pytest.raises(BadInput, match=said):
        read_sheet(changed, TEXT, NAMES, VOCABULARY)


def test_every_mistake_is_reported_at_once() -> None:
    broken = SHEET.replace("“Alpha” was", "Beta was").replace("The group", "That group")
    with pytest.raises(BadInput) as caught:
        read_sheet(broken, TEXT, NAMES, VOCABULARY)
    assert "claim-t-1-001-1" in caught.value.message
    assert "claim-t-1-001-2" in caught.value.message


def test_what_is_no_sheet_is_said_so() -> None:
    with pytest.raises(BadInput, match="mapping with the keys"):
        read_sheet("- 1", TEXT, NAMES, VOCABULARY)


def test_concepts_are_what_has_a_label() -> None:
    label = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    quads = [ox.Quad(concept("affirms"), label, ox.Literal("affirms", language="en"))]
    assert known_concepts(quads) == {concept("affirms").value}
