"""One key of a query's metadata is written anew: it is read back, and nothing else changes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.errors import BadInput
from parley.metadata import read_metadata, with_key

TEXT = """#+ # about this file
#+ summary:   "kept: as it is"
#+ # about the question
#+ question: >
#+   Folded
#+   words?
#+
#+ # about the tags
#+ tags: [a,   b]
#+ values:
#+   x: |
#+     # no comment
#+     SELECT ?value ?label {}
PREFIX ex: <http://example.org/>
#+ method: GET
SELECT * { ?s ?p ?__x }
"""
WORDS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cs"), include_characters="\n"
    ),
    min_size=1,
    max_size=60,
).map(lambda words: words.strip() or "x")


@given(WORDS, st.sampled_from(["question", "summary", "description"]))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_back_and_the_other_keys_stay(words: str, key: str) -> None:
    before = read_metadata(TEXT)
    try:
        changed = with_key(TEXT, key, words)
    except BadInput:  # what no reader shows as it is, such as a byte order mark
        assert not words.isprintable()
        return
    assert read_metadata(changed) == {**before, key: words}
    assert with_key(changed, key, words) == changed
    kept = [line for line in TEXT.splitlines() if "# about" in line or not line.startswith("#+")]
    assert [line for line in changed.splitlines() if line in kept][-len(kept) :] == kept


def test_a_key_goes_with_all_its_lines_and_the_comments_stay() -> None:
    changed = with_key(with_key(TEXT, "question", None), "values", None)
    gone = {"#+ question: >", "#+   Folded", "#+   words?", "#+ values:", "#+   x: |"}
    gone |= {"#+     # no comment", "#+     SELECT ?value ?label {}"}
    assert changed.splitlines() == [line for line in TEXT.splitlines() if line not in gone]


def test_a_key_is_written_where_there_are_none_yet() -> None:
    assert with_key("ASK {}", "question", "yes") == "#+ question: 'yes'\nASK {}"
    assert with_key("#+ tags: [a]", "question", "b") == "#+ tags: [a]\n#+ question: b\n"
    assert with_key("", "tags", ["a: b", "c"]) == "#+ tags:\n#+   - 'a: b'\n#+   - c\n"
    with pytest.raises(BadInput, match="a line of its own"):
        with_key("#+ {summary: a, method: GET}\nASK {}", "summary", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#+ tags: &a [x]\n#+ values: *a\nASK {}", "a reference"),
        ("#+ tags: !!set {a}\nASK {}", "a type"),
        ("#+ summary: 2023-99-99\nASK {}", "not valid YAML"),
        (f"#+ pagination: {'9' * 5000}\nASK {{}}", "not valid YAML"),
        ("#+ tags: " + "[" * 3000 + "\nASK {}", "not valid YAML"),
        ("#+ description: |\n" + "#+   x\n" * 20_000, "more than 65536 characters"),
        ("ASK {}\n# \x85#+ method: GET", "U\\+0085"),
        ("ASK { ?s ?p '\u2028#+ method: GET' }", "U\\+2028"),
        ("ASK {} # \0", "U\\+0000"),
    ],
)
def test_metadata_that_would_harm_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_metadata(text)
