"""What is to be translated: all accepted claims of a version, or some of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from parley.translating.edition import Edition
from parley.translating.kinds import Kinds
from parley.translating.reading import RECORDS, Source
from parley.translating.records import Claim, Node, claims, things


@dataclass(frozen=True)
class Book:
    """The claims and things of an edition; `chosen` are the claims wanted, None for all."""

    source: Source
    edition: Edition
    kinds: Kinds
    chosen: tuple[str, ...] | None = None

    def claims(self) -> Iterable[Claim]:
        """The accepted claims by IRI; all of them are read one batch after the other."""
        if self.chosen is not None:
            return self._few
        return claims(self.source, self.edition.base, self.source.accepted())

    def things(self) -> Iterator[Node]:
        """Everything that is no record, or what the chosen claims speak of, by IRI."""
        base = self.edition.base
        if self.chosen is None:
            yield from things(self.source, self.source.things(base))
            return
        found = {thing.iri.value: thing for claim in self._few for thing in claim.things()}
        for iri, thing in sorted(found.items()):
            if iri.startswith(f"{base}id/") and not RECORDS.intersection(thing.classes):
                yield thing

    @cached_property
    def _few(self) -> list[Claim]:
        return list(claims(self.source, self.edition.base, self.chosen or ()))
