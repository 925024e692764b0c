"""Names that somebody gave to versions, so that a citation can use them; kept for ever."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from parley.errors import BadInput, NotFound, StoreDamaged
from parley.store.disk import explained, locked, replace_file

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}\Z")


class Tags:
    """The tags of an instance folder, in `tags.json`: a name for a version's number."""

    def __init__(self, instance: Path) -> None:
        self._instance = instance
        self._path = instance / "tags.json"

    def all(self) -> dict[str, int]:
        """The numbers by name, sorted by number."""
        try:
            found = json.loads(self._path.read_bytes())
            pairs = sorted((int(number), str(name)) for name, number in found.items())
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError, TypeError) as error:
            raise StoreDamaged(
                f"the tags cannot be read: {error}; put the file back from a backup, or delete "
                "it and tag again",
                source=str(self._path),
            ) from error
        return {name: number for number, name in pairs}

    def add(self, name: str, number: int) -> None:
        """Names a version. Raises BadInput when the name is not possible or names another one."""
        if not _NAME.match(name):
            raise BadInput(
                f"'{name}' cannot be a tag: begin with a letter and go on with letters, digits, "
                "'.', '_' and '-', 64 in all at most"
            )
        with explained(self._instance), locked(self._instance / "tags.lock"):
            tags = self.all()
            if tags.get(name, number) != number:
                raise BadInput(
                    f"'{name}' names version {tags[name]} already, and citations may rely on it; "
                    "take another name"
                )
            self._write({**tags, name: number})

    def remove(self, name: str) -> None:
        """Forgets a name; the version's folder may be pruned from then on."""
        with explained(self._instance), locked(self._instance / "tags.lock"):
            tags = self.all()
            if name not in tags:
                raise NotFound(f"there is no tag '{name}'; see 'parley tags'")
            self._write({other: number for other, number in tags.items() if other != name})

    def replace(self, tags: Mapping[str, int]) -> None:
        """Takes over the tags of another instance with the same history; raises BadInput."""
        wrong = next((name for name in tags if not _NAME.match(name)), None)
        if wrong is not None:
            raise BadInput(f"'{wrong[:80]}' cannot be a tag")
        with explained(self._instance), locked(self._instance / "tags.lock"):
            if self.all() != tags:
                self._write(dict(tags))

    def _write(self, tags: dict[str, int]) -> None:
        replace_file(self._path, (json.dumps(tags, indent=1, sort_keys=True) + os.linesep).encode())
