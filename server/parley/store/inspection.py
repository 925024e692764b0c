"""What is wrong with an instance, and the newest version of it that can be served all the same."""

from __future__ import annotations

from dataclasses import dataclass

from parley.errors import NotFound, StoreDamaged
from parley.store.version import Version, mending
from parley.store.versions import Versions


@dataclass(frozen=True)
class Condition:
    """`version` is what can be served: the current one, an older one, or None.

    `troubles` say in words what is wrong and the command that mends it. Nothing may be written
    while `degraded`: what is served is not the newest version.
    """

    version: Version | None
    troubles: tuple[str, ...] = ()
    degraded: bool = False


def inspect(versions: Versions, *, closely: bool) -> Condition:
    """The condition of an instance; `closely` reads the version's files and the last entry.

    Raises NewerFormat: what a later release wrote is neither served nor mended by this one.
    """
    troubles: list[str] = []
    try:
        number = versions.number()
    except StoreDamaged as error:
        troubles.append(error.message)
        number = 0
    if closely or not number:
        newest = _ledger(versions, troubles)
        if newest and not number:
            number = newest
            troubles = troubles or [
                f"'current' is lost, and version {newest} is the newest: 'parley recover' puts it "
                "back, and so does the next write or restart"
            ]
    if not number:
        return Condition(None, tuple(troubles))
    damage = _damage(versions, number, closely)
    if damage is None:
        return Condition(versions.kept(number), tuple(troubles))
    good = _last_good(versions, number)
    served = f"version {good.number} is served, read-only" if good else "nothing can be served"
    said = f"version {number} is damaged ({damage}); {served}; {mending(number)}"
    return Condition(good, (said, *troubles), degraded=True)


def _ledger(versions: Versions, troubles: list[str]) -> int:
    """The number of the ledger's last entry; says what is wrong with the ledger."""
    try:
        newest = versions.ledger.newest()
        if newest:
            versions.ledger.intact(newest, quickly=True)
    except StoreDamaged as error:
        troubles.append(f"nothing can be written: {error.message}")
        numbers = versions.ledger.numbers()
        return numbers[-1] if numbers else 0
    except NotFound:  # it went between the two lines
        return 0
    return newest


def _damage(versions: Versions, number: int, closely: bool) -> str | None:
    try:
        version = versions.kept(number)
    except StoreDamaged as error:
        return error.message
    return "its folder is missing" if version is None else version.damage(closely=closely)


def _last_good(versions: Versions, number: int) -> Version | None:
    for earlier in reversed([n for n in versions.folders.numbers() if n < number]):
        if _damage(versions, earlier, closely=True) is None:
            return versions.kept(earlier)
    return None
