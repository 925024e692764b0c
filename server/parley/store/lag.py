"""What a replica knows of its source, in `replica.json`: how far behind it is, what is wrong."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

STATE = "replica.json"
_SAFE = "/~!$&'()*+,;=:@"
_TROUBLE = "the last look at the source failed; the log says why"  # addresses are nobody's business


@dataclass(frozen=True)
class Followed:
    """A source as of the last look at it; times are seconds since 1970.

    `public` is its address for clients, empty when it tells none. `version` is its newest one, 0
    while unknown. `in_step` is when this instance was last known to have that; 0 for never.
    """

    source: str
    public: str = ""
    version: int = 0
    in_step: float = 0.0
    trouble: str = ""

    def behind(self, number: int) -> int:
        """How many versions an instance whose newest is `number` lacks, as far as is known."""
        return max(0, self.version - number)

    def address(self, path: str) -> str:
        """Where clients find what is at `path` here at the source; empty when that is not known."""
        root = self.public or (self.source if "://" in self.source else "")
        return root.rstrip("/") + quote(path, safe=_SAFE) if root else ""

    def told(self, number: int, now: float) -> dict[str, object]:
        """The same for /ready: `lag_seconds` is the time since it was last known to lack none."""
        found: dict[str, object] = {"lag_versions": self.behind(number)}
        if self.in_step:
            found["lag_seconds"] = round(max(0.0, now - self.in_step), 3)
        return found | ({"trouble": _TROUBLE} if self.trouble else {})


def read_followed(instance: Path) -> Followed | None:
    """What the instance follows; None when it is no replica, or that cannot be read."""
    try:
        return Followed(**json.loads((instance / STATE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def write_followed(instance: Path, followed: Followed) -> None:
    """Puts down what is known; after a crash of the machine it may be what was known before."""
    fresh = instance / (STATE + ".new")
    fresh.write_text(json.dumps(asdict(followed)), encoding="utf-8")
    os.replace(fresh, instance / STATE)
