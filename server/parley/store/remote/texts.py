"""The requests by which a store's data and its head move on together: SPARQL texts, nothing else.

The graph `urn:x-parley:ledger` says which ledger entry the store's data stand for:

    <urn:x-parley:head> <urn:x-parley:is> <hash://sha256/9f…> .
    <hash://sha256/9f…> <urn:x-parley:number> 42 ; <urn:x-parley:part> "000000 eJx…" .

and holds the text of every entry, so that another instance can follow: packed with zlib, in Base64,
in numbered parts. An entry that wants to be `<urn:x-parley:next>` is named first (see `head`).
While a change that is too large for one request is being made, the head is also
`<urn:x-parley:becoming>` the next entry, and whoever finds that may finish it.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable, Iterator, Sequence

import pyoxigraph as ox

from parley.errors import BadInput, StoreFailed
from parley.sparql.binding import written
from parley.store.ledger import HASH

LEDGER = "urn:x-parley:ledger"
_HEAD = "<urn:x-parley:head>"
IS = "urn:x-parley:is"
BECOMING = "urn:x-parley:becoming"
_NEXT = "<urn:x-parley:next>"
_NUMBER = "<urn:x-parley:number>"
_PART = "<urn:x-parley:part>"
PREDICATES = (IS, BECOMING, *(name[1:-1] for name in (_NEXT, _NUMBER, _PART)))  # in that graph
_PART_SIZE = 30_000  # characters, so that every engine takes such a literal
_MOST_UNPACKED = 1 << 30

# A query for what the head is (`?p` is IS) and what it is becoming.
HEAD = f"""SELECT ?p ?entry ?number WHERE {{
  GRAPH <{LEDGER}> {{ {_HEAD} ?p ?entry . ?entry {_NUMBER} ?number }} }}"""


def head_and(entry: str) -> str:
    """The same query, with a row without `?p` when the store has this entry."""
    return f"""SELECT ?p ?entry ?number WHERE {{ GRAPH <{LEDGER}> {{
  {{ {_HEAD} ?p ?entry . ?entry {_NUMBER} ?number }}
  UNION {{ ?entry {_NUMBER} ?number FILTER(?entry = <{HASH}{entry}>) }} }} }}"""


def entries_after(number: int) -> str:
    """A query for the names (`?entry`) and numbers of the entries after one."""
    return (
        f"SELECT ?entry ?number WHERE {{ GRAPH <{LEDGER}> {{ ?entry {_NUMBER} ?number "
        f"FILTER(?number > {number}) }} }}"
    )


def parts_of(sha256: str) -> str:
    """A query for the parts of an entry's text (`?part`)."""
    return f"SELECT ?part WHERE {{ GRAPH <{LEDGER}> {{ <{HASH}{sha256}> {_PART} ?part }} }}"


def packed(text: bytes) -> list[str]:
    """An entry's text as the parts that are stored."""
    coded = base64.b64encode(zlib.compress(text)).decode()
    starts = range(0, len(coded), _PART_SIZE)
    return [f"{n:06d} {coded[at : at + _PART_SIZE]}" for n, at in enumerate(starts)]


def unpacked(parts: Iterable[str]) -> bytes:
    """The text that `packed` made parts of, in any order. Raises StoreFailed."""
    try:
        coded = "".join(part.partition(" ")[2] for part in sorted(set(parts)))
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(base64.b64decode(coded, validate=True), _MOST_UNPACKED)
        if not unpacker.eof:
            raise ValueError("it is cut short")
        return text
    except (ValueError, binascii.Error, zlib.error) as error:
        raise StoreFailed(f"the store's copy of a ledger entry cannot be read: {error}") from error


WAITING = f"SELECT ?entry WHERE {{ GRAPH <{LEDGER}> {{ {_HEAD} {_NEXT} ?entry }} }}"


def announce(sha256: str) -> str:
    """An update that says an entry wants to be the next."""
    return f"INSERT DATA {{ GRAPH <{LEDGER}> {{ {_wants(sha256)} }} }}"


def withdraw(sha256: str) -> str:
    """An update that takes `announce` back."""
    return f"DELETE DATA {{ GRAPH <{LEDGER}> {{ {_wants(sha256)} }} }}"


def adding_entry(sha256: str, number: int, parts: Sequence[str]) -> str:
    """An update that stores (parts of) an entry; doing it again changes nothing."""
    return f"INSERT DATA {{ GRAPH <{LEDGER}> {{ {_entry(sha256, number, parts)} }} }}"


def swap(
    old: str, new: str, number: int, parts: Sequence[str], rows: Iterable[tuple[bytes, bytes]]
) -> str:
    """One operation that makes a change and moves the head from `old` to `new`, or does nothing."""
    removed, added = _blocks(rows)
    return (
        f"DELETE {{ GRAPH <{LEDGER}> {{ {_HEAD} <{IS}> <{HASH}{old}> }} {removed} }}\n"
        f"INSERT {{ GRAPH <{LEDGER}> {{ {_HEAD} <{IS}> <{HASH}{new}> . "
        f"{_entry(new, number, parts)} }} {added} }}\n"
        f"WHERE {{ {_is(old)} {_NOT_BECOMING} }}"
    )


def begin(old: str | None, new: str, number: int) -> str:
    """One operation that says a large change to `new` is being made, or does nothing.

    Without `old` the store has to have no head.
    """
    found = f"{_is(old)} {_NOT_BECOMING}" if old else _NO_HEAD
    return (
        f"INSERT {{ GRAPH <{LEDGER}> {{ {_HEAD} <{BECOMING}> <{HASH}{new}> . "
        f"{_entry(new, number, ())} }} }}\nWHERE {{ {found} }}"
    )


def step(new: str, rows: Iterable[tuple[bytes, bytes]]) -> str:
    """One operation that makes a part of a large change while it is being made, or does nothing."""
    removed, added = _blocks(rows)
    return (
        (f"DELETE {{ {removed} }}\n" if removed else "")
        + (f"INSERT {{ {added} }}\n" if added else "")
        + f"WHERE {{ {_becoming(new)} }}"
    )


def finish(old: str | None, new: str) -> str:
    """One operation that moves the head to `new` when the large change has been made."""
    before = f"{_HEAD} <{IS}> <{HASH}{old}> . " if old else ""
    return (
        f"DELETE {{ GRAPH <{LEDGER}> {{ {before}{_HEAD} <{BECOMING}> <{HASH}{new}> }} }}\n"
        f"INSERT {{ GRAPH <{LEDGER}> {{ {_HEAD} <{IS}> <{HASH}{new}> }} }}\n"
        f"WHERE {{ {_becoming(new)} {_is(old) if old else ''} }}"
    )


def batches(
    rows: Iterable[tuple[bytes, bytes]], most: int, size: int
) -> Iterator[list[tuple[bytes, bytes]]]:
    """The rows in lists of up to `most` rows and about `size` bytes."""
    batch: list[tuple[bytes, bytes]] = []
    held = 0
    for row in rows:
        batch.append(row)
        held += len(row[1])
        if len(batch) >= most or held >= size:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


_NOT_BECOMING = f"FILTER NOT EXISTS {{ GRAPH <{LEDGER}> {{ {_HEAD} <{BECOMING}> ?other }} }}"
_NO_HEAD = f"FILTER NOT EXISTS {{ GRAPH <{LEDGER}> {{ {_HEAD} <{IS}> ?any }} }} {_NOT_BECOMING}"


def _wants(entry: str) -> str:
    return f"{_HEAD} {_NEXT} <{HASH}{entry}> ."


def _is(entry: str) -> str:
    return f"GRAPH <{LEDGER}> {{ {_HEAD} <{IS}> <{HASH}{entry}> }}"


def _becoming(entry: str) -> str:
    return f"GRAPH <{LEDGER}> {{ {_HEAD} <{BECOMING}> <{HASH}{entry}> }}"


def _entry(sha256: str, number: int, parts: Sequence[str]) -> str:
    texts = "".join(f' ; {_PART} "{part}"' for part in parts)
    return f"<{HASH}{sha256}> {_NUMBER} {number}{texts} ."


def _blocks(rows: Iterable[tuple[bytes, bytes]]) -> tuple[str, str]:
    """What the rows remove and what they add, as quads of a template without variables."""
    removed: dict[str, list[str]] = {}
    added: dict[str, list[str]] = {}
    held = list(rows)
    quads = ox.parse(b"".join(line for _, line in held), ox.RdfFormat.N_QUADS)
    for (code, line), quad in zip(held, quads, strict=True):
        terms = (quad.graph_name, quad.subject, quad.predicate, quad.object)
        told = [written(t) for t in terms if isinstance(t, ox.NamedNode | ox.Literal)]
        if len(told) != len(terms):
            raise BadInput(
                "a store that is reached over HTTP takes triples in named graphs, of IRIs and "
                f"literals only, as no update can name a blank node: {line.decode()[:200].strip()}"
            )
        graphs = removed if code == b"D" else added
        graphs.setdefault(told[0], []).append(f"{told[1]} {told[2]} {told[3]} .")
    return _block(removed), _block(added)


def _block(graphs: dict[str, list[str]]) -> str:
    return "\n".join(
        "\n".join([f"GRAPH {graph} {{", *triples, "}"]) for graph, triples in graphs.items()
    )
