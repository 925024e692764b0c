"""Private copies of article texts: kept in the instance, checked by sha256, never served."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parley.errors import BadInput, NotFound
from parley.model.articles import Article
from parley.rdf import SLUG

_LIMIT = 16 << 20


@dataclass(frozen=True)
class Texts:
    """The registered texts in a folder, `SLUG.txt` each, readable by the owner only."""

    folder: Path

    def path(self, slug: str) -> Path:
        """Where the text of an article is or would be. Raises BadInput for what is no slug."""
        if not SLUG.match(slug):
            raise BadInput(f"'{slug}' is no slug: use lower-case letters, digits and hyphens")
        return self.folder / f"{slug}.txt"

    def read(self, slug: str) -> str | None:
        """The text of an article, unchanged, or None when no copy is registered."""
        if not SLUG.match(slug):
            return None
        try:
            return self.path(slug).read_bytes().decode("utf-8")
        except FileNotFoundError:
            return None

    def add(self, slug: str, source: Path, known: Mapping[str, Article]) -> Path:
        """Register a copy; raises NotFound for an article the dataset does not have, and BadInput
        for a file that is not the text whose sha256 the dataset records."""
        if slug not in known:
            raise NotFound(
                f"the dataset has no article '{slug}'; it has: {', '.join(sorted(known)) or 'none'}"
            )
        if not source.is_file():
            raise BadInput("not a file", source=str(source))
        with source.open("rb") as given:
            data = given.read(_LIMIT + 1)
        if len(data) > _LIMIT:
            raise BadInput(f"larger than {_LIMIT >> 20} MiB", source=str(source))
        try:
            length = len(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise BadInput(f"not UTF-8 at byte {error.start}", source=str(source)) from error
        article, found = known[slug], hashlib.sha256(data).hexdigest()
        if not article.sha256:
            raise BadInput(
                f"the dataset does not record the text of '{slug}' yet; if this is it, add to "
                f'data/articles/{slug}.ttl: parley:textSha256 "{found}" ; parley:textLength '
                f"{length}",
                source=str(source),
            )
        if found != article.sha256:
            raise BadInput(
                f"not the text of '{slug}': it has sha256 {found} and {length} characters, the "
                f"dataset records {article.sha256} and {article.length}; register the text "
                "unchanged, with its line ends and without a byte order mark",
                source=str(source),
            )
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self.path(slug).with_suffix(".partial")
        partial.unlink(missing_ok=True)  # neither a link nor somebody else's right to read it
        with open(partial, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, self.path(slug))
        return self.path(slug)
