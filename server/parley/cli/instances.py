"""The instance that a command speaks of: one without a version is most often the wrong folder."""

from __future__ import annotations

from parley.errors import NotFound, StoreDamaged
from parley.settings import Settings
from parley.store.versions import Version, Versions


def versions_of(settings: Settings) -> Versions:
    """The versions of the instance; raises NotFound where there is none."""
    versions = Versions(settings.instance, keep=settings.keep_versions)
    if not versions.ledger.numbers() and not versions.folders.numbers():
        raise NotFound(
            f"{settings.instance} holds no version: 'parley build' makes the first one, and "
            "--instance names another folder"
        )
    return versions


def version_at(versions: Versions, at: str | None) -> Version:
    """The version that a number, tag or date names, the current one without."""
    version = versions.find(at) if at else versions.current()
    if version is None:
        raise StoreDamaged(
            f"{versions.instance / 'current'} is lost; 'parley recover' finds the newest version"
        )
    return version
