"""A change to a dataset: the quads it adds and removes, and its text as an RDF Patch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import pyoxigraph as ox

from parley.errors import BadInput

_IGNORED = {"H", "TX", "TC"}


@dataclass(frozen=True)
class Change:
    """Quads added and quads removed. A quad named in both is there afterwards.

    A change is *exact* for a store when it adds only what was missing and removes only what was
    there; only then does `inverse()` lead back. `Staged.apply` makes any change exact.
    """

    added: frozenset[ox.Quad] = field(default_factory=frozenset)
    removed: frozenset[ox.Quad] = field(default_factory=frozenset)

    @classmethod
    def between(cls, old: Iterable[ox.Quad], new: Iterable[ox.Quad]) -> Change:
        """What turns `old` into `new`; both as a store hands them out (canonical literals)."""
        before, after = frozenset(old), frozenset(new)
        return cls(after - before, before - after)

    @property
    def is_empty(self) -> bool:
        """Whether it names no quad at all."""
        return not self.added and not self.removed

    def inverse(self) -> Change:
        """The change that undoes an exact one."""
        return Change(self.removed, self.added)

    def then(self, later: Change) -> Change:
        """This change followed by a later one, as one; exact when both are."""
        return Change(
            (self.added - later.removed) | (later.added - self.removed),
            (self.removed - later.added) | (later.removed - self.added),
        )

    def touched(self) -> frozenset[ox.NamedNode]:
        """The IRIs that stand as subject or object of a changed quad."""
        nodes = (n for q in self.added | self.removed for n in (q.subject, q.object))
        return frozenset(n for n in nodes if isinstance(n, ox.NamedNode))

    def graphs(self) -> frozenset[ox.NamedNode]:
        """The named graphs it changes."""
        names = (q.graph_name for q in self.added | self.removed)
        return frozenset(g for g in names if isinstance(g, ox.NamedNode))

    def rows(self) -> Iterator[bytes]:
        """The rows of its patch, line ends included: removals, then additions, each sorted."""
        for code, quads in (("D", self.removed), ("A", self.added)):
            for row in sorted(f"{code} {quad} .\n" for quad in quads):
                yield row.encode()

    def patch(self, headers: Mapping[str, ox.NamedNode | ox.Literal | str] | None = None) -> str:
        """The change as an RDF Patch of one transaction; a plain string becomes a literal."""
        head = header_rows(headers or {})
        body = b"".join(self.rows())
        return head + "TX .\n" + body.decode() + "TC .\n"

    @classmethod
    def from_patch(cls, text: str, *, source: str | None = None) -> Change:
        """Reads an RDF Patch of one transaction; raises BadInput with the line of a mistake."""
        added: list[tuple[int, str]] = []
        removed: list[tuple[int, str]] = []
        for number, row in enumerate(text.split("\n"), start=1):
            code, _, rest = row.strip().partition(" ")
            if code in ("A", "D"):
                (added if code == "A" else removed).append((number, rest))
            elif code and code not in _IGNORED and not code.startswith("#"):
                raise BadInput(
                    f"'{code}' is no row of a patch this program reads: use H, TX, A, D and TC, "
                    "with full IRIs",
                    source=source,
                    line=number,
                )
        return cls(_quads(added, source), _quads(removed, source))


def canonical(quads: Iterable[ox.Quad]) -> frozenset[ox.Quad]:
    """The quads as a store hands them out: literals in canonical form."""
    store = ox.Store()
    store.extend(quads)
    return frozenset(store)


def batches(rows: Iterable[bytes], size: int = 2000) -> Iterator[list[bytes]]:
    """The rows in lists of up to `size`: many small writes made few."""
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


def header_rows(headers: Mapping[str, ox.NamedNode | ox.Literal | str]) -> str:
    """The `H` rows of a patch, in the order given."""
    return "".join(
        f"H {name} {ox.Literal(value) if isinstance(value, str) else value} .\n"
        for name, value in headers.items()
    )


def _quads(rows: list[tuple[int, str]], source: str | None) -> frozenset[ox.Quad]:
    text = "\n".join(row for _, row in rows).encode()
    try:
        return frozenset(ox.parse(text, ox.RdfFormat.N_QUADS))
    except SyntaxError as error:
        line = rows[error.lineno - 1][0] if error.lineno else None
        raise BadInput(f"not a valid quad: {error.msg}", source=source, line=line) from error
