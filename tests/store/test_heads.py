"""The head of an answer, seen in pieces of any size: a prefix that is used is declared."""

import re

import pyoxigraph as ox
import pytest

from parley.store.heads import Head

NAMES = {"a": "http://a/", "ba": "http://ba/", "cba": "http://cba/", "never": "http://never/"}


@pytest.mark.parametrize("size", [300, 301, 350, 4096])
@pytest.mark.parametrize("xml", [False, True])
def test_a_name_between_two_pieces_is_found(size: int, xml: bool) -> None:
    rows = [
        ox.Triple(
            ox.NamedNode(f"http://{'x' * (n % 97)}/"),
            ox.NamedNode(f"http://{'cba' if n == 300 else 'a'}/p"),
            ox.Literal("a never:x cba"),
        )
        for n in range(400)
    ]
    engine = ox.RdfFormat.RDF_XML if xml else ox.RdfFormat.TURTLE
    text = ox.serialize(rows, None, engine, prefixes=NAMES)
    assert text is not None
    head = Head(xml=xml)
    for at in range(0, len(text), size) if not xml else range(0, len(text), 2 * size):
        head.see(text[at : at + (2 * size if xml else size)])
    gone, kept = head.fitted()
    fitted = kept + text[gone + len(kept) :]
    assert {q.triple for q in ox.parse(fitted, engine)} == set(rows)
    declared = set(re.findall(r"(?:@prefix |xmlns:)(\w+)", kept.decode())) - {"rdf"}
    assert declared == {"a", "cba", "never"}  # "never" stands in a text


def test_what_is_very_long_is_looked_through_in_part() -> None:
    head = Head()
    head.see(b"@prefix a: <http://a/> .\n@prefix b: <http://b/> .\n")
    head.see(b"a:x a:y a:z .\n" * 400_000)
    assert head.fitted()[0] == 0
