"""The ledger keeps what was written, and says so when it is not that any more."""

import hashlib
from collections.abc import Callable

import pytest
import rdflib
from store_examples import adding, commit, removing

from parley.errors import NotFound, StoreDamaged
from parley.store.ledger import Message
from parley.store.versions import Versions


@pytest.fixture
def written(versions: Versions) -> Versions:
    """An instance with three entries."""
    commit(versions, adding(1, 2), Message("Amina", "first"))
    commit(versions, adding(3), Message("Béla", 'says "why"\non two lines'))
    commit(versions, removing(1), Message("Amina", "third"))
    return versions


def test_entries_say_who_when_and_why(written: Versions) -> None:
    entries = list(written.history())
    assert [e.number for e in entries] == [1, 2, 3]
    assert [e.parent for e in entries] == [None, 1, 2]
    assert [(e.added, e.removed) for e in entries] == [(2, 0), (1, 0), (0, 1)]
    assert entries[1].author == "Béla"
    assert entries[1].text == 'says "why"\non two lines'
    assert [e.time for e in entries] == [v.time for v in written.list()]


def test_a_message_cannot_steer_the_terminal_that_shows_it(versions: Versions) -> None:
    commit(versions, adding(1), Message("A\x1b[2Jmina", "one\r\ntwo \x1b]0;x\x07\x9b31m\ud800"))
    (entry,) = versions.history()
    assert (entry.author, entry.text) == ("A[2Jmina", "one\ntwo ]0;x31m")


def test_an_entry_reads_back_as_its_change(written: Versions) -> None:
    assert written.ledger.read(3) == removing(1)


def test_an_entry_is_named_by_the_hash_of_the_rest_of_its_file(written: Versions) -> None:
    first, rest = written.ledger.path(2).read_bytes().split(b"\n", 1)
    assert hashlib.sha256(rest).hexdigest() in first.decode()
    previous = next(iter(written.history())).sha256
    assert f"H prev <hash://sha256/{previous}> ." in rest.decode()


# rdflib's own reader calls what rdflib deprecates
@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
def test_rdflib_replays_the_ledger(written: Versions) -> None:
    dataset = rdflib.Dataset()
    for number in (1, 2, 3):
        dataset.parse(data=written.ledger.path(number).read_text(), format="patch")
    assert {str(q[2]) for q in dataset.quads()} == {"thing 2", "thing 3"}


def halve(data: bytes) -> bytes:
    return data[: len(data) // 2]


def lose_the_end(data: bytes) -> bytes:
    return data[:-1]


def lose_a_row(data: bytes) -> bytes:
    return b"".join(line for line in data.splitlines(keepends=True) if line[:2] != b"A ")


def change_a_word(data: bytes) -> bytes:
    return data.replace(b"thing 3", b"thing 4")


def change_the_author(data: bytes) -> bytes:
    return data.replace("Béla".encode(), b"Bela")


def empty(data: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(
    "harm", [halve, lose_the_end, lose_a_row, change_a_word, change_the_author, empty]
)
def test_a_damaged_entry_is_named(written: Versions, harm: Callable[[bytes], bytes]) -> None:
    path = written.ledger.path(2)
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(StoreDamaged, match="ledger entry 2 is damaged") as caught:
        written.ledger.verify(2)
    assert caught.value.source == str(path)


def test_a_cut_entry_is_told_from_an_altered_one(written: Versions) -> None:
    path = written.ledger.path(2)
    data = path.read_bytes()
    path.write_bytes(lose_the_end(data))
    with pytest.raises(StoreDamaged, match="cut short"):
        written.ledger.read(2)
    path.write_bytes(change_a_word(data))
    with pytest.raises(StoreDamaged, match="altered"):
        written.ledger.read(2)


def test_an_entry_written_anew_breaks_the_chain(written: Versions) -> None:
    path = written.ledger.path(2)
    rest = change_a_word(path.read_bytes().split(b"\n", 1)[1])
    digest = hashlib.sha256(rest).hexdigest()
    path.write_bytes(f"H id <hash://sha256/{digest}> .\n".encode() + rest)
    written.ledger.verify(2)
    with pytest.raises(StoreDamaged, match="entry 3 is damaged: it does not continue entry 2"):
        written.ledger.verify(3)


def test_a_missing_entry_stops_writes(written: Versions) -> None:
    written.ledger.path(2).unlink()
    with pytest.raises(StoreDamaged, match="the ledger lacks entry 2"):
        commit(written, adding(9))
    assert written.number() == 3


def test_a_lost_end_of_the_ledger_stops_writes(written: Versions) -> None:
    written.ledger.path(3).unlink()
    with pytest.raises(StoreDamaged, match="the ledger ends with entry 2"):
        commit(written, adding(9))


def test_an_unknown_entry_is_not_found(written: Versions) -> None:
    with pytest.raises(NotFound):
        written.ledger.entry(4)
